"""Writing a file as a task: some rows a slice, each piece compressed and sealed; a million rows in little memory."""

from __future__ import annotations

import json
import tempfile
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING, Any

from sqlalchemy import select, tuple_

from core.kernel import clock, permissions, task_parts, task_runner, tasks
from core.kernel.i18n import SOURCE_LOCALE, _, _l, in_locale
from core.kernel.models import Task
from core.kernel.tasks import Kind
from core.kernel.tenancy import current_actor
from core.kernel.web import cursors, lists, offered
from core.kernel.web.formats import moment
from core.lists import rules
from core.lists.exports import KIND
from core.lists.permissions import EXPORT, EXPORT_FULL
from core.org.models import Franchise, Staff

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy.orm import Session

    from core.kernel.db import Database
    from core.kernel.web.list_spec import Column

SLICE = 2000
PIECE = 1 << 20
AT_ONCE = 8
STILL_HERE_S = 10
_built: dict[int, Path] = {}


@dataclass(frozen=True, slots=True)
class _Piece:
    """What a slice writes: rows of text with the place to go on from, or pieces of the finished file."""

    rows: list[list[str]]
    after: list[Any] | None = None
    heading: list[str] | None = None
    mark: str = ""
    last: bool = False
    chunks: tuple[bytes, ...] = ()
    over: bool = False


def _prepare(db: Database, task: Task) -> _Piece:
    params, place = tasks.params_of(task), tasks.progress_of(task)
    with in_locale(params.get("locale") or SOURCE_LOCALE):
        if place.get("written"):
            return _pack(db, task, place)
        with db.unit("read") as session:
            return _rows(session, task, params, place)


def _rows(session: Session, task: Task, params: dict[str, Any], place: dict[str, Any]) -> _Piece:
    """Read the next rows in the order of the view, by keyset."""
    spec = offered.get(params["list"]).make(session, params["state"])
    known = {one.key: one for one in lists.permitted(spec)}
    columns = [known[key] for key in params["columns"] if key in known]
    sort = spec.sort_of(params["state"].get("sort"))
    wanted = [spec.model.id, *(c.label(f"sort_{n}") for n, c in enumerate(sort.columns))]
    names = {"id"}
    for column in columns:
        for expr in column.exprs:
            name = str(getattr(expr, "key", None) or getattr(expr, "name", ""))
            if name not in names:
                names.add(name)
                wanted.append(expr)
    query = lists.criteria(session, spec, params["state"])(select(*wanted))
    if place.get("after"):
        row_value, here = tuple_(*sort.columns), tuple_(*cursors.plain_back(place["after"]))
        query = query.where(row_value < here if sort.down else row_value > here)
    order = [c.desc() if sort.down else c.asc() for c in sort.columns]
    found = list(session.execute(query.order_by(*order).limit(SLICE)))
    full = params["full"] and permissions.may(current_actor(), EXPORT_FULL)
    cells = [[_cell(column, row, full) for column in columns] for row in found]
    last = len(found) < SLICE
    after = cursors.plain_of(getattr(found[-1], f"sort_{n}") for n in range(len(sort.columns))) if found else None
    heading = [str(column.label) for column in columns] if not place.get("parts") else None
    return _Piece(cells, after, heading, watermark(session, task) if last else "", last)


def _cell(column: Column, row: Any, full: bool) -> str:
    read = column.full if full and column.full else column.plain or column.cell
    text = rules.plain(read(row))
    return rules.figure(text) if column.numeric else text


def watermark(session: Session, task: Task) -> str:
    """Return who took these rows out, when and from where: the last line of every file."""
    staff = session.get(Staff, task.staff_id) if task.staff_id else None
    house = session.get(Franchise, current_actor().franchise_id)
    return _(
        "%(who)s（工号 %(no)s）于 %(at)s 从 %(house)s 导出，仅限内部使用，24 小时内删除源文件",
        who=staff.name if staff else "—", no=staff.number if staff else "—", at=moment(clock.now_ms()),
        house=house.name if house else "—",
    )  # fmt: skip


