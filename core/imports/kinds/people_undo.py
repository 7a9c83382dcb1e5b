"""Taking out what a member list made: its persons where nothing happened since, its changes taken back.

The person's row stays, emptied and inactive, because the audit trail and tier standings that point to it are
never deleted; the phone and the card number are free again.
"""

from __future__ import annotations

import datetime as dt
import json
from typing import TYPE_CHECKING, Any

from sqlalchemy import select

from core.imports.kinds.references import references
from core.imports.writing import ACTION
from core.kernel import audit, clock
from core.kernel.i18n import _
from core.kernel.sealed import open_text
from core.kernel.statements import Statements
from core.kernel.tenancy import current_actor
from core.people import services as people
from core.people.models import Person, PersonTag

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy.orm import Session

    from core.imports.models import ImportBatch, ImportRow

# Tables that an import writes itself, or that only watch.
_OWN = frozenset({
    "person", "search_token", "card", "card_seat", "person_tag", "relation", "tier_standing", "audit_entry",
    "audit_link", "import_row", "outbox_message",
})  # fmt: skip
_ONLY_LOOKED = frozenset({ACTION, "care.read", "health.read", "people.phone.unmasked"})


def used_since(session: Session, batch: ImportBatch, person_ids: Sequence[int]) -> set[int]:
    """Return those of the batch's persons with whom something happened since: any row of theirs elsewhere."""
    if not person_ids:
        return set()
    st = Statements(session, batch.franchise_id)
    marks = ", ".join("?" * len(person_ids))
    used: set[int] = set()
    for table, column in references("person", {"person_id"}, _OWN):
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


def _column(st: Statements, sql: str, person_ids: Sequence[int]) -> set[int]:
    return {int(row[0]) for row in st.all(sql, [st.franchise_id, *person_ids])}


def take_out(session: Session, person_ids: Sequence[int]) -> None:
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


def unmoved(session: Session, row: ImportRow) -> tuple[Person, dict[str, Any]] | None:
    """Return the person a row changed and what was there before, unless they were changed since."""
    text = open_text("import_row", "cells_sealed", row.id, row.franchise_id, row.cells_sealed)
    person = session.get(Person, row.person_id)
    if text is None or person is None:
        return None
    before = json.loads(text)
    return (person, before) if person.version == before["version"] else None


def take_back(session: Session, row: ImportRow) -> bool:
    found = unmoved(session, row)
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
