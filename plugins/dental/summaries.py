"""What follows from an entry in the chart: the figures that facts ask for, and the work that the report counts.

Both are worked out anew from the events of a person, so that taking one back or joining two records needs no rule of
its own. They never commit.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING

from sqlalchemy import delete, func, select
from sqlalchemy.exc import IntegrityError

from core.sdk import clock, person_of, tenancy
from plugins.dental import board, chart, exams, fold, perio_board, staging, teeth, who
from plugins.dental.fold import Event
from plugins.dental.models import DentalSummary, DentalWork

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

# Work whose repetition at the same place within a year counts as redone (S1-20).
COUNTED = frozenset({"filling", "inlay", "crown", "veneer", "rct", "sealant"})
WITHIN = timedelta(days=365)
MOLARS = ("16", "26", "36", "46")
ENOUGH = 5  # works, below which a share says nothing


@dataclass(frozen=True, slots=True)
class Work:
    """Work done here: its event, and the earlier one that it redoes."""

    event: Event
    redoes: Event | None


@dataclass(frozen=True, slots=True)
class Rate:
    """A dentist's work in a period and how much of it was redone within a year, by whomever."""

    staff_id: int | None
    works: int
    redone: int

    @property
    def bp(self) -> int | None:
        """Return the share redone in basis points, half up; None under five works."""
        return None if self.works < ENOUGH else (20_000 * self.redone + self.works) // (2 * self.works)


def works_of(events: Sequence[Event]) -> list[Work]:
    """Return the work done here in the order it was done, each with what it redoes: same tooth and code, a shared
    surface, at most a year before, not the same day."""
    done = [one for one in fold.live(events) if one.kind == fold.DONE and one.code in COUNTED]
    found = []
    for n, one in enumerate(done):
        before = [
            other for other in done[:n]
            if (other.fdi, other.code) == (one.fdi, one.code) and timedelta(0) < one.on - other.on <= WITHIN
            and (not one.surfaces or not other.surfaces or set(one.surfaces) & set(other.surfaces))
        ]  # fmt: skip
        found.append(Work(one, before[-1] if before else None))
    return found


def refresh(session: Session, person_id: int, events: Sequence[Event]) -> None:
    """Work out anew what a person's events add up to."""
    _figures(session, person_id, events)
    kept = {row.event_id: row for row in session.scalars(select(DentalWork).where(DentalWork.person_id == person_id))}
    for work in works_of(events):
        row = kept.pop(work.event.id, None)
        if row is None:
            row = DentalWork(person_id=person_id, event_id=work.event.id, staff_id=work.event.staff_id,
                             code=work.event.code, done_on=work.event.on)  # fmt: skip
            session.add(row)
        row.redoes_id = work.redoes.id if work.redoes else None
        row.first_staff_id = work.redoes.staff_id if work.redoes else None
        row.first_on = work.redoes.on if work.redoes else None
    for row in kept.values():
        session.delete(row)
    session.flush()


def gap_since(mouth: fold.Mouth) -> date | None:
    """Return the day from which the oldest loss by caries (WHO code 4) stands without a prosthesis; no wisdom tooth."""
    days = [
        tooth.since for fdi, tooth in mouth.items()
        if fdi in teeth.PERMANENT and teeth.place(fdi) < 8 and tooth.gone and who.code(tooth) == who.LOST_CARIES
    ]  # fmt: skip
    return min((day for day in days if day), default=None)


def _figures(session: Session, person_id: int, events: Sequence[Event]) -> None:
    person, today = person_of(session, person_id), clock.today(tenancy.current_actor().tz)
    age = board.age_on(person.birth_date, today)
    mouth = fold.state(events)
    index = who.index(mouth, primary=False, age=age)
    gone = [fdi for fdi, tooth in mouth.items() if tooth.presence == "missing" and fdi in teeth.PERMANENT]
    newest = next(iter(exams.exams_of(session, person_id, 1)), None)
    days = [one.on for one in fold.live(events)] + ([newest.on] if newest else [])
    found = {
        "missing": len(gone), "gaps": sum(mouth[fdi].gone and teeth.place(fdi) < 8 for fdi in gone),
        "decayed": len(index.decayed), "filled": len(index.filled), "dmft": index.total,
        "milk_dmft": who.index(mouth, primary=True, age=age).total, "last_on": max(days, default=None),
        "gap_since": gap_since(mouth),
        "molars": sum(who.code(mouth.get(fdi, fold.NOTHING)) == who.SOUND for fdi in MOLARS),
        "stage": staging.suggest(newest.teeth, perio_board.head_of(newest, mouth), age).stage if newest else 0,
    }  # fmt: skip
    row = of(session, person_id)
    if row is None:
        try:
            with session.begin_nested():
                session.add(DentalSummary(person_id=person_id, **found))
                session.flush()
            return
        except IntegrityError:  # a colleague wrote the first entry in the same moment
            row = of(session, person_id)
    for name, value in found.items():
        setattr(row, name, value)


def of(session: Session, person_id: int) -> DentalSummary | None:
    """Return a person's figures, or None where nothing was charted."""
    return session.scalar(select(DentalSummary).where(DentalSummary.person_id == person_id))


def forget(session: Session, person_id: int) -> None:
    """Delete what was worked out about a person: the chart that is kept by law can be added up again."""
    for model in (DentalSummary, DentalWork):
        session.execute(delete(model).where(model.person_id == person_id))


def rates(session: Session, first: date, last: date) -> list[Rate]:
    """Return the dentists' work done from `first` to `last`, most work first, and how much of it was redone."""
    done = session.execute(
        select(DentalWork.staff_id, func.count(DentalWork.id))
        .where(DentalWork.done_on >= first, DentalWork.done_on <= last)
        .group_by(DentalWork.staff_id)
    ).all()
    again = session.execute(
        select(DentalWork.first_staff_id, func.count(DentalWork.redoes_id.distinct()))
        .where(DentalWork.first_on >= first, DentalWork.first_on <= last)
        .group_by(DentalWork.first_staff_id)
    ).all()
    redone = {staff_id: int(n) for staff_id, n in again}
    found = [Rate(staff_id, int(n), redone.get(staff_id, 0)) for staff_id, n in done]
    return sorted(found, key=lambda rate: (-rate.works, rate.staff_id or 0))


chart.follow(refresh)
