"""What the chronic programmes owe a person: the copy of what is kept, erasing, merging."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from sqlalchemy import delete, select, update

from plugins.pharmacy import chronic
from plugins.pharmacy import chronic_rules as rules
from plugins.pharmacy.models import PharmacyChronic, PharmacyChronicPoint, PharmacyReading

if TYPE_CHECKING:
    from sqlalchemy.orm import Session


def copy_of(session: Session, person_id: int) -> list[tuple[Any, str]]:
    """Return all programmes, what was done and every reading, as (label, text)."""
    rows: list[tuple[Any, str]] = []
    for one in chronic.of_person(session, person_id):
        name = rules.PROGRAMMES[one.programme or ""].name
        rows.append((name, f"{one.from_on} – {one.left_on or ''} {one.agreed or ''} {one.why or ''}".strip()))
    done = select(PharmacyChronicPoint).where(
        PharmacyChronicPoint.person_id == person_id, PharmacyChronicPoint.state == chronic.DONE
    )
    for point in session.scalars(done.order_by(PharmacyChronicPoint.id)):
        said = json.loads(point.note or "{}")
        text = " ".join([str(point.done_on), said.get("note", ""), *said.get("offered", ())])
        rows.append((rules.KINDS[point.kind], text))
    for row in session.scalars(select(PharmacyReading).where(PharmacyReading.person_id == person_id)):
        body = json.loads(row.body or "{}")
        measure = rules.MEASURES[body["measure"]]
        text = chronic.Reading(row, measure, body["values"]).written
        rows.append((measure.name, f"{row.on} {text} {measure.unit}"))
    return rows


def erase(session: Session, person_id: int) -> int:
    """Delete all of it, and return how many programmes: no law keeps it longer than the person wants."""
    for model in (PharmacyReading, PharmacyChronicPoint):
        session.execute(delete(model).where(model.person_id == person_id))
    done: Any = session.execute(delete(PharmacyChronic).where(PharmacyChronic.person_id == person_id))
    return int(done.rowcount)


def merge(session: Session, winner_id: int, loser_id: int) -> int:
    """Hand programmes, points and readings over; of a programme that both are in the winner's plan goes on."""
    mine = {row.programme: row for row in chronic.of_person(session, winner_id)}
    moved = 0
    for row in chronic.of_person(session, loser_id):
        kept = mine.get(row.programme)
        own = PharmacyChronicPoint.chronic_id == row.id
        if kept is None:
            row.person_id = winner_id
        else:
            if kept.state == chronic.ACTIVE:
                dropped = update(PharmacyChronicPoint).where(own, PharmacyChronicPoint.state == chronic.OPEN)
                session.execute(dropped.values(state=chronic.DROPPED))
            elif row.state == chronic.ACTIVE:
                kept.state, kept.left_on, kept.why = chronic.ACTIVE, None, None
            session.execute(update(PharmacyChronicPoint).where(own).values(chronic_id=kept.id))
            session.flush()
            session.delete(row)
        moved += 1
    session.flush()
    for model in (PharmacyChronicPoint, PharmacyReading):
        session.execute(update(model).where(model.person_id == loser_id).values(person_id=winner_id))
    return moved
