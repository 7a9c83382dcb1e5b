"""Jobs of the import room: batches that were begun go on, cells that are no longer needed are wiped."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import select

from core.imports import kinds, runner, services, staging, undo
from core.imports.models import ImportBatch
from core.imports.permissions import RUN
from core.kernel import clock
from core.kernel.errors import Forbidden
from core.kernel.jobs import Counts, Job
from core.kernel.permissions import authorize
from core.kernel.statements import Statements
from core.kernel.tenancy import acting
from core.org.task_actor import task_actor

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from core.kernel.runtime import Runtime
    from core.kernel.tenancy import Actor

# The cells of rows at fault wait so long for somebody to fetch the error file.
KEPT_MS = 30 * 24 * 3600 * 1000
ABANDONED_MS = 24 * 3600 * 1000


def work(runtime: Runtime, actor: Actor) -> Counts:
    """Check and run what was begun in the wizard and left, each as the one who began it, with their rights of now."""
    with runtime.db.unit("read") as session:
        batches = services.waiting_batches(session)
    counts = {"done": 0, "skipped": 0, "failed": 0}
    for batch_id in batches:
        try:
            importer = _importer(runtime, batch_id, actor.tz)
        except Forbidden:
            # Whoever may import goes on with it, or takes it back.
            with runtime.db.unit("write") as session:
                services.hold(session, services.locked(session, batch_id))
            counts["skipped"] += 1
            continue
        runner.work(runtime.db, importer, batch_id)
        counts["done"] += 1
    return counts


def _importer(runtime: Runtime, batch_id: int, tz: str) -> Actor:
    """Return who began a batch; raise Forbidden when they have left or may not import this kind any more."""
    with runtime.db.unit("read") as session:
        batch = services.get(session, batch_id)
        importer = task_actor(session, batch, tz)
        kind = batch.kind
    if importer.staff_id is not None:
        with acting(importer):
            authorize(importer, RUN)
            kinds.authorize_for(kind)
    return importer


def clean_up(runtime: Runtime, _actor: Actor) -> Counts:
    """Wipe the cells that nobody needs any more."""
    with runtime.db.unit("write") as session:
        return {"done": forget(session), "skipped": 0, "failed": 0}


def forget(session: Session) -> int:
    """Wipe cells past their retention and batches never finished loading; return how many batches."""
    now, touched = clock.now_ms(), 0
    for batch in session.scalars(
        select(ImportBatch).where(
            ImportBatch.state.in_((staging.LOADING, staging.UPLOADED, services.CHECKED)),
            ImportBatch.made_at < now - ABANDONED_MS,
        )
    ):
        if batch.state == staging.LOADING or batch.made_at < now - KEPT_MS:
            services.discard(session, batch)
            touched += 1
    for batch in session.scalars(
        select(ImportBatch).where(
            ImportBatch.state == services.DONE,
            ImportBatch.ended_at < now - undo.WINDOW_MS,
            ImportBatch.ended_at > now - KEPT_MS - 7 * ABANDONED_MS,
        )
    ):
        sql = (
            "UPDATE import_row SET cells_sealed = NULL WHERE franchise_id = ? AND import_batch_id = ?"
            " AND cells_sealed IS NOT NULL"
        )
        # What a change replaced is needed for an undo only; rows at fault for the error file.
        past = (batch.ended_at or 0) < now - KEPT_MS
        st = Statements(session, batch.franchise_id)
        touched += bool(st.run(sql + ("" if past else " AND problem = ''"), [batch.franchise_id, batch.id]))
    return touched


JOBS = (Job("import", work, 60), Job("import_cleanup", clean_up, 6 * 3600))
