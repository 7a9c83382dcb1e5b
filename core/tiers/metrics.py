"""What a member has reached within a window: sums of qualifying events, with what was known on a day. Pure."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache

from core.kernel.days import add_months
from core.programme.document import METRICS, Metric, Threshold

_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class QualifyingEvent:
    """What a sale (positive) or its refund (negative, same `on`, later `booked_on`) adds to the metrics.

    `spend_fen`, `topup_fen` are money received; `visits` above 0 marks a visit: a day counts once (B17).
    `source` is the order.
    """

    on: date
    spend_fen: int = 0
    visits: int = 0
    points: int = 0
    topup_fen: int = 0
    booked_on: date | None = None
    source: str = ""

    @property
    def known_on(self) -> date:
        """Day from which the event is known."""
        return self.booked_on or self.on


@lru_cache(maxsize=8192)
def window_start(as_of: date, months: int) -> date:
    """First day that a rolling window ending on `as_of` still counts.

    A day counts while `as_of` is before that day plus the months, as points live (2025-03-01 counts on
    2026-02-28, no longer on 2026-03-01; 2024-02-29 no longer on 2025-02-28).
    """
    day = add_months(as_of, -months)
    while add_months(day, months) <= as_of:
        day += _DAY
    while add_months(day - _DAY, months) > as_of:
        day -= _DAY
    return day


@lru_cache(maxsize=8192)
def period_start(as_of: date, months: int, origin: date) -> date:
    """First day of the period of `months` in which `as_of` lies, periods counted from `origin`."""
    number = ((as_of.year - origin.year) * 12 + as_of.month - origin.month) // months
    while add_months(origin, number * months) > as_of:
        number -= 1
    while add_months(origin, (number + 1) * months) <= as_of:
        number += 1
    return add_months(origin, number * months)


@dataclass(frozen=True, slots=True)
class Window:
    """Within which months a threshold is looked at: `months` None the whole life; `origin` None rolling."""

    months: int | None = None
    origin: date | None = None

    def start(self, day: date) -> date:
        """First day that still counts on `day`."""
        if self.months is None:
            return date.min
        return window_start(day, self.months) if self.origin is None else period_start(day, self.months, self.origin)


LIFE = Window()
_CALENDAR = date(2000, 1, 1)


def window_of(threshold: Threshold, joined_on: date | None) -> Window:
    """The window of a threshold for a member who joined on that day (unknown: like the calendar's)."""
    if threshold.window_months is None:
        return LIFE
    origins = {None: None, "calendar": _CALENDAR, "anniversary": joined_on or _CALENDAR}
    return Window(threshold.window_months, origins[threshold.window_kind])


_Sum = tuple[int, int, int, int]


@lru_cache(maxsize=1024)
def _asked(threshold: Threshold) -> tuple[tuple[int, int], ...]:
    """Return (place of the metric, value) of what a threshold asks for."""
    values = ((place, getattr(threshold, metric)) for place, metric in enumerate(METRICS))
    return tuple((place, value) for place, value in values if value is not None)


@dataclass(frozen=True, slots=True)
class Question:
    """A threshold put to one member: (place of the metric, value) of each amount, any or all, the window."""

    asked: tuple[tuple[int, int], ...]
    one_is_enough: bool
    window: Window


class Metrics:
    """Sums over windows of one person's events, with what was known on a day."""

    def __init__(self, events: Iterable[QualifyingEvent], joined_on: date | None = None) -> None:
        self.joined_on = joined_on
        by_day: dict[date, list[QualifyingEvent]] = defaultdict(list)
        for event in events:
            by_day[event.on].append(event)
        self._late: dict[date, tuple[list[date], list[_Sum]]] = {}
        self._days: list[date] = []
        self._sums: list[_Sum] = [(0, 0, 0, 0)]
        gained: set[date] = set()
        most = (0, 0, 0, 0)
        for day in sorted(by_day):
            rows = by_day[day]
            for row in rows:
                if _is_positive(row):
                    gained.add(row.known_on if row.known_on > day else day)
                    most = _add(most, _gain(row))
            if all(row.known_on <= day for row in rows):
                self._days.append(day)
                self._sums.append(_add(self._sums[-1], _day_sum(rows)))
            else:
                self._late[day] = _as_known(rows)
        self._late_days = list(self._late)
        self._most = most
        self.positive = sorted(gained)

    def could(self, threshold: Threshold) -> bool:
        """False if all that was ever gained together does not meet the threshold: then no window does."""
        met = (self._most[place] >= value for place, value in _asked(threshold))
        return any(met) if threshold.match == "any" else all(met)

    def positive_between(self, first: date, last: date) -> list[date]:
        """The days, first and last included, on which a positive event became known."""
        return self.positive[bisect_left(self.positive, first) : bisect_right(self.positive, last)]

    def window(self, threshold: Threshold) -> Window:
        """The window of a threshold for this member."""
        return window_of(threshold, self.joined_on)

    def question(self, threshold: Threshold) -> Question:
        """The threshold as it is put to this member, to be asked of many days."""
        return Question(_asked(threshold), threshold.match == "any", self.window(threshold))

    def _sum(self, window: Window, day: date, known: date) -> _Sum:
        first = window.start(day)
        low, high = bisect_left(self._days, first), bisect_right(self._days, day)
        total = _subtract(self._sums[high], self._sums[low])
        if not self._late_days:
            return total
        for late in self._late_days[bisect_left(self._late_days, first) : bisect_right(self._late_days, day)]:
            days, sums = self._late[late]
            total = _add(total, sums[bisect_right(days, known)])
        return total

    def over(self, window: Window, day: date, known: date) -> dict[Metric, int]:
        """The four metrics of the window that ends on `day`, as known on `known` (at least `day`)."""
        return dict(zip(METRICS, self._sum(window, day, known), strict=True))

    def meets(self, question: Question, day: date, known: date) -> bool:
        """True if the threshold is met on `day` as known on `known`."""
        have = self._sum(question.window, day, known)
        for place, value in question.asked:
            if (have[place] >= value) is question.one_is_enough:
                return question.one_is_enough
        return not question.one_is_enough


def _is_positive(row: QualifyingEvent) -> bool:
    return row.spend_fen > 0 or row.visits > 0 or row.points > 0 or row.topup_fen > 0


def _gain(row: QualifyingEvent) -> _Sum:
    return max(0, row.spend_fen), 1 if row.visits > 0 else 0, max(0, row.points), max(0, row.topup_fen)


def _day_sum(rows: Sequence[QualifyingEvent]) -> _Sum:
    if len(rows) == 1:
        row = rows[0]
        return row.spend_fen, 1 if row.visits > 0 else 0, row.points, row.topup_fen
    return (
        sum(row.spend_fen for row in rows),
        1 if sum(row.visits for row in rows) > 0 else 0,
        sum(row.points for row in rows),
        sum(row.topup_fen for row in rows),
    )


def _as_known(rows: list[QualifyingEvent]) -> tuple[list[date], list[_Sum]]:
    """A day's rows by when they became known: the known days, and the sum before and after each of them."""
    rows = sorted(rows, key=lambda row: row.known_on)
    return [row.known_on for row in rows], [_day_sum(rows[:n]) for n in range(len(rows) + 1)]


def _add(left: _Sum, right: _Sum) -> _Sum:
    return left[0] + right[0], left[1] + right[1], left[2] + right[2], left[3] + right[3]


def _subtract(left: _Sum, right: _Sum) -> _Sum:
    return left[0] - right[0], left[1] - right[1], left[2] - right[2], left[3] - right[3]
