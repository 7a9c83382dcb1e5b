"""Every read of health facts leaves an audit entry: no audit, no data (security C16).

Opening a person's facts is noted each time. What a check of a basket or the strip at the head of a page reads is noted
once a person, staff member and purpose in 30 minutes, the life of a quote: a till that prices after every scan would
else bury the trail under itself.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import select

from core.kernel import audit, clock, db
from core.kernel.models import AuditEntry
from core.kernel.tenancy import current_actor

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy.orm import Session

READ = "care.read"
WINDOW_MS = 30 * 60 * 1000
_SEEN = "care.reads_noted"


def note_reads(session: Session, person_ids: Sequence[int], purpose: str, *, each: bool = False) -> None:
    """Note that facts of these persons were read for `purpose`; `each`: also when it was noted a moment ago.

    In a write unit the entries go with it. In a read-only unit they are written when it is over and before its answer
    leaves the process; when that fails, so does the request.
    """
    noted: set[tuple[int, str]] = session.info.setdefault(_SEEN, set())
    ids = [one for one in person_ids if (one, purpose) not in noted]
    if not ids:
        return
    noted.update((one, purpose) for one in ids)
    fresh = ids if each else _not_yet(session, ids, purpose)
    if not fresh:
        return
    if db.is_read_only(session):
        db.afterwards(session, lambda unit: _write(unit, fresh, purpose))
    else:
        _write(session, fresh, purpose)


def note_list(session: Session, purpose: str, object_id: int) -> None:
    """Note that a list was shown that tells something about the health of everybody in it; each time anew."""

    def write(unit: Session) -> None:
        audit.record(unit, READ, _kind(purpose), object_id, detail={"purpose": purpose})

    if db.is_read_only(session):
        db.afterwards(session, write)
    else:
        write(session)


def _not_yet(session: Session, ids: Sequence[int], purpose: str) -> list[int]:
    since, actor = clock.now_ms() - WINDOW_MS, current_actor()
    done = select(AuditEntry.person_id).where(
        AuditEntry.person_id.in_(ids), AuditEntry.action == READ, AuditEntry.object_kind == _kind(purpose),
        AuditEntry.staff_id == actor.staff_id if actor.staff_id else AuditEntry.staff_id.is_(None),
        AuditEntry.at > since,
    )  # fmt: skip
    known = set(session.scalars(done))
    return [one for one in ids if one not in known]


def _kind(purpose: str) -> str:
    return f"health:{purpose}"[:40]


def _write(session: Session, ids: Sequence[int], purpose: str) -> None:
    for person_id in ids:
        audit.record(session, READ, _kind(purpose), person_id, person_id=person_id, detail={"purpose": purpose})
