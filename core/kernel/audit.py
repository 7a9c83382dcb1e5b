"""The audit trail: append-only entries, sealed in chained blocks (security C24).

An entry is written in the transaction of what it records: no audit, no effect. `seal` gathers the
entries that no block holds yet and chains them with a key that the database does not know; the head
is shipped to an anchor outside, so that a cut tail shows as well.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import func, select, text

from core.kernel import clock, keys
from core.kernel.ids import new_id
from core.kernel.models import AuditBlock, AuditEntry, AuditLink
from core.kernel.sealed import aad
from core.kernel.tenancy import current_actor

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from sqlalchemy.orm import Session

    from core.kernel.statements import Statements

FORMAT = 1
BLOCK_SIZE = 1000
_GENESIS = b"\0" * 32


def record(
    session: Session,
    action: str,
    object_kind: str,
    object_id: int | None = None,
    *,
    person_id: int | None = None,
    detail: dict[str, Any] | None = None,
) -> AuditEntry:
    """Append an entry for the acting staff; `detail` (reasons, changed fields) is sealed."""
    actor = current_actor()
    entry = AuditEntry(
        at=clock.now_ms(),
        staff_id=actor.staff_id,
        store_id=actor.store_id,
        door=actor.door,
        action=action,
        object_kind=object_kind,
        object_id=object_id,
        person_id=person_id,
        request_id=actor.request_id,
    )
    if detail:
        text = json.dumps(detail, ensure_ascii=False, sort_keys=True)
        entry.detail_sealed = keys.ring().seal(text, aad("audit_entry", "detail_sealed", entry.id), entry.franchise_id)
    session.add(entry)
    return entry


def detail_of(entry: AuditEntry) -> dict[str, Any]:
    """Return the sealed detail of an entry, or an empty dict."""
    if entry.detail_sealed is None:
        return {}
    place = aad("audit_entry", "detail_sealed", entry.id)
    return json.loads(keys.ring().open(entry.detail_sealed, place, entry.franchise_id))  # type: ignore[no-any-return]


def canonical(entry: AuditEntry) -> bytes:
    """Return the bytes of an entry that the chain covers (format 1)."""
    # The plain detail, not its ciphertext: rotating keys re-seals details without touching the chain.
    detail = json.dumps(detail_of(entry), ensure_ascii=False, sort_keys=True)
    parts = (
        entry.id, entry.franchise_id, entry.at, entry.staff_id, entry.store_id, entry.door, entry.action,
        entry.object_kind, entry.object_id, entry.person_id, entry.request_id, detail,
    )  # fmt: skip
    return json.dumps(parts, ensure_ascii=False, separators=(",", ":")).encode()


def _head(previous: bytes, number: int, entries: Iterable[AuditEntry]) -> bytes:
    lines = b"\n".join(canonical(entry) for entry in entries)
    return keys.ring().mac("audit", bytes(previous) + number.to_bytes(8, "big") + lines)


def last_block(session: Session) -> AuditBlock | None:
    """Return the newest block of the franchise, or None."""
    return session.scalar(select(AuditBlock).order_by(AuditBlock.number.desc()).limit(1))


def seal(session: Session, limit: int = BLOCK_SIZE) -> AuditBlock | None:
    """Seal up to `limit` entries that no block holds yet; return the new block, or None for nothing.

    Two who seal at once (the job, a day close) go one after the other: the chain has one end.
    """
    if session.connection().dialect.name == "postgresql":
        session.execute(text("SELECT pg_advisory_xact_lock(:franchise)"), {"franchise": current_actor().franchise_id})
    rows = session.scalars(
        select(AuditEntry)
        .where(~select(AuditLink.id).where(AuditLink.id == AuditEntry.id).exists())
        .order_by(AuditEntry.id)
        .limit(limit)
    ).all()
    if not rows:
        return None
    before = last_block(session)
    number = before.number + 1 if before else 1
    previous = before.head if before else _GENESIS
    block = AuditBlock(
        number=number,
        entries=len(rows),
        first_id=rows[0].id,
        last_id=rows[-1].id,
        previous=previous,
        head=_head(previous, number, rows),
        format=FORMAT,
        sealed_at=clock.now_ms(),
    )
    session.add(block)
    session.add_all(AuditLink(id=row.id, block=number) for row in rows)
    session.flush()
    return block


def _is_intact(block: AuditBlock, previous: bytes, rows: Iterable[AuditEntry]) -> bool:
    try:
        head = _head(previous, block.number, rows)
    except keys.CannotOpen:
        return False
    return bytes(block.previous) == bytes(previous) and bytes(block.head) == head


@dataclass(frozen=True, slots=True)
class Walk:
    """How a walk over sealed blocks ended: blocks and entries that are as they were sealed, and the first that is not.

    `problem` is empty, `missing` (a block is gone), `count` (entries of a block are gone or came in) or `altered`;
    `block` is its number, `first_id` and `last_id` the entries it sealed (0 when it is gone).
    """

    from_block: int
    blocks: int
    entries: int
    problem: str = ""
    block: int = 0
    first_id: int = 0
    last_id: int = 0


def walk(session: Session, newest: int | None = None) -> Walk:
    """Return how the acting franchise's chain stands: the whole of it, or the `newest` blocks alone."""
    last = last_block(session)
    top = last.number if last else 0
    start = 1 if newest is None else max(1, top - newest + 1)
    before = session.scalar(select(AuditBlock).where(AuditBlock.number == start - 1)) if start > 1 else None
    if start > 1 and before is None:
        return Walk(start, 0, 0, "missing", start - 1)
    previous, blocks, entries = before.head if before else _GENESIS, 0, 0
    for number in range(start, top + 1):
        block = session.scalar(select(AuditBlock).where(AuditBlock.number == number))
        if block is None:
            return Walk(start, blocks, entries, "missing", number)
        rows = _sealed_rows(session, number)
        if len(rows) != block.entries:
            return Walk(start, blocks, entries, "count", number, block.first_id, block.last_id)
        if not _is_intact(block, previous, rows):
            return Walk(start, blocks, entries, "altered", number, block.first_id, block.last_id)
        previous, blocks, entries = bytes(block.head), blocks + 1, entries + len(rows)
        for row in (block, *rows):  # a trail of a million entries does not fit into a session
            session.expunge(row)
    return Walk(start, blocks, entries)


