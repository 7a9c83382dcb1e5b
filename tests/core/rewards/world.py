"""The model of points and rewards: a drawer of piles with an end each, a debt, a shelf. It imports nothing of ours."""

from __future__ import annotations

import calendar
from dataclasses import dataclass, field
from datetime import date, timedelta

GRACE = 30
FAR = date.max


def month_later(day: date) -> date:
    year, month = (day.year, day.month + 1) if day.month < 12 else (day.year + 1, 1)
    return date(year, month, min(day.day, calendar.monthrange(year, month)[1]))


@dataclass
class Pile:
    """Points with one end (None: never). `own` came from earning, not from a month of grace."""

    number: int
    end: date | None
    points: int
    since: date
    own: bool = True
    longer: int = 0

    def usable(self, day: date) -> bool:
        return self.points > 0 and (self.end is None or self.end > day)


@dataclass
class Taken:
    """A reward somebody took: from which piles, in order; `until` while it is only reserved."""

    price: int
    pieces: int
    goods: bool
    parts: list[tuple[int, int]]
    state: str
    on: date
    until: int | None = None


@dataclass
class Drawer:
    """One member's points, what they took, and the shelf with the goods."""

    shelf: int
    piles: dict[int, Pile] = field(default_factory=dict)
    debt: int = 0
    taken: dict[int, Taken] = field(default_factory=dict)
    last: int = 0

    def available(self, day: date) -> int:
        return 0 if self.debt else sum(one.points for one in self.piles.values() if one.usable(day))

    def by_end(self, day: date) -> dict[date | None, int]:
        found: dict[date | None, int] = {}
        for one in self.piles.values():
            if one.usable(day):
                found[one.end] = found.get(one.end, 0) + one.points
        return found

    def _queue(self, piles: list[Pile]) -> list[Pile]:
        return sorted(piles, key=lambda one: (one.end or FAR, one.since, one.number))

    def add(self, points: int, end: date | None, day: date, own: bool = True) -> None:
        settled = min(self.debt, points)
        self.debt -= settled
        self.last += 1
        self.piles[self.last] = Pile(self.last, end, points - settled, day, own)

    def claw(self, points: int) -> None:
        """Take back: earned piles first, then the others, whatever their end; the rest is owed."""
        every = list(self.piles.values())
        for one in [*self._queue([p for p in every if p.own]), *self._queue([p for p in every if not p.own])]:
            part = min(one.points, points)
            one.points -= part
            points -= part
        self.debt += points

    def take(self, key: int, price: int, pieces: int, goods: bool, day: date, until: int | None) -> bool:
        """Take or reserve; return whether it could be had."""
        need = price * pieces
        if (goods and self.shelf < pieces) or self.debt or self.available(day) < need:
            return False
        parts = []
        for one in self._queue([p for p in self.piles.values() if p.usable(day)]):
            part = min(one.points, need)
            if part:
                one.points -= part
                need -= part
                parts.append((one.number, part))
        self.shelf -= pieces if goods else 0
        self.taken[key] = Taken(price, pieces, goods, parts, "reserved" if until else "fulfilled", day, until)
        return True

    def confirm(self, key: int, now: int, day: date) -> bool:
        one = self.taken[key]
        if one.state != "reserved" or one.until <= now or self.debt:
            return False
        one.state, one.until, one.on = "fulfilled", None, day
        return True

    def _give(self, parts: list[tuple[int, int]], day: date, grace: bool) -> None:
        """Give back, the last taken first; a debt is paid first; what is over gets a month, where it does."""
        settled = min(self.debt, sum(n for _pile, n in parts))
        self.debt -= settled
        late = 0
        for number, points in reversed(parts):
            pile = self.piles[number]
            if grace and pile.end is not None and pile.end <= day:
                late += points
                continue
            paid = min(settled, points)
            settled -= paid
            pile.points += points - paid
        if late:
            self.last += 1
            self.piles[self.last] = Pile(self.last, day + timedelta(days=GRACE), late - settled, day, False)

    def back(self, key: int, day: date) -> None:
        one = self.taken[key]
        self._give(one.parts, day, grace=one.state != "reserved")
        self.shelf += one.pieces if one.goods else 0
        one.state = "cancelled"

    def lapse(self, now: int, day: date) -> int:
        """Let go of what was reserved for too long."""
        over = [one for one in self.taken.values() if one.state == "reserved" and one.until <= now]
        for one in over:
            self._give(one.parts, day, grace=False)
            self.shelf += one.pieces if one.goods else 0
            one.state = "expired"
        return len(over)

    def sweep(self, day: date) -> None:
        for one in self.piles.values():
            if one.end is not None and one.end <= day:
                one.points = 0

    def first(self, day: date) -> Pile | None:
        """The pile that ends soonest and still may be used."""
        ending = [one for one in self.piles.values() if one.usable(day) and one.end is not None]
        return min(ending, key=lambda one: (one.end, one.number), default=None)
