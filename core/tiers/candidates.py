"""Whom a new programme can move: the members for whom two programmes may come to different tiers.

Everybody else keeps the standing that is stored, so what is left out here must be right for certain. Of a tier
whose thresholds only rose, whoever does not hold it cannot win it, and whoever has more than both thresholds in
the window of today holds it in both; of one whose thresholds only fell, a holder keeps it. A tier that changed
in any other way is looked at for all who hold it or a higher one, or ever did enough to reach it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time, timedelta
from typing import Any

from core.kernel import clock
from core.kernel.days import add_months
from core.kernel.statements import Statements, as_date
from core.programme.document import METRICS, Programme, Threshold, Tier
from core.tiers import rules, services
from core.tiers.metrics import window_start
from core.tiers.rules import Held, Override, QualifyingEvent

BATCH = 5_000
LOOKS = 4
"""On how many days of a period a holder's sums are looked at before their events are read."""


@dataclass(frozen=True, slots=True)
class Member:
    """A member as stored, with what bounds the tiers they can reach."""

    id: int
    tier: str
    since: date | None
    until: date | None
    held: Held | None
    override: Override | None
    events: tuple[QualifyingEvent, ...]
    joined_on: date


@dataclass
class Doubt:
    """The condition under which a member is looked at; `people` is the part of it that needs no events.

    `people` is a condition over `person` that everybody in doubt meets; None: anybody may be.
    """

    parts: list[str] = field(default_factory=list)
    params: list[Any] = field(default_factory=list)
    people: list[str] | None = field(default_factory=list)
    people_params: list[Any] = field(default_factory=list)

    def add(self, holders: list[str] | None, sql: str = "", params: list[Any] | None = None) -> None:
        """Look at those who hold one of these tiers (None: whatever they hold) and meet the condition."""
        marks = _marks(holders or [])
        here = f"COALESCE(p.tier_code, '') IN ({marks})"
        both = [part for part in (here if holders is not None else "", sql) if part]
        self.parts.append(f"({' AND '.join(both)})")
        self.params += [*(holders or []), *(params or [])]
        if holders is None or self.people is None:
            self.people = None
        else:
            self.people.append(here)
            self.people_params += holders


def candidates(st: Statements, old: Programme, new: Programme, as_of: date, tz: str, after: int) -> Iterator[Member]:
    """Yield the members (id above `after`, ascending) for whom the two programmes may differ on that day."""
    held, overrides = _held(st), _overrides(st)
    always = sorted({*held, *overrides})
    doubt = _doubt(old, new, as_of, tz)
    base = old.base_tier().code
    while True:
        last, rows = _next(st, doubt, as_of, [one.code for one in new.tiers], after, always)
        events = _events(st, [int(row[0]) for row in rows], tz)
        for row in rows:
            person_id = int(row[0])
            yield Member(
                person_id, row[1] or base, as_date(row[2]), as_date(row[3]), held.get(person_id),
                overrides.get(person_id), tuple(events.get(person_id, ())), services.joined_day(int(row[4]), tz),
            )  # fmt: skip
        if last is None:
            return
        after = last


def _next(
    st: Statements, doubt: Doubt, as_of: date, codes: list[str], after: int, always: list[int]
) -> tuple[int | None, list[tuple[Any, ...]]]:
    """Return the last id of the next batch of members (None: it was the last batch) and those to look at.

    Looked at whatever the rules say: whose period is over, whose tier is no more, who was granted a tier.
    """
    end = st.one(
        "SELECT MAX(id), COUNT(*) FROM (SELECT id FROM person WHERE franchise_id = ? AND id > ? ORDER BY id LIMIT ?) p",
        [st.franchise_id, after, BATCH],
    )
    if end is None or end[0] is None:
        return None, []
    promised = [one for one in always if after < one <= int(end[0])]
    plain = f"p.tier_until < ? OR COALESCE(p.tier_code, '') NOT IN ({_marks([*codes, ''])})"
    plain_params = [as_of, *codes, ""]
    if promised:
        plain, plain_params = f"{plain} OR p.id IN ({_marks(promised)})", [*plain_params, *promised]
    narrowed, narrow_params = "", list[Any]()
    if doubt.people is not None:
        narrowed = f" AND ({' OR '.join([plain, *doubt.people])})"
        narrow_params = [*plain_params, *doubt.people_params]
    rows = st.all(
        "SELECT p.id, p.tier_code, p.tier_since, p.tier_until, p.joined_at FROM person p"  # noqa: S608 (our own words and marks)
        " LEFT JOIN tier_event e ON e.franchise_id = p.franchise_id AND e.person_id = p.id"
        " AND e.franchise_id = ? AND e.person_id > ? AND e.person_id <= ?"
        f" WHERE p.franchise_id = ? AND p.id > ? AND p.id <= ?{narrowed}"
        " GROUP BY p.id, p.tier_code, p.tier_since, p.tier_until, p.joined_at"
        f" HAVING {' OR '.join([plain, *doubt.parts])} ORDER BY p.id",
        [
            st.franchise_id,
            after,
            int(end[0]),
            st.franchise_id,
            after,
            int(end[0]),
            *narrow_params,
            *plain_params,
            *doubt.params,
        ],
    )
    return (int(end[0]) if int(end[1]) == BATCH else None), rows


