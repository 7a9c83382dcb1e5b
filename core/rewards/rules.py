"""What somebody may take for points, and which points run out when. Pure: points and pieces whole, money in fen."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from core.kernel.days import add_months

RESERVED, CONFIRMED, FULFILLED, CANCELLED, EXPIRED = "reserved", "confirmed", "fulfilled", "cancelled", "expired"
DONE = (CONFIRMED, FULFILLED)
GOODS, COUPON, COURSE = "goods", "coupon", "course"
MOST = 100
"""Pieces of one redemption: each coupon and each course is a row of its own."""

CAN, LACKS, DEBT, NO_STOCK, FORBIDDEN, NOT_YET, BROKEN = (
    "can", "lacks", "debt", "no_stock", "forbidden", "not_yet", "broken",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Facts:
    """What decides about a reward: the person's points (None: nobody is chosen), stock here, what speaks against it.

    `stock` is None for what is not counted (coupons, courses); `veto` says which rule forbids it, `broken` that it
    names an item or coupon that does not exist (any more).
    """

    points: int
    qty: int = 1
    have: int | None = None
    debt: int = 0
    stock: int | None = None
    veto: str = ""
    broken: bool = False
    valid_from: date | None = None


@dataclass(frozen=True, slots=True)
class Standing:
    """How a reward stands for somebody: `state`, and the points that are missing."""

    state: str
    gap: int = 0

    @property
    def can(self) -> bool:
        """Return whether it may be taken now."""
        return self.state == CAN


def standing(facts: Facts, today: date) -> Standing:
    """Return how a reward stands; what no points can help comes first, the gap is told all the same (S0-38, S23)."""
    need = facts.points * facts.qty
    gap = max(0, need - facts.have) if facts.have is not None else 0
    if facts.broken:
        return Standing(BROKEN, gap)
    if facts.veto:
        return Standing(FORBIDDEN, gap)
    if facts.valid_from is not None and facts.valid_from > today:
        return Standing(NOT_YET, gap)
    if facts.stock is not None and facts.stock < facts.qty:
        return Standing(NO_STOCK, gap)
    if facts.debt:
        return Standing(DEBT, gap)
    return Standing(LACKS, gap) if gap else Standing(CAN)


def lapsed(state: str, reserved_until: int | None, now: int) -> bool:
    """Return whether a reservation has run out at the instant `now`: decided by date, however late the job."""
    return state == RESERVED and reserved_until is not None and reserved_until <= now


# -- points that run out ---------------------------------------------------------------------------


def last_to_notice(today: date, months: int) -> date:
    """Return the latest expiry whose day of notice has come by `today` (S2-12).

    The day of notice is so many months before, clamped to the month's end: on 2026-02-28 lots that end from 03-28
    through 03-31 are due.
    """
    day = add_months(today, months)
    while add_months(day + timedelta(days=1), -months) <= today:
        day += timedelta(days=1)
    return day
