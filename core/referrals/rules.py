"""Who may have brought whom, and what a referral gives (loyalty S22; capabilities B14, B15, B38). Pure."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import date

    from core.programme.rules import Referral

# The law's ceiling, not a setting: rewards by the turnover of a chain of people are forbidden (Anti-pyramid
# Regulation 2005 art. 7(3)); nothing beyond the referrer's own referrer can be rewarded.
MAX_DEPTH = 2

PENDING, REWARDED, CLAWED_BACK, REFUSED = "pending", "rewarded", "clawed_back", "refused"
NO_RULE, KIN, STAFF, CAP, GONE, NOTHING = "no_rule", "kin", "staff", "monthly_cap", "gone", "nothing"
ON_REGISTRATION = "registration"

_LETTERS = "ABCDEFGHJKLMNPQRSTUVWXYZ"
_SIGNS = _LETTERS + "23456789"  # no I, O, 0, 1: what is read out is not mistaken
SHORT = 8


@dataclass(frozen=True, slots=True)
class Upline:
    """Somebody who would be rewarded: level 1 brought the member, level 2 brought level 1.

    `kin` belongs to the member's family or household, `given` counts the rewards of the month that stand.
    """

    person_id: int
    level: int
    kin: bool = False
    staff: bool = False
    gone: bool = False
    given: int = 0


@dataclass(frozen=True, slots=True)
class Grant:
    """Points for a person; level 0 is who was brought."""

    person_id: int
    level: int
    points: int


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a referral gives, and (level, reason) of what it does not."""

    grants: tuple[Grant, ...]
    held: tuple[tuple[int, str], ...]

    @property
    def state(self) -> str:
        """Return the state of the referral after it."""
        return REWARDED if self.grants else REFUSED

    @property
    def reason(self) -> str:
        """Return why level 1 got nothing, or an empty text."""
        return next((why for level, why in self.held if level == 1), "" if self.grants else NOTHING)


def depth_of(rule: Referral) -> int:
    """Return how many levels a rule rewards. For a mere registration it is always one: more would pay for heads."""
    return 1 if rule.on == ON_REGISTRATION else min(rule.depth, MAX_DEPTH)


def outcome(rule: Referral | None, member: int, uplines: Sequence[Upline], *, staff_points: bool) -> Outcome:
    """Return what a qualifying referral gives under `rule` (None: the programme has none).

    `uplines` begin with the referrer. A referrer of the member's own household ends it for everybody; any other
    hindrance concerns the one it names. Staff get no points unless the franchise says so (loyalty C6).
    """
    if rule is None:
        return Outcome((), ((1, NO_RULE),))
    if not uplines or uplines[0].kin:
        return Outcome((), ((1, KIN if uplines else GONE),))
    grants = [Grant(member, 0, rule.referee_points)] if rule.referee_points else []
    held = []
    for one in uplines[: depth_of(rule)]:
        points = rule.referrer_points if one.level == 1 else rule.level2_points
        why = _hindrance(one, rule.monthly_cap, staff_points)
        if why:
            held.append((one.level, why))
        elif points:
            grants.append(Grant(one.person_id, one.level, points))
    return Outcome(tuple(grants), tuple(held))


def _hindrance(one: Upline, cap: int, staff_points: bool) -> str:
    if one.gone:
        return GONE
    if one.kin:
        return KIN
    if one.staff and not staff_points:
        return STAFF
    return CAP if one.given >= cap else ""


def closes_cycle(referrer_of: Callable[[int], int | None], member: int, referrer: int) -> bool:
    """Return whether `member` stands above `referrer` (or is them): bringing them would be a circle of any length."""
    seen = set()
    above: int | None = referrer
    while above is not None and above not in seen:
        if above == member:
            return True
        seen.add(above)
        above = referrer_of(above)
    return False


def still_counts(minimum_fen: int, kept_fen: int) -> bool:
    """Return whether an order still brings what it was rewarded for; money, never a bill paid with points."""
    return kept_fen > 0 and kept_fen >= minimum_fen


def too_late(joined_on: date, today: date, days: int) -> bool:
    """Return whether more than `days` days have passed since somebody joined."""
    return (today - joined_on).days > days


def month_of(day: date) -> int:
    """Return the month of a day as one number: 202611."""
    return day.year * 100 + day.month


def make_short_code() -> str:
    """Return a new short code: a letter first, so that no member number looks like it."""
    return secrets.choice(_LETTERS) + "".join(secrets.choice(_SIGNS) for _n in range(SHORT - 1))


def tidy_code(typed: str) -> str:
    """Return what was typed as a short code is written."""
    return "".join(typed.split()).replace("-", "").upper()
