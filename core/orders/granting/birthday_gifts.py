"""Birthday gifts of the tiers: points and coupons, given once for each birthday (S4-18; presets, row birthday).

Percentages and factors of a birthday are prices and need no job. What is given away is found again by its source
(`birthday`, the birthday's year), so a run that was killed, or ran twice, gives nobody a second gift.
"""

from __future__ import annotations

from calendar import monthrange
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

from core.coupons import services as coupons
from core.kernel import audit, clock
from core.kernel.jobs import Counts
from core.kernel.statements import Statements, as_date
from core.kernel.tenancy import current_actor
from core.ledger import services as ledger
from core.points.rules import expires_on
from core.programme import services as programmes
from core.programme.recurrence import is_birthday, lunar_month_end, lunar_year
from core.programme.rules import BirthdayBenefit, Programme

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sqlalchemy.orm import Session

    from core.kernel.runtime import Runtime
    from core.kernel.tenancy import Actor

BATCH = 5_000
SOURCE = "birthday"


@dataclass(frozen=True, slots=True)
class Celebrant:
    """A member with a birthday now: `year` tells this birthday from the next, `until` ends its month."""

    id: int
    year: int
    until: date
    benefit: BirthdayBenefit


def birthday_gifts(runtime: Runtime, actor: Actor) -> Counts:
    """Give every member the gifts of a birthday that has come; done counts gifts."""
    done, after = 0, 0
    while True:
        with runtime.db.unit("write") as session:
            programme = programmes.in_force(session)
            given = _given_by(programme)
            last, found = _celebrants(session, programme, given, after, clock.today(actor.tz)) if given else (None, [])
            done += _give(session, programme, found)
        if last is None:
            return {"done": done, "skipped": 0, "failed": 0}
        after = last


def _given_by(programme: Programme) -> dict[str, list[BirthdayBenefit]]:
    """Return the birthday benefits that give something away, by tier."""
    found: dict[str, list[BirthdayBenefit]] = {}
    for tier in programme.tiers:
        gifts = [one for one in tier.benefits if isinstance(one, BirthdayBenefit) and (one.points or one.coupon)]
        if gifts:
            found[tier.code] = gifts
    return found


def _celebrants(
    session: Session, programme: Programme, given: dict[str, list[BirthdayBenefit]], after: int, today: date
) -> tuple[int | None, list[Celebrant]]:
    """Return the last id looked at (None: nobody is left) and the birthdays among the next members."""
    st = Statements(session, current_actor().franchise_id)
    rows = st.all(
        "SELECT id, birth_on, birth_calendar, tier_code, active FROM person"
        " WHERE franchise_id = ? AND id > ? ORDER BY id LIMIT ?",
        [st.franchise_id, after, BATCH],
    )
    base, found = programme.base_tier().code, []
    for person_id, birth, calendar, tier, active in rows:
        gifts = given.get(tier or base, ()) if birth is not None and active else ()
        born = as_date(birth)
        found += [
            Celebrant(int(person_id), _year(calendar, today), _until(calendar, today), gift)
            for gift in gifts
            if is_birthday(born, calendar, today, gift.on)
        ]
    return (int(rows[-1][0]) if len(rows) == BATCH else None), found


def _year(calendar: str, today: date) -> int:
    return lunar_year(today) if calendar == "lunar" else today.year


def _until(calendar: str, today: date) -> date:
    if calendar == "lunar":
        return lunar_month_end(today)
    return today.replace(day=monthrange(today.year, today.month)[1])


def _give(session: Session, programme: Programme, found: list[Celebrant]) -> int:
    st = Statements(session, current_actor().franchise_id)
    today = clock.today(current_actor().tz)
    done = 0
    st.lock("person", sorted({one.id for one in found}))
    have_points = _already(st, "lot", [one for one in found if one.benefit.points])
    have_coupons = _already(st, "coupon", [one for one in found if one.benefit.coupon])
    for one in found:
        if one.benefit.points and (one.id, one.year) not in have_points:
            _points(st, programme, one, today)
            done += 1
        if one.benefit.coupon and (one.id, one.year) not in have_coupons:
            _coupon(session, st, programme, one, today)
            done += 1
    return done


def _already(st: Statements, table: str, found: Iterable[Celebrant]) -> set[tuple[int, int]]:
    """Return (person, birthday's year) of those among `found` who have the gift already."""
    ids = sorted({one.id for one in found})
    have: set[tuple[int, int]] = set()
    for start in range(0, len(ids), 500):
        part = ids[start : start + 500]
        marks = ", ".join("?" * len(part))
        rows = st.all(
            f"SELECT person_id, source_id FROM {table} WHERE franchise_id = ? AND source_kind = ?"  # noqa: S608
            f" AND person_id IN ({marks})",
            [st.franchise_id, SOURCE, *part],
        )
        have |= {(int(person_id), int(year)) for person_id, year in rows}
    return have


def _points(st: Statements, programme: Programme, one: Celebrant, today: date) -> None:
    actor = current_actor()
    posting = ledger.Posting(today, clock.now_ms(), SOURCE, one.year, actor.staff_id, actor.store_id, actor.door)
    balance = ledger.balance_of(st, "person", one.id, ledger.POINTS, one.id)
    points = one.benefit.points or 0
    ledger.credit(
        st, balance, ledger.POINTS, points, posting, reason=SOURCE, rule=SOURCE,
        expires_on=expires_on(today, programme.points.expires_months),
    )  # fmt: skip
    detail = {"points": points, "year": one.year}
    audit.insert(st, "orders.birthday.given", "person", one.id, person_id=one.id, detail=detail)


def _coupon(session: Session, st: Statements, programme: Programme, one: Celebrant, today: date) -> None:
    """Give the coupon; one of a birthday month ends with that month."""
    rule = programme.coupon(one.benefit.coupon or "")
    if rule is None:
        return
    coupon = coupons.issue(session, one.id, rule, today, SOURCE, one.year)
    ends = [day for day in (coupon.valid_until, one.until if one.benefit.on == "month" else None) if day is not None]
    coupon.valid_until = min(ends, default=None)
    detail = {"coupon": rule.code, "year": one.year}
    audit.insert(st, "orders.birthday.given", "person", one.id, person_id=one.id, detail=detail)
