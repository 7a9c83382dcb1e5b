"""Coupons, single and bundled in a card, with their limits."""
