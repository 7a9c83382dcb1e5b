"""Verbs of the chart: note events, take one back, read them. Reads, checks, writes, flushes; never commits.

Nobody is asked for consent first: an outpatient record is a duty of the clinic (医疗机构病历管理规定 4, PIPL 13(1)3).
It is read by need and every look is written down, as core's visits are.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any

from sqlalchemy import func, select, update
from sqlalchemy.exc import IntegrityError

from core.sdk import (
    Conflict,
    Invalid,
    NotFound,
    PersonView,
    _,
    check_need,
    clock,
    person_of,
    record_audit,
    tenancy,
    visits_of,
)
from plugins.dental import fold, teeth
from plugins.dental.fold import Event
from plugins.dental.models import DentalToothEvent

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

MOST = 5000  # events of one person
MOST_AT_ONCE = 64
PURPOSE = "dental.chart"


@dataclass(frozen=True, slots=True)
class Entry:
    """What is to be noted; `kind` empty: as it is usual for the code."""

    fdi: str
    code: str
    surfaces: str = ""
    kind: str = ""
    grade: int = 0
    cause: str = ""
    note: str = ""


# -- reading ---------------------------------------------------------------------------------------


def opened(session: Session, person_id: Any, *, each: bool = True) -> PersonView:
    """Return the person whose chart is opened by somebody who treats them; the look is written down.

    Raises NotFound for an absent or foreign person, Forbidden `no_care_relation` for who has no business with them.
    """
    person = person_of(session, person_id)
    check_need(session, person.person_id, PURPOSE, each=each)
    return person


def events_of(session: Session, person_id: int) -> list[Event]:
    """Return all events of a person, voided ones and those that void too; the newest 5000."""
    rows = session.scalars(
        select(DentalToothEvent)
        .where(DentalToothEvent.person_id == person_id)
        .order_by(DentalToothEvent.id.desc())
        .limit(MOST)
    ).all()
    return [event_of(row) for row in rows[::-1]]


def event_of(row: DentalToothEvent) -> Event:
    """Return a row opened."""
    body = json.loads(row.body or "{}")
    return Event(
        row.id, row.noted_on, body.get("fdi", ""), body.get("code", ""), body.get("kind", fold.CONDITION),
        body.get("surfaces", ""), body.get("grade", 0), body.get("cause", ""), body.get("note", ""), row.made_at,
        row.staff_id, row.visit_id, row.voids,
    )  # fmt: skip


# -- writing ---------------------------------------------------------------------------------------


def note(session: Session, person_id: int, entries: Sequence[Entry], on: date | None = None) -> list[Event]:
    """Note what was seen, planned or done at teeth on a day (default: today) and return the events.

    They hang on the visit that the acting staff member is writing about the person, if there is one. Raises Invalid for
    a tooth, surface or code that is none, or a day to come; Conflict `dental_tooth_missing` for work on a tooth that is
    not there.
    """
    actor = tenancy.current_actor()
    day = on or clock.today(actor.tz)
    if day > clock.today(actor.tz):
        raise Invalid.field("on", _("日期不能晚于今天。"))
    if not entries or len(entries) > MOST_AT_ONCE:
        raise Invalid.field("code", _("请选择诊断或处置。"))
    events = events_of(session, person_id)
    visit_id = visit_of_today(session, person_id)
    made: list[Event] = []
    for entry in entries:
        event = checked(entry, day)
        _refuse_missing(fold.state([*events, *made], day).get(event.fdi, fold.NOTHING), event)
        made.append(_add(session, person_id, event, visit_id))
    session.flush()
    changed(session, person_id)
    record_audit(
        session, "dental.tooth.noted", "dental_tooth_event", made[-1].id, person_id=person_id,
        detail={"events": len(made), "first": made[0].id},
    )  # fmt: skip
    return made


def checked(entry: Entry, on: date) -> Event:
    """Return an entry as the event it will be; raise Invalid."""
    if not teeth.is_tooth(entry.fdi):
        raise Invalid.field("fdi", _("没有“%(tooth)s”这颗牙，请用两位牙位号，例如 36。", tooth=entry.fdi[:6]))
    if entry.code not in fold.CODES:
        raise Invalid.field("code", _("请选择诊断或处置。"))
    kind = entry.kind or fold.DEFAULT_KIND.get(entry.code, fold.EXISTING)
    if kind not in fold.KINDS or entry.cause not in fold.CAUSES or not 0 <= entry.grade <= 3:
        raise Invalid.field("code", _("请选择诊断或处置。"))
    faces = teeth.surfaces(entry.fdi, entry.surfaces)
    if faces is None:
        raise Invalid.field("s", _("%(tooth)s 没有这个牙面。", tooth=entry.fdi))
    if entry.code in fold.ON_SURFACES and not faces:
        raise Invalid.field("s", _("请先选牙面，再记%(what)s。", what=fold.CODES[entry.code]))
    keeps = entry.code in fold.ON_SURFACES or entry.code == "sound" or kind == fold.WATCH
    grade = entry.grade if entry.code in ("caries", "mobility") else 0
    if entry.code == "caries":
        grade = grade or 2
    return Event(0, on, entry.fdi, entry.code, kind, faces if keeps else "", grade, entry.cause, entry.note[:200])


def _refuse_missing(tooth: fold.Tooth, event: Event) -> None:
    works = event.code not in fold.GONE | {"implant", "pontic", "retainer", "unerupted", "sound"}
    if works and tooth.presence == "missing" and event.kind != fold.EXISTING:
        raise Conflict(
            _("%(tooth)s 已记为缺失，不能再记%(what)s。若缺失记错了，请先在这颗牙的历史里撤回。",
              tooth=event.fdi, what=fold.CODES[event.code]),
            code="dental_tooth_missing",
        )  # fmt: skip


def visit_of_today(session: Session, person_id: int) -> int | None:
    """Return the visit of today that is still being written, if there is one."""
    today = clock.today(tenancy.current_actor().tz)
    found = visits_of(session, person_id, limit=3)
    return next((one.id for one in found if one.state == "draft" and one.on == today), None)


def _add(session: Session, person_id: int, event: Event, visit_id: int | None) -> Event:
    actor = tenancy.current_actor()
    row = DentalToothEvent(
        person_id=person_id, noted_on=event.on, voids=event.voids, visit_id=visit_id, staff_id=actor.staff_id,
        store_id=actor.store_id, made_at=clock.now_ms(),
    )  # fmt: skip
    body = {
        "fdi": event.fdi, "code": event.code, "kind": event.kind, "surfaces": event.surfaces, "grade": event.grade,
        "cause": event.cause, "note": event.note,
    }  # fmt: skip
    row.body = json.dumps({key: value for key, value in body.items() if value}, ensure_ascii=False)
    session.add(row)
    session.flush()
    return event_of(row)


def void(session: Session, person_id: int, event_id: int) -> Event:
    """Take an event back by a further one and return the one taken back; both stay.

    Raises NotFound for an event of somebody else, Conflict `dental_event_void` for one that was taken back already.
    """
    row = session.get(DentalToothEvent, event_id)
    if row is None or row.person_id != person_id or row.voids is not None:
        raise NotFound(_("没有找到这条记录。"))
    gone, again = event_of(row), Conflict(_("这条记录已经撤回过了，请刷新后再看。"), code="dental_event_void")
    if session.scalar(select(DentalToothEvent.id).where(DentalToothEvent.voids == event_id)) is not None:
        raise again
    try:
        made = _add(
            session, person_id, Event(0, row.noted_on, voids=row.id, kind=""), visit_of_today(session, person_id)
        )
    except IntegrityError as problem:  # somebody else did in the same moment: the database lets one through
        raise again from problem
    changed(session, person_id)
    record_audit(
        session, "dental.tooth.voided", "dental_tooth_event", made.id, person_id=person_id, detail={"event": row.id}
    )
    return gone


# What is worked out from a chart (summaries.py), called with person and events after every change.
_followers: list[Callable[[Session, int, Sequence[Event]], None]] = []


def follow(follower: Callable[[Session, int, Sequence[Event]], None]) -> None:
    """Let a module above hear of every change of a chart."""
    _followers.append(follower)


def changed(session: Session, person_id: int) -> None:
    """Have what follows from a person's chart and examinations worked out anew."""
    events = events_of(session, person_id) if _followers else []
    for follower in _followers:
        follower(session, person_id, events)


# -- duties ----------------------------------------------------------------------------------------


def count(session: Session) -> int:
    """Return how many events the franchise keeps."""
    return session.scalar(select(func.count(DentalToothEvent.id))) or 0


def kept_of(session: Session, person_id: int) -> int:
    """Return how many events of a person are kept: outpatient records stay 15 years (医疗机构管理条例实施细则 53)."""
    query = select(func.count(DentalToothEvent.id)).where(DentalToothEvent.person_id == person_id)
    return session.scalar(query) or 0


def move(session: Session, winner_id: int, loser_id: int) -> int:
    """Hand a person's events over to another; return how many."""
    done = session.execute(
        update(DentalToothEvent).where(DentalToothEvent.person_id == loser_id).values(person_id=winner_id)
    )
    changed(session, winner_id)
    return int(done.rowcount)


def staff_of(events: Iterable[Event]) -> list[int | None]:
    """Return who wrote the events."""
    return [one.staff_id for one in events]