def _marks(values: list[Any]) -> str:
    return ", ".join("?" * len(values))


# -- who is in doubt ----------------------------------------------------------------------------------------

_MOST = {
    "spend_fen": "SUM(CASE WHEN e.spend_fen > 0 THEN e.spend_fen ELSE 0 END)",
    "visits": "SUM(CASE WHEN e.visits > 0 THEN 1 ELSE 0 END)",
    "points": "SUM(CASE WHEN e.points > 0 THEN e.points ELSE 0 END)",
    "topup_fen": "SUM(CASE WHEN e.topup_fen > 0 THEN e.topup_fen ELSE 0 END)",
}
"""The most that a member can ever have had of a metric, whatever the window."""


def _doubt(old: Programme, new: Programme, as_of: date, tz: str) -> Doubt:
    """Return the condition under which a member's tier may differ between two programmes."""
    doubt = Doubt()
    for code in _changed(old, new):
        was, will = old.tier(code), new.tier(code)
        way = _way(was, will)
        if way == "harder" and was is not None and will is not None:
            doubt.add([code], *_unsure(was, will, as_of, tz))
        elif way == "easier" and will is not None:
            below = ["", *(one.code for one in old.tiers[: old.rank(code)])]
            for sql, params in _reaches(new, will):
                doubt.add(below, sql, params)
        else:
            _any_way(doubt, old, new, code)
    return doubt


def _any_way(doubt: Doubt, old: Programme, new: Programme, code: str) -> None:
    was, will = old.tier(code), new.tier(code)
    for programme, tier in ((new, will), (old, was if was and was.fall == "one_down" else None)):
        for sql, params in _reaches(programme, tier) if tier is not None else ():
            doubt.add(None, sql, params)
    if was is not None:
        doubt.add([one.code for one in old.tiers[max(old.rank(code), 0) :]])


def _changed(old: Programme, new: Programme) -> list[str]:
    """Return the tiers that the two define, or rank, in different ways."""
    codes = list(dict.fromkeys([one.code for one in (*new.tiers, *old.tiers)]))
    both = {one.code for one in old.tiers} & {one.code for one in new.tiers}
    ranks = [[one.code for one in side.tiers if one.code in both] for side in (old, new)]
    if ranks[0] != ranks[1]:
        return codes
    return [code for code in codes if _definition(old.tier(code)) != _definition(new.tier(code))]


def _definition(tier: Tier | None) -> Any:
    """Return what of a tier decides who holds it: its benefits move nobody."""
    return tier and (tier.entry, tier.keep, tier.grace_days, tier.period_months, tier.fall, tier.cooling_days)


def _way(was: Tier | None, will: Tier | None) -> str:
    """Return harder or easier if nothing but the amounts of a tier changed, and all in one direction; else other.

    A tier that gives the one below on falling (`one_down`) reaches further than itself: other.
    """
    if was is None or will is None or was.fall == "one_down" or not _alike(was, will):
        return "other"
    pairs = [pair for one, two in ((was.entry, will.entry), (rules.keep_of(was), rules.keep_of(will)))
             for pair in zip(_amounts(one), _amounts(two), strict=True)]  # fmt: skip
    if all(before <= after for before, after in pairs):
        return "harder"
    return "easier" if all(before >= after for before, after in pairs) else "other"


def _alike(was: Tier, will: Tier) -> bool:
    """True if two definitions differ in amounts only: the same metrics, windows, periods, falls."""
    blank = dict.fromkeys(METRICS)

    def shape(tier: Tier) -> Any:
        asked = [(replace(one, **blank), [metric for metric, _v in _asked(one)])
                 for one in (tier.entry, rules.keep_of(tier))]  # fmt: skip
        return asked, tier.grace_days, rules.period_months(tier), tier.fall, tier.cooling_days

    return bool(shape(was) == shape(will))


def _asked(threshold: Threshold) -> list[tuple[str, int]]:
    return [(metric, value) for metric in METRICS if (value := getattr(threshold, metric)) is not None]


