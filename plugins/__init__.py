"""Vertical plugins. Empty: the host in core/kernel/plugins.py finds them."""
