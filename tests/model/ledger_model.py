"""The model: what a member's points must be, in plain dicts and a handful of sentences.

It imports nothing of the product. Lots are used soonest expiry first; what was earned and is refunded is
taken from the order's own lot, then from the others, then as debt; what was spent and is refunded goes
back to where it came from, or for thirty days into a new lot when that has expired.
"""

from __future__ import annotations

import calendar
from dataclasses import dataclass, field
from datetime import date, timedelta

GRACE = 30


def a_year_later(day: date) -> date:
    """Return the same day next year; the 29th of February becomes the 28th."""
    last = calendar.monthrange(day.year + 1, day.month)[1]
    return date(day.year + 1, day.month, min(day.day, last))


@dataclass
class Lot:
    """Points that end on one day."""

    left: int
    ends: date
    earned: date
    born: int
    order: str = ""
    longer: bool = False


@dataclass
class Spending:
    """What an order took from lots, in order of use, and how much of it was given back."""

    takes: list[tuple[Lot, int]]
    given_back: int = 0


@dataclass
class Order:
    """A sold order as the model keeps it."""

    member: str
    total: int
    points_paid: int
    lines: dict[int, tuple[int, int]]
    earned: int
    cash_left: int
    taken_back: int = 0
    refunded: dict[int, int] = field(default_factory=dict)
    money_back: int = 0
    points_back: int = 0
    spending: Spending | None = None
    owed: int = 0
    released: int = 0
    bonus: int = 0
    bonus_back: int = 0
    rebased: bool = False
    fresh: int = 0

    def whole(self) -> bool:
        """Return whether every piece of every line was refunded."""
        return all(self.refunded.get(n, 0) == qty for n, (qty, _net) in self.lines.items())


class Member:
    """One member's points."""

    def __init__(self) -> None:
        self.lots: list[Lot] = []
        self.debt = 0
        self.spent = 0

    def _in_order(self, lots: list[Lot]) -> list[Lot]:
        return sorted(lots, key=lambda lot: (lot.ends, lot.earned, lot.born))

    def usable(self, today: date) -> int:
        """Return what may be spent today."""
        return 0 if self.debt else sum(lot.left for lot in self.lots if lot.ends > today)

    def open_lots(self, today: date) -> list[tuple[date, int]]:
        """Return (end, points) of everything usable today, by end."""
        found: dict[date, int] = {}
        for lot in self.lots:
            if lot.left and lot.ends > today:
                found[lot.ends] = found.get(lot.ends, 0) + lot.left
        return sorted(found.items())

    def earn(self, points: int, today: date, born: int, order: str, ends: date | None = None) -> None:
        """Add points: a debt is paid first."""
        paid = min(points, self.debt)
        self.debt -= paid
        self.lots.append(Lot(points - paid, ends or a_year_later(today), today, born, order))

    def spend(self, points: int, today: date) -> Spending:
        """Use points, soonest end first."""
        takes = []
        for lot in self._in_order([lot for lot in self.lots if lot.ends > today]):
            part = min(lot.left, points)
            if part:
                lot.left -= part
                points -= part
                takes.append((lot, part))
        assert points == 0
        return Spending(takes)

    def take_back(self, points: int, order: str) -> None:
        """Take earned points back: own lot, then the others, then debt."""
        own = self._in_order([lot for lot in self.lots if lot.order == order])
        rest = self._in_order([lot for lot in self.lots if lot.order != order])
        for lot in own + rest:
            part = min(lot.left, points)
            lot.left -= part
            points -= part
        self.debt += points

    def give_back(self, spending: Spending, points: int, today: date, born: int) -> None:
        """Give spent points back, the last used first; a debt is paid before anything is usable."""
        skip, late, good = spending.given_back, 0, []
        spending.given_back += points
        for lot, took in reversed(spending.takes):
            skipped = min(skip, took)
            skip -= skipped
            part = min(took - skipped, points)
            points -= part
            if part and lot.ends > today:
                good.append((lot, part))
            else:
                late += part
        for lot, part in good:
            paid = min(self.debt, part)
            self.debt -= paid
            lot.left += part - paid
        if late:
            self.earn(late, today, born, "", today + timedelta(days=GRACE))

    def let_go(self, spending: Spending) -> None:
        """Give back what was only set aside: to its own lots, whatever their end, the last chosen pays a debt first."""
        settled = min(self.debt, sum(part for _lot, part in spending.takes))
        self.debt -= settled
        for lot, part in reversed(spending.takes):
            paid = min(settled, part)
            settled -= paid
            lot.left += part - paid

    def forget_expired(self, today: date) -> None:
        """Drop what has ended: what the nightly sweep books."""
        for lot in self.lots:
            if lot.ends <= today:
                lot.left = 0
