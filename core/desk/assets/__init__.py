"""What a member owns: cards, courses, points, stored value, rewards, referrals."""
