"""Tier standing as a pure function of qualifying events, an override, the programme's tiers and the day.

How a tier is held (S4-15, S4-28, loyalty S14, S15):
- Each positive event after which the entry threshold is met *qualifies*: the tier is held at once, for a
  period of `period_months` from that day. A later qualifying event starts a period of its own, so buying
  more never hurts.
- A threshold's months roll, or they are periods of the calendar, or periods from the day the member joined
  (`Threshold.window_kind`). In the last two a holding is looked at on each first day of such a period: reached
  in the middle of a year, it lasts that year and the whole next one.
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

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta

from core.kernel.days import add_months
from core.programme.document import METRICS, Metric, Threshold, Tier
from core.tiers.metrics import Metrics, QualifyingEvent, Question, Window, period_start, window_of, window_start

__all__ = [
    "Gap", "Held", "Metrics", "Need", "Override", "QualifyingEvent", "Standing", "Window", "gap", "keep_gap",
    "keep_of", "known_by", "period_months", "standing", "standing_by", "window_start",
]  # fmt: skip

DEFAULT_PERIOD_MONTHS = 12
_DAY = timedelta(days=1)


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
    """What is missing to a tier: all needs or any one of them, within `window_months` (None: whole life) that lie
    as `window_kind` says."""

    tier: str
    name: str
    needs: tuple[Need, ...]
    match: str
    window_months: int | None
    window_kind: str | None = None


@dataclass(frozen=True, slots=True)
class _Chain:
    """Unbroken holding of one tier: days start <= d < end (end None: open)."""

    start: date
    end: date | None
    review: date | None
    in_grace: bool
    at_risk: bool


def standing(
    events: Iterable[QualifyingEvent],
    tiers: Sequence[Tier],
    as_of: date,
    held: Held | None = None,
    override: Override | None = None,
    joined_on: date | None = None,
) -> Standing:
    """The standing on `as_of`. Events that are not known by then do not count. B07, B08, I37-I39.

    `joined_on` is the day from which anniversary windows count.
    """
    return standing_by(known_by(events, as_of, joined_on), tiers, as_of, held, override)


def known_by(events: Iterable[QualifyingEvent], as_of: date, joined_on: date | None = None) -> Metrics:
    """The metrics of a member with what was known on `as_of`: several programmes may be asked of the same."""
    return Metrics((event for event in events if event.known_on <= as_of and event.on <= as_of), joined_on)


def standing_by(
    metrics: Metrics, tiers: Sequence[Tier], as_of: date, held: Held | None = None, override: Override | None = None
) -> Standing:
    """The standing on `as_of` by metrics that `known_by` made for the same day."""
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
    if not metrics.could(tier.entry):
        return
    entry, cooling = metrics.question(tier.entry), timedelta(days=tier.cooling_days)
    for known in metrics.positive:
        if metrics.meets(entry, known, min(as_of, known + cooling)):
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
    number, keep = 0 if first else 1, metrics.question(keep_of(tier))
    while True:
        review = _review(start, months, number, first, keep.window.origin)
        if as_of < review:
            risk = not metrics.meets(keep, as_of, as_of)
            return _Chain(start, None, review, False, risk and _shaken(metrics, tier, start, as_of))
        over = review + timedelta(days=tier.grace_days)
        if not _kept_within(metrics, keep, review, min(over - _DAY, as_of), as_of):
            if as_of < over:
                return _Chain(start, None, review, True, True)
            return _Chain(start, max(over, review), review, False, False)
        number += 1


def _review(start: date, months: int, number: int, first: date | None, origin: date | None) -> date:
    """The day of the `number`-th review: after whole periods from the start, or on the first days of periods
    that lie fixed from `origin`; a promised day `first` is number 0."""
    if first is not None and number == 0:
        return first
    if origin is None:
        return add_months(first or start, months * number)
    return add_months(period_start(first or start, months, origin), months * number)


def keep_of(tier: Tier) -> Threshold:
    """The condition looked at when a period ends, with its window: keep's own, else the entry's."""
    if tier.keep is None:
        return tier.entry
    if tier.keep.window_months is not None:
        return tier.keep
    return replace(tier.keep, window_months=tier.entry.window_months, window_kind=tier.entry.window_kind)


def _kept_within(metrics: Metrics, keep: Question, review: date, last: date, as_of: date) -> bool:
    """True if the keep condition is met on the eve of the review or on a day of the grace, as known then.

    The year under review ends on its eve; only a new event can newly meet the condition afterwards.
    """
    eve = review - _DAY
    if metrics.meets(keep, eve, min(review, as_of)):
        return True
    return any(metrics.meets(keep, day, day) for day in metrics.positive_between(review, last))


def _shaken(metrics: Metrics, tier: Tier, start: date, as_of: date) -> bool:
    """True if by what is known now the entry would not have been met at the start: a refund came after
    cooling.
    """
    return not metrics.meets(metrics.question(tier.entry), start, as_of)


def gap(
    events: Iterable[QualifyingEvent], tiers: Sequence[Tier], as_of: date, current: str, joined_on: date | None = None
) -> Gap | None:
    """What is missing to the next tier above `current`; None at the top (S0-39, S4-28)."""
    rank = next((place for place, tier in enumerate(tiers) if tier.code == current), 0)
    if rank + 1 >= len(tiers):
        return None
    tier = tiers[rank + 1]
    return _gap_to(tier, tier.entry, events, as_of, joined_on)


def keep_gap(
    events: Iterable[QualifyingEvent], tier: Tier, review: date, as_of: date, joined_on: date | None = None
) -> Gap | None:
    """What is missing by `review` to keep the tier, counting what is known now; None if it never falls."""
    if period_months(tier) is None:
        return None
    threshold = keep_of(tier)
    first = window_of(threshold, joined_on).start(review - _DAY)
    return _gap_to(tier, threshold, (event for event in events if event.on >= first), as_of, joined_on)


def _gap_to(
    tier: Tier, threshold: Threshold, events: Iterable[QualifyingEvent], as_of: date, joined_on: date | None
) -> Gap:
    metrics = Metrics((event for event in events if event.known_on <= as_of and event.on <= as_of), joined_on)
    have = metrics.over(metrics.window(threshold), as_of, as_of)
    needs = tuple(
        Need(metric, value, have[metric]) for metric in METRICS if (value := getattr(threshold, metric)) is not None
    )
    return Gap(tier.code, tier.name, needs, threshold.match, threshold.window_months, threshold.window_kind)
