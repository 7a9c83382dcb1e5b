"""What the programme answers to the house's hooks: facts that need its calendar."""

from __future__ import annotations

import datetime as dt
from functools import lru_cache
from typing import Any

from sqlalchemy import and_, extract, false, or_

from core.hookfacts import Days, Fact, FactScope
from core.kernel.i18n import _l
from core.kernel.plugins import hookimpl
from core.people.facts import WHO
from core.people.models import Person
from core.programme.recurrence import birthday_in

FURTHEST = 60
OLDEST = 120


@lru_cache(maxsize=512)
def lunar_births(low: dt.date, high: dt.date) -> tuple[dt.date, ...]:
    """Return the dates of birth whose lunar birthday is kept within two days, both inclusive."""
    found = []
    for year in range(high.year - OLDEST, high.year + 1):
        for birth in _near(year, low, high):
            years = (low.year - 1, low.year, high.year)
            if any(low <= birthday_in(birth, "lunar", kept) <= high for kept in years):
                found.append(birth)
    return tuple(sorted(set(found)))


def _near(year: int, low: dt.date, high: dt.date) -> list[dt.date]:
    """Return that year's dates whose lunar birthday could fall so: the calendars drift by under a month."""
    drift = 32
    first = dt.date(year, 1, 1)
    begin, span = low.timetuple().tm_yday - drift, (high - low).days + 2 * drift + 1
    days = {(begin + n - 1) % 365 for n in range(span)} | ({365} if span else set())
    return [first + dt.timedelta(days=n) for n in sorted(days) if (first + dt.timedelta(days=n)).year == year]


def _solar(low: dt.date, high: dt.date) -> Any:
    """Return the criterion: a solar birthday within two days; 29 February is kept on the 28th of a common year."""
    days = [low + dt.timedelta(days=n) for n in range((high - low).days + 1)]
    kept = {day.month * 100 + day.day for day in days}
    if any((day.month, day.day) == (2, 28) and not _leap(day.year) for day in days):
        kept.add(229)
    return (extract("month", Person.birth_on) * 100 + extract("day", Person.birth_on)).in_(sorted(kept))


def _leap(year: int) -> bool:
    return (dt.date(year, 3, 1) - dt.date(year, 2, 28)).days == 2


def _find(scope: FactScope, low: int, high: int) -> Any:
    if low > high or high < 0:
        return false()
    begin, end = scope.day(-max(low, 0)), scope.day(-min(high, FURTHEST))
    lunar = and_(Person.birth_calendar == "lunar", Person.birth_on.in_(lunar_births(begin, end)))
    return or_(and_(Person.birth_calendar != "lunar", _solar(begin, end)), lunar)


@hookimpl
def register_facts() -> list[Fact]:
    """Return the fact of the next birthday, solar or lunar as the person keeps it (S0-10, S4-18)."""
    return [
        Fact("birthday", _l("距下次生日"), "number",
             lambda _s, _p: Days(_find, Person.birth_on.is_not(None)), group=WHO, unit=_l("天"), high=FURTHEST,
             help=_l("0 是今天生日；农历生日按农历算。"), order=13),
    ]  # fmt: skip
