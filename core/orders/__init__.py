"""Orders: settle, payments, refunds."""
