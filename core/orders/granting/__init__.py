"""What is given beside a sale: points by hand, birthdays, streaks, referrals, points that open later."""
