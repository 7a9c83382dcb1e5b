"""What care owes when persons are merged, erased or ask for their copy. Nothing here commits."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import select, update

from core.care import reads, rules, services
from core.care.models import HealthChange, HealthFact, HealthGlass, HealthRecord
from core.kernel import audit, clock
from core.kernel.tenancy import current_actor

if TYPE_CHECKING:
    from sqlalchemy.orm import Session


def merge(session: Session, winner_id: int, loser_id: int) -> int:
    """Give the loser's facts and looks to the winner and return how many facts moved: the union of both.

    The status becomes the more careful one: listed where anything is listed, none_known only where both said so.
    """
    mine, theirs = services.open_record(session, winner_id), services.open_record(session, loser_id)
    moved = session.execute(
        update(HealthFact).where(HealthFact.person_id == loser_id).values(person_id=winner_id)
        .execution_options(synchronize_session=False)
    )  # fmt: skip
    session.execute(
        update(HealthGlass).where(HealthGlass.person_id == loser_id, HealthGlass.reviewed_at.is_(None))
        .values(person_id=winner_id).execution_options(synchronize_session=False)
    )  # fmt: skip
    session.flush()
    session.expire_all()
    _once(session, winner_id)
    both = {mine.allergy_status, theirs.allergy_status}
    if services.active_allergies(session, winner_id):
        status = rules.LISTED
    else:
        status = rules.NONE_KNOWN if both == {rules.NONE_KNOWN} else rules.UNKNOWN
    before, mine.allergy_status = mine.allergy_status, status
    mine.version = max(mine.version, theirs.version) + 1
    theirs.allergy_status, theirs.version = rules.UNKNOWN, theirs.version + 1
    audit.record(
        session, "care.merged", "person", winner_id, person_id=winner_id,
        detail={"changes": {"allergy_status": [before, status]}, "facts": moved.rowcount},  # type: ignore[attr-defined]
    )  # fmt: skip
    session.flush()
    return int(moved.rowcount)  # type: ignore[attr-defined]


def _once(session: Session, person_id: int) -> None:
    """Let what both had hold once: the graver of two that say the same, then the newer; the other is history."""
    held: dict[str, HealthFact] = {}
    for row in services.facts_of(session, person_id):
        if row.status != rules.ACTIVE or not row.code:
            continue
        slot = rules.slot_of(row.code)
        known = held.setdefault(slot, row)
        if known is row:
            continue
        keep, drop = (row, known) if _weight(row) > _weight(known) else (known, row)
        held[slot] = keep
        services.replace(session, drop)
    session.flush()


def _weight(row: HealthFact) -> tuple[bool, str, int]:
    body = services.body_of(row)
    return body.get("criticality") == "high", str(body.get("on", "")), row.id


def erase(session: Session, person_id: int) -> int:
    """Empty what is said in a person's facts, looks and history, and return how many facts were emptied.

    Rows stay without content: who noted something when is the franchise's own record (PIPL art. 47).
    """
    facts = services.facts_of(session, person_id)
    ids = [row.id for row in facts]
    for past in session.scalars(select(HealthChange).where(HealthChange.health_fact_id.in_(ids))) if ids else ():
        past.before = past.why = None
    for row in facts:
        row.code = row.body = None
        row.status, row.changed_at, row.changed_by = rules.ERASED, clock.now_ms(), current_actor().staff_id
    for glass in session.scalars(select(HealthGlass).where(HealthGlass.person_id == person_id)):
        glass.reason = glass.remark = None
    record = session.scalar(select(HealthRecord).where(HealthRecord.person_id == person_id))
    if record is not None:
        record.allergy_status, record.asked_on, record.asked_by = rules.UNKNOWN, None, None
        record.version += 1
    if facts or record is not None:
        audit.record(session, "care.erased", "person", person_id, person_id=person_id, detail={"facts": len(facts)})
    session.flush()
    return len(facts)


def copy(session: Session, person_id: int) -> list[tuple[str, str]]:
    """Return all that is known of a person as (what, said) in words, for their copy of their data."""
    seen = reads.record(session, person_id)
    if not seen.facts and seen.version == 0:
        return []
    rows = [("", str(rules.STATUSES[seen.status]))]
    for one in seen.facts:
        rows.append((one.name, " · ".join([str(rules.STATUS_NAMES[one.row.status]), *one.told])))
    return rows
