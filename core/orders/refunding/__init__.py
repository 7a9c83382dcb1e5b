"""Lines are given back: what moves, by which way, by whose approval."""
