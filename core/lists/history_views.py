"""The history page of a record."""

from __future__ import annotations

from typing import Any

from flask import request

from core.kernel import audit, history, permissions
from core.kernel.errors import NotFound
from core.kernel.i18n import _l
from core.kernel.ids import parse_id
from core.kernel.permissions import may
from core.kernel.tenancy import current_actor
from core.kernel.web.render import render_page
from core.kernel.web.routes import page, session
from core.lists import history as events
from core.lists.blueprint import bp
from core.lists.permissions import HISTORY, HISTORY_OPEN

DOORS: dict[str, Any] = {
    "page": _l("网页"), "api": _l("接口"), "task": _l("任务"), "command": _l("命令行"), "job": _l("定时任务"),
    "system": _l("系统"), "demo": _l("演示"),
}  # fmt: skip


@page(bp, "/history/<kind>/<object_id>", permission=HISTORY, unit="write", endpoint="history")
def history_page(kind: str, object_id: str) -> Any:
    """Show who changed a record, when and what; looking at a member's is written down itself."""
    found = history.get(kind)
    permissions.authorize(current_actor(), found.permission)
    row_id = parse_id(object_id)
    if row_id is None:
        raise NotFound
    name = found.name(session(), row_id)
    opened = may(current_actor(), HISTORY_OPEN)
    rows = events.page(session(), found, row_id, opened=opened, before=parse_id(request.args.get("before")))
    older = rows[events.ROWS - 1].id if len(rows) > events.ROWS else None
    if found.of_person and opened:
        audit.record(session(), "lists.history.read", kind, row_id, person_id=row_id)
    return render_page(
        "lists/history.html", name=name, found=found, rows=rows[: events.ROWS], older=older, opened=opened,
        back=found.back(row_id), row_id=row_id, doors=DOORS,
    )  # fmt: skip
