"""The programme: versioned documents of tiers, benefits, earn rules, promotions, rewards."""