def _sealed_rows(session: Session, number: int) -> Sequence[AuditEntry]:
    return session.scalars(
        select(AuditEntry)
        .join(AuditLink, AuditLink.id == AuditEntry.id)
        .where(AuditLink.block == number)
        .order_by(AuditEntry.id)
    ).all()


def unsealed(session: Session, cap: int = 5000) -> int:
    """Return how many entries no block holds yet, counted no further than `cap`."""
    last = last_block(session)
    query = select(AuditEntry.id).where(AuditEntry.id > (last.last_id if last else 0)).limit(cap)
    return int(session.scalar(select(func.count()).select_from(query.subquery())) or 0)


def check_chain(session: Session) -> Iterator[str]:
    """Yield a sentence for each difference between the blocks and the entries they sealed."""
    previous, expected = _GENESIS, 1
    for block in session.scalars(select(AuditBlock).order_by(AuditBlock.number)):
        if block.number != expected:
            yield f"audit block {expected} is missing"
            return
        rows = _sealed_rows(session, block.number)
        if len(rows) != block.entries:
            yield f"audit block {block.number} holds {len(rows)} entries instead of {block.entries}"
            return
        if not _is_intact(block, previous, rows):
            yield f"audit block {block.number} was altered (entries {block.first_id} to {block.last_id})"
            return
        previous, expected = block.head, expected + 1
    orphans = session.scalar(select(func.count()).select_from(AuditLink).where(AuditLink.block >= expected))
    if orphans:
        yield f"{orphans} sealed audit entries belong to blocks that are gone"


def check_anchor(session: Session, heads: dict[int, str]) -> Iterator[str]:
    """Yield a sentence when an anchored head (block number to hex) is missing or differs."""
    for number, head in sorted(heads.items()):
        block = session.scalar(select(AuditBlock).where(AuditBlock.number == number))
        if block is None:
            yield f"audit block {number} is anchored outside but gone here"
            return
        if bytes(block.head).hex() != head:
            yield f"audit block {number} differs from its anchor"
            return


def insert(
    st: Statements, action: str, object_kind: str, object_id: int, *, person_id: int | None = None,
    detail: dict[str, Any] | None = None,
) -> None:  # fmt: skip
    """Append an entry like `record` does, by a prepared statement: for the hot write path."""
    actor = current_actor()
    entry_id = new_id()
    blob = None
    if detail:
        text = json.dumps(detail, ensure_ascii=False, sort_keys=True)
        blob = keys.ring().seal(text, aad("audit_entry", "detail_sealed", entry_id), st.franchise_id)
    st.insert(
        "audit_entry",
        {
            "id": entry_id, "franchise_id": st.franchise_id, "at": clock.now_ms(), "staff_id": actor.staff_id,
            "store_id": actor.store_id, "door": actor.door, "action": action, "object_kind": object_kind,
            "object_id": object_id, "person_id": person_id, "request_id": actor.request_id,
            "detail_sealed": blob,
        },
    )  # fmt: skip


def insert_many(
    st: Statements, action: str, object_kind: str, objects: Mapping[int, Any], *, detail: dict[str, Any],
    persons: bool = False,
) -> None:  # fmt: skip
    """Append an entry for each object of a bulk change, in one statement; `persons`: the objects are members."""
    actor, ring, now = current_actor(), keys.ring(), clock.now_ms()
    text = json.dumps(detail, ensure_ascii=False, sort_keys=True)
    rows = []
    for object_id in objects:
        entry_id = new_id()
        blob = ring.seal(text, aad("audit_entry", "detail_sealed", entry_id), st.franchise_id) if detail else None
        rows.append({
            "id": entry_id, "franchise_id": st.franchise_id, "at": now, "staff_id": actor.staff_id,
            "store_id": actor.store_id, "door": actor.door, "action": action, "object_kind": object_kind,
            "object_id": object_id, "person_id": object_id if persons else None, "request_id": actor.request_id,
            "detail_sealed": blob,
        })  # fmt: skip
    st.insert_many("audit_entry", rows)
