"""What the plugin owes a person and the house: the panel, the copy, erasing and merging."""

from __future__ import annotations

import json
from datetime import date
from typing import TYPE_CHECKING, Any

from sqlalchemy import delete, func, select, update

from core.sdk import DataCount, DataSection, _l, items_of
from plugins.pharmacy import chronic_duties, gates
from plugins.pharmacy.models import (
    PharmacyAsk,
    PharmacyChronic,
    PharmacyPrescription,
    PharmacyReading,
    PharmacyRefill,
    PharmacyRegister,
    PharmacySeen,
    PharmacyTrace,
)

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

LABELS: dict[Any, Any] = {
    PharmacyPrescription: _l("处方"), PharmacyRegister: _l("含麻黄碱类药品登记"), PharmacyRefill: _l("续药日期"),
    PharmacyAsk: _l("远程审方"), PharmacyTrace: _l("追溯码"), PharmacyChronic: _l("慢病项目"),
    PharmacyReading: _l("测量"), PharmacySeen: _l("出现过的用药提示"),
}  # fmt: skip
GONE = "—"


def panel(session: Session, person_id: int, today: date) -> dict[str, Any]:
    """Return how many prescriptions hold, and what runs out when, for the member page."""
    refills = session.scalars(
        select(PharmacyRefill).where(PharmacyRefill.person_id == person_id).order_by(PharmacyRefill.run_out_on).limit(5)
    ).all()
    names = items_of(session, [row.item_code for row in refills])
    return {
        "person_id": person_id, "open": len(gates.valid(session, {person_id}, today)),
        "refills": [(names[row.item_code].name if row.item_code in names else row.item_code, row) for row in refills],
        "today": today,
    }  # fmt: skip


def counts(session: Session) -> list[DataCount]:
    """Return how many rows the franchise keeps."""
    return [DataCount(label, session.scalar(select(func.count(model.id))) or 0) for model, label in LABELS.items()]


def copy_of(session: Session, person_id: int) -> list[DataSection]:
    """Return all that is kept of a person."""
    rows: list[tuple[Any, str]] = []
    for one in session.scalars(select(PharmacyPrescription).where(PharmacyPrescription.person_id == person_id)):
        what = "、".join(f"{code}×{n}" for code, n in json.loads(one.items or "{}").items())
        rows.append((f"{LABELS[PharmacyPrescription]} {one.issued_on}", f"{one.number} {one.hospital} {what}"))
    for entry in session.scalars(select(PharmacyRegister).where(PharmacyRegister.person_id == person_id)):
        rows.append(
            (f"{LABELS[PharmacyRegister]} {entry.on}", f"{entry.name or GONE} {entry.id_number or GONE} ×{entry.packs}")
        )
    for due in session.scalars(select(PharmacyRefill).where(PharmacyRefill.person_id == person_id)):
        rows.append((LABELS[PharmacyRefill], f"{due.item_code} {due.run_out_on}"))
    for asked in session.scalars(select(PharmacyAsk).where(PharmacyAsk.person_id == person_id)):
        rows.append((LABELS[PharmacyAsk], str(json.loads(asked.told or "{}").get("text", ""))))
    for traced in session.scalars(select(PharmacyTrace).where(PharmacyTrace.person_id == person_id)):
        rows.append((f"{LABELS[PharmacyTrace]} {traced.on}", f"{traced.item_code} {traced.code}"))
    rows += chronic_duties.copy_of(session, person_id)
    return [DataSection(_l("药房"), tuple(rows))] if rows else []


def erase(session: Session, person_id: int) -> list[DataCount]:
    """Delete refills, asks and chronic programmes with their readings; prescriptions and the register stay.

    These are kept by law for five years (GSP art. 4; joint notice of 2012).
    """
    found = []
    for model in (PharmacyRefill, PharmacyAsk, PharmacySeen):
        done: Any = session.execute(delete(model).where(model.person_id == person_id))
        found.append(DataCount(LABELS[model], int(done.rowcount)))
    found.append(DataCount(LABELS[PharmacyChronic], chronic_duties.erase(session, person_id)))
    return found


def merge(session: Session, winner_id: int, loser_id: int) -> list[DataCount]:
    """Hand a person's rows over; of two refills of one item the later run-out stays."""
    mine = {row.item_code: row for row in _refills(session, winner_id)}
    moved = 0
    for row in _refills(session, loser_id):
        kept = mine.get(row.item_code)
        if kept is None:
            row.person_id = winner_id
        else:
            kept.run_out_on = max(kept.run_out_on, row.run_out_on)
            session.delete(row)
        moved += 1
    session.flush()
    _merge_seen(session, winner_id, loser_id)
    found = [DataCount(LABELS[PharmacyRefill], moved)]
    found.append(DataCount(LABELS[PharmacyChronic], chronic_duties.merge(session, winner_id, loser_id)))
    for model in (PharmacyPrescription, PharmacyRegister, PharmacyAsk, PharmacyTrace):
        done: Any = session.execute(update(model).where(model.person_id == loser_id).values(person_id=winner_id))
        found.append(DataCount(LABELS[model], int(done.rowcount)))
    return found


def _merge_seen(session: Session, winner_id: int, loser_id: int) -> None:
    """Hand over what came up; of what both had that day one stays."""
    rows = session.scalars(select(PharmacySeen).where(PharmacySeen.person_id.in_((winner_id, loser_id)))).all()
    mine = {(row.on, row.store_id, row.rule, row.item_code) for row in rows if row.person_id == winner_id}
    for row in rows:
        if row.person_id == loser_id and (row.on, row.store_id, row.rule, row.item_code) in mine:
            session.delete(row)
        elif row.person_id == loser_id:
            row.person_id = winner_id
    session.flush()


def _refills(session: Session, person_id: int) -> list[PharmacyRefill]:
    return list(session.scalars(select(PharmacyRefill).where(PharmacyRefill.person_id == person_id)))
