"""Days: months later, ages in periods. Pure functions over dates."""

from __future__ import annotations

import calendar
from datetime import date


def add_months(day: date, months: int) -> date:
    """The same day `months` later (or earlier), clamped to the month's end: 2024-02-29 + 12 -> 2025-02-28."""
    index = day.year * 12 + day.month - 1 + months
    year, month = divmod(index, 12)
    last = calendar.monthrange(year, month + 1)[1]
    return date(year, month + 1, min(day.day, last))


def year_start(start: date, as_of: date) -> date:
    """First day of the year, counted from `start`, in which `as_of` lies; `start` itself for earlier days."""
    years = max(0, as_of.year - start.year)
    begin = add_months(start, 12 * years)
    return begin if begin <= as_of or years == 0 else add_months(start, 12 * (years - 1))
