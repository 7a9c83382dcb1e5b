"""Points: what a purchase earns, and points as a tender."""
