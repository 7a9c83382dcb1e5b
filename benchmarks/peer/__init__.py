"""The peer: stock Django admin over the same people."""
