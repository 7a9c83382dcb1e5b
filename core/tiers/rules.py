"""Tier standing as a pure function of qualifying events, an override, the programme's tiers and the day.

How a tier is held (S4-15, S4-28, loyalty S14, S15):
- Each positive event after which the entry threshold is met *qualifies*: the tier is held at once, for a
  period of `period_months` from that day. A later qualifying event starts a period of its own, so buying
  more never hurts.
- At a period's end the keep condition is looked at. Met then, or within `grace_days`, the next period
  follows on without a gap; else the tier ends when the grace is over.
- What is known counts: a refund is a negative event on the sale's own day that becomes known on its booking
  day. Booked within `cooling_days` of the qualifying day, it can take that qualification away, at once;
  booked later it is seen at the next review only, and until then the standing is `at_risk`.
- The standing is the highest tier held. One tier down (`fall: one_down`) grants the tier below one period.
- An override counts between its dates, inclusive, and freezes nothing (its end brings back the computed
  tier).
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache

from core.kernel.days import add_months
from core.programme.document import METRICS, Metric, Threshold, Tier

DEFAULT_PERIOD_MONTHS = 12
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


@dataclass(frozen=True, slots=True)
class Held:
    """A tier granted from outside the events: an opening balance, the standing before a new programme.

    `until` is the last day before it is first looked at; None: a full period from `since`.
    """

    tier: str
    since: date
    until: date | None = None


@dataclass(frozen=True, slots=True)
class Override:
    """A tier set by hand from `start` through `until` (None: no end)."""

    tier: str
    start: date
    until: date | None
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Standing:
    """The tier on a day. `since` its first day without a gap; `until` the last day before it is next looked
    at or ends (None: no such day). `computed` is the tier without the override."""

    tier: str
    since: date | None
    until: date | None
    computed: str
    in_grace: bool = False
    at_risk: bool = False
    overridden: bool = False


@dataclass(frozen=True, slots=True)
class Need:
    """One metric of a threshold: what is needed, had, missing (fen, visits or points)."""

    metric: Metric
    need: int
    have: int

    @property
    def missing(self) -> int:
        """What is still missing, never negative."""
        return max(0, self.need - self.have)


@dataclass(frozen=True, slots=True)
class Gap:
    """What is missing to a tier: all needs or any one of them, within `window_months` (None: whole life)."""

    tier: str
    name: str
    needs: tuple[Need, ...]
    match: str
    window_months: int | None


@dataclass(frozen=True, slots=True)
class _Chain:
    """Unbroken holding of one tier: days start <= d < end (end None: open)."""

    start: date
    end: date | None
    review: date | None
    in_grace: bool
    at_risk: bool


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


_Sum = tuple[int, int, int, int]


@lru_cache(maxsize=1024)
def _asked(threshold: Threshold) -> tuple[tuple[int, int], ...]:
    """Return (place of the metric, value) of what a threshold asks for."""
    values = ((place, getattr(threshold, metric)) for place, metric in enumerate(METRICS))
    return tuple((place, value) for place, value in values if value is not None)


class Metrics:
    """Sums over windows of one person's events, with what was known on a day."""

    def __init__(self, events: Iterable[QualifyingEvent]) -> None:
        by_day: dict[date, list[QualifyingEvent]] = defaultdict(list)
        for event in events:
            by_day[event.on].append(event)
        plain = {day: rows for day, rows in by_day.items() if all(row.known_on <= day for row in rows)}
        self._late = {day: _as_known(rows) for day, rows in by_day.items() if day not in plain}
        self._late_days = sorted(self._late)
        self._days = sorted(plain)
        self._sums: list[tuple[int, int, int, int]] = [(0, 0, 0, 0)]
        for day in self._days:
            self._sums.append(_add(self._sums[-1], _day_sum(plain[day])))
        self.positive = sorted(
            {max(row.on, row.known_on) for rows in by_day.values() for row in rows if _is_positive(row)}
        )

    def positive_between(self, first: date, last: date) -> list[date]:
        """The days, first and last included, on which a positive event became known."""
        return self.positive[bisect_left(self.positive, first) : bisect_right(self.positive, last)]

    def _sum(self, window_months: int | None, day: date, known: date) -> _Sum:
        first = date.min if window_months is None else window_start(day, window_months)
        low, high = bisect_left(self._days, first), bisect_right(self._days, day)
        total = _subtract(self._sums[high], self._sums[low])
        for late in self._late_days[bisect_left(self._late_days, first) : bisect_right(self._late_days, day)]:
            days, sums = self._late[late]
            total = _add(total, sums[bisect_right(days, known)])
        return total

    def over(self, window_months: int | None, day: date, known: date) -> dict[Metric, int]:
        """The four metrics of the window that ends on `day`, as known on `known` (at least `day`)."""
        return dict(zip(METRICS, self._sum(window_months, day, known), strict=True))

    def meets(self, threshold: Threshold, window_months: int | None, day: date, known: date) -> bool:
        """True if the threshold is met on `day` as known on `known`."""
        have = self._sum(window_months, day, known)
        met = (have[place] >= value for place, value in _asked(threshold))
        return any(met) if threshold.match == "any" else all(met)


