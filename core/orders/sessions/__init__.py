"""Courses in orders: sold, used, taken back, settled between legal entities."""
