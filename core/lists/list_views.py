"""Pages of any list: its columns, its saved views, a change to many rows with its preview, a file."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, urlencode, urlsplit

from flask import request

from core.kernel import bulk, task_runner
from core.kernel.errors import Refusal
from core.kernel.i18n import _, listed
from core.kernel.permissions import may
from core.kernel.runtime import runtime
from core.kernel.tenancy import current_actor
from core.kernel.web import lists, offered, saved_views
from core.kernel.web.render import go, go_to, render_page, toast
from core.kernel.web.routes import on_refusal, own_unit, page, safe_path, session
from core.lists import bulk_task, exports
from core.lists.blueprint import bp, state
from core.lists.permissions import EXPORT, EXPORT_FULL
from core.org.permissions import USE

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

REASONS_MOST = 200


# -- columns ---------------------------------------------------------------------------------------


@page(bp, "/lists/<key>/columns", permission=USE, unit="write", methods=("POST",))
def columns(key: str) -> Any:
    """Keep which columns the person wants; within a saved view they become part of the address."""
    spec = offered.get(key).make(session(), state())
    fixed = [one.key for one in spec.columns if one.fixed]
    chosen = [] if request.form.get("reset") else [*fixed, *request.form.getlist("column")]
    place = safe_path(request.form.get("back")) or "/"
    args = dict(parse_qsl(urlsplit(place).query))
    args.pop("c", None)
    args.pop("after", None)
    if args.get("v", "all") != "all" and chosen:
        args["c"] = ",".join(one.key for one in spec.columns if one.key in chosen)
    else:
        lists.choose_columns(session(), spec, chosen)
    return go_to(urlsplit(place).path + (f"?{urlencode(args)}" if args else ""))


# -- saved views -----------------------------------------------------------------------------------


@page(bp, "/lists/<key>/views", permission=USE, unit="write", methods=("POST",))
def view_save(key: str) -> Any:
    """Keep what the list shows now under a name."""
    offered.get(key)
    row = saved_views.save(
        session(), key, request.form.get("name", ""), state(), shared=request.form.get("shared") == "1",
        opens=request.form.get("opens") == "1",
    )  # fmt: skip
    toast(_("已保存视图“%(name)s”。", name=row.name))
    return _to_view(row.id)


def _to_view(view_id: int) -> Any:
    place = urlsplit(safe_path(request.form.get("back")) or "/")
    args = {k: v for k, v in parse_qsl(place.query) if k not in {"v", "after", "q"}}
    return go_to(f"{place.path}?{urlencode({**args, 'v': str(view_id)})}")


@page(bp, "/lists/<key>/views/<view_id>", permission=USE, unit="write", methods=("POST",))
def view_change(key: str, view_id: str) -> Any:
    """Change a view: its name, its state, who sees it, whether the list opens with it; or delete it."""
    offered.get(key)
    act, form = request.form.get("do", ""), request.form
    if act == "delete":
        saved_views.remove(session(), key, view_id)
        toast(_("视图已删除，名单里的数据没有变。"))
        return go_to(urlsplit(safe_path(form.get("back")) or "/").path)
    if act == "state":
        row = saved_views.change(session(), key, view_id, args=state())
    else:
        row = saved_views.change(
            session(), key, view_id, name=form.get("name"),
            shared=form.get("shared") == "1" if may(current_actor(), saved_views.SHARE) else None,
            opens=form.get("opens") == "1",
        )  # fmt: skip
    toast(_("视图“%(name)s”已更新。", name=row.name))
    return _to_view(row.id)


# -- many rows -------------------------------------------------------------------------------------


def _ids() -> list[int] | None:
    """Return the chosen rows; None for all that match."""
    return None if request.form.get("all") == "1" else bulk_task.ids_of(request.form.getlist("id"))


@page(bp, "/lists/<key>/bulk", permission=USE, methods=("POST",), endpoint="bulk")
def bulk_preview(key: str) -> Any:
    """Show what a change to many rows would do: how many, whom first; nothing is changed."""
    return _bulk_page(session(), key)


def _bulk_page(unit: Session, key: str, refusal: Refusal | None = None) -> Any:
    found, ids, here = offered.get(key), _ids(), state()
    action = bulk.get(key, request.form.get("act", ""))
    spec = found.make(unit, here)
    n = bulk_task.counted(unit, key, here, ids)
    names = action.names(unit, bulk_task.first(unit, key, here, ids)) if n else []
    errors = {e.field: e.message for e in refusal.errors} if refusal else {}
    return render_page(
        "lists/bulk.html", status=refusal.status if refusal else 200, A=action, n=n, names=listed(names), ids=ids,
        more=n > len(names),
        s=request.form.get("s", ""), back=safe_path(request.form.get("back")) or "/", noun=spec.noun, key=key,
        title=found.title, typed=request.form, errors=errors, refusal=refusal,
        fields=[
            (one, one.options(unit) if one.options else None, one.suggest(unit) if one.suggest else [])
            for one in action.fields
        ],
    )  # fmt: skip


@page(bp, "/lists/<key>/bulk/run", permission=USE, unit="own", methods=("POST",))
def bulk_run(key: str) -> Any:
    """Do it as a task; a short one is done at once and can be undone from the message."""

    def again(refusal: Refusal) -> Any:
        return _bulk_page(session(), key, refusal)

    on_refusal(again)
    action = bulk.get(key, request.form.get("act", ""))
    seen = request.form.get("seen", "")
    with own_unit("write") as unit:
        task = bulk_task.ask(
            unit, action, state(), _ids(), {one.name: request.form.get(f"f.{one.name}", "") for one in action.fields},
            reason=request.form.get("reason", ""), seen=int(seen) if seen.isdigit() else None,
        )  # fmt: skip
        task_id, franchise_id = task.id, task.franchise_id
    task_runner.begin(runtime().db, franchise_id, task_id)
    return go("lists.task_list")


# -- files -----------------------------------------------------------------------------------------


@page(bp, "/lists/<key>/export", permission=EXPORT, endpoint="export")
def export_page(key: str) -> Any:
    """Show what a file would hold and what it takes."""
    return _export_page(session(), key)


def _wanted(key: str) -> exports.Wanted:
    return exports.Wanted(
        key, state(), request.values.get("format", "csv")[:10], request.form.get("full") == "1",
        request.form.get("reason", "")[:REASONS_MOST],
    )  # fmt: skip


def _export_page(unit: Session, key: str, refusal: Refusal | None = None) -> Any:
    wanted = _wanted(key)
    seen = exports.preview(unit, wanted)
    spec = exports.spec_of(unit, wanted)
    chips = [
        (str(item.label), dict(item.options()).get(wanted.state[f"f.{item.key}"], ""))
        for item in spec.filters
        if f"f.{item.key}" in wanted.state
    ]
    return render_page(
        "lists/export.html", status=refusal.status if refusal else 200, W=wanted, seen=seen, key=key, chips=chips,
        s=request.values.get("s", ""), back=safe_path(request.values.get("back")) or "/", refusal=refusal,
        errors={e.field: e.message for e in refusal.errors} if refusal else {}, noun=spec.noun,
        may_full=may(current_actor(), EXPORT_FULL), sought=wanted.state.get("q", ""),
    )  # fmt: skip


@page(bp, "/lists/<key>/export", permission=EXPORT, unit="own", methods=("POST",), endpoint="export_post")
def export_post(key: str) -> Any:
    """Begin a file, or ask somebody to agree to a large one."""
    on_refusal(lambda refusal: _export_page(session(), key, refusal))
    wanted = _wanted(key)
    if request.form.get("ask") == "1":
        with own_unit("write") as unit:
            row = exports.ask_approval(unit, wanted)
        toast(_("已提交审批，批准后文件会出现在你的任务中心。"))
        return go("org.approval", request_id=row.id)
    with own_unit("write") as unit:
        task = exports.ask(unit, wanted)
        task_id, franchise_id = task.id, task.franchise_id
    task_runner.begin(runtime().db, franchise_id, task_id)
    return go("lists.task_list")
