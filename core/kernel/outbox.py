"""The outbox: messages written with the effect and delivered after it, at least once.

Topics are registered by the rooms that deliver them. A handler runs in a unit of its own (or, for
sending, outside of any) and must be idempotent. Failures wait longer each time, then stay as `failed`.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from core.kernel import clock, keys
from core.kernel.ids import new_id
from core.kernel.sealed import aad
from core.kernel.statements import Statements

if TYPE_CHECKING:
    from collections.abc import Callable

    from core.kernel.db import Database
    from core.kernel.tenancy import Actor

LEASE_MS = 60_000
MAX_ATTEMPTS = 12
_handlers: dict[str, Callable[[dict[str, Any]], None]] = {}


def handle(topic: str, handler: Callable[[dict[str, Any]], None]) -> None:
    """Deliver messages of `topic` (the part before its first colon) with `handler`."""
    _handlers[topic] = handler


def delivers(topic: str) -> bool:
    """Return whether messages of `topic` are delivered here."""
    return topic.split(":", 1)[0] in _handlers


def put(
    st: Statements, topic: str, dedupe_key: str, payload: dict[str, Any], *, person_id: int | None = None,
    due_at: int | None = None,
) -> None:  # fmt: skip
    """Write a message; a second one of the same topic and dedupe key is not written."""
    row_id = new_id()
    text = json.dumps(payload, ensure_ascii=False)
    blob = keys.ring().seal(text, aad("outbox_message", "payload_sealed", row_id), st.franchise_id)
    st.run(
        "INSERT INTO outbox_message (id, franchise_id, topic, dedupe_key, payload_sealed, person_id, due_at,"
        " attempts, lease_until, state) VALUES (?, ?, ?, ?, ?, ?, ?, 0, 0, 'waiting')"
        " ON CONFLICT (franchise_id, topic, dedupe_key) DO NOTHING",
        [row_id, st.franchise_id, topic, dedupe_key, blob, person_id, due_at or clock.now_ms()],
    )


def _claim(db: Database, actor: Actor, limit: int) -> list[tuple[int, str, dict[str, Any]]]:
    """Lease due messages for a minute: a worker that dies gives them back."""
    with db.unit("write") as session:
        st = Statements(session, actor.franchise_id)
        now = clock.now_ms()
        skip = " FOR UPDATE SKIP LOCKED" if st.locks_rows else ""
        # What nobody delivers here (a channel that is not set up) waits without taking the others' turns.
        topics = sorted(_handlers)
        ours = " OR ".join(["topic = ? OR (topic > ? AND topic < ?)"] * len(topics))
        rows = st.all(
            "SELECT id, topic, payload_sealed FROM outbox_message WHERE franchise_id = ?"  # noqa: S608
            f" AND state = 'waiting' AND due_at <= ? AND lease_until <= ? AND ({ours or '1 = 0'})"
            f" ORDER BY due_at, id LIMIT ?{skip}",
            [actor.franchise_id, now, now, *(part for one in topics for part in (one, f"{one}:", f"{one};")), limit],
        )
        for row in rows:
            st.run(
                "UPDATE outbox_message SET lease_until = ?, attempts = attempts + 1 WHERE franchise_id = ? AND id = ?",
                [now + LEASE_MS, actor.franchise_id, row[0]],
            )
        ring = keys.ring()
        return [
            (
                int(row[0]),
                row[1],
                json.loads(ring.open(row[2], aad("outbox_message", "payload_sealed", int(row[0])), actor.franchise_id)),
            )
            for row in rows
        ]


def drain(db: Database, actor: Actor, limit: int = 100) -> dict[str, int]:
    """Deliver due messages of the actor's franchise; return how many were done, skipped and failed."""
    counts = {"done": 0, "skipped": 0, "failed": 0}
    for message_id, topic, payload in _claim(db, actor, limit):
        handler = _handlers.get(topic.split(":", 1)[0])
        if handler is None:
            counts["skipped"] += 1
            continue
        try:
            handler(payload)
        except Exception as problem:  # a handler is somebody else's code: its failure is kept, not raised
            counts["failed"] += 1
            _postpone(db, actor, message_id, f"{type(problem).__name__}: {problem}"[:400])
        else:
            counts["done"] += 1
            _finish(db, actor, message_id)
    return counts


def _finish(db: Database, actor: Actor, message_id: int) -> None:
    with db.unit("write") as session:
        Statements(session, actor.franchise_id).run(
            "UPDATE outbox_message SET state = 'done', done_at = ?, payload_sealed = NULL"
            " WHERE franchise_id = ? AND id = ?",
            [clock.now_ms(), actor.franchise_id, message_id],
        )


def _postpone(db: Database, actor: Actor, message_id: int, error: str) -> None:
    with db.unit("write") as session:
        st = Statements(session, actor.franchise_id)
        row = st.one(
            "SELECT attempts FROM outbox_message WHERE franchise_id = ? AND id = ?",
            [actor.franchise_id, message_id],
        )
        attempts = int(row[0]) if row else MAX_ATTEMPTS
        state = "failed" if attempts >= MAX_ATTEMPTS else "waiting"
        wait_ms = min(2**attempts, 3600) * 1000
        st.run(
            "UPDATE outbox_message SET state = ?, last_error = ?, lease_until = ? WHERE franchise_id = ? AND id = ?",
            [state, error, clock.now_ms() + wait_ms, actor.franchise_id, message_id],
        )
