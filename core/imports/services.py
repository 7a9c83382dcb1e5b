"""Verbs of import batches: stage, map, check, start, pause, note results, finish."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from sqlalchemy import func, select

from core.imports import engine, messages, outcomes, rules
from core.imports.engine import Staged
from core.imports.models import ImportBatch, ImportRow
from core.imports.settings import PEOPLE_PRESET
from core.kernel import audit, clock, settings
from core.kernel.errors import Conflict, NotFound
from core.kernel.i18n import _
from core.kernel.ids import new_id, parse_id
from core.kernel.models import AuditEntry
from core.kernel.sealed import open_text, seal_text
from core.kernel.statements import Statements
from core.kernel.tenancy import current_actor

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from sqlalchemy.orm import Session

    from core.imports.engine import Result, Task
    from core.imports.rules import ColumnMap

LOADING, UPLOADED, CHECKING, CHECKED = "loading", "uploaded", "checking", "checked"
RUNNING, PAUSED, DONE, CANCELLED, UNDONE = "running", "paused", "done", "cancelled", "undone"
WORKING = (CHECKING, RUNNING)
WAITING = ("waiting", *(f"later{n}" for n in range(2, outcomes.PASSES + 1)))
_CELLS = ("import_row", "cells_sealed")


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


# -- staging --------------------------------------------------------------------------------------


def begin(session: Session, name: str, sha256: bytes, encoding: str, headings: Sequence[str], rows: int) -> ImportBatch:
    """Open a batch for a list that was read; its rows follow."""
    preset = settings.value(session, PEOPLE_PRESET)
    batch = ImportBatch(
        kind="people", file_name=name[:200], file_sha256=sha256, encoding=encoding,
        columns=json.dumps(list(headings), ensure_ascii=False), state=LOADING, rows=rows,
        mapping=json.dumps(rules.guess(headings, preset).to_json(), ensure_ascii=False),
        staff_id=current_actor().staff_id, store_id=current_actor().store_id, made_at=clock.now_ms(),
    )  # fmt: skip
    session.add(batch)
    session.flush()
    audit.record(
        session, "imports.batch.uploaded", "import_batch", batch.id,
        detail={"file": batch.file_name, "sha256": sha256.hex(), "rows": rows},
    )  # fmt: skip
    return batch


def stage(session: Session, batch_id: int, rows: Iterable[tuple[int, Sequence[str]]]) -> None:
    """Stage rows of a batch, their cells sealed."""
    fid = current_actor().franchise_id
    staged = []
    for number, cells in rows:
        row_id = new_id()
        text = json.dumps(cells, ensure_ascii=False)
        staged.append({
            "id": row_id, "franchise_id": fid, "import_batch_id": batch_id, "number": number,
            "cells_sealed": seal_text(*_CELLS, row_id, fid, text), "outcome": WAITING[0], "column": "", "problem": "",
            "person_id": None,
        })  # fmt: skip
    Statements(session, fid).insert_many("import_row", [{_quoted(k): v for k, v in row.items()} for row in staged])


def _quoted(column: str) -> str:
    return '"column"' if column == "column" else column


def ready(session: Session, batch_id: int) -> None:
    """Note that every row of a batch is staged."""
    get(session, batch_id).state = UPLOADED


def headings_of(batch: ImportBatch) -> tuple[str, ...]:
    """Return the headings of the batch's list."""
    return tuple(json.loads(batch.columns))


def mapping_of(batch: ImportBatch) -> ColumnMap:
    """Return the batch's column mapping."""
    return rules.read_mapping(json.loads(batch.mapping))


def task_of(session: Session, batch: ImportBatch) -> Task:
    """Return what the rows of a batch are judged by; raise Invalid for an unfit mapping."""
    return engine.task_of(session, headings_of(batch), mapping_of(batch), bytes(batch.file_sha256), batch.id)


def opened(batch: ImportBatch, rows: Iterable[Any]) -> list[Staged]:
    """Return staged rows from (id, number, cells_sealed) tuples; rows whose cells are gone are left out."""
    found = []
    for row_id, number, blob in rows:
        text = open_text(*_CELLS, int(row_id), batch.franchise_id, blob)
        if text is not None:
            found.append(Staged(int(number), tuple(json.loads(text)), int(row_id)))
    return found


