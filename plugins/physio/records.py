"""Assessments and screenings of a person: write a further one, read what counts. Never commits."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any

from sqlalchemy import delete, func, select, update

from core.sdk import Invalid, NotFound, Refusal, _, clock, has_consented, record_audit, tenancy
from plugins.physio import contraindications, instruments
from plugins.physio.instruments import Instrument
from plugins.physio.models import PhysioAssessment, PhysioScreening

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

HEALTH = "health"
MIN_WHY = 2
MOST = 200  # of one person and instrument, the latest


@dataclass(frozen=True, slots=True)
class Assessment:
    """An assessment as it counts: its newest revision with the answers and the score in hundredths."""

    row: PhysioAssessment
    answers: tuple[int | None, ...]
    score: int | None

    @property
    def answered(self) -> int:
        """Return how many items were answered."""
        return sum(one is not None for one in self.answers)


def instrument(key: str) -> Instrument:
    """Return an instrument; raise NotFound."""
    found = instruments.ALL.get(key)
    if found is None:
        raise NotFound(_("没有这种评估。"))
    return found


# -- assessments -----------------------------------------------------------------------------------


def assess(
    session: Session, person_id: int, one: Instrument, on: date, answers: Sequence[int | None], *,
    replaces: int | None = None, why: str = "",
) -> PhysioAssessment:  # fmt: skip
    """Write an assessment, or a further revision of the one called `replaces`; return the row.

    Raises Refusal `physio_no_consent` without the person's consent to health data (PIPL art. 29), Invalid for a day
    to come or a correction without a reason, NotFound for an assessment of somebody else.
    """
    actor = tenancy.current_actor()
    if not has_consented(session, person_id, HEALTH):
        raise Refusal(
            _("这位会员还没有同意记录健康信息，评估不能保存。请先在会员页“同意”里记录，再回来保存。"),
            code="physio_no_consent",
        )
    if on > clock.today(actor.tz):
        raise Invalid.field("on", _("评估日期不能晚于今天。"))
    before = _newest(session, person_id, one.key, replaces) if replaces else None
    if before is not None and len(why.strip()) < MIN_WHY:
        raise Invalid.field("why", _("请写明为什么更正，至少两个字。"))
    row = PhysioAssessment(
        person_id=person_id, instrument=one.key, on=on, revision=before.revision + 1 if before else 1, chain=0,
        staff_id=actor.staff_id, store_id=actor.store_id, made_at=clock.now_ms(),
    )  # fmt: skip
    row.chain = before.chain if before else row.id
    row.record = json.dumps({"answers": list(answers), "score": one.score(answers)})
    row.why = why.strip()[:200] or None
    session.add(row)
    session.flush()
    action = "physio.assessment.corrected" if before else "physio.assessment.made"
    record_audit(session, action, "physio_assessment", row.id, person_id=person_id, detail={"instrument": one.key})
    return row


def _newest(session: Session, person_id: int, key: str, chain: int) -> PhysioAssessment:
    row = session.scalar(
        select(PhysioAssessment)
        .where(PhysioAssessment.chain == chain, PhysioAssessment.person_id == person_id)
        .order_by(PhysioAssessment.revision.desc())
        .limit(1)
    )
    if row is None or row.instrument != key:
        raise NotFound(_("没有找到这次评估。"))
    return row


def read(row: PhysioAssessment) -> Assessment:
    """Return a row opened."""
    data = json.loads(row.record or '{"answers": [], "score": null}')
    return Assessment(row, tuple(data["answers"]), data["score"])


def newest(session: Session, person_id: int, key: str, chain: int) -> Assessment:
    """Return an assessment as it counts now; raise NotFound."""
    return read(_newest(session, person_id, key, chain))


def assessments(session: Session, person_id: int) -> dict[str, list[Assessment]]:
    """Return a person's assessments by instrument as they count, the earliest first."""
    found: dict[str, list[Assessment]] = {}
    for key in instruments.ALL:
        rows = session.scalars(
            select(PhysioAssessment)
            .where(PhysioAssessment.person_id == person_id, PhysioAssessment.instrument == key)
            .order_by(PhysioAssessment.on.desc(), PhysioAssessment.id.desc())
            .limit(MOST)
        ).all()
        last: dict[int, PhysioAssessment] = {}
        for row in rows:
            if row.chain not in last or last[row.chain].revision < row.revision:
                last[row.chain] = row
        found[key] = [read(row) for row in sorted(last.values(), key=lambda row: (row.on, row.chain))]
    return found


def days(session: Session, person_id: int) -> dict[str, tuple[int, date]]:
    """Return (how many, the latest day) of each instrument a person was assessed by: no score, no answer."""
    rows = session.execute(
        select(
            PhysioAssessment.instrument, func.count(PhysioAssessment.chain.distinct()), func.max(PhysioAssessment.on)
        )
        .where(PhysioAssessment.person_id == person_id)
        .group_by(PhysioAssessment.instrument)
    )
    return {row[0]: (int(row[1]), row[2]) for row in rows}


# -- screening -------------------------------------------------------------------------------------


def screen(session: Session, person_id: int, found: Iterable[str]) -> PhysioScreening:
    """Write what a person was found to have; nothing of it is a screening too. Asks for no consent: it is safety.

    Raises Invalid for a condition that is not in the list.
    """
    actor = tenancy.current_actor()
    codes = sorted(set(found))
    if unknown := [code for code in codes if code not in contraindications.CONDITIONS]:
        raise Invalid.field("found", _("没有“%(code)s”这一项。", code=unknown[0][:40]))
    row = PhysioScreening(
        person_id=person_id, on=clock.today(actor.tz), staff_id=actor.staff_id, store_id=actor.store_id,
        made_at=clock.now_ms(),
    )  # fmt: skip
    row.found = json.dumps(codes)
    session.add(row)
    session.flush()
    record_audit(session, "physio.screening.made", "physio_screening", row.id, person_id=person_id)
    return row


def screening(session: Session, person_id: int) -> tuple[PhysioScreening, frozenset[str]] | None:
    """Return a person's newest screening with what was found, or None when nobody asked yet."""
    row = screenings(session, [person_id]).get(person_id)
    return (row, frozenset(json.loads(row.found or "[]"))) if row else None


def screenings(session: Session, person_ids: Iterable[int]) -> Mapping[int, PhysioScreening]:
    """Return the newest screening of each of the persons, in one statement."""
    ids = sorted(set(person_ids))
    if not ids:
        return {}
    latest = (
        select(func.max(PhysioScreening.id))
        .where(PhysioScreening.person_id.in_(ids))
        .group_by(PhysioScreening.person_id)
    )
    rows = session.scalars(select(PhysioScreening).where(PhysioScreening.id.in_(latest)))
    return {row.person_id: row for row in rows}


# -- duties ----------------------------------------------------------------------------------------

TABLES: tuple[Any, ...] = (PhysioAssessment, PhysioScreening)


def count(session: Session, model: Any) -> int:
    """Return how many rows of a table the franchise has."""
    return session.scalar(select(func.count(model.id))) or 0


def erase(session: Session, model: Any, person_id: int) -> int:
    """Delete a person's rows; return how many."""
    return int(session.execute(delete(model).where(model.person_id == person_id)).rowcount)


def move(session: Session, model: Any, winner_id: int, loser_id: int) -> int:
    """Hand a person's rows over to another; return how many. What is sealed is bound to its row, not to the person."""
    done = session.execute(update(model).where(model.person_id == loser_id).values(person_id=winner_id))
    return int(done.rowcount)
