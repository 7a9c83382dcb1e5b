"""Small pieces of text that several explanations share."""

from __future__ import annotations


def fold(pay_bp: int) -> str:
    """Basis points of the price paid as Chinese tenths: 8000 -> "8", 8500 -> "8.5", 9525 -> "9.525"."""
    whole, rest = divmod(pay_bp, 1000)
    return f"{whole}.{rest:03d}".rstrip("0").rstrip(".") if rest else str(whole)


def times(factor_bp: int) -> str:
    """A factor in basis points as a number: 15000 -> "1.5", 20000 -> "2"."""
    whole, rest = divmod(factor_bp, 10_000)
    return f"{whole}.{rest:04d}".rstrip("0") if rest else str(whole)
