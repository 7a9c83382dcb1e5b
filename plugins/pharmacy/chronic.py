"""Verbs of the chronic programmes: enrol, note a reading, do a point of the plan, leave. They never commit (S4-03).

Health data of the person: joining wants their consent to health data (PIPL art. 29) and their own word; what they have
and what was measured is sealed. Goods shown to them are never Rx or class A (Advertising Law art. 15).
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

from sqlalchemy import false, or_, select, tuple_

from core.sdk import (
    Conflict,
    Invalid,
    NotFound,
    _,
    clock,
    has_consented,
    items_of,
    person_of,
    record_audit,
    tenancy,
)
from plugins.pharmacy import chronic_rules as rules
from plugins.pharmacy.books import today
from plugins.pharmacy.models import PharmacyChronic, PharmacyChronicPoint, PharmacyReading

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sqlalchemy.orm import Session

ACTIVE, LEFT = "active", "left"
OPEN, DONE, DROPPED = "open", "done", "dropped"
NOTED, VOID = "noted", "void"
CONSENT = "health"
SHOWN, TREND, MOST_OFFERED = 30, 24, 5
# A reading does the reading that is due within this time; the list shows what is due within it.
NEAR = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Reading:
    """A reading opened: the row, its measure, the whole numbers, the band, whether it wants a doctor at once."""

    row: PharmacyReading
    measure: rules.Measure
    values: dict[str, int]

    @property
    def written(self) -> str:
        """Return it as it is written: 132/84 or 6.4."""
        return "/".join(rules.shown(self.measure, self.values[name]) for name, *_rest in self.measure.fields)

    @property
    def band(self) -> rules.Band:
        """Return the graver band of its fields."""
        return rules.band_of(self.measure, self.values)

    @property
    def urgent(self) -> bool:
        """Return whether it wants a doctor at once."""
        return rules.urgent(self.measure, self.values)


# -- reads -----------------------------------------------------------------------------------------


def of_person(session: Session, person_id: int) -> list[PharmacyChronic]:
    """Return the programmes that a person is or was in, the oldest first."""
    query = select(PharmacyChronic).where(PharmacyChronic.person_id == person_id)
    return list(session.scalars(query.order_by(PharmacyChronic.id)))


def points_of(session: Session, person_id: int) -> list[PharmacyChronicPoint]:
    """Return the open points of a person's plans by day."""
    query = select(PharmacyChronicPoint).where(
        PharmacyChronicPoint.person_id == person_id, PharmacyChronicPoint.state == OPEN
    )
    return list(session.scalars(query.order_by(PharmacyChronicPoint.due_on, PharmacyChronicPoint.id)))


def done_of(session: Session, person_id: int) -> list[PharmacyChronicPoint]:
    """Return the latest points that were done."""
    query = select(PharmacyChronicPoint).where(
        PharmacyChronicPoint.person_id == person_id, PharmacyChronicPoint.state == DONE
    )
    return list(session.scalars(query.order_by(PharmacyChronicPoint.done_on.desc()).limit(SHOWN)))


def readings_of(session: Session, person_id: int) -> list[Reading]:
    """Return a person's latest readings, the oldest first."""
    query = select(PharmacyReading).where(PharmacyReading.person_id == person_id, PharmacyReading.state == NOTED)
    rows = session.scalars(query.order_by(PharmacyReading.on.desc(), PharmacyReading.id.desc()).limit(TREND * 2)).all()
    found = []
    for row in reversed(rows):
        body = json.loads(row.body or "{}")
        found.append(Reading(row, rules.MEASURES[body["measure"]], body["values"]))
    return found


def due(
    session: Session, store_id: int | None, until: date, after: tuple[date, int] | None = None
) -> list[PharmacyChronicPoint]:  # fmt: skip
    """Return the next points due up to a day at a store, soonest first; one more than is shown where there are more."""
    point = PharmacyChronicPoint
    query = select(point).where(point.state == OPEN, point.store_id == store_id, point.due_on <= until)
    if after is not None:
        query = query.where(tuple_(point.due_on, point.id) > after)
    return list(session.scalars(query.order_by(point.due_on, point.id).limit(SHOWN + 1)))


