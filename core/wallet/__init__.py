"""Stored value 储值: top-ups of principal and bonus, drawn pro rata, refunded by lawful formulas (loyalty S17, B54)."""