def _amounts(threshold: Threshold) -> list[int]:
    return [value for _metric, value in _asked(threshold)]


def _reaches(programme: Programme, tier: Tier) -> Iterator[tuple[str, list[Any]]]:
    """Yield the conditions under which a member ever did enough for a tier, or for one that falls to it."""
    rank = programme.rank(tier.code)
    above = programme.tiers[rank + 1 : rank + 2]
    for one in (tier, *(other for other in above if other.fall == "one_down")):
        asked = _asked(one.entry)
        joined = (" OR " if one.entry.match == "any" else " AND ").join(f"{_MOST[m]} >= ?" for m, _v in asked)
        yield f"({joined})" if asked else "1 = 1", [value for _m, value in asked]


def _unsure(was: Tier, will: Tier, as_of: date, tz: str) -> tuple[str, list[Any]]:
    """Return the condition under which a holder may fall when the amounts of a tier rose; "": any may.

    Who had the higher amount in the months up to some day met both entries on the last day, by then, that added
    to it; if that day's period is not over, the tier is held in both. What was taken back later makes such a sum
    smaller here than it was, never larger.
    """
    entry, asked = will.entry, _asked(will.entry)
    months, period = entry.window_months, rules.period_months(will) or entry.window_months
    if not months or not period or entry.window_kind or rules.keep_of(will).window_kind:
        return "", []
    if not asked or entry.visits is not None:
        return "", []
    held, params = [], list[Any]()
    for ago in range(0, period, max(1, period // LOOKS)):
        sql, values = _had(asked, entry.match, add_months(as_of, -ago), months, window_start(as_of, period), tz)
        held.append(sql)
        params += values
    return f"NOT ({' OR '.join(held)})", params


def _had(
    asked: list[tuple[str, int]], match: str, day: date, months: int, since: date, tz: str
) -> tuple[str, list[Any]]:
    """Return the condition: enough in the months up to `day` as known then, some of it gained from `since` on."""
    first, earlier = window_start(day, months), window_start(window_start(day, months), months)
    known = clock.to_ms(datetime.combine(day + timedelta(days=1), time(), clock.zone(tz)))
    parts, params = [], list[Any]()
    for metric, value in asked:
        gained = f"e.{metric} > 0 AND e.effective_on <= ? AND e.booked_at < ? AND e.effective_on >= ?"
        parts.append(
            f"(SUM(CASE WHEN {gained} THEN e.{metric}"
            f" WHEN e.{metric} < 0 AND e.effective_on >= ? AND e.effective_on <= ? THEN e.{metric} ELSE 0 END) >= ?"
            f" AND SUM(CASE WHEN {gained} THEN 1 ELSE 0 END) > 0)"
        )
        params += [day, known, first, earlier, day, value, day, known, since]
    return f"({(' OR ' if match == 'any' else ' AND ').join(parts)})", params


# -- what is known of them ----------------------------------------------------------------------------------


def _held(st: Statements) -> dict[int, Held]:
    """Return the newest grant from outside the events of each member who has one."""
    rows = st.all(
        "SELECT person_id, tier_code, since_on, keep_until_on FROM tier_standing"
        " WHERE franchise_id = ? AND cause IN ('opening', 'programme') ORDER BY id",
        [st.franchise_id],
    )
    return {int(row[0]): Held(row[1], as_date(row[2]) or date.min, as_date(row[3])) for row in rows}


def _overrides(st: Statements) -> dict[int, Override]:
    """Return the tiers set by hand that were not ended."""
    rows = st.all(
        "SELECT person_id, tier_code, start_on, until_on FROM tier_override"
        " WHERE franchise_id = ? AND ended_at IS NULL",
        [st.franchise_id],
    )
    return {int(row[0]): Override(row[1], as_date(row[2]) or date.min, as_date(row[3])) for row in rows}


def _events(st: Statements, ids: list[int], tz: str) -> dict[int, list[QualifyingEvent]]:
    """Return the events of members by id, oldest first."""
    found: dict[int, list[QualifyingEvent]] = {}
    for start in range(0, len(ids), 500):
        part = ids[start : start + 500]
        marks = ", ".join("?" * len(part))
        rows = st.all(
            "SELECT effective_on, spend_fen, visits, points, topup_fen, booked_at, source_id, person_id FROM tier_event"  # noqa: S608 (marks only)
            f" WHERE franchise_id = ? AND person_id >= ? AND person_id <= ? AND person_id IN ({marks})"
            " ORDER BY person_id, effective_on, id",
            [st.franchise_id, part[0], part[-1], *part],
        )
        for row in rows:
            found.setdefault(int(row[7]), []).append(services.event_of(row, tz))
    return found