def rows_after(session: Session, batch: ImportBatch, number: int, limit: int) -> list[Staged]:
    """Return the next staged rows in the order of the file."""
    st = Statements(session, batch.franchise_id)
    return opened(batch, st.all(
        "SELECT id, number, cells_sealed FROM import_row WHERE franchise_id = ? AND import_batch_id = ? AND number > ?"
        " ORDER BY number LIMIT ?", [batch.franchise_id, batch.id, number, limit],
    ))  # fmt: skip


def rows_numbered(session: Session, batch: ImportBatch, numbers: Sequence[int]) -> list[Staged]:
    """Return the staged rows with these numbers."""
    rows = session.execute(
        select(ImportRow.id, ImportRow.number, ImportRow.cells_sealed)
        .where(ImportRow.import_batch_id == batch.id, ImportRow.number.in_(numbers))
        .order_by(ImportRow.number)
    )
    return opened(batch, rows)


# -- mapping and dry run --------------------------------------------------------------------------


def save_mapping(session: Session, batch: ImportBatch, mapping: ColumnMap, *, keep: bool = False) -> None:
    """Set the batch's mapping and ask for a dry run; raise Invalid for a mapping that does not fit.

    `keep` also makes it the franchise's preset for its next list.
    """
    _expect(batch, UPLOADED, CHECKED, CHECKING)
    headings = headings_of(batch)
    engine.task_of(session, headings, mapping, bytes(batch.file_sha256), batch.id)
    batch.mapping = json.dumps(mapping.to_json(), ensure_ascii=False)
    batch.state = CHECKING
    batch.position = 0
    batch.dry_run = "{}"
    if keep:
        settings.change(session, PEOPLE_PRESET, mapping.to_json())
    audit.record(
        session, "imports.batch.mapped", "import_batch", batch.id, detail={"mapping": mapping.to_json(), "kept": keep}
    )


def remap(batch: ImportBatch) -> None:
    """Go back from the dry run to the mapping."""
    _expect(batch, CHECKED, CHECKING, UPLOADED)
    batch.state = UPLOADED
    batch.position = 0


