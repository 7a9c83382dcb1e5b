"""From a request to a priced basket and the quote that is kept: findings, approvals of prices, previews."""