def _is_positive(row: QualifyingEvent) -> bool:
    return row.spend_fen > 0 or row.visits > 0 or row.points > 0 or row.topup_fen > 0


def _day_sum(rows: Sequence[QualifyingEvent]) -> _Sum:
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


def standing(
    events: Iterable[QualifyingEvent],
    tiers: Sequence[Tier],
    as_of: date,
    held: Held | None = None,
    override: Override | None = None,
) -> Standing:
    """The standing on `as_of`. Events that are not known by then do not count. B07, B08, I37-I39."""
    metrics = Metrics(event for event in events if event.known_on <= as_of and event.on <= as_of)
    computed = _computed(metrics, tiers, as_of, held)
    active = override is not None and override.start <= as_of and (not override.until or as_of <= override.until)
    if override is None or not active or all(tier.code != override.tier for tier in tiers):
        return computed
    return Standing(override.tier, override.start, override.until, computed.computed, overridden=True)


def _computed(metrics: Metrics, tiers: Sequence[Tier], as_of: date, held: Held | None) -> Standing:
    falls: list[date] = []
    for rank in range(len(tiers) - 1, 0, -1):
        tier = tiers[rank]
        chains = _chains(metrics, tier, as_of, held, falls)
        alive = [chain for chain in chains if chain.end is None or as_of < chain.end]
        if alive:
            return _standing_of(tier, chains, alive)
        falls = [chain.end for chain in chains if chain.end] if tier.fall == "one_down" else []
    base = tiers[0]
    return Standing(base.code, None, None, base.code)


def _standing_of(tier: Tier, chains: list[_Chain], alive: list[_Chain]) -> Standing:
    best = max(alive, key=lambda chain: (chain.review is None, not chain.in_grace, chain.review or date.max))
    since = min(chain.start for chain in alive)
    while True:
        earlier = [chain.start for chain in chains if chain.start < since and chain.end and chain.end >= since]
        if not earlier:
            break
        since = min(earlier)
    until = None if best.review is None else _last_day(tier, best)
    return Standing(tier.code, since, until, tier.code, best.in_grace, all(chain.at_risk for chain in alive))


def _last_day(tier: Tier, chain: _Chain) -> date:
    """The last safe day: before the review, or, in grace, before the grace is over."""
    assert chain.review is not None
    days = tier.grace_days if chain.in_grace else 0
    return chain.review + timedelta(days=days) - _DAY


def _chains(metrics: Metrics, tier: Tier, as_of: date, held: Held | None, falls: list[date]) -> list[_Chain]:
    """The unbroken holdings of a tier that have begun by `as_of`, from every qualification and grant."""
    starts = {day for day in falls if day <= as_of}
    if held is not None and held.tier == tier.code and held.since <= as_of and not held.until:
        starts.add(held.since)
    starts.update(_qualified(metrics, tier, as_of))
    chains = [_follow(metrics, tier, start, as_of) for start in sorted(starts)]
    if held is not None and held.tier == tier.code and held.until and held.since <= as_of:
        chains.append(_follow(metrics, tier, held.since, as_of, held.until + _DAY))
    return chains


