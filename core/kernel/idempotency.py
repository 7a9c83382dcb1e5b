"""Once-only calls: the key, the effect and the stored answer share one transaction.

Contract: docs/api.md “Idempotency”. Same key and body: the stored answer; another body: refused; a
concurrent twin waits on the key's row and then gets the stored answer. Answers and business refusals
are stored; 401, 403, 404, 409 stale_quote, 429 and errors of ours are not.
"""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy.exc import DBAPIError

from core.kernel import clock, keys
from core.kernel.errors import FieldError, Invalid, Refusal
from core.kernel.i18n import _
from core.kernel.ids import new_id
from core.kernel.sealed import aad
from core.kernel.statements import Statements

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy.orm import Session

    from core.kernel.db import Database
    from core.kernel.tenancy import Actor

KEY = re.compile(r"[\x21-\x7e]{1,255}")
# 423: a frozen franchise is resumed one day, and the call may be made again.
NOT_STORED = frozenset({401, 403, 404, 423, 429})
NOT_STORED_CODES = frozenset({"stale_quote", "conflict", "refund_moved", "stale_version", "invalid"})
RETRY_STATES = frozenset({"40001", "40P01"})
ATTEMPTS = 4


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a once-only call answers: status, plain data, and whether it is a stored answer."""

    status: int
    answer: dict[str, Any]
    replayed: bool = False


def check_key(key: str | None) -> str:
    """Return the key; raise Invalid (400) when it is missing or malformed."""
    if key is None or not KEY.fullmatch(key):
        raise Invalid(
            _("请在请求头 Idempotency-Key 中给出 1–255 个可打印字符，同一次操作重试时保持不变。"),
            code="idempotency_key_required",
            status=400,
            errors=[FieldError("Idempotency-Key", _("缺失或格式不对。"))],
        )
    return key


def perform(
    db: Database, actor: Actor, scope: str, key: str, body: bytes,
    work: Callable[[Session], tuple[int, dict[str, Any]]],
) -> Outcome:  # fmt: skip
    """Run `work` once for (scope, key) in a write unit of its own and return its outcome.

    The caller acts as `actor` already. Raises whatever `work` raises that is not stored, and
    `idempotency_mismatch` for a key that was used with another body.
    """
    digest = hashlib.sha256(body).digest()
    for attempt in range(1, ATTEMPTS + 1):
        try:
            return _attempt(db, actor, scope, key, digest, work)
        except DBAPIError as problem:
            if attempt == ATTEMPTS or getattr(problem.orig, "sqlstate", None) not in RETRY_STATES:
                raise
        except Refusal as refusal:
            if not _is_stored(refusal):
                raise
            return _store_refusal(db, actor, scope, key, digest, refusal)
    raise AssertionError("unreachable")


def _attempt(
    db: Database, actor: Actor, scope: str, key: str, digest: bytes,
    work: Callable[[Session], tuple[int, dict[str, Any]]],
) -> Outcome:  # fmt: skip
    with db.unit("write") as session:
        st = Statements(session, actor.franchise_id)
        row_id = new_id()
        if not _claim(st, row_id, scope, key, digest):
            return _stored(st, scope, key, digest)
        status, answer = work(session)
        session.flush()
        _write_answer(st, row_id, status, answer)
        return Outcome(status, answer)


def _claim(st: Statements, row_id: int, scope: str, key: str, digest: bytes) -> bool:
    """Insert the key's row; on PostgreSQL a twin waits here until the first commits."""
    touched = st.run(
        "INSERT INTO idempotency_key (id, franchise_id, scope, key, body_sha256, status, made_at)"
        " VALUES (?, ?, ?, ?, ?, 0, ?) ON CONFLICT (franchise_id, scope, key) DO NOTHING",
        [row_id, st.franchise_id, scope, key, digest, clock.now_ms()],
    )
    return touched == 1


def _write_answer(st: Statements, row_id: int, status: int, answer: dict[str, Any]) -> None:
    text = json.dumps(answer, ensure_ascii=False)
    sealed = keys.ring().seal(text, aad("idempotency_key", "answer_sealed", row_id), st.franchise_id)
    st.run(
        "UPDATE idempotency_key SET status = ?, answer_sealed = ? WHERE franchise_id = ? AND id = ?",
        [status, sealed, st.franchise_id, row_id],
    )


def _stored(st: Statements, scope: str, key: str, digest: bytes) -> Outcome:
    row = st.one(
        "SELECT id, body_sha256, status, answer_sealed FROM idempotency_key"
        " WHERE franchise_id = ? AND scope = ? AND key = ?",
        [st.franchise_id, scope, key],
    )
    assert row is not None
    if bytes(row[1]) != digest:
        raise Refusal(
            _("这个 Idempotency-Key 已用于另一次内容不同的操作。请换一个新的键。"), code="idempotency_mismatch"
        )
    text = keys.ring().open(row[3], aad("idempotency_key", "answer_sealed", int(row[0])), st.franchise_id)
    return Outcome(int(row[2]), json.loads(text), replayed=True)


def _is_stored(refusal: Refusal) -> bool:
    return (
        refusal.status not in NOT_STORED
        and refusal.code not in NOT_STORED_CODES
        and (refusal.code != "idempotency_mismatch")
    )


def problem_of(refusal: Refusal) -> dict[str, Any]:
    """Return the problem+json members of a refusal."""
    return {
        "type": f"urn:huike:problem:{refusal.code}",
        "title": refusal.message,
        "status": refusal.status,
        "detail": refusal.message,
        "code": refusal.code,
        "errors": [{"field": e.field, "message": e.message} for e in refusal.errors],
        **refusal.extra,
    }


def _store_refusal(db: Database, actor: Actor, scope: str, key: str, digest: bytes, refusal: Refusal) -> Outcome:
    answer = problem_of(refusal)
    with db.unit("write") as session:
        st = Statements(session, actor.franchise_id)
        row_id = new_id()
        if not _claim(st, row_id, scope, key, digest):
            return _stored(st, scope, key, digest)
        _write_answer(st, row_id, refusal.status, answer)
    return Outcome(refusal.status, answer)
