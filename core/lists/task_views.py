"""The task centre: what runs, what is done, what failed; cancel, try again, undo, fetch the file."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from flask import Response, request
from sqlalchemy import func, select

from core.kernel import audit, clock, task_runner, tasks
from core.kernel.errors import NotFound
from core.kernel.i18n import _, _l, listed
from core.kernel.models import Task
from core.kernel.permissions import may
from core.kernel.runtime import runtime
from core.kernel.tenancy import acting, current_actor
from core.kernel.web import cursors
from core.kernel.web.render import MenuEntry, go, menu, render_page, toast
from core.kernel.web.routes import own_unit, page, session
from core.lists import bulk_task, export_task
from core.lists.blueprint import bp
from core.lists.permissions import EXPORT, TASKS, TASKS_ALL
from core.org.models import Staff

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy.orm import Session

    from core.kernel.tenancy import Actor

menu.add(MenuEntry("settings", _l("任务中心"), "lists.task_list", "clock", TASKS, order=90))

ROWS = 20
TABS: dict[str, tuple[Any, tuple[str, ...]]] = {
    "open": (_l("进行中"), tasks.OPEN),
    "done": (_l("已完成"), (tasks.DONE, tasks.UNDONE, tasks.CANCELLED)),
    "failed": (_l("失败"), (tasks.FAILED,)),
}
STATES: dict[str, tuple[Any, str]] = {
    tasks.WAITING: (_l("等待"), "warn"), tasks.RUNNING: (_l("执行中"), "info"), tasks.DONE: (_l("完成"), "ok"),
    tasks.FAILED: (_l("失败"), "bad"), tasks.CANCELLED: (_l("已取消"), ""), tasks.UNDOING: (_l("撤销中"), "info"),
    tasks.UNDONE: (_l("已撤销"), ""),
}  # fmt: skip


def _all() -> bool:
    return may(current_actor(), TASKS_ALL)


def _mine() -> Any:
    return Task.staff_id.is_not(None) if _all() else Task.staff_id == current_actor().staff_id


@page(bp, "/console/tasks", permission=TASKS)
def task_list() -> Any:
    """Show the tasks: one's own, or everybody's with the permission; the newest first."""
    return render_page("lists/tasks.html", **_context(session()))


def _context(unit: Session) -> dict[str, Any]:
    counts = dict(unit.execute(select(Task.state, func.count()).where(_mine()).group_by(Task.state)).all())
    sums = {key: sum(counts.get(state, 0) for state in states) for key, (_label, states) in TABS.items()}
    wanted = request.args.get("tab", "")
    # Without a choice: what runs and, below it, what ended lately, as one looks for what one just began.
    query = select(Task).where(_mine())
    if wanted in TABS:
        query = query.where(Task.state.in_(TABS[wanted][1]))
    place = cursors.read("tasks", request.args.get("after"))
    if place is not None:
        query = query.where(Task.id < place[1][0])
    rows = list(unit.scalars(query.order_by(Task.id.desc()).limit(ROWS + 1)))
    older = cursors.write("tasks", cursors.OLDER, (rows[ROWS - 1].id,)) if len(rows) > ROWS else ""
    rows = rows[:ROWS]
    ids = {row.staff_id for row in rows if row.staff_id}
    return {
        "rows": [{**_shown(row), "kept": listed(bulk_task.kept_names(unit, row))} for row in rows],
        "older": older, "tab": wanted if wanted in TABS else "", "sums": sums,
        "tabs": TABS, "moving": any(row.state in tasks.OPEN for row in rows), "is_all": _all(),
        "names": dict(unit.execute(select(Staff.id, Staff.name).where(Staff.id.in_(ids))).all()),
    }  # fmt: skip


def _shown(row: Task) -> dict[str, Any]:
    kind = tasks.kind_of(row.kind)
    word, tint = STATES[row.state]
    over = row.state in {tasks.DONE, tasks.UNDONE, tasks.CANCELLED, tasks.UNDOING}
    return {
        "T": row, "icon": kind.icon if kind else "clock", "word": word, "tint": tint,
        "percent": (100 * row.done // row.total) if row.total else 0, "left": tasks.seconds_left(row),
        "told": kind.told(row) if kind and over else "", "undo": tasks.may_undo(row),
        "mine": row.staff_id == current_actor().staff_id,
        "file": bool(row.file_name and row.file_bytes and row.state == tasks.DONE and row.expires_at > clock.now_ms()),
        "size": size(row.file_bytes),
    }  # fmt: skip


def size(n: int) -> str:
    """Return a number of bytes in words."""
    if n < 1_000_000:
        return f"{max(1, n // 1000)} KB"
    return f"{n // 1_000_000}.{n % 1_000_000 // 100_000} MB"


@page(bp, "/console/tasks/progress", permission=TASKS)
def task_progress() -> Any:
    """Answer htmx with the moving part of the page."""
    return render_page("lists/_tasks.html", **_context(session()))


@page(bp, "/console/tasks/<task_id>/cancel", permission=TASKS, unit="write", methods=("POST",))
def task_cancel(task_id: str) -> Any:
    """Stop a task."""
    row = tasks.get(session(), task_id, all_=_all(), held=True)
    tasks.cancel(session(), row)
    toast(_("已取消“%(what)s”，做完的 %(n)d 行保持不变。", what=row.title, n=row.done))
    return go("lists.task_list")


@page(bp, "/console/tasks/<task_id>/retry", permission=TASKS, unit="own", methods=("POST",))
def task_retry(task_id: str) -> Any:
    """Go on where a task stopped."""
    with own_unit("write") as unit:
        row = tasks.get(unit, task_id, all_=_all(), held=True)
        tasks.retry(unit, row)
    task_runner.begin(runtime().db, row.franchise_id, row.id)
    return go("lists.task_list")


@page(bp, "/console/tasks/<task_id>/undo", permission=TASKS, unit="own", methods=("POST",))
def task_undo(task_id: str) -> Any:
    """Take a task back; rows that somebody changed since stay."""
    with own_unit("write") as unit:
        row = tasks.get(unit, task_id, all_=_all(), held=True)
        tasks.undo(unit, row)
    task_runner.begin(runtime().db, row.franchise_id, row.id)
    return go("lists.task_list")


@page(bp, "/console/tasks/<task_id>/file", permission=EXPORT, unit="own")
def task_file(task_id: str) -> Any:
    """Hand out a finished file to the one who asked for it; who fetched what and when is kept first."""
    db, actor = runtime().db, current_actor()
    with own_unit("write") as unit:
        row = tasks.get(unit, task_id)
        if not row.file_name or row.state != tasks.DONE or row.expires_at <= clock.now_ms() or not row.file_bytes:
            raise NotFound(_("这个文件已过期删除，请重新导出。"))
        audit.record(unit, "lists.export.downloaded", "task", row.id, detail={"file": row.file_name, "rows": row.done})
    kind = "text/csv; charset=utf-8" if row.file_name.endswith(".csv") else (
        "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
    )  # fmt: skip
    answer = Response(_pieces(db, actor, row), mimetype=kind, direct_passthrough=True)
    plain = "export." + row.file_name.rsplit(".", 1)[-1]
    answer.headers["Content-Disposition"] = f"attachment; filename={plain}; filename*=UTF-8''{quote(row.file_name)}"
    answer.headers["Cache-Control"] = "no-store"
    return answer


def _pieces(db: Any, actor: Actor, row: Task) -> Iterator[bytes]:
    """Yield the file's pieces after the request's own unit has ended, under the same actor."""
    number = iter(export_task.content(db, row))
    while True:
        with acting(actor):
            piece = next(number, None)
        if piece is None:
            return
        yield piece
