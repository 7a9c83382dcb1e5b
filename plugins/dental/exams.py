"""Verbs of periodontal examinations: begin one, save a tooth as it is left, read them. They never commit.

An examination is written on its day and stands afterwards: what was measured then is measured anew, not changed.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING, Any

from sqlalchemy import func, select, update
from sqlalchemy.exc import IntegrityError

from core.sdk import Conflict, Invalid, NotFound, _, clock, record_audit, tenancy
from plugins.dental import chart, perio, teeth
from plugins.dental.models import DentalPerioEntry, DentalPerioExam
from plugins.dental.perio import Head, Measured, Site

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

MOST = 40  # examinations of one person
GRADES = 3  # mobility, furcation
MODELS = (DentalPerioExam, DentalPerioEntry)


@dataclass(frozen=True, slots=True)
class Exam:
    """An examination: its day, who made it, the teeth as they were last entered, what else is known."""

    id: int
    on: date
    staff_id: int | None = None
    teeth: Mapping[str, Measured] = field(default_factory=dict)
    head: Head = field(default_factory=Head)

    def open_on(self, day: date) -> bool:
        """Return whether it may still be written on a day."""
        return self.on == day


def today() -> date:
    """Return the day in the franchise's zone."""
    return clock.today(tenancy.current_actor().tz)


# -- reading ---------------------------------------------------------------------------------------


def exams_of(
    session: Session, person_id: int, limit: int = MOST, *, only: int | None = None, until: date | None = None
) -> list[Exam]:
    """Return a person's examinations, the latest first, in two statements; the one with an id, those until a day."""
    query = select(DentalPerioExam).where(DentalPerioExam.person_id == person_id)
    if only is not None:
        query = query.where(DentalPerioExam.id == only)
    if until is not None:
        query = query.where(DentalPerioExam.examined_on <= until)
    rows = session.scalars(
        query.order_by(DentalPerioExam.examined_on.desc(), DentalPerioExam.id.desc()).limit(limit)
    ).all()
    entered: dict[int, list[dict[str, Any]]] = {}
    if rows:
        entries = select(DentalPerioEntry).where(DentalPerioEntry.exam_id.in_([row.id for row in rows]))
        for one in session.scalars(entries.order_by(DentalPerioEntry.id)):
            entered.setdefault(one.exam_id, []).append(json.loads(one.body or "{}"))
    return [_exam(row, entered.get(row.id, [])) for row in rows]


def exam_of(session: Session, person_id: int, exam_id: int) -> Exam:
    """Return an examination of a person; raise NotFound for an absent one and somebody else's."""
    found = exams_of(session, person_id, only=exam_id)
    if not found:
        raise NotFound(_("没有找到这次牙周检查。"))
    return found[0]


def _exam(row: DentalPerioExam, entered: Sequence[Mapping[str, Any]]) -> Exam:
    found: dict[str, Measured] = {}
    head = Head()
    for body in entered:
        if "head" in body:
            head = Head(**body["head"])
        elif body.get("fdi"):
            found[body["fdi"]] = _measured(body)
    return Exam(row.id, row.examined_on, row.staff_id, found, head)


def _measured(body: Mapping[str, Any]) -> Measured:
    sites = {name: Site(pd, gm, flags) for name, (pd, gm, flags) in body.get("sites", {}).items()}
    return Measured(sites, body.get("mobility", 0), body.get("furcation", 0), body.get("skipped", False))


# -- writing ---------------------------------------------------------------------------------------


def begin(session: Session, person_id: int, on: date | None = None) -> int:
    """Return the id of a person's examination of a day (default: today); it is begun where there is none yet."""
    day, actor = on or today(), tenancy.current_actor()
    query = select(DentalPerioExam.id).where(
        DentalPerioExam.person_id == person_id, DentalPerioExam.examined_on == day
    ).order_by(DentalPerioExam.id.desc()).limit(1)  # fmt: skip
    known = session.scalar(query)
    if known is not None:
        return known
    row = DentalPerioExam(
        person_id=person_id, begun_for=person_id, examined_on=day, visit_id=chart.visit_of_today(session, person_id),
        staff_id=actor.staff_id, store_id=actor.store_id, made_at=clock.now_ms(),
    )  # fmt: skip
    try:
        with session.begin_nested():
            session.add(row)
            session.flush()
    except IntegrityError:  # a colleague began it in the same moment
        again = session.scalar(query)
        if again is None:
            raise
        return again
    record_audit(session, "dental.perio.begun", "dental_perio_exam", row.id, person_id=person_id)
    return row.id