def note_checked(session: Session, batch: ImportBatch, results: Iterable[Result]) -> None:
    """Keep what a dry run found wrong with rows; nothing else of a dry run stays."""
    st = Statements(session, batch.franchise_id)
    headings = mapping_of(batch).columns
    for one in results:
        if one.decision.problems:
            st.run(
                'UPDATE import_row SET problem = ?, "column" = ? WHERE franchise_id = ? AND id = ?',
                [
                    engine.problems_text(one.decision), messages.columns_of(one.decision.problems, headings)[:120],
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


def checked(session: Session, batch: ImportBatch, counts: dict[str, int], sample: Sequence[int]) -> None:
    """Note the result of a dry run."""
    batch.state = CHECKED
    batch.position = batch.rows
    batch.dry_run = json.dumps({"counts": counts, "sample": list(sample)})
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


# -- the run --------------------------------------------------------------------------------------


def start(session: Session, batch: ImportBatch) -> None:
    """Let a checked batch run; raise Conflict when it is in another state."""
    _expect(batch, CHECKED)
    batch.state = RUNNING
    batch.position = 0
    clear_checked(session, batch)
    audit.record(session, "imports.batch.started", "import_batch", batch.id, detail={"position": 0})


def pause(session: Session, batch: ImportBatch) -> None:
    """Hold a running batch after its present chunk."""
    _expect(batch, RUNNING)
    batch.state = PAUSED
    audit.record(session, "imports.batch.paused", "import_batch", batch.id, detail={"position": batch.position})


def resume(session: Session, batch: ImportBatch) -> None:
    """Go on with a paused batch where it stands."""
    _expect(batch, PAUSED)
    batch.state = RUNNING
    audit.record(session, "imports.batch.started", "import_batch", batch.id, detail={"position": batch.position})


def discard(session: Session, batch: ImportBatch) -> None:
    """Give up a batch of which nothing was run; its cells are wiped."""
    _expect(batch, LOADING, UPLOADED, CHECKING, CHECKED)
    batch.state = CANCELLED
    batch.ended_at = clock.now_ms()
    wipe(session, batch)
    audit.record(session, "imports.batch.cancelled", "import_batch", batch.id)


def next_rows(session: Session, batch: ImportBatch, limit: int) -> tuple[str, list[Staged]]:
    """Return the pass a run stands in and its next rows, in the order of the file; no rows at the end."""
    st = Statements(session, batch.franchise_id)
    for outcome in WAITING:
        rows = st.all(
            "SELECT id, number, cells_sealed FROM import_row WHERE franchise_id = ? AND import_batch_id = ?"
            " AND outcome = ? ORDER BY number LIMIT ?",
            [batch.franchise_id, batch.id, outcome, limit],
        )
        if rows:
            return outcome, opened(batch, rows)
    return WAITING[-1], []


def still_waiting(session: Session, batch: ImportBatch, outcome: str, rows: Sequence[Staged]) -> bool:
    """Return whether all these rows still wait in this pass: nobody else ran them meanwhile."""
    row = session.execute(
        select(func.count()).where(ImportRow.id.in_([one.id for one in rows]), ImportRow.outcome == outcome)
    ).scalar()
    return row == len(rows)


def rows_done(session: Session, batch: ImportBatch) -> dict[int, int]:
    """Return the persons that the rows of this batch were found to mean, each with its row's number."""
    st = Statements(session, batch.franchise_id)
    found = st.all(
        "SELECT person_id, number FROM import_row WHERE franchise_id = ? AND import_batch_id = ?"
        " AND person_id IS NOT NULL",
        [batch.franchise_id, batch.id],
    )
    return {int(person): int(number) for person, number in found}


def note_results(session: Session, batch: ImportBatch, passed: str, results: Sequence[Result]) -> None:
    """Write what became of the rows of a chunk and move the checkpoint, in the chunk's own unit.

    The cells of a row that is done are wiped; of a change what was there before is kept for an undo.
    """
    st = Statements(session, batch.franchise_id)
    headings = mapping_of(batch).columns
    for one in results:
        outcome = one.decision.outcome
        if outcome == outcomes.LATER:
            later = WAITING[WAITING.index(passed) + 1]
            st.run(
                "UPDATE import_row SET outcome = ? WHERE franchise_id = ? AND id = ?",
                [later, batch.franchise_id, one.staged.id],
            )
            continue
        person_id = one.person_id if not one.decision.problems else None
        problem, column = engine.problems_text(one.decision), messages.columns_of(one.decision.problems, headings)
        values = [outcome, person_id, problem, column[:120]]
        place = [batch.franchise_id, one.staged.id]
        set_ = 'UPDATE import_row SET outcome = ?, person_id = ?, problem = ?, "column" = ?'
        if problem:
            st.run(set_ + " WHERE franchise_id = ? AND id = ?", [*values, *place])
        else:
            kept = seal_text(*_CELLS, one.staged.id, batch.franchise_id, one.before) if one.before else None
            st.run(set_ + ", cells_sealed = ? WHERE franchise_id = ? AND id = ?", [*values, kept, *place])
        _count(batch, outcome)
    session.flush()


def _count(batch: ImportBatch, outcome: str) -> None:
    name = "duplicates" if outcome == outcomes.DUPLICATE else outcome
    setattr(batch, name, getattr(batch, name) + 1)
    batch.position += 1


def finish(session: Session, batch: ImportBatch) -> None:
    """Note that every row of a batch is done."""
    batch.state = DONE
    batch.ended_at = clock.now_ms()
    audit.record(session, "imports.batch.finished", "import_batch", batch.id, detail=counted(batch))


def wipe(session: Session, batch: ImportBatch) -> None:
    """Wipe the cells of a batch."""
    Statements(session, batch.franchise_id).run(
        "UPDATE import_row SET cells_sealed = NULL WHERE franchise_id = ? AND import_batch_id = ?"
        " AND cells_sealed IS NOT NULL",
        [batch.franchise_id, batch.id],
    )


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
        .where(ImportBatch.file_sha256 == batch.file_sha256, ImportBatch.id < batch.id, ImportBatch.state == DONE)
        .order_by(ImportBatch.id.desc())
        .limit(1)
    )


def waiting_batches(session: Session) -> list[int]:
    """Return the ids of the franchise's batches that are to be checked or run, oldest first."""
    return list(session.scalars(select(ImportBatch.id).where(ImportBatch.state.in_(WORKING)).order_by(ImportBatch.id)))
