"""Recalls: type × interval × what triggers it (clinic.md 1.11). Worked out anew from what a person was sold; no commit.

Deliveries come at least once and in any order: a due day is the newest treatment that was kept, plus the months of the
setting. A reminder that was given stands until the due day moves; switched off by hand, a programme stays off.
"""

from __future__ import annotations

import calendar
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

from sqlalchemy import delete, or_, select

from core.sdk import (
    Event,
    NotFound,
    SoldLine,
    _,
    _l,
    clock,
    record_audit,
    setting_value,
    sold_in_order,
    sold_to,
    tenancy,
)
from plugins.dental import rules, summaries
from plugins.dental.models import DentalRecall
from plugins.dental.settings import RECALL_MONTHS

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

LOOK_BACK_MS = 3 * 366 * 86_400_000
OVERDUE = timedelta(days=180)  # later than that nobody is reminded any more
LISTED = 50
STAGE_OFTEN, OFTEN_MONTHS = 3, 3  # stage III and IV: supportive care every three months


@dataclass(frozen=True, slots=True)
class Programme:
    """A reason to come again: what it is called, the categories of items that begin it anew."""

    name: Any
    categories: frozenset[str]


PROGRAMMES = {
    "check": Programme(
        _l("定期检查洁牙"), frozenset({"prevention", "package", "filling", "endodontics", "paediatric"})
    ),
    "perio": Programme(_l("牙周维护"), frozenset({"periodontics"})),
    "implant": Programme(_l("种植复查"), frozenset({"implant"})),
    "ortho": Programme(_l("正畸保持复查"), frozenset({"ortho"})),
}


def months_after(day: date, months: int) -> date:
    """Return the same day so many months later, the last of that month where it is shorter."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))


def heard(session: Session, event: Event) -> None:
    """Work out anew when whoever an order treated is to come again."""
    if event.name not in ("order.paid", "order.refunded"):
        return
    lines = [one for one in sold_in_order(session, int(event.data["order_id"])) if one.attributes.get(rules.CATEGORY)]
    for person in sorted({one.person_id for one in lines if one.person_id}):
        refresh(session, person)


def refresh(session: Session, person_id: int) -> None:
    """Work out anew all recalls of a person."""
    since = clock.now_ms() - LOOK_BACK_MS
    sold = [one for one in sold_to(session, [person_id], since) if one.person_id == person_id and one.left and one.on]
    rows = {
        row.programme: row for row in session.scalars(select(DentalRecall).where(DentalRecall.person_id == person_id))
    }
    for key, programme in PROGRAMMES.items():
        last = _last(sold, programme)
        row, months = rows.get(key), _months(session, person_id, key)
        if last is None or last.on is None or not months:
            if row is not None:
                session.delete(row)
            continue
        due = months_after(last.on, months)
        if row is None:
            row = DentalRecall(person_id=person_id, programme=key)
            session.add(row)
        if row.due_on != due:
            row.told_at = row.told_by = None
        row.last_on, row.due_on, row.store_id = last.on, due, last.store_id
    session.flush()


def _last(sold: list[SoldLine], programme: Programme) -> SoldLine | None:
    found = [one for one in sold if one.attributes.get(rules.CATEGORY) in programme.categories]
    return max(found, key=lambda one: (one.on or date.min, one.line_id), default=None)


def _months(session: Session, person_id: int, key: str) -> int:
    """Return the months of a programme's setting; periodontitis of stage III and IV asks for three at most."""
    months = int(setting_value(session, RECALL_MONTHS[key]))
    if key == "perio" and months:
        figures = summaries.of(session, person_id)
        if figures is not None and figures.stage >= STAGE_OFTEN:
            return min(months, OFTEN_MONTHS)
    return months


def due(session: Session, today: date, until: date, after: tuple[date, int] | None = None) -> list[DentalRecall]:
    """Return who is to come up to a day or is overdue by 180 days at most, soonest first; one more than a page holds.

    `after` is (day, id) of the last one shown.
    """
    query = select(DentalRecall).where(
        DentalRecall.due_on <= until, DentalRecall.due_on >= today - OVERDUE, DentalRecall.off.is_(False)
    )
    if after is not None:
        day, last = after
        query = query.where(or_(DentalRecall.due_on > day, (DentalRecall.due_on == day) & (DentalRecall.id > last)))
    return list(session.scalars(query.order_by(DentalRecall.due_on, DentalRecall.id).limit(LISTED + 1)))


def of_person(session: Session, person_id: int) -> list[DentalRecall]:
    """Return a person's recalls that are not switched off, soonest first."""
    query = select(DentalRecall).where(DentalRecall.person_id == person_id, DentalRecall.off.is_(False))
    return list(session.scalars(query.order_by(DentalRecall.due_on)))


def mark(session: Session, recall_id: int | None, act: str) -> DentalRecall:
    """Note that the member was reminded (`told`), or wants no reminder of this kind (`off`); raise NotFound."""
    row = session.get(DentalRecall, recall_id) if recall_id else None
    if row is None:
        raise NotFound(_("没有找到这条复诊提醒。"))
    if act == "off" and not row.off:
        row.off = True
        record_audit(session, "dental.recall.off", "dental_recall", row.id, person_id=row.person_id,
                     detail={"programme": row.programme})  # fmt: skip
    elif act == "told" and row.told_at is None:
        row.told_at, row.told_by = clock.now_ms(), tenancy.current_actor().staff_id
        record_audit(session, "dental.recall.told", "dental_recall", row.id, person_id=row.person_id,
                     detail={"programme": row.programme})  # fmt: skip
    session.flush()
    return row


def forget(session: Session, person_id: int) -> int:
    """Delete a person's recalls; return how many."""
    return int(session.execute(delete(DentalRecall).where(DentalRecall.person_id == person_id)).rowcount)


def move(session: Session, winner_id: int, loser_id: int) -> int:
    """Take the recalls of a record that became part of another away and work the other's out anew; return how many.

    A programme that was off for either stays off.
    """
    rows = session.scalars(select(DentalRecall).where(DentalRecall.person_id == loser_id)).all()
    off = {row.programme for row in rows if row.off}
    forget(session, loser_id)
    refresh(session, winner_id)
    for row in session.scalars(select(DentalRecall).where(DentalRecall.person_id == winner_id)):
        row.off = row.off or row.programme in off
    return len(rows)
