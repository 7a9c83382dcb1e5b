"""Undoing a batch: its persons are taken out again where nothing happened since, its changes taken back.

A compensating entry like every undo of ours: the person's row stays, emptied and inactive, because the
audit trail and tier standings that point to it are never deleted; the phone and the card number are free again.
"""

from __future__ import annotations

import datetime as dt
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import func, select

from core.imports import outcomes, services, staging
from core.imports.models import ImportBatch, ImportRow
from core.imports.writing import ACTION
from core.kernel import audit, clock, schema
from core.kernel.db import Base
from core.kernel.errors import Conflict
from core.kernel.i18n import _
from core.kernel.runtime import runtime
from core.kernel.sealed import open_text
from core.kernel.statements import Statements
from core.kernel.tenancy import current_actor
from core.people import services as people
from core.people.models import Person, PersonTag

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from sqlalchemy.orm import Session

WINDOW_MS = 24 * 3600 * 1000
CHUNK = 500
# Tables that an import writes itself, or that only watch.
_OWN = frozenset({
    "person", "search_token", "card", "card_seat", "person_tag", "relation", "tier_standing", "audit_entry",
    "audit_link", "import_row", "outbox_message",
})  # fmt: skip
_ONLY_LOOKED = frozenset({ACTION, "health.read", "people.phone.unmasked"})
GONE = "undone"  # the outcome of a row whose person was taken out
REVERTED = "reverted"  # … whose change was taken back
KEPT = "kept"  # … whose person was used since


@dataclass(frozen=True, slots=True)
class Effect:
    """What an undo takes back: persons made, changes; and how many of them stay because they were used since."""

    persons: int
    changes: int
    stay: int


def may_undo(batch: ImportBatch) -> bool:
    """Return whether a batch may still be undone: done or stopped, and ended within 24 hours."""
    if batch.state == services.PAUSED:
        return True
    return batch.state == services.DONE and clock.now_ms() - (batch.ended_at or 0) < WINDOW_MS


def effect(session: Session, batch: ImportBatch) -> Effect:
    """Return what an undo would take back now."""
    persons = changes = stay = 0
    for rows in _portions(session, batch):
        used = used_since(session, batch, [row.person_id for row in rows if row.outcome == outcomes.CREATED])
        for row in rows:
            if row.outcome == outcomes.CREATED:
                stay += row.person_id in used
                persons += row.person_id not in used
            else:
                unmoved = _unmoved(session, row)
                changes += unmoved is not None
                stay += unmoved is None
    return Effect(persons, changes, stay)


def begin(session: Session, batch: ImportBatch) -> None:
    """Ask for the undo of a batch; raise Conflict when it is too late or the batch is at work."""
    if not may_undo(batch):
        raise Conflict(_("只能在导入结束后 24 小时内撤销。现在请逐个修改会员资料。"), code="undo_too_late")
    batch.state = services.UNDOING
    audit.record(session, "imports.batch.undo_asked", "import_batch", batch.id)


def step(session: Session, batch: ImportBatch) -> bool:
    """Take back the last rows that still stand, a chunk of them; return False when none was left."""
    rows = next(_portions(session, batch), ())
    if not rows:
        _finish(session, batch)
        return False
    made = [row for row in rows if row.outcome == outcomes.CREATED]
    used = used_since(session, batch, [row.person_id for row in made])
    _take_out(session, [row.person_id for row in made if row.person_id not in used])
    for row in rows:
        if row.outcome == outcomes.CREATED:
            row.outcome = KEPT if row.person_id in used else GONE
        else:
            row.outcome = REVERTED if _take_change_back(session, row) else KEPT
    return True


def done(session: Session, batch: ImportBatch) -> Effect:
    """Return what the undo of a batch took back so far."""
    counts = dict(
        session.execute(
            select(ImportRow.outcome, func.count())
            .where(ImportRow.import_batch_id == batch.id, ImportRow.outcome.in_((GONE, REVERTED, KEPT)))
            .group_by(ImportRow.outcome)
        ).all()
    )
    return Effect(counts.get(GONE, 0), counts.get(REVERTED, 0), counts.get(KEPT, 0))


def _finish(session: Session, batch: ImportBatch) -> None:
    # A batch that was stopped half-way never ended.
    batch.state = services.UNDONE if batch.ended_at else services.CANCELLED
    batch.ended_at = clock.now_ms()
    staging.wipe(session, batch)
    found = done(session, batch)
    audit.record(
        session, "imports.batch.undone", "import_batch", batch.id,
        detail={"persons": found.persons, "changes": found.changes, "stay": found.stay},
    )  # fmt: skip


def _portions(session: Session, batch: ImportBatch) -> Iterator[Sequence[ImportRow]]:
    """Yield the rows that made or changed somebody, the last row first: children before their guardians."""
    below = None
    while True:
        statement = select(ImportRow).where(
            ImportRow.import_batch_id == batch.id,
            ImportRow.outcome.in_((outcomes.CREATED, outcomes.UPDATED)),
        )
        if below is not None:
            statement = statement.where(ImportRow.number < below)
        rows = session.scalars(statement.order_by(ImportRow.number.desc()).limit(CHUNK)).all()
        if not rows:
            return
        # Before the rows are handed out: the caller lets go of them.
        below = rows[-1].number
        yield rows


