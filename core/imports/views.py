"""Pages of the import wizard: batches, upload, mapping, dry run, progress, result."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from flask import Blueprint, make_response, request, url_for

from core.imports import control, kinds, reports, runner, services, staging, undo
from core.imports.models import ImportBatch
from core.imports.pages import BATCHES, STATES, mapping_context, typed_mapping
from core.imports.permissions import RUN
from core.kernel import audit
from core.kernel.errors import Invalid, Refusal
from core.kernel.i18n import _, _l, ngettext
from core.kernel.runtime import runtime
from core.kernel.tenancy import current_actor
from core.kernel.web import lists
from core.kernel.web.render import MenuEntry, go, go_to, is_fragment, menu, render_page, toast
from core.kernel.web.routes import on_refusal, own_unit, page, session
from core.org.models import Staff
from core.org.notices import NoticeKind
from core.org.notices import kinds as notice_kinds

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from sqlalchemy.orm import Session

    from core.imports.kinds.base import Kind
    from core.imports.reports import Faulty

bp = Blueprint("imports", __name__, url_prefix="/imports")
menu.add(MenuEntry("members", _l("导入"), "imports.index", "upd", RUN, order=70))

SHOWN_ERRORS = 8


def _finished(params: Mapping[str, Any]) -> str:
    rows, failed = int(params.get("rows", 0)), int(params.get("failed", 0))
    if failed:
        return _("导入完成：共 %(rows)d 行，其中 %(n)d 行未成功，点开下载错误文件。", rows=rows, n=failed)
    return ngettext("导入完成：%(n)d 行全部成功。", "导入完成：%(n)d 行全部成功。", rows)


def _stopped(params: Mapping[str, Any]) -> str:
    return _("导入在第 %(n)d 行停下了，系统会自动继续；一直不动请联系管理员。", n=int(params.get("position", 0)))


notice_kinds.add(
    NoticeKind(services.FINISHED, _finished, "dl"), NoticeKind(services.STOPPED, _stopped, "alert", "warn"),
)  # fmt: skip


@page(bp, "/", permission=RUN)
def index() -> Any:
    """List the franchise's batches."""
    return render_page("imports/index.html", listing=lists.load(session(), BATCHES, request.args))


def _get(unit: Session, batch_id: str) -> ImportBatch:
    """Return a batch whose kind one may import; raise NotFound, Forbidden."""
    row = services.get(unit, batch_id)
    kinds.authorize_for(row.kind)
    return row


@page(bp, "/new", permission=RUN)
def new() -> Any:
    """Show the kinds of lists and the upload form."""
    return _upload_page()


def _upload_page(refusal: Refusal | None = None) -> Any:
    asked = request.form.get("kind") or request.args.get("kind", "")
    return render_page(
        "imports/upload.html", refusal=refusal, status=refusal.status if refusal else 200, kinds=kinds.allowed(),
        chosen=asked if asked in kinds.ALL else kinds.PEOPLE.key,
    )  # fmt: skip


@page(bp, "/", permission=RUN, unit="own", methods=("POST",), upload=True, endpoint="upload")
def upload() -> Any:
    """Take a file in: read it, stage its rows sealed, go on to the mapping."""
    on_refusal(_upload_page)
    kind = kinds.of(request.form.get("kind") or kinds.PEOPLE.key)
    kinds.authorize_for(kind.key)
    file = request.files.get("file")
    if file is None or not file.filename:
        raise Invalid.field("file", _("请选择含有名单的 CSV 或 XLSX 文件。"))
    with file.stream:
        data = file.read()
    batch_id = runner.load(runtime().db, current_actor(), _plain_name(file.filename), data, kind)
    return go("imports.batch", batch_id=batch_id)


def _plain_name(name: str) -> str:
    """Return a file's name without folders and control characters."""
    last = name.replace("\\", "/").rsplit("/", 1)[-1]
    return "".join(ch for ch in last if ch.isprintable()).strip()[:120] or _("未命名")


@page(bp, "/template.csv", permission=RUN)
def template() -> Any:
    """Hand out an empty list of a kind with every heading we know."""
    kind = kinds.of(request.args.get("kind") or kinds.PEOPLE.key)
    kinds.authorize_for(kind.key)
    lines = [[str(one.label) for one in kind.vocabulary().fields]]
    name = "template.csv" if kind is kinds.PEOPLE else f"template-{kind.key}.csv"
    return _download(reports.error_csv(lines), "text/csv; charset=utf-8", name)


