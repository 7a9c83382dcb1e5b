"""Who brought whom: codes, referrals, and what each one was rewarded with."""