def save(
    session: Session, person_id: int, exam_id: int, found: Mapping[str, Measured], head: Head | None = None
) -> Exam:
    """Save teeth, and (not None) what else is known, in an examination; return it as it stands then.

    What is as it was writes nothing. Raises NotFound for somebody else's examination, Conflict `dental_exam_closed`
    after its day, Invalid for a tooth or figure that is none.
    """
    before = exam_of(session, person_id, exam_id)
    if not before.open_on(today()):
        raise Conflict(
            _("%(day)s 的检查已经封存，不能再改。请开始今天的检查。", day=before.on), code="dental_exam_closed"
        )
    changed = {
        fdi: checked(fdi, one) for fdi, one in found.items() if one != before.teeth.get(fdi, Measured())
    }  # fmt: skip
    if not changed and (head is None or head == before.head):
        return before
    store(session, person_id, exam_id, changed, None if head == before.head else head)
    session.flush()
    record_audit(
        session, "dental.perio.saved", "dental_perio_exam", exam_id, person_id=person_id,
        detail={"teeth": len(changed), "history": head is not None},
    )  # fmt: skip
    chart.changed(session, person_id)
    return exam_of(session, person_id, exam_id)


def store(
    session: Session, person_id: int, exam_id: int, found: Mapping[str, Measured], head: Head | None = None
) -> None:
    """Write teeth, and (not None) what else is known, into an examination: `save` and the demonstration do."""
    for fdi, one in found.items():
        sites = {name: [site.pd, site.gm, site.flags] for name, site in one.sites.items()}
        _add(session, person_id, exam_id, {
            "fdi": fdi, "sites": sites, "mobility": one.mobility, "furcation": one.furcation, "skipped": one.skipped,
        })  # fmt: skip
    if head is not None:
        _add(session, person_id, exam_id, {"head": checked_head(head).to_plain()})


def _add(session: Session, person_id: int, exam_id: int, body: Mapping[str, Any]) -> None:
    entry = DentalPerioEntry(
        exam_id=exam_id, person_id=person_id, staff_id=tenancy.current_actor().staff_id, made_at=clock.now_ms()
    )
    entry.body = json.dumps({key: value for key, value in body.items() if value})
    session.add(entry)


def checked(fdi: str, one: Measured) -> Measured:
    """Return a tooth as it may be saved; raise Invalid."""
    if fdi not in teeth.PERMANENT:
        raise Invalid.field("fdi", _("没有“%(tooth)s”这颗牙，请用两位牙位号，例如 36。", tooth=fdi[:6]))
    if not (0 <= one.mobility <= GRADES and 0 <= one.furcation <= GRADES):
        raise Invalid.field("fdi", _("松动和根分叉请填 0 到 3 度。"))
    for name, site in one.sites.items():
        deep = site.pd is not None and 0 <= site.pd <= perio.DEEPEST
        if name not in perio.SITES or not deep or abs(site.gm) > perio.MARGIN or not 0 <= site.flags <= perio.ALL_FLAGS:
            raise Invalid.field("fdi", _("%(tooth)s 的数超出范围：深度 0–15 毫米，龈缘 −15 到 15 毫米。", tooth=fdi))
    return one


def checked_head(head: Head) -> Head:
    """Return what else is known as it may be saved; raise Invalid naming the field."""
    wrong = (
        ("loss_percent", head.loss_percent is not None and not 0 <= head.loss_percent <= 100,
         _("骨丧失请填 0 到 100 的百分比。")),
        ("lost", head.lost is not None and not 0 <= head.lost <= 32, _("失牙数请填 0 到 32。")),
        ("smokes", not 0 <= head.smokes <= 100, _("每日吸烟支数请填 0 到 100。")),
        ("hba1c", head.hba1c_tenths is not None and not 30 <= head.hba1c_tenths <= 200,
         _("糖化血红蛋白请填 3.0 到 20.0。")),
    )  # fmt: skip
    for name, is_wrong, told in wrong:
        if is_wrong:
            raise Invalid.field(name, told)
    return head


# -- duties ----------------------------------------------------------------------------------------


def count(session: Session) -> int:
    """Return how many examinations the franchise keeps."""
    return session.scalar(select(func.count(DentalPerioExam.id))) or 0


def kept_of(session: Session, person_id: int) -> int:
    """Return how many examinations of a person are kept with their chart."""
    query = select(func.count(DentalPerioExam.id)).where(DentalPerioExam.person_id == person_id)
    return session.scalar(query) or 0


def move(session: Session, winner_id: int, loser_id: int) -> int:
    """Hand a person's examinations over to another; return how many."""
    done = [
        session.execute(update(model).where(model.person_id == loser_id).values(person_id=winner_id)).rowcount
        for model in MODELS
    ]
    return int(done[0])
