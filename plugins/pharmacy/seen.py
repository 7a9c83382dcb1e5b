"""Which grave findings came up and were let pass: a rule that is nearly always let pass warns nobody (clinic.md 4.4).

A share of overrides above 90 % over 30 findings or more marks a rule for a look. A finding that came up is written once
a day, store, person, rule and item, so that typing a basket anew counts nothing twice.
"""

from __future__ import annotations

import datetime as dt
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import func, select
from sqlalchemy.dialects import postgresql, sqlite

from core.sdk import clock, ids, overrides_of, tenancy, write_later
from plugins.pharmacy.models import PharmacySeen

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy.orm import Session

    from core.sdk import BasketView, Check, HookContext

GRAVE = frozenset({"major", "contraindicated"})
LOOK_FROM, LOOK_ABOVE_BP = 30, 9_000
LONGEST = dt.timedelta(days=366)
WHOLE_BP = 10_000


def note(ctx: HookContext, basket: BasketView, found: Sequence[Check]) -> None:
    """Write which findings that may be let pass came up in a basket, the first time that day; else one read."""
    session = ctx.session
    if session is None or ctx.store_id is None:
        return
    lines = {line.line: line for line in basket.lines}
    wanted = {
        (basket.treated(lines[one.line]) or 0, one.code, lines[one.line].code)
        for one in found if one.severity in GRAVE and one.override and one.line in lines
    }  # fmt: skip
    if not wanted:
        return
    seen = PharmacySeen
    people = {one[0] for one in wanted}
    rows = session.execute(
        select(seen.person_id, seen.rule, seen.item_code).where(
            seen.on == ctx.business_date, seen.store_id == ctx.store_id, seen.person_id.in_(people)
        )
    )
    fresh = wanted - {(row[0], row[1], row[2]) for row in rows}
    if fresh:
        values = [
            {"franchise_id": ctx.franchise_id, "on": ctx.business_date, "store_id": ctx.store_id, "person_id": person,
             "rule": rule, "item_code": item}
            for person, rule, item in sorted(fresh)
        ]  # fmt: skip
        write_later(session, lambda unit: _write(unit, values))


def _write(session: Session, values: list[dict[str, Any]]) -> None:
    """Insert what is not there; another till may be quicker."""
    make = postgresql.insert if session.get_bind().dialect.name == "postgresql" else sqlite.insert
    rows = [{"id": ids.new_id(), **one} for one in values]
    session.execute(make(PharmacySeen).on_conflict_do_nothing(), rows)


@dataclass(frozen=True, slots=True)
class RuleShare:
    """A rule in a period: how often it came up and was let pass; `share_bp` of what came up, in basis points."""

    code: str
    seen: int
    passed: int

    @property
    def share_bp(self) -> int:
        """Return the share let pass; a second sale of the same day counts no more than the whole."""
        return min(WHOLE_BP, WHOLE_BP * self.passed // self.seen) if self.seen else 0

    @property
    def look(self) -> bool:
        """Return whether it wants a look: more than 90 % of 30 or more."""
        return self.seen >= LOOK_FROM and self.share_bp > LOOK_ABOVE_BP


@dataclass(frozen=True, slots=True)
class Report:
    """The overrides of a period: by rule, and by staff member and rule, most first."""

    rules: list[RuleShare]
    staff: list[tuple[int, str, int]]


def report(session: Session, since: dt.date, until: dt.date, store_id: int | None = None) -> Report:
    """Return what came up and was let pass from `since` through `until`, in all stores or one; two statements."""
    zone = clock.zone(tenancy.current_actor().tz)
    bounds = [clock.to_ms(dt.datetime.combine(day, dt.time.min, zone)) for day in (since, until + dt.timedelta(days=1))]
    passed = overrides_of(session, "pharmacy", bounds[0], bounds[1], store_id)
    query = select(PharmacySeen.rule, func.count(PharmacySeen.id)).where(PharmacySeen.on.between(since, until))
    if store_id is not None:
        query = query.where(PharmacySeen.store_id == store_id)
    seen = {rule: int(n) for rule, n in session.execute(query.group_by(PharmacySeen.rule))}
    by_rule: Counter[str] = Counter()
    for code, _staff, often in passed:
        by_rule[code] += often
    rules = [RuleShare(code, max(seen.get(code, 0), 0), by_rule[code]) for code in {*seen, *by_rule}]
    rules.sort(key=lambda one: (not one.look, -one.passed, -one.seen, one.code))
    return Report(rules, [(staff, code, often) for code, staff, often in passed])
