"""Verbs of import batches: stage, map, check, start, pause, note results, finish."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from sqlalchemy import select

from core.imports import control, engine, kinds, outcomes, staging
from core.imports.models import ImportBatch
from core.imports.staging import LOADING, UPLOADED
from core.kernel import audit, clock, settings
from core.kernel.errors import Conflict, NotFound
from core.kernel.i18n import _, listed
from core.kernel.ids import parse_id
from core.kernel.models import AuditEntry
from core.kernel.sealed import seal_text
from core.kernel.statements import Statements
from core.kernel.tenancy import current_actor
from core.org import notices

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from sqlalchemy.orm import Session

    from core.imports.cleaning import Problem
    from core.imports.engine import DryRun, Result
    from core.imports.kinds.base import Kind
    from core.imports.rules import ColumnMap

CHECKING, CHECKED = "checking", "checked"
RUNNING, PAUSED, DONE = "running", "paused", "done"
UNDOING, UNDONE, CANCELLED = "undoing", "undone", "cancelled"
WORKING = (CHECKING, RUNNING, UNDOING)
FINISHED, STOPPED = "import.finished", "import.stopped"


def get(session: Session, batch_id: Any) -> ImportBatch:
    """Return a batch of the franchise; raise NotFound for an absent, foreign or malformed id."""
    wanted = batch_id if isinstance(batch_id, int) else parse_id(batch_id)
    row = session.get(ImportBatch, wanted) if wanted else None
    if row is None:
        raise NotFound(_("没有找到这个导入批次。"))
    return row


def locked(session: Session, batch_id: Any) -> ImportBatch:
    """Return a batch with its row locked until the unit ends; raise NotFound."""
    batch = get(session, batch_id)
    Statements(session, batch.franchise_id).lock("import_batch", [batch.id])
    session.refresh(batch)
    return batch


def _expect(batch: ImportBatch, *states: str) -> None:
    if batch.state not in states:
        raise Conflict(_("这个批次的状态已经变了，请刷新后再看。"), code="batch_state")


# -- mapping and dry run --------------------------------------------------------------------------


def save_mapping(
    session: Session, batch: ImportBatch, mapping: ColumnMap, *, keep: bool = False,
    totals: Mapping[str, int] | None = None,
) -> None:  # fmt: skip
    """Set the batch's mapping and ask for a dry run; raise Invalid for a mapping that does not fit.

    `keep` also makes it the franchise's preset for its next list. `totals` are what the list must add up to.
    """
    _expect(batch, UPLOADED, CHECKED, CHECKING)
    headings = staging.headings_of(batch)
    kind = kinds.of(batch.kind)
    engine.task_of(session, kind, headings, mapping, bytes(batch.file_sha256), batch.id)
    batch.mapping = json.dumps(mapping.to_json(), ensure_ascii=False)
    batch.state = CHECKING
    batch.position = 0
    batch.dry_run = "{}"
    batch.control = json.dumps(dict(totals or {}))
    if keep:
        settings.change(session, kind.preset, mapping.to_json())
    audit.record(
        session, "imports.batch.mapped", "import_batch", batch.id,
        detail={"mapping": mapping.to_json(), "kept": keep, **({"control": dict(totals)} if totals else {})},
    )  # fmt: skip


def remap(batch: ImportBatch) -> None:
    """Go back from the dry run to the mapping."""
    _expect(batch, CHECKED, CHECKING, UPLOADED)
    batch.state = UPLOADED
    batch.position = 0


def note_checked(session: Session, batch: ImportBatch, results: Iterable[Result]) -> None:
    """Keep what a dry run found wrong with rows; nothing else of a dry run stays."""
    st = Statements(session, batch.franchise_id)
    headings, kind = staging.mapping_of(batch).columns, kinds.of(batch.kind)
    for one in results:
        if one.decision.problems:
            st.run(
                'UPDATE import_row SET problem = ?, "column" = ? WHERE franchise_id = ? AND id = ?',
                [
                    engine.problems_text(one.decision), columns_of(kind, one.decision.problems, headings)[:120],
                    batch.franchise_id, one.staged.id,
                ],
            )  # fmt: skip


def clear_checked(session: Session, batch: ImportBatch) -> None:
    """Forget what an earlier dry run found."""
    Statements(session, batch.franchise_id).run(
        "UPDATE import_row SET problem = '', \"column\" = '' WHERE franchise_id = ? AND import_batch_id = ?"
        " AND problem <> ''",
        [batch.franchise_id, batch.id],
    )


def checked(session: Session, batch: ImportBatch, dry: DryRun) -> None:
    """Note the result of a dry run."""
    counts = dry.counts
    batch.state = CHECKED
    batch.position = batch.rows
    batch.dry_run = json.dumps({"counts": counts, "sample": list(dry.sample), **control.facts(dry)}, ensure_ascii=False)
    audit.record(session, "imports.batch.checked", "import_batch", batch.id, detail=dict(counts))


def planned(batch: ImportBatch) -> dict[str, int]:
    """Return the counts of the dry run, all zero before it."""
    return dict.fromkeys(outcomes.OUTCOMES, 0) | json.loads(batch.dry_run).get("counts", {})


def counted(batch: ImportBatch) -> dict[str, int]:
    """Return the counts of the run so far."""
    return {
        "created": batch.created, "updated": batch.updated, "unchanged": batch.unchanged,
        "duplicate": batch.duplicates, "failed": batch.failed,
    }  # fmt: skip


def columns_of(kind: Kind, problems: Sequence[Problem], headings: Mapping[str, str]) -> str:
    """Return the headings of the columns at fault, each once."""
    return listed(dict.fromkeys(kind.column_of(one, headings) for one in problems))


# -- the run --------------------------------------------------------------------------------------


def take_on(batch: ImportBatch) -> None:
    """Make a batch that of the acting person: the job goes on as them, and they hear of its end."""
    batch.staff_id = current_actor().staff_id or batch.staff_id


def start(session: Session, batch: ImportBatch) -> None:
    """Let a checked batch run.

    Raises Conflict when it is in another state or this file gave value before, Refusal when it does not add up to the
    control totals.
    """
    _expect(batch, CHECKED)
    kind = kinds.of(batch.kind)
    control.refuse_again(session, kind, bytes(batch.file_sha256), batch.id)
    control.refuse_difference(kind, control.of(batch), json.loads(batch.dry_run).get("totals", {}))
    take_on(batch)
    batch.state = RUNNING
    batch.position = 0
    clear_checked(session, batch)
    audit.record(session, "imports.batch.started", "import_batch", batch.id, detail={"position": 0})


def pause(session: Session, batch: ImportBatch) -> None:
    """Hold a running batch after its present chunk."""
    _expect(batch, RUNNING)
    batch.state = PAUSED
    audit.record(session, "imports.batch.paused", "import_batch", batch.id, detail={"position": batch.position})


def hold(session: Session, batch: ImportBatch) -> None:
    """Stop the work on a batch whose importer has left: a run or undo waits, paused; a dry run begins anew."""
    if batch.state == CHECKING:
        batch.state = staging.UPLOADED
    elif batch.state == RUNNING:
        pause(session, batch)
    elif batch.state == UNDOING:
        batch.state = DONE if batch.ended_at else PAUSED


def resume(session: Session, batch: ImportBatch) -> None:
    """Go on with a paused batch where it stands."""
    _expect(batch, PAUSED)
    take_on(batch)
    batch.state = RUNNING
    audit.record(session, "imports.batch.started", "import_batch", batch.id, detail={"position": batch.position})


def discard(session: Session, batch: ImportBatch) -> None:
    """Give up a batch of which nothing was run; its cells are wiped."""
    _expect(batch, LOADING, UPLOADED, CHECKING, CHECKED)
    batch.state = CANCELLED
    batch.ended_at = clock.now_ms()
    staging.wipe(session, batch)
    audit.record(session, "imports.batch.cancelled", "import_batch", batch.id)


def note_results(session: Session, batch: ImportBatch, passed: str, results: Sequence[Result]) -> None:
    """Write what became of the rows of a chunk and move the checkpoint, in the chunk's own unit.

    The cells of a row that is done are wiped; of a change what was there before is kept for an undo.
    """
    st = Statements(session, batch.franchise_id)
    headings, kind = staging.mapping_of(batch).columns, kinds.of(batch.kind)
    for one in results:
        outcome = one.decision.outcome
        if outcome == outcomes.LATER:
            later = staging.WAITING[staging.WAITING.index(passed) + 1]
            st.run(
                "UPDATE import_row SET outcome = ? WHERE franchise_id = ? AND id = ?",
                [later, batch.franchise_id, one.staged.id],
            )
            continue
        record_id = one.record_id if not one.decision.problems else None
        problem, column = engine.problems_text(one.decision), columns_of(kind, one.decision.problems, headings)
        values = [outcome, record_id, problem, column[:120]]
        place = [batch.franchise_id, one.staged.id]
        set_ = f'UPDATE import_row SET outcome = ?, {kind.column} = ?, problem = ?, "column" = ?'  # noqa: S608
        if problem:
            st.run(set_ + " WHERE franchise_id = ? AND id = ?", [*values, *place])
        else:
            kept = seal_text(*staging.CELLS, one.staged.id, batch.franchise_id, one.before) if one.before else None
            st.run(set_ + ", cells_sealed = ? WHERE franchise_id = ? AND id = ?", [*values, kept, *place])
        _count(batch, outcome)
    session.flush()


def _count(batch: ImportBatch, outcome: str) -> None:
    name = "duplicates" if outcome == outcomes.DUPLICATE else outcome
    setattr(batch, name, getattr(batch, name) + 1)
    batch.position += 1


def once(session: Session, batch: ImportBatch) -> list[list[str]]:
    """Return what the importer may fetch one single time (one-time passwords), headings first; nothing for others."""
    if batch.state not in {DONE, PAUSED} or batch.staff_id is None or batch.staff_id != current_actor().staff_id:
        return []
    return kinds.of(batch.kind).once(session, batch)


def hand_out_once(session: Session, batch: ImportBatch) -> list[list[str]]:
    """Return what may be fetched once and wipe it; raise NotFound once it was fetched, and for anybody else."""
    lines = once(session, batch)
    if not lines:
        raise NotFound(_("一次性密码只能由导入的人下载一次，已经下载过或已过期。请在员工页重置登录。"))
    kinds.of(batch.kind).forget_once(session, batch)
    audit.record(
        session, "imports.passwords.downloaded", "import_batch", batch.id, detail={"passwords": len(lines) - 1}
    )
    return lines


def finish(session: Session, batch: ImportBatch) -> None:
    """Note that every row of a batch is done."""
    batch.state = DONE
    batch.ended_at = clock.now_ms()
    audit.record(session, "imports.batch.finished", "import_batch", batch.id, detail=counted(batch))
    notices.tell(
        session, [batch.staff_id], FINISHED, {"rows": batch.rows, "failed": batch.failed}, endpoint="imports.batch",
        link={"batch_id": batch.id}, about=f"batch:{batch.id}",
    )  # fmt: skip


def note_stopped(session: Session, batch: ImportBatch) -> None:
    """Tell who uploaded a batch that its work stopped in the middle; the job worker goes on with it by itself."""
    notices.tell(
        session, [batch.staff_id], STOPPED, {"rows": batch.rows, "position": batch.position}, endpoint="imports.batch",
        link={"batch_id": batch.id}, about=f"batch:{batch.id}", once=True,
    )  # fmt: skip


def started(session: Session, batch: ImportBatch) -> tuple[int, int] | None:
    """Return (instant, position) at which the present run began or went on, or None."""
    entry = session.scalar(
        select(AuditEntry)
        .where(
            AuditEntry.object_kind == "import_batch", AuditEntry.object_id == batch.id,
            AuditEntry.action == "imports.batch.started",
        )
        .order_by(AuditEntry.id.desc())
        .limit(1)
    )  # fmt: skip
    return (entry.at, int(audit.detail_of(entry).get("position", 0))) if entry else None


def seconds_left(session: Session, batch: ImportBatch) -> int | None:
    """Return how many seconds a running batch still needs at its pace so far, or None when unknown."""
    begun = started(session, batch)
    if begun is None or batch.position <= begun[1]:
        return None
    spent = clock.now_ms() - begun[0]
    return -(-spent * (batch.rows - batch.position) // ((batch.position - begun[1]) * 1000))


def same_file(session: Session, batch: ImportBatch) -> ImportBatch | None:
    """Return the newest batch of the very same file that was run before, or None."""
    return session.scalar(
        select(ImportBatch)
        .where(
            ImportBatch.file_sha256 == batch.file_sha256,
            ImportBatch.kind == batch.kind,
            ImportBatch.id < batch.id,
            ImportBatch.state == DONE,
        )  # fmt: skip
        .order_by(ImportBatch.id.desc())
        .limit(1)
    )


def waiting_batches(session: Session) -> list[int]:
    """Return the ids of the franchise's batches that are to be checked or run, oldest first."""
    return list(session.scalars(select(ImportBatch.id).where(ImportBatch.state.in_(WORKING)).order_by(ImportBatch.id)))
