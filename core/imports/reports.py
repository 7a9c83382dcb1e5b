"""What an import tells: the error file, problems in words, the sample before and after."""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass
from typing import TYPE_CHECKING

import xlsxwriter
from sqlalchemy import select

from core.imports import engine, kinds, outcomes, services, staging
from core.imports.models import ImportRow
from core.kernel.i18n import _

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from sqlalchemy.orm import Session

    from core.imports.cleaning import Problem
    from core.imports.kinds.base import Kind, Line
    from core.imports.models import ImportBatch

_FORMULA = ("=", "+", "-", "@", "\t", "\r")


@dataclass(frozen=True, slots=True)
class Faulty:
    """A row that was not imported: its number, cells and problems."""

    number: int
    cells: tuple[str, ...]
    problems: tuple[Problem, ...]


def faulty_rows(session: Session, batch: ImportBatch, after: int = 0, limit: int = 5000) -> list[Faulty]:
    """Return the next rows at fault (failed and duplicate) in the order of the file."""
    rows = session.execute(
        select(ImportRow.id, ImportRow.number, ImportRow.cells_sealed, ImportRow.problem)
        .where(ImportRow.import_batch_id == batch.id, ImportRow.number > after, ImportRow.problem != "")
        .order_by(ImportRow.number)
        .limit(limit)
    ).all()
    cells = {one.number: one.cells for one in staging.opened(batch, [row[:3] for row in rows])}
    return [Faulty(row.number, cells.get(row.number, ()), tuple(engine.read_problems(row.problem))) for row in rows]


def every_faulty_row(session: Session, batch: ImportBatch) -> Iterator[Faulty]:
    """Yield all rows at fault."""
    after = 0
    while rows := faulty_rows(session, batch, after):
        yield from rows
        after = rows[-1].number


def guarded(cell: str) -> str:
    """Return a cell that no spreadsheet takes for a formula."""
    return f"'{cell}" if cell.startswith(_FORMULA) else cell


def error_lines(
    kind: Kind, rows: Iterable[Faulty], headings: Sequence[str], columns: Mapping[str, str]
) -> Iterator[list[str]]:
    """Yield the lines of an error file: the original cells, then row, column, reason and way out."""
    yield [*map(guarded, headings), _("原行号"), _("有问题的列"), _("原因"), _("怎么改")]
    for row in rows:
        cells = [guarded(row.cells[n]) if n < len(row.cells) else "" for n in range(len(headings))]
        told = [kind.told(problem) for problem in row.problems]
        yield [
            *cells, str(row.number), guarded(services.columns_of(kind, row.problems, columns)),
            "；".join(reason for reason, _way in told), " ".join(dict.fromkeys(way for _reason, way in told)),
        ]  # fmt: skip


def error_csv(lines: Iterable[Sequence[str]]) -> bytes:
    """Return an error file as CSV that spreadsheets open as UTF-8."""
    out = io.StringIO(newline="")
    csv.writer(out).writerows(lines)
    return out.getvalue().encode("utf-8-sig", "replace")


def error_xlsx(lines: Iterable[Sequence[str]]) -> bytes:
    """Return an error file as XLSX: every cell is text, none a formula or a link."""
    out = io.BytesIO()
    options = {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False, "in_memory": True}
    with xlsxwriter.Workbook(out, options) as book:
        sheet = book.add_worksheet(_("错误行"))
        bold = book.add_format({"bold": True})
        sheet.freeze_panes(1, 0)
        for line, cells in enumerate(lines):
            for place, cell in enumerate(cells):
                sheet.write_string(line, place, cell, bold if line == 0 else None)
    return out.getvalue()


def by_reason(kind: Kind, rows: Iterable[tuple[Problem, ...]]) -> list[tuple[str, int]]:
    """Return how many rows have each reason, the most frequent first."""
    counts: dict[str, int] = {}
    for problems in rows:
        for problem in problems[:1]:
            text = _("重复") if problem[1] == outcomes.DUPLICATE else kind.told(problem)[0]
            counts[text] = counts.get(text, 0) + 1
    return sorted(counts.items(), key=lambda one: -one[1])


def problem_kinds(session: Session, batch: ImportBatch) -> list[tuple[str, int]]:
    """Return how many rows of a batch have each reason."""
    texts = session.scalars(
        select(ImportRow.problem).where(ImportRow.import_batch_id == batch.id, ImportRow.problem != "")
    )
    return by_reason(kinds.of(batch.kind), (tuple(engine.read_problems(text)) for text in texts))


@dataclass(frozen=True, slots=True)
class Change:
    """One row of the sample: its number, its record's name, and (field, before, after) lines."""

    number: int
    name: str
    outcome: str
    lines: tuple[Line, ...]


def sample(session: Session, batch: ImportBatch, numbers: Sequence[int]) -> list[Change]:
    """Return what the sampled rows would do, before and after, decided anew."""
    if not numbers:
        return []
    task = staging.task_of(session, batch)
    dry = engine.DryRun(task)
    results = dry.take(session, staging.rows_numbered(session, batch, numbers))
    found = [
        Change(
            one.staged.number, task.name(one.row), one.decision.outcome,
            tuple(task.lines(dry.known, one.row, one.decision)),
        )
        for one in results
        if one.row is not None
    ]  # fmt: skip
    return sorted(found, key=lambda one: one.number)
