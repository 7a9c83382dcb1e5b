"""The model of courses: a pack is a list of tickets, and money is shared among those nobody used or gave back.

It imports nothing of the product. A ticket knows until when it may be used; a pack knows what was paid, what its uses
were worth and what was given back. Dates are plain days.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, timedelta
from fractions import Fraction

GRACE = 30


def rounded(value: Fraction) -> int:
    """Return a fraction of fen as whole fen, a half upwards."""
    return int(value + Fraction(1, 2))


@dataclass
class Pack:
    """One course: `open` tickets by the day they end (None: never), those the sweep took, money."""

    owner: int
    paid: int
    total: int
    ends: date | None
    tickets: int
    grace: list[date] = field(default_factory=list)
    swept: int = 0
    swept_grace: int = 0
    uses: dict[int, tuple[int, str]] = field(default_factory=dict)
    back: int = 0
    back_fen: int = 0
    frozen: date | None = None

    def usable(self, day: date) -> int:
        """How many sessions may be used on a day, frozen or not."""
        own = self.tickets if self.frozen or self.ends is None or self.ends > day else 0
        return own + sum(1 for end in self.grace if end > day)

    @property
    def unspent(self) -> int:
        return self.paid - self.back_fen - sum(worth for worth, _from in self.uses.values())

    @property
    def unused(self) -> int:
        return self.total - self.back - len(self.uses)

    def worth(self) -> int:
        return rounded(Fraction(self.unspent, self.unused))

    def _takes(self, day: date) -> str:
        """Which ticket goes first: the one that ends soonest."""
        own = self.tickets and (self.frozen or self.ends is None or self.ends > day)
        grace = sorted(end for end in self.grace if end > day)
        if grace and (not own or (not self.frozen and self.ends is None) or self.frozen or grace[0] < self.ends):
            self.grace.remove(grace[0])
            return str(grace[0])
        self.tickets -= 1
        return "own"

    def use(self, key: int, day: date) -> int:
        worth = self.worth()
        self.uses[key] = (worth, self._takes(day))
        return worth

    def undo(self, key: int, day: date) -> None:
        """The ticket goes back to where it came from, or for thirty days into a new one when that is over."""
        _worth, source = self.uses.pop(key)
        over = self.ends is not None and self.ends <= day and not self.frozen
        if source == "own" and not over:
            self.tickets += 1
        elif source != "own" and date.fromisoformat(source) > day:
            self.grace.append(date.fromisoformat(source))
        else:
            self.grace.append(day + timedelta(days=GRACE))

    def refund(self, n: int, day: date) -> int:
        """Give back n unused sessions; return the money."""
        left = self.unused
        money = self.unspent - rounded(Fraction(self.unspent * (left - n), left))
        for _n in range(n):
            self._takes(day)
        self.back += n
        self.back_fen += money
        if self.back == self.total:
            self.frozen = None
        return money

    def sweep(self, day: date) -> None:
        """What is over leaves the books; its money stays with the house."""
        if not self.frozen and self.ends is not None and self.ends <= day:
            self.swept += self.tickets
            self.tickets = 0
        self.grace = [end for end in self.grace if end > day]

    def freeze(self, day: date) -> None:
        self.frozen = day

    def unfreeze(self, day: date) -> None:
        if self.ends is not None:
            self.ends += timedelta(days=(day - self.frozen).days)
        self.frozen = None

    def extend(self, days: int, day: date) -> None:
        self.ends = max(self.ends, day) + timedelta(days=days)
        self.tickets += self.swept
        self.swept = 0
