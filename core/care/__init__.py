"""Safety: findings on a basket and the overrides that let it pass."""
