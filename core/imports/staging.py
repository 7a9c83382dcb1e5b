"""Staged rows of a batch: put in sealed, read in the order of the file or of a run, wiped. Reads and writes only."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from sqlalchemy import func, select

from core.imports import engine, kinds, outcomes, rules
from core.imports.engine import Staged
from core.imports.models import ImportBatch, ImportRow
from core.kernel import audit, clock, settings
from core.kernel.ids import new_id
from core.kernel.sealed import open_text, seal_text
from core.kernel.statements import Statements
from core.kernel.tenancy import current_actor

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from sqlalchemy.orm import Session

    from core.imports.kinds.base import Kind, Task
    from core.imports.rules import ColumnMap

LOADING, UPLOADED = "loading", "uploaded"
# A row's outcome while it waits: for the first pass, then for those that wait for rows further down.
WAITING = ("waiting", *(f"later{n}" for n in range(2, outcomes.PASSES + 1)))
CELLS = ("import_row", "cells_sealed")


def begin(
    session: Session, kind: Kind, name: str, sha256: bytes, encoding: str, headings: Sequence[str]
) -> ImportBatch:
    """Open a batch for a list that was read; its rows follow."""
    preset = settings.value(session, kind.preset)
    batch = ImportBatch(
        kind=kind.key, file_name=name[:200], file_sha256=sha256, encoding=encoding,
        columns=json.dumps(list(headings), ensure_ascii=False), state=LOADING,
        mapping=json.dumps(rules.guess(headings, preset, kind.vocabulary()).to_json(), ensure_ascii=False),
        staff_id=current_actor().staff_id, store_id=current_actor().store_id, made_at=clock.now_ms(),
    )  # fmt: skip
    session.add(batch)
    session.flush()
    audit.record(
        session, "imports.batch.uploaded", "import_batch", batch.id,
        detail={"kind": kind.key, "file": batch.file_name, "sha256": sha256.hex()},
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
            "cells_sealed": seal_text(*CELLS, row_id, fid, text), "outcome": WAITING[0], "column": "", "problem": "",
            "person_id": None, "record_id": None,
        })  # fmt: skip
    Statements(session, fid).insert_many("import_row", [{_quoted(k): v for k, v in row.items()} for row in staged])


def _quoted(column: str) -> str:
    return '"column"' if column == "column" else column


def ready(session: Session, batch_id: int) -> None:
    """Note that every row of a batch is staged."""
    batch = session.get(ImportBatch, batch_id)
    assert batch is not None
    batch.state = UPLOADED
    batch.rows = (
        session.scalar(select(func.count()).select_from(ImportRow).where(ImportRow.import_batch_id == batch_id)) or 0
    )


def headings_of(batch: ImportBatch) -> tuple[str, ...]:
    """Return the headings of the batch's list."""
    return tuple(json.loads(batch.columns))


def mapping_of(batch: ImportBatch) -> ColumnMap:
    """Return the batch's column mapping."""
    plain, of = json.loads(batch.mapping), kinds.of(batch.kind).vocabulary()
    fields = of.labels()
    # A plugin that was switched off since took its fields along.
    plain["columns"] = {key: heading for key, heading in plain.get("columns", {}).items() if key in fields}
    return rules.read_mapping(plain, of)


def task_of(session: Session, batch: ImportBatch) -> Task:
    """Return what the rows of a batch are judged by; raise Invalid for an unfit mapping."""
    return engine.task_of(
        session, kinds.of(batch.kind), headings_of(batch), mapping_of(batch), bytes(batch.file_sha256), batch.id
    )


def opened(batch: ImportBatch, rows: Iterable[Any]) -> list[Staged]:
    """Return staged rows from (id, number, cells_sealed) tuples; rows whose cells are gone are left out."""
    found = []
    for row_id, number, blob in rows:
        text = open_text(*CELLS, int(row_id), batch.franchise_id, blob)
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
    """Return the records that the rows of this batch were found to mean, each with its row's number."""
    st = Statements(session, batch.franchise_id)
    column = kinds.of(batch.kind).column
    found = st.all(
        f"SELECT {column}, number FROM import_row WHERE franchise_id = ? AND import_batch_id = ?"  # noqa: S608
        f" AND {column} IS NOT NULL",
        [batch.franchise_id, batch.id],
    )
    return {int(record): int(number) for record, number in found}


def wipe(session: Session, batch: ImportBatch) -> None:
    """Wipe the cells of a batch."""
    Statements(session, batch.franchise_id).run(
        "UPDATE import_row SET cells_sealed = NULL WHERE franchise_id = ? AND import_batch_id = ?"
        " AND cells_sealed IS NOT NULL",
        [batch.franchise_id, batch.id],
    )
