"""Who looks after somebody after an operation, and when they are called (S3-27, B35; S3-26). Pure.

Department for the first month, consultant until a year has passed, customer service from then on. A month that has no
such day ends on its last: of 2026-01-31 the consultant's first day is 2026-02-28.
"""

from __future__ import annotations

import calendar
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from core.sdk import _l
from plugins.beauty.attributes import HARMLESS, INJECTED

DEPARTMENT, CONSULTANT, SERVICE = "department", "consultant", "service"
STAGES: dict[str, Any] = {DEPARTMENT: _l("科室"), CONSULTANT: _l("咨询师"), SERVICE: _l("客服")}
MONTHS, YEAR_MONTHS = 1, 12

# Days and months after which somebody is called, by what was done (clinic.md 6.3).
_SURGERY = ((1, 0), (3, 0), (7, 0), (14, 0), (0, 1), (0, 3), (0, 6), (0, 12))
_INJECTION = ((1, 0), (7, 0), (14, 0))
_LIGHT = ((1, 0), (3, 0), (7, 0), (0, 1))
CYCLE_LENGTHS, PERIOD_LENGTHS = (20, 45), (2, 10)  # days


@dataclass(frozen=True, slots=True)
class Stage:
    """Who is in charge on a day, and the first day of the next stage (None: there is none)."""

    key: str
    changes_on: date | None


def add_months(day: date, months: int) -> date:
    """Return the day so many months later; where that month is too short, its last day."""
    count = day.year * 12 + day.month - 1 + months
    year, month = divmod(count, 12)
    return date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))


def stage_on(operated: date, today: date) -> Stage:
    """Return the stage of an operation on a day."""
    first, second = add_months(operated, MONTHS), add_months(operated, YEAR_MONTHS)
    if today < first:
        return Stage(DEPARTMENT, first)
    if today < second:
        return Stage(CONSULTANT, second)
    return Stage(SERVICE, None)


def follow_ups(procedure: str, done: date) -> list[date]:
    """Return the days on which to ask after a treatment, in order; [] for care and consultations."""
    if procedure in HARMLESS:
        return []
    plan = _LIGHT
    if procedure in {"surgery", "thread"}:
        plan = _SURGERY  # type: ignore[assignment]
    elif procedure in INJECTED:
        plan = _INJECTION  # type: ignore[assignment]
    return [add_months(done, months) + timedelta(days=days) for days, months in plan]


def next_due(procedure: str, done: date, asked: date | None) -> date | None:
    """Return the next day to ask after a treatment, after the last time somebody asked; None when all is asked."""
    return next((day for day in follow_ups(procedure, done) if asked is None or day > asked), None)


def period_window(last: date, length: int, on: date, lasts: int = 7) -> tuple[date, date]:
    """Return the first and last day of the period expected around or next after `on`, both inclusive (S3-26).

    `last` is the first day of the last one known, `length` the days from one to the next.
    """
    turns = max((on - last).days, 0) // length
    start = last + timedelta(days=turns * length)
    if on > start + timedelta(days=lasts - 1):
        start += timedelta(days=length)
    return start, start + timedelta(days=lasts - 1)


def in_period(last: date, length: int, on: date, lasts: int = 7) -> bool:
    """Return whether a day falls into an expected period."""
    first, final = period_window(last, length, on, lasts)
    return first <= on <= final
