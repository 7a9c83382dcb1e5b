"""Card numbers, validity and seats. Pure."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING

from core.kernel.days import add_months

if TYPE_CHECKING:
    from core.programme.rules import CardProduct

STATUSES = ("active", "frozen", "lost", "replaced", "revoked")
USABLE = frozenset({"active"})
ROLES = ("holder", "spouse", "child", "parent", "other")


def number(sequence: int) -> str:
    """Return the 16-digit card number of a running number: 8800, eleven digits, Luhn check digit."""
    body = f"8800{sequence:011d}"
    return body + str(luhn(body))


def luhn(body: str) -> int:
    """Return the Luhn check digit of a string of digits."""
    total = 0
    for place, digit in enumerate(reversed(body)):
        value = int(digit) * (2 if place % 2 == 0 else 1)
        total += value - 9 if value > 9 else value
    return -total % 10


def valid_until(product: CardProduct, start: date) -> date | None:
    """Return the last usable day of a card sold on `start`; None for life (S1-12)."""
    return None if product.months is None else add_months(start, product.months) - timedelta(days=1)


def usable(status: str, valid_from: date, until: date | None, on: date) -> bool:
    """Return whether a card may be used on the day `on`; `until` is inclusive."""
    return status in USABLE and valid_from <= on and (until is None or on <= until)


def show_number(card_number: str) -> str:
    """Return a card number in groups of four."""
    return " ".join(card_number[start : start + 4] for start in range(0, len(card_number), 4))
