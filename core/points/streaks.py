"""Visits month after month (S2-03): when a bonus is due, and when one that was given no longer stands. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True, slots=True)
class Given:
    """A bonus that was given and not taken back: an id for the caller, and the day whose visit completed it."""

    id: int
    on: date


def _number(day: date) -> int:
    """Return the months since year 0, so that neighbours differ by one."""
    return day.year * 12 + day.month - 1


def due(days: Iterable[date], given: Iterable[Given], today: date, months: int, visits: int) -> bool:
    """Return whether the visit of `today` completes a streak: `months` months in a row, this one the last, with
    `visits` visit days each, none of them part of a streak that was rewarded before. Two payments on one day are
    one visit (B16, B17)."""
    counted = Counter(_number(day) for day in set(days) if day <= today)
    last = _number(today)
    window = range(last - months + 1, last + 1)
    if any(_number(one.on) >= window.start for one in given):
        return False
    return all(counted[month] >= visits for month in window)


def broken(days: Iterable[date], given: Iterable[Given], months: int, visits: int) -> list[Given]:
    """Return the bonuses whose months no longer have their visits: a refund took one away (I27)."""
    counted = Counter(_number(day) for day in set(days))
    return [
        one for one in given
        if any(counted[month] < visits for month in range(_number(one.on) - months + 1, _number(one.on) + 1))
    ]  # fmt: skip
