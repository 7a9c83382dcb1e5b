"""Stored value in orders: sold, drawn, given back."""
