"""Cards and households: who may use which card."""
