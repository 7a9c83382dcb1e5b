"""The POS API v1."""
