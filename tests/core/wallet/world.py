"""What stored value should be, thought through once more without our code: top-ups, their lots, payments, refunds."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, timedelta
from fractions import Fraction

GRACE = 30
NEVER = date.max


def nearest(exact: Fraction) -> int:
    """Return the nearest whole number, halves up."""
    return (2 * exact.numerator + exact.denominator) // (2 * exact.denominator)


@dataclass
class BonusLot:
    """Bonus that ends on a day; `grace`: it came back after its own end."""

    ends: date
    left: int
    grace: bool = False

    def usable(self, today):
        return self.left if self.ends > today else 0


@dataclass
class Top:
    """A top-up: `paid` and `given` at first, principal left, lots of bonus, whether some of its bonus ran out."""

    paid: int
    given: int
    ends: date
    cooling: date
    gone_paid: int = 0
    gone_given: int = 0
    principal: int = 0
    lots: list[BonusLot] = field(default_factory=list)
    swept: bool = False
    back: bool = False

    def __post_init__(self):
        self.principal = self.paid
        self.lots = [BonusLot(self.ends, self.given)]

    def bonus(self, today):
        return sum(lot.usable(today) for lot in self.lots)

    def left(self, today):
        return 0 if self.back else self.principal + self.bonus(today)

    def ratio(self, today):
        torn = self.swept or any(lot.left and (lot.grace or lot.ends <= today) for lot in self.lots)
        share, base = (self.bonus(today), self.left(today)) if torn else (self.given, self.paid + self.given)
        return Fraction(share, base) if base else Fraction(0)

    def draw(self, amount, today):
        """Return (principal, uses of bonus lots)."""
        stays = nearest(self.ratio(today) * (self.left(today) - amount))
        bonus = min(max(self.bonus(today) - stays, amount - self.principal, 0), self.bonus(today), amount)
        self.principal -= amount - bonus
        uses, rest = [], bonus
        for lot in sorted(self.lots, key=lambda one: (one.ends, one.grace)):
            part = min(lot.usable(today), rest)
            if part:
                lot.left -= part
                rest -= part
                uses.append([lot, part, 0])
        assert rest == 0
        return amount - bonus, uses

    def sweep(self, today):
        for lot in self.lots:
            if lot.left and lot.ends <= today:
                self.swept = self.swept or not lot.grace
                lot.left = 0


@dataclass
class Drawn:
    """What a payment took of a top-up, and what came back of it so far."""

    top: Top
    principal: int
    uses: list
    principal_back: int = 0
    bonus_back: int = 0

    @property
    def bonus(self):
        return sum(part for _lot, part, _back in self.uses)

    def give_back(self, principal, bonus, today):
        self.principal_back += principal
        self.bonus_back += bonus
        assert self.principal_back <= self.principal
        assert self.bonus_back <= self.bonus
        self.top.principal += principal
        self.top.back = False
        grace = 0
        for use in reversed(self.uses):
            lot, part, was = use
            again = min(part - was, bonus)
            use[2] += again
            bonus -= again
            if lot.ends <= today:
                grace += again
            else:
                lot.left += again
        if grace:
            self.top.lots.append(BonusLot(today + timedelta(days=GRACE), grace, grace=True))


def formulas(top, drawn, today):
    """Return what each formula pays for a top-up of pro rata; `drawn`: (its part, list price by price charged)."""
    used = sum(one.principal - one.principal_back + one.bonus - one.bonus_back for one, _listed in drawn)
    listed = sum(
        nearest((one.principal - one.principal_back + one.bonus - one.bonus_back) * factor) for one, factor in drawn
    )
    paid, most = top.paid - top.gone_paid, top.principal
    return {
        "seven_day": min(max(paid - used, 0), most) if today <= top.cooling else None,
        "operator": most,
        "consumer": min(max(paid - listed, 0), most),
    }
