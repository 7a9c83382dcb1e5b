"""Pricing: from a basket to a quote that explains itself. Pure."""
