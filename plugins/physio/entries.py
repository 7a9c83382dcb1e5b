"""Treatments, ranges of motion and home exercises of a person: write a further one, read what counts. Never commits."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

from sqlalchemy import func, select

from core.sdk import Invalid, NotFound, Refusal, _, clock, has_consented, record_audit, tenancy
from plugins.physio import treatments
from plugins.physio.models import PhysioAssessment, PhysioEntry
from plugins.physio.records import HEALTH, MIN_WHY

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from plugins.physio.treatments import Treatment

SESSION, ROM, EXERCISES = "session", "rom", "exercises"
MOST = 200  # of one person and kind, the latest
REPORT_MOST = 5_000  # treatments that a report opens
DUE_DAYS, DUE_MOST = 60, 8


@dataclass(frozen=True, slots=True)
class Entry:
    """An entry as it counts: its newest revision, opened."""

    row: PhysioEntry
    data: Mapping[str, Any]


def write(
    session: Session, person_id: int, kind: str, on: date, data: Mapping[str, Any], *, replaces: int | None = None,
    why: str = "",
) -> PhysioEntry:  # fmt: skip
    """Write an entry, or a further revision of the one called `replaces`; return the row.

    Raises Refusal `physio_no_consent` without the person's consent to health data (PIPL art. 29), Invalid for a day
    to come or a correction without a reason, NotFound for an entry of somebody else.
    """
    actor = tenancy.current_actor()
    if not has_consented(session, person_id, HEALTH):
        raise Refusal(
            _("这位会员还没有同意记录健康信息，不能保存。请先在会员页“同意”里记录，再回来保存。"),
            code="physio_no_consent",
        )
    if on > clock.today(actor.tz):
        raise Invalid.field("on", _("日期不能晚于今天。"))
    before = newest(session, person_id, kind, replaces).row if replaces else None
    if before is not None and len(why.strip()) < MIN_WHY:
        raise Invalid.field("why", _("请写明为什么更正，至少两个字。"))
    row = PhysioEntry(
        person_id=person_id, kind=kind, on=on, revision=before.revision + 1 if before else 1, chain=0,
        staff_id=actor.staff_id, store_id=actor.store_id, made_at=clock.now_ms(),
    )  # fmt: skip
    row.chain = before.chain if before else row.id
    row.record = json.dumps(dict(data), ensure_ascii=False)
    row.why = why.strip()[:200] or None
    session.add(row)
    session.flush()
    action = f"physio.{kind}.corrected" if before else f"physio.{kind}.made"
    record_audit(session, action, "physio_entry", row.id, person_id=person_id)
    return row


def newest(session: Session, person_id: int, kind: str, chain: int | None) -> Entry:
    """Return an entry as it counts now; raise NotFound for an absent one, another kind or another person's."""
    query = select(PhysioEntry).where(
        PhysioEntry.chain == chain, PhysioEntry.person_id == person_id, PhysioEntry.kind == kind
    )
    row = session.scalar(query.order_by(PhysioEntry.revision.desc()).limit(1)) if chain else None
    if row is None:
        raise NotFound(_("没有找到这条记录。"))
    return _open(row)


def _open(row: PhysioEntry) -> Entry:
    return Entry(row, json.loads(row.record or "{}"))


def of_person(session: Session, person_id: int, kind: str) -> list[Entry]:
    """Return a person's entries of a kind as they count, the earliest first."""
    rows = session.scalars(
        select(PhysioEntry)
        .where(PhysioEntry.person_id == person_id, PhysioEntry.kind == kind)
        .order_by(PhysioEntry.on.desc(), PhysioEntry.id.desc())
        .limit(MOST)
    ).all()
    last: dict[int, PhysioEntry] = {}
    for row in rows:
        if row.chain not in last or last[row.chain].revision < row.revision:
            last[row.chain] = row
    return [_open(row) for row in sorted(last.values(), key=lambda row: (row.on, row.chain))]


def treatments_of(session: Session, person_id: int) -> list[tuple[Entry, Treatment]]:
    """Return a person's treatments, the earliest first."""
    return [(one, treatments.of_plain(one.data)) for one in of_person(session, person_id, SESSION)]


def between(session: Session, since: date, until: date) -> list[tuple[int, Treatment]]:
    """Return (person, treatment) of every treatment of these days, the latest first, at most REPORT_MOST rows."""
    rows = session.scalars(
        select(PhysioEntry)
        .where(PhysioEntry.kind == SESSION, PhysioEntry.on >= since, PhysioEntry.on <= until)
        .order_by(PhysioEntry.on.desc(), PhysioEntry.id.desc())
        .limit(REPORT_MOST)
    ).all()
    last: dict[int, PhysioEntry] = {}
    for row in rows:
        if row.chain not in last or last[row.chain].revision < row.revision:
            last[row.chain] = row
    return [(row.person_id, treatments.of_plain(json.loads(row.record))) for row in last.values() if row.record]


def due(session: Session, today: date, every: int) -> list[tuple[int, int]]:
    """Return (person, treatments since the last assessment) of who is due to be assessed again, the most first.

    Looks at treatments of the last 60 days; no record is opened.
    """
    assessed = (
        select(PhysioAssessment.person_id, func.max(PhysioAssessment.on).label("on"))
        .where(PhysioAssessment.on >= today - timedelta(days=DUE_DAYS))
        .group_by(PhysioAssessment.person_id)
        .subquery()
    )
    count = func.count(PhysioEntry.chain.distinct())
    rows = session.execute(
        select(PhysioEntry.person_id, count)
        .outerjoin(assessed, assessed.c.person_id == PhysioEntry.person_id)
        .where(
            PhysioEntry.kind == SESSION, PhysioEntry.on >= today - timedelta(days=DUE_DAYS),
            (assessed.c.on.is_(None)) | (PhysioEntry.on > assessed.c.on),
        )
        .group_by(PhysioEntry.person_id)
        .having(count >= every)
        .order_by(count.desc(), PhysioEntry.person_id)
        .limit(DUE_MOST)
    )  # fmt: skip
    return [(int(row[0]), int(row[1])) for row in rows]


def today_count(session: Session, today: date) -> int:
    """Return how many treatments were recorded for a day."""
    query = select(func.count(PhysioEntry.chain.distinct())).where(PhysioEntry.kind == SESSION, PhysioEntry.on == today)
    return session.scalar(query) or 0


def last_days(session: Session, person_id: int) -> dict[str, tuple[int, date]]:
    """Return (how many, the latest day) of each kind a person has: nothing is opened."""
    rows = session.execute(
        select(PhysioEntry.kind, func.count(PhysioEntry.chain.distinct()), func.max(PhysioEntry.on))
        .where(PhysioEntry.person_id == person_id)
        .group_by(PhysioEntry.kind)
    )
    return {row[0]: (int(row[1]), row[2]) for row in rows}
