"""Pictures of prescriptions: kept with the prescription for the five years that a law asks (GSP art. 4), by core."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from core.sdk import DocumentKind, Paper, _l, documents_of, keep_document, may_read_health, note_health_read
from plugins.pharmacy.permissions import DISPENSE

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from sqlalchemy.orm import Session

    from plugins.pharmacy.models import PharmacyPrescription

PRESCRIPTION = "pharmacy.prescription"
KINDS = [DocumentKind(PRESCRIPTION, _l("处方图片"), DISPENSE, DISPENSE, by_law=True, order=30)]
LATEST = 6


def keep(session: Session, row: PharmacyPrescription, pictures: Iterable[bytes]) -> int:
    """Keep the pictures of a prescription and return how many; raise what is raised for a file that is no picture."""
    kept = 0
    for data in pictures:
        keep_document(session, row.person_id, PRESCRIPTION, data, subject_id=row.id, note=row.number, on=row.issued_on)
        kept += 1
    return kept


def of_each(session: Session, person_id: int, rows: Sequence[PharmacyPrescription]) -> dict[int, list[Paper]]:
    """Return the pictures of each of a member's prescriptions by its id."""
    found: dict[int, list[Paper]] = defaultdict(list)
    if rows:
        for one in documents_of(session, person_id, kind=PRESCRIPTION, subject_ids=[row.id for row in rows]):
            found[one.subject_id or 0].append(one)
    return found


def latest(session: Session, person_id: int | None) -> list[Paper]:
    """Return a member's latest pictures for the queue; none for who neither treats them nor looks behind the glass."""
    if person_id is None or not may_read_health(session, person_id):
        return []
    found = documents_of(session, person_id, kind=PRESCRIPTION)[:LATEST]
    if found:
        note_health_read(session, [person_id], "pharmacy.asks")
    return found
