"""Tiers: standings computed from qualifying events."""
