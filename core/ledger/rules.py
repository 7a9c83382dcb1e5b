"""Pure arithmetic of lots: which lot gives, which lot takes back, what becomes debt.

Sources: loyalty S7–S9, invariants I2, I3, I9, I12; cases B19–B22.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

FAR = date.max


@dataclass(frozen=True, slots=True)
class LotView:
    """A lot as the rules see it. `expires_on` is the first day it can no longer be used."""

    id: int
    remaining: int
    expires_on: date | None
    earned_on: date
    source_id: int = 0
    rule: str = ""


@dataclass(frozen=True, slots=True)
class Take:
    """Take `amount` from (or, on a restore, give it back to) the lot `lot_id`."""

    lot_id: int
    amount: int


@dataclass(frozen=True, slots=True)
class Taking:
    """What a debit takes from lots, and what no lot could cover."""

    takes: tuple[Take, ...]
    missing: int


def usable(lot: LotView, on: date) -> bool:
    """Return whether the lot may be used on the day `on`: decided by date, however late the sweep."""
    return lot.remaining > 0 and (lot.expires_on is None or lot.expires_on > on)


def fifo(lots: Sequence[LotView]) -> list[LotView]:
    """Return lots in the order of use: soonest expiry first, those without expiry last (I9)."""
    return sorted(lots, key=lambda lot: (lot.expires_on or FAR, lot.earned_on, lot.id))


def available(lots: Sequence[LotView], on: date) -> int:
    """Return how much may be used on the day `on`."""
    return sum(lot.remaining for lot in lots if usable(lot, on))


def take(lots: Sequence[LotView], amount: int) -> Taking:
    """Take `amount` from `lots` in the given order."""
    takes: list[Take] = []
    for lot in lots:
        if amount == 0:
            break
        part = min(lot.remaining, amount)
        if part > 0:
            takes.append(Take(lot.id, part))
            amount -= part
    return Taking(tuple(takes), amount)


def redeem(lots: Sequence[LotView], amount: int, on: date) -> Taking:
    """Take `amount` for a redemption on the day `on`: usable lots only, soonest expiry first."""
    return take(fifo([lot for lot in lots if usable(lot, on)]), amount)


def claw_back(lots: Sequence[LotView], amount: int, source_id: int, rule: str) -> Taking:
    """Take back earned `amount`: the order's own lot, then the others soonest first, the rest is debt.

    Expired lots that no sweep has booked yet give too: their value leaves the account either way.
    """
    own = [lot for lot in lots if lot.source_id == source_id and lot.rule == rule]
    others = [lot for lot in lots if not (lot.source_id == source_id and lot.rule == rule)]
    return take([*fifo(own), *fifo(others)], amount)


@dataclass(frozen=True, slots=True)
class Giving:
    """What a restore gives back to its lots, and what must go into a grace lot as its lot expired."""

    gives: tuple[Take, ...]
    grace: int


def give_back(uses: Sequence[tuple[LotView, int]], already: int, amount: int, on: date) -> Giving:
    """Return how `amount` of a redemption goes back, the last lot used first.

    `uses` are the redemption's lots with what each gave, in order of use; `already` was restored
    before, from the end. A lot that has expired by `on` takes nothing back: its share goes into a
    grace lot (S9, B22).
    """
    gives: list[Take] = []
    grace = 0
    for lot, gave in reversed(list(uses)):
        skipped = min(already, gave)
        already -= skipped
        part = min(gave - skipped, amount)
        if part == 0:
            continue
        amount -= part
        if lot.expires_on is not None and lot.expires_on <= on:
            grace += part
        else:
            gives.append(Take(lot.id, part))
    return Giving(tuple(gives), grace)


def grace_expiry(on: date, days: int) -> date:
    """Return the first day on which a grace lot opened on `on` can no longer be used."""
    return on + timedelta(days=days)
