"""Undoing a batch: its records are taken out again where nothing happened since, its changes taken back.

A compensating entry like every undo of ours, its effect shown first. What taking out means for a record, and
what counts as used since, is the kind's (kinds/base.py).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from sqlalchemy import func, select

from core.imports import kinds, outcomes, services, staging
from core.imports.kinds.base import record_of
from core.imports.models import ImportBatch, ImportRow
from core.kernel import audit, clock
from core.kernel.errors import Conflict

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from sqlalchemy.orm import Session

WINDOW_MS = 24 * 3600 * 1000
CHUNK = 500
GONE = "undone"  # the outcome of a row whose record was taken out
REVERTED = "reverted"  # … whose change was taken back
KEPT = "kept"  # … whose record was used since


@dataclass(frozen=True, slots=True)
class Effect:
    """What an undo takes back: records made, changes; and how many of them stay because they were used since.

    `reasons` says how many stay why; it is known before an undo, not after.
    """

    persons: int
    changes: int
    stay: int
    reasons: tuple[tuple[str, int], ...] = field(default=(), compare=False)


def may_undo(batch: ImportBatch) -> bool:
    """Return whether a batch may still be undone: done or stopped, and ended within 24 hours."""
    if batch.state == services.PAUSED:
        return True
    return batch.state == services.DONE and clock.now_ms() - (batch.ended_at or 0) < WINDOW_MS


def effect(session: Session, batch: ImportBatch) -> Effect:
    """Return what an undo would take back now."""
    kind = kinds.of(batch.kind)
    made = changes = stay = 0
    reasons: dict[str, int] = {}
    for rows in _portions(session, batch):
        used = kind.used(session, batch, [record_of(row) for row in rows if row.outcome == outcomes.CREATED])
        for row in rows:
            if row.outcome == outcomes.CREATED:
                why = used.get(record_of(row))
                made += why is None
            else:
                why = None if kind.unmoved(session, row) is not None else str(kind.words.late)
                changes += why is None
            if why is not None:
                stay += 1
                reasons[why] = reasons.get(why, 0) + 1
    return Effect(made, changes, stay, tuple(sorted(reasons.items(), key=lambda one: -one[1])))


def begin(session: Session, batch: ImportBatch) -> None:
    """Ask for the undo of a batch; raise Conflict when it is too late or the batch is at work."""
    if not may_undo(batch):
        raise Conflict(str(kinds.of(batch.kind).words.too_late), code="undo_too_late")
    batch.state = services.UNDOING
    services.take_on(batch)
    audit.record(session, "imports.batch.undo_asked", "import_batch", batch.id)


def step(session: Session, batch: ImportBatch) -> bool:
    """Take back the last rows that still stand, a chunk of them; return False when none was left."""
    rows = next(_portions(session, batch), ())
    if not rows:
        _finish(session, batch)
        return False
    kind = kinds.of(batch.kind)
    made = [row for row in rows if row.outcome == outcomes.CREATED]
    kind.lock(session, batch, [record_of(row) for row in made])
    used = kind.used(session, batch, [record_of(row) for row in made])
    # Changes first: taking records out lets go of what the session holds.
    for row in rows:
        if row.outcome == outcomes.UPDATED:
            row.outcome = REVERTED if kind.take_back(session, row) else KEPT
        else:
            row.outcome = KEPT if record_of(row) in used else GONE
    session.flush()
    gone = [record_of(row) for row in made if record_of(row) not in used]
    if gone:
        kind.take_out(session, batch, gone)
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
    """Yield the rows that made or changed a record, the last row first: children before their guardians."""
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
