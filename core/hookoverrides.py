"""What was let pass, counted for a plugin's own report; and writing what was seen while only reading was allowed."""

from __future__ import annotations

from typing import TYPE_CHECKING

import structlog
from sqlalchemy import func, select

from core.care.models import Finding
from core.kernel import db
from core.kernel.plugin_health import describe
from core.orders.models import Orders

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy.orm import Session

log = structlog.get_logger("hooks")

GRAVE = ("major", "contraindicated")
MOST = 500


def overrides_of(
    session: Session, plugin: str, since_ms: int, until_ms: int, store_id: int | None = None
) -> list[tuple[str, int, int]]:
    """Return (code, staff id, how often) of a plugin's grave findings let pass in [since, until), most first.

    `store_id`: with the orders of that store alone. At most 500 rows.
    """
    often = func.count(Finding.id)
    query = (
        select(Finding.code, Finding.override_by, often)
        .where(
            Finding.plugin == plugin, Finding.severity.in_(GRAVE), Finding.override_by.is_not(None),
            Finding.override_at >= since_ms, Finding.override_at < until_ms,
        )
        .group_by(Finding.code, Finding.override_by)
        .order_by(often.desc(), Finding.code, Finding.override_by)
        .limit(MOST)
    )  # fmt: skip
    if store_id is not None:
        query = query.join(Orders, Orders.id == Finding.order_id).where(Orders.store_id == store_id)
    return [(row[0], int(row[1]), int(row[2])) for row in session.execute(query)]


def write_later(session: Session, work: Callable[[Session], None]) -> None:
    """Do `work` now in a write unit; of a read unit in one of its own right after it, before its answer leaves.

    It is for what may be missed: work that fails leaves nothing, is logged, and costs nobody their answer.
    """
    if db.is_read_only(session):
        db.afterwards(session, lambda unit: _tried(unit, work))
    else:
        _tried(session, work)


def _tried(session: Session, work: Callable[[Session], None]) -> None:
    try:
        with session.begin_nested():
            work(session)
    except Exception as problem:  # a plugin's code: what it notes must not stop the till
        log.warning("note_not_written", error=describe(problem))
