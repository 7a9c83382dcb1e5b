"""Rewards whose cash part is an order, and the checks of goods that points pay for."""
