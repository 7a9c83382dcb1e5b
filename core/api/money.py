"""Running a call's work: in one unit, once per Idempotency-Key, and again when the database asks for it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from flask import request
from sqlalchemy.exc import DBAPIError

from core.kernel import idempotency
from core.kernel.idempotency import ATTEMPTS, RETRY_STATES, Outcome
from core.kernel.runtime import runtime

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy.orm import Session

    from core.api.auth import Caller

NEVER, ACCEPTED, REQUIRED = "never", "accepted", "required"
HEADER = "Idempotency-Key"


def key_of(once: str) -> str | None:
    """Return the call's Idempotency-Key, or None where it needs none and has none.

    Raises Invalid (400) for a malformed key and, where one is required, for a missing one.
    """
    key = request.headers.get(HEADER)
    if once == NEVER or (once == ACCEPTED and key is None):
        return None
    return idempotency.check_key(key)


def run(
    caller: Caller, unit: str, key: str | None, body: Any, work: Callable[[Session], tuple[int, dict[str, Any]]]
) -> Outcome:
    """Return the outcome of `work` in a unit of its own; with a key, its stored answer from then on.

    The key's scope is franchise, store and route; the path and the parsed body make its content.
    """
    db = runtime().db
    if key is not None:
        scope = f"{caller.bearer.store_id}:{request.method} {request.url_rule}"
        content = json.dumps([request.path, body], sort_keys=True, default=str).encode()
        return idempotency.perform(db, caller.actor, scope[:200], key, content, work)
    for attempt in range(1, ATTEMPTS + 1):
        try:
            with db.unit(unit) as session:
                return Outcome(*work(session))
        except DBAPIError as problem:
            again = unit == "write" and getattr(problem.orig, "sqlstate", None) in RETRY_STATES
            if not again or attempt == ATTEMPTS:
                raise
    raise AssertionError("unreachable")