def blinds(keys: Iterable[str]) -> Any:
    """Return the criterion that a row is of one of these programmes; nothing is opened."""
    field, franchise = PharmacyChronic.sealed_fields["programme"], tenancy.current_actor().franchise_id  # type: ignore[attr-defined]
    return or_(false(), *[field.matches(PharmacyChronic, key, franchise) for key in keys])


# -- verbs -----------------------------------------------------------------------------------------


def enrol(session: Session, person_id: int, key: str, view: Any, agreed: str) -> PharmacyChronic:
    """Take a person into a programme with their word, and return the row; the first plan begins today.

    `view` is what protects them (SafetyView). Raises NotFound, Invalid without the person's word or where the condition
    is not noted, Conflict `pharmacy_chronic_no_consent` without consent to health data, `pharmacy_chronic_twice`.
    """
    person_of(session, person_id)
    one = rules.programme(key)
    if not has_consented(session, person_id, CONSENT):
        raise Conflict(_("会员还没有同意处理健康信息，请先在会员页取得同意。"), code="pharmacy_chronic_no_consent")
    if not rules.holds(one, view):
        raise Invalid.field("programme", _("健康安全里没有登记这种病，请先登记再加入。"))
    if len(agreed.strip()) < 2:
        raise Invalid.field("agreed", _("请写明会员怎样同意加入，例如当面同意。"))
    row = session.scalar(
        select(PharmacyChronic).where(PharmacyChronic.person_id == person_id, blinds([key])).with_for_update()
    )
    if row is not None and row.state == ACTIVE:
        raise Conflict(_("会员已在这个项目里。"), code="pharmacy_chronic_twice")
    actor = tenancy.current_actor()
    before = row.state if row is not None else ""
    if row is None:
        row = PharmacyChronic(person_id=person_id)
        row.programme = key
        session.add(row)
    row.version, row.state, row.from_on, row.left_on, row.why = rules.VERSION, ACTIVE, today(), None, None
    row.store_id, row.staff_id, row.made_at = actor.store_id, actor.staff_id, clock.now_ms()
    row.agreed = agreed.strip()[: rules.MOST_NOTE]
    session.flush()
    _plan(session, row, one, first=True)
    _note(session, "enrolled", row, person_id, [before, ACTIVE])
    return row


def _plan(session: Session, row: PharmacyChronic, one: rules.Programme, *, first: bool) -> None:
    store = tenancy.current_actor().store_id or row.store_id
    for day, kind in rules.plan(one, today(), first=first):
        session.add(
            PharmacyChronicPoint(chronic_id=row.id, person_id=row.person_id, kind=kind, due_on=day, store_id=store)
        )
    session.flush()


def read(session: Session, person_id: int, key: str, typed: dict[str, str], on: date) -> Reading:
    """Note a reading of a person in the programme that measures it, do the reading that is due, and return it.

    Raises Conflict `pharmacy_chronic_not_in`, Invalid naming the fields.
    """
    row = _active(session, person_id, key)
    measure = rules.MEASURES[rules.programme(key).measure]
    if not row.from_on - timedelta(days=365) <= on <= today():
        raise Invalid.field("on", _("测量日期不能晚于今天，也不能早于加入前一年。"))
    values = rules.values_of(measure, typed)
    actor = tenancy.current_actor()
    noted = PharmacyReading(
        person_id=person_id, on=on, store_id=actor.store_id, staff_id=actor.staff_id, made_at=clock.now_ms()
    )
    noted.body = json.dumps({"measure": measure.key, "values": values})
    session.add(noted)
    session.flush()
    record_audit(session, "pharmacy.chronic.read", "pharmacy_reading", noted.id, person_id=person_id)
    waiting = session.scalar(
        select(PharmacyChronicPoint)
        .where(
            PharmacyChronicPoint.chronic_id == row.id, PharmacyChronicPoint.state == OPEN,
            PharmacyChronicPoint.kind == rules.READING, PharmacyChronicPoint.due_on <= on + NEAR,
        )
        .order_by(PharmacyChronicPoint.due_on, PharmacyChronicPoint.id).limit(1).with_for_update()
    )  # fmt: skip
    if waiting is not None:
        _done(session, row, waiting, "")
    return Reading(noted, measure, values)