def _qualified(metrics: Metrics, tier: Tier, as_of: date) -> Iterable[date]:
    """Days of positive events on which the entry threshold was met, refunds within the cooling days
    included.
    """
    window = tier.entry.window_months
    for known in metrics.positive:
        settled = min(as_of, known + timedelta(days=tier.cooling_days))
        if metrics.meets(tier.entry, window, known, settled):
            yield known


def period_months(tier: Tier) -> int | None:
    """Length of a period of holding; None: the tier is held for ever."""
    if tier.fall == "never":
        return None
    if tier.period_months is not None:
        return tier.period_months
    if tier.keep is None and tier.entry.window_months is None:
        return None
    keep = tier.keep.window_months if tier.keep else None
    return keep or tier.entry.window_months or DEFAULT_PERIOD_MONTHS


def _follow(metrics: Metrics, tier: Tier, start: date, as_of: date, first: date | None = None) -> _Chain:
    """Follow a holding from its start through the reviews that have come by `as_of`; `first` is a promised one."""
    months = period_months(tier)
    if months is None:
        return _Chain(start, None, None, False, False)
    number = 0 if first else 1
    while True:
        review = add_months(first or start, months * number)
        if as_of < review:
            risk = not _kept(metrics, tier, as_of, as_of)
            return _Chain(start, None, review, False, risk and _shaken(metrics, tier, start, as_of))
        over = review + timedelta(days=tier.grace_days)
        if not _kept_within(metrics, tier, review, min(over - _DAY, as_of), as_of):
            if as_of < over:
                return _Chain(start, None, review, True, True)
            return _Chain(start, max(over, review), review, False, False)
        number += 1


def _keep_of(tier: Tier) -> tuple[Threshold, int | None]:
    """The keep condition and its window: keep's own, else the entry's."""
    if tier.keep is None:
        return tier.entry, tier.entry.window_months
    return tier.keep, tier.keep.window_months or tier.entry.window_months


def _kept(metrics: Metrics, tier: Tier, day: date, known: date) -> bool:
    threshold, window = _keep_of(tier)
    return metrics.meets(threshold, window, day, known)


def _kept_within(metrics: Metrics, tier: Tier, review: date, last: date, as_of: date) -> bool:
    """True if the keep condition is met on the eve of the review or on a day of the grace, as known then.

    The year under review ends on its eve; only a new event can newly meet the condition afterwards.
    """
    eve = review - _DAY
    if _kept(metrics, tier, eve, min(review, as_of)):
        return True
    return any(_kept(metrics, tier, day, day) for day in metrics.positive_between(review, last))


def _shaken(metrics: Metrics, tier: Tier, start: date, as_of: date) -> bool:
    """True if by what is known now the entry would not have been met at the start: a refund came after
    cooling.
    """
    return not metrics.meets(tier.entry, tier.entry.window_months, start, as_of)


def gap(events: Iterable[QualifyingEvent], tiers: Sequence[Tier], as_of: date, current: str) -> Gap | None:
    """What is missing to the next tier above `current`; None at the top (S0-39, S4-28)."""
    rank = next((place for place, tier in enumerate(tiers) if tier.code == current), 0)
    if rank + 1 >= len(tiers):
        return None
    tier = tiers[rank + 1]
    return _gap_to(tier, tier.entry, tier.entry.window_months, events, as_of)


def keep_gap(events: Iterable[QualifyingEvent], tier: Tier, review: date, as_of: date) -> Gap | None:
    """What is missing by `review` to keep the tier, counting what is known now; None if it never falls."""
    if period_months(tier) is None:
        return None
    threshold, window = _keep_of(tier)
    first = date.min if window is None else window_start(review - _DAY, window)
    return _gap_to(tier, threshold, window, (event for event in events if event.on >= first), as_of)


def _gap_to(
    tier: Tier, threshold: Threshold, window: int | None, events: Iterable[QualifyingEvent], as_of: date
) -> Gap:
    metrics = Metrics(event for event in events if event.known_on <= as_of and event.on <= as_of)
    have = metrics.over(window, as_of, as_of)
    needs = tuple(
        Need(metric, value, have[metric]) for metric in METRICS if (value := getattr(threshold, metric)) is not None
    )
    return Gap(tier.code, tier.name, needs, threshold.match, window)