@page(bp, "/<batch_id>", permission=RUN)
def batch(batch_id: str) -> Any:
    """Show a batch where it stands: mapping, dry run, progress or result."""
    return _batch_page(session(), _get(session(), batch_id))


def _batch_page(unit: Session, row: ImportBatch, refusal: Refusal | None = None, typed: Any = None) -> Any:
    if row.state == staging.UPLOADED:
        return render_page(
            "imports/mapping.html", **_head(unit, row), **mapping_context(unit, row, typed), refusal=refusal
        )
    if row.state == services.CHECKED:
        return render_page("imports/checked.html", **_head(unit, row), **_findings(unit, row), refusal=refusal)
    if row.state in {*services.WORKING, services.PAUSED, staging.LOADING}:
        return render_page("imports/progress.html", **_head(unit, row), **_progress(unit, row), refusal=refusal)
    return render_page(
        "imports/result.html", **_head(unit, row), **_findings(unit, row), **_result(unit, row), refusal=refusal
    )


def _head(unit: Session, row: ImportBatch) -> dict[str, Any]:
    staff = unit.get(Staff, row.staff_id) if row.staff_id else None
    return {
        "B": row,
        "K": kinds.of(row.kind).words,
        "state_name": STATES[row.state][0],
        "state_kind": STATES[row.state][1],
        "by": staff.name if staff else "",
    }


def _findings(unit: Session, row: ImportBatch) -> dict[str, Any]:
    """Return counts, reasons, the first rows at fault and, before a run, the sample."""
    ran = row.state != services.CHECKED
    columns = staging.mapping_of(row).columns
    faulty = reports.faulty_rows(unit, row, limit=SHOWN_ERRORS)
    plan = json.loads(row.dry_run)
    return {
        "counts": services.counted(row) if ran else services.planned(row),
        "kinds": reports.problem_kinds(unit, row),
        "errors": [_told(kinds.of(row.kind), one, columns) for one in faulty],
        "sample": [] if ran else reports.sample(unit, row, plan.get("sample", [])),
        "before": services.same_file(unit, row),
        "control": control.lines(row, kinds.of(row.kind).booked(unit, row) if ran else None),
        "warned": _warned(row),
        "ignored": [h for h in staging.headings_of(row) if h not in columns.values()],
    }


def _warned(row: ImportBatch) -> dict[str, Any]:
    """Return the rows that are taken although somebody should look at them."""
    n, found = control.warnings(row)
    kind = kinds.of(row.kind)
    return {"n": n, "rows": [(number, *kind.told(problem)) for number, problem in found[:SHOWN_ERRORS]]}


def _told(kind: Kind, row: Faulty, columns: dict[str, str]) -> dict[str, Any]:
    told = [kind.told(problem) for problem in row.problems]
    return {
        "number": row.number,
        "column": services.columns_of(kind, row.problems, columns),
        "reason": "；".join(reason for reason, _way in told),
        "way": " ".join(dict.fromkeys(way for _r, way in told)),
    }


def _progress(unit: Session, row: ImportBatch) -> dict[str, Any]:
    left = services.seconds_left(unit, row) if row.state == services.RUNNING else None
    at = row.position
    if row.state == services.UNDOING:
        found = undo.done(unit, row)
        at = found.persons + found.changes + found.stay
    return {"counts": services.counted(row), "left": left, "at": at, "of": _whole(row)}


def _whole(row: ImportBatch) -> int:
    return row.created + row.updated if row.state == services.UNDOING else row.rows


def _result(unit: Session, row: ImportBatch) -> dict[str, Any]:
    undone = row.state in {services.UNDONE, services.CANCELLED}
    return {
        "may_undo": undo.may_undo(row),
        "taken_back": undo.done(unit, row) if undone else None,
        "once": max(len(services.once(unit, row)) - 1, 0),
        "undo_until": (row.ended_at or 0) + undo.WINDOW_MS,
    }


@page(bp, "/<batch_id>/progress", permission=RUN)
def progress(batch_id: str) -> Any:
    """Show the progress again; once the work is done, the way to the whole page."""
    row = _get(session(), batch_id)
    if row.state not in services.WORKING or not is_fragment():
        return go_to(url_for("imports.batch", batch_id=row.id))
    return render_page("imports/_progress.html", **_head(session(), row), **_progress(session(), row))