def void(session: Session, person_id: int, reading_id: int | None) -> None:
    """Make a reading void that was typed wrongly; it stays on record. Raises NotFound."""
    row = session.get(PharmacyReading, reading_id) if reading_id else None
    if row is None or row.person_id != person_id:
        raise NotFound(_("没有找到这次测量。"))
    if row.state == NOTED:
        row.state = VOID
        record_audit(
            session, "pharmacy.chronic.voided", "pharmacy_reading", row.id, person_id=person_id,
            detail={"changes": {"state": [NOTED, VOID]}},
        )  # fmt: skip


def do(session: Session, person_id: int, point_id: int | None, note: str, offered: str) -> PharmacyChronicPoint:
    """Do a point of a plan, with what was said and the goods shown (codes, by comma); the last one plans anew.

    Raises NotFound for somebody else's, Conflict `pharmacy_chronic_done`, Invalid, Refusal `pharmacy_not_public`.
    """
    point = session.scalar(
        select(PharmacyChronicPoint)
        .where(PharmacyChronicPoint.id == (point_id or 0), PharmacyChronicPoint.person_id == person_id)
        .with_for_update()
    )
    row = session.get(PharmacyChronic, point.chronic_id) if point is not None else None
    if point is None or row is None:
        raise NotFound(_("没有找到这一项。"))
    if point.state != OPEN:
        raise Conflict(_("这一项已经做过或取消了。"), code="pharmacy_chronic_done")
    codes = [one.strip() for one in offered.replace("，", ",").split(",") if one.strip()]
    if len(codes) > MOST_OFFERED:
        raise Invalid.field("offered", _("一次最多推荐 %(n)d 个商品。", n=MOST_OFFERED))
    rules.check_offer(items_of(session, codes), codes)
    _done(session, row, point, json.dumps({"note": note.strip()[: rules.MOST_NOTE], "offered": codes}))
    return point


def _done(session: Session, row: PharmacyChronic, point: PharmacyChronicPoint, note: str) -> None:
    point.state, point.done_on, point.done_by = DONE, today(), tenancy.current_actor().staff_id
    point.note = note or None
    session.flush()
    record_audit(
        session, "pharmacy.chronic.done", "pharmacy_chronic_point", point.id, person_id=row.person_id,
        detail={"changes": {"state": [OPEN, DONE]}},
    )  # fmt: skip
    more = session.scalar(
        select(PharmacyChronicPoint.id)
        .where(PharmacyChronicPoint.chronic_id == row.id, PharmacyChronicPoint.state == OPEN)
        .limit(1)
    )
    if more is None and row.state == ACTIVE:
        _plan(session, row, rules.programme(row.programme or ""), first=False)


def leave(session: Session, person_id: int, key: str, why: str) -> PharmacyChronic:
    """Take a person out of a programme with the reason; open points are dropped. Raises Conflict, Invalid."""
    row = _active(session, person_id, key)
    if len(why.strip()) < 2:
        raise Invalid.field("why", _("请写明退出的原因。"))
    row.state, row.left_on, row.why = LEFT, today(), why.strip()[: rules.MOST_NOTE]
    for point in session.scalars(
        select(PharmacyChronicPoint).where(
            PharmacyChronicPoint.chronic_id == row.id, PharmacyChronicPoint.state == OPEN
        )
    ):
        point.state = DROPPED
    session.flush()
    _note(session, "left", row, person_id, [ACTIVE, LEFT])
    return row


def _active(session: Session, person_id: int, key: str) -> PharmacyChronic:
    rules.programme(key)
    person_of(session, person_id)
    row = session.scalar(
        select(PharmacyChronic).where(PharmacyChronic.person_id == person_id, blinds([key])).with_for_update()
    )
    if row is None or row.state != ACTIVE:
        raise Conflict(_("会员不在这个项目里。"), code="pharmacy_chronic_not_in")
    return row


def _note(session: Session, what: str, row: PharmacyChronic, person_id: int, change: list[str]) -> None:
    """Write the trail: that it changed, never which condition."""
    record_audit(
        session, f"pharmacy.chronic.{what}", "pharmacy_chronic", row.id, person_id=person_id,
        detail={"changes": {"state": change}},
    )  # fmt: skip