def _step(session: Session, task: Task, piece: _Piece) -> bool:
    params, place = tasks.params_of(task), tasks.progress_of(task)
    if piece.chunks or piece.over:
        return _keep_chunks(session, task, place, piece)
    number = place.get("parts", 0) + 1
    rows = ([piece.heading] if piece.heading else []) + piece.rows
    if params["format"] == "csv":
        text = (rules.BOM if number == 1 else "") + rules.csv_lines(rows + ([[piece.mark]] if piece.last else []))
        task.file_bytes += len(text.encode())
        task_parts.add(session, task, "file", number, len(piece.rows), text.encode())
    else:
        task_parts.add(session, task, "rows", number, len(piece.rows), json.dumps(rows, ensure_ascii=False).encode())
    task.done += len(piece.rows)
    task.total = max(task.total, task.done)
    tasks.set_progress(
        task, {"after": piece.after, "parts": number, "written": piece.last, "mark": piece.mark, "chunks": 0}
    )  # fmt: skip
    if not piece.last:
        return True
    task.total = task.done
    title = rules.file_title(str(offered.get(params["list"]).title))
    stamp = clock.now().astimezone(clock.zone(current_actor().tz)).strftime("%Y%m%d-%H%M")
    task.file_name = f"{title}-{stamp}.{params['format']}"
    return params["format"] == "xlsx"


# -- XLSX: built beside, kept in pieces ------------------------------------------------------------


def _pack(db: Database, task: Task, place: dict[str, Any]) -> _Piece:
    """Return the next pieces of the workbook; it is built anew where another process had begun."""
    path = _built.get(task.id)
    if path is None or not path.exists():
        path = _built[task.id] = _build(db, task, place)
    with path.open("rb") as file:
        file.seek(place.get("chunks", 0) * PIECE)
        chunks = tuple(chunk for chunk in (file.read(PIECE) for _n in range(AT_ONCE)) if chunk)
    over = len(chunks) < AT_ONCE
    if over:
        path.unlink(missing_ok=True)
        _built.pop(task.id, None)
    return _Piece([], chunks=chunks, over=over)


def _keep_chunks(session: Session, task: Task, place: dict[str, Any], piece: _Piece) -> bool:
    number = place.get("chunks", 0)
    for chunk in piece.chunks:
        number += 1
        task.file_bytes += len(chunk)
        task_parts.add(session, task, "file", number, 0, chunk)
    tasks.set_progress(task, {**place, "chunks": number})
    return not piece.over


def _stored(db: Database, task: Task, kind: str) -> Iterator[bytes]:
    """Yield a task's parts in order, each read in a unit of its own."""
    number = 0
    while True:
        number += 1
        with db.unit("read") as session:
            part = task_parts.at(session, task, kind, number)
            data = task_parts.read(part) if part is not None else None
        if data is None:
            return
        yield data


def _build(db: Database, task: Task, place: dict[str, Any]) -> Path:
    """Write the workbook row by row: XlsxWriter's constant memory holds one row at a time."""
    import xlsxwriter

    handle = tempfile.NamedTemporaryFile(suffix=".xlsx", delete=False)  # noqa: SIM115 (read again by later slices)
    handle.close()
    options = {
        "constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False,
    }  # fmt: skip
    book = xlsxwriter.Workbook(handle.name, options)
    book.set_properties({"title": task.title, "comments": place.get("mark", ""), "author": place.get("mark", "")[:120]})
    sheet = book.add_worksheet(rules.file_title(task.title)[:31])
    sheet.freeze_panes(1, 0)
    sheet.set_footer("&L" + place.get("mark", "").replace("&", "&&")[:200])
    at, figures = 0, set(tasks.params_of(task).get("figures", ()))
    told = monotonic()
    for data in _stored(db, task, "rows"):
        if monotonic() - told > STILL_HERE_S:
            told = monotonic()
            task_runner.still_here(db, task.id)
        for row in json.loads(data):
            for n, cell in enumerate(row):
                if n in figures and rules.is_figure(cell):
                    sheet.write_number(at, n, Decimal(cell))
                else:
                    sheet.write_string(at, n, rules.harmless(cell))
            at += 1
    sheet.write_string(at, 0, place.get("mark", ""))
    book.close()
    return Path(handle.name)


def content(db: Database, task: Task) -> Iterator[bytes]:
    """Yield a finished file, a piece at a time; the caller acts as somebody who may have it."""
    yield from _stored(db, task, "file")


def _told(task: Task) -> str:
    return _("%(n)d 行 · 已入审计 · 24 小时后删除", n=task.done)


tasks.offer(Kind(KIND, _l("导出"), "dl", EXPORT, _step, _prepare, None, _told))