@page(bp, "/<batch_id>/mapping", permission=RUN, unit="own", methods=("POST",))
def mapping(batch_id: str) -> Any:
    """Keep the mapping and begin the dry run."""
    form = request.form
    on_refusal(lambda refusal: _batch_page(session(), _get(session(), batch_id), refusal, form))

    def keep(unit: Session, row: ImportBatch) -> None:
        typed = typed_mapping(kinds.of(row.kind), form)
        totals = control.typed_of(kinds.of(row.kind), form)
        services.save_mapping(unit, row, typed, keep=form.get("keep") == "1", totals=totals)

    return _act(batch_id, keep)


@page(bp, "/<batch_id>/remap", permission=RUN, unit="own", methods=("POST",))
def remap(batch_id: str) -> Any:
    """Go back to the mapping."""
    return _act(batch_id, lambda _unit, row: services.remap(row))


@page(bp, "/<batch_id>/run", permission=RUN, unit="own", methods=("POST",))
def run(batch_id: str) -> Any:
    """Begin the run."""
    return _act(batch_id, services.start)


@page(bp, "/<batch_id>/pause", permission=RUN, unit="own", methods=("POST",))
def pause(batch_id: str) -> Any:
    """Hold the run after its present chunk."""
    return _act(batch_id, services.pause)


@page(bp, "/<batch_id>/resume", permission=RUN, unit="own", methods=("POST",))
def resume(batch_id: str) -> Any:
    """Go on with a held run."""
    return _act(batch_id, services.resume)


@page(bp, "/<batch_id>/undo", permission=RUN, unit="own", methods=("POST",), endpoint="undo")
def undo_batch(batch_id: str) -> Any:
    """Take a batch back: its effect was shown before."""
    return _act(batch_id, undo.begin)


@page(bp, "/<batch_id>/undo", permission=RUN, endpoint="undo_preview")
def undo_preview(batch_id: str) -> Any:
    """Show what an undo would take back, and what stays because it was used since."""
    row = _get(session(), batch_id)
    if not undo.may_undo(row):
        return go("imports.batch", batch_id=row.id)
    return render_page("imports/undo.html", **_head(session(), row), effect=undo.effect(session(), row))


@page(bp, "/<batch_id>/discard", permission=RUN, unit="own", methods=("POST",))
def discard(batch_id: str) -> Any:
    """Give up a batch that was not run; nothing of it is kept."""
    with own_unit("write") as unit:
        _get(unit, batch_id)
        row = services.locked(unit, batch_id)
        services.discard(unit, row)
        nothing = str(kinds.of(row.kind).words.none_at_all)
        toast(_("已放弃“%(file)s”。%(nothing)s", file=row.file_name, nothing=nothing))
    return go("imports.index")


def _act(batch_id: str, verb: Callable[[Session, ImportBatch], Any]) -> Any:
    """Do a verb on a batch in a unit of its own, begin the work it asks for, and show where it stands."""
    with own_unit("write") as unit:
        _get(unit, batch_id)
        row = services.locked(unit, batch_id)
        verb(unit, row)
        working = row.state in services.WORKING
    if working:
        runner.begin_work(runtime(), current_actor(), row.id)
    return go("imports.batch", batch_id=row.id)


@page(bp, "/<batch_id>/errors.<kind>", permission=RUN, unit="write")
def errors(batch_id: str, kind: str) -> Any:
    """Hand out the error file; who fetched it is written down."""
    row = _get(session(), batch_id)
    if kind not in {"csv", "xlsx"}:
        return go("imports.batch", batch_id=row.id)
    rows = reports.every_faulty_row(session(), row)
    lines = reports.error_lines(kinds.of(row.kind), rows, staging.headings_of(row), staging.mapping_of(row).columns)
    audit.record(session(), "imports.errors.downloaded", "import_batch", row.id, detail={"kind": kind})
    if kind == "csv":
        return _download(reports.error_csv(lines), "text/csv; charset=utf-8", f"errors-{row.id}.csv")
    sheet = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
    return _download(reports.error_xlsx(lines), sheet, f"errors-{row.id}.xlsx")


@page(bp, "/<batch_id>/passwords.csv", permission=RUN, unit="write", methods=("POST",))
def passwords(batch_id: str) -> Any:
    """Hand the one-time passwords of new staff to the one who imported them, a single time."""
    lines = services.hand_out_once(session(), _get(session(), batch_id))
    guarded = [[reports.guarded(cell) for cell in line] for line in lines]
    return _download(reports.error_csv(guarded), "text/csv; charset=utf-8", f"passwords-{batch_id}.csv")


def _download(data: bytes, content_type: str, name: str) -> Any:
    answer = make_response(data)
    answer.headers["Content-Type"] = content_type
    answer.headers["Cache-Control"] = "no-store"
    answer.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return answer