def used_since(session: Session, batch: ImportBatch, person_ids: Sequence[int]) -> set[int]:
    """Return those of the batch's persons with whom something happened since: any row of theirs elsewhere."""
    if not person_ids:
        return set()
    st = Statements(session, batch.franchise_id)
    marks = ", ".join("?" * len(person_ids))
    used: set[int] = set()
    for table, column in _references():
        sql = f"SELECT {column} FROM {table} WHERE franchise_id = ? AND {column} IN ({marks})"  # noqa: S608
        used |= _column(st, sql, person_ids)
    looked = ", ".join(f"'{code}'" for code in sorted(_ONLY_LOOKED))
    used |= _column(
        st,
        "SELECT person_id FROM audit_entry WHERE franchise_id = ? AND person_id IN"  # noqa: S608
        f" ({marks}) AND action NOT IN ({looked})",
        person_ids,
    )
    # Somebody outside this batch who uses their phone, was brought by them, or shares their card.
    for column in ("contact_of_id", "referrer_id"):
        used |= _column(
            st,
            f"SELECT p.{column} FROM person p WHERE p.franchise_id = ? AND p.{column} IN ({marks})"  # noqa: S608
            " AND p.active = TRUE AND NOT EXISTS (SELECT 1 FROM import_row r WHERE r.franchise_id = p.franchise_id"
            f" AND r.import_batch_id = {int(batch.id)} AND r.person_id = p.id)",
            person_ids,
        )
    return used


def _references() -> Iterator[tuple[str, str]]:
    """Yield (table, column) of every reference to a person that an import does not write itself."""
    known = schema.table_names(runtime().host)
    for table in Base.metadata.sorted_tables:
        if table.name not in known or table.name in _OWN or "franchise_id" not in table.columns:
            continue
        names = {column.name for column in table.columns if column.name == "person_id"}
        for key in table.foreign_key_constraints:
            if key.referred_table.name == "person":
                names |= {column.name for column in key.columns} - {"franchise_id"}
        yield from ((table.name, name) for name in sorted(names))


def _column(st: Statements, sql: str, person_ids: Sequence[int]) -> set[int]:
    return {int(row[0]) for row in st.all(sql, [st.franchise_id, *person_ids])}


def _take_out(session: Session, person_ids: Sequence[int]) -> None:
    """Empty persons and make them inactive; their cards open nothing and they are found no more."""
    if not person_ids:
        return
    st = Statements(session, current_actor().franchise_id)
    marks, now = ", ".join("?" * len(person_ids)), clock.now_ms()
    place = [st.franchise_id, *person_ids]
    for sql, values in (
        (f"DELETE FROM search_token WHERE franchise_id = ? AND person_id IN ({marks})", []),  # noqa: S608
        (f"DELETE FROM person_tag WHERE franchise_id = ? AND person_id IN ({marks})", []),  # noqa: S608
        (f"DELETE FROM relation WHERE franchise_id = ? AND other_id IN ({marks})", []),  # noqa: S608
        (f"DELETE FROM relation WHERE franchise_id = ? AND person_id IN ({marks})", []),  # noqa: S608
        (f"UPDATE card_seat SET left_at = ? WHERE franchise_id = ? AND person_id IN ({marks})", [now]),  # noqa: S608
    ):
        st.run(sql, [*values, *place])
    # A printed number may come again with the next list.
    for (card_id,) in st.all(
        f"SELECT id FROM card WHERE franchise_id = ? AND person_id IN ({marks})",  # noqa: S608
        place,
    ):
        st.run(
            "UPDATE card SET status = 'revoked', number = ?, version = version + 1 WHERE franchise_id = ? AND id = ?",
            [f"x{int(card_id)}"[:20], st.franchise_id, card_id],
        )
    st.run(
        "UPDATE person SET active = FALSE, name = ?, pinyin = '', gender = 'unknown', birth_on = NULL,"  # noqa: S608
        " occupation = '', company = '', phone_sealed = NULL, phone_blind = NULL, email_sealed = NULL,"
        " address_sealed = NULL, note_sealed = NULL, contact_of_id = NULL, referrer_id = NULL,"
        f" version = version + 1 WHERE franchise_id = ? AND id IN ({marks})",
        [_("（已撤销的导入）"), *place],
    )
    session.expire_all()
    for person_id in person_ids:
        audit.insert(st, "imports.person.undone", "person", person_id, person_id=person_id)


def _unmoved(session: Session, row: ImportRow) -> tuple[Person, dict[str, Any]] | None:
    """Return the person a row changed and what was there before, unless they were changed since."""
    text = open_text("import_row", "cells_sealed", row.id, row.franchise_id, row.cells_sealed)
    person = session.get(Person, row.person_id)
    if text is None or person is None:
        return None
    before = json.loads(text)
    return (person, before) if person.version == before["version"] else None


def _take_change_back(session: Session, row: ImportRow) -> bool:
    found = _unmoved(session, row)
    if found is None:
        return False
    person, before = found
    values = dict(before["values"])
    for column in ("contact_of_id", "referrer_id"):
        if column in values:
            setattr(person, column, values.pop(column))
    if isinstance(values.get("birth_on"), str):
        values["birth_on"] = dt.date.fromisoformat(values["birth_on"])
    people.change(session, person, person.version, values)
    session.flush()
    st = Statements(session, person.franchise_id)
    for token in before["tokens"]:
        st.run(
            "DELETE FROM search_token WHERE franchise_id = ? AND person_id = ? AND token = ?",
            [person.franchise_id, person.id, token],
        )
    for tag in session.scalars(
        select(PersonTag).where(PersonTag.person_id == person.id, PersonTag.tag.in_(before["tags"]))
    ):
        session.delete(tag)
    return True
