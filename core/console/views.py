"""The switchboard page."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, request

from core.console import services
from core.console.health import hook_label, plugin_rows, recent_failures
from core.console.permissions import SWITCH, VIEW
from core.console.preview import preview_switch
from core.kernel import audit, clock, permissions
from core.kernel.errors import NotFound, Refusal
from core.kernel.i18n import _, _l, listed
from core.kernel.runtime import runtime
from core.kernel.tenancy import current_actor
from core.kernel.web.render import MenuEntry, go, menu, render_page, toast
from core.kernel.web.routes import on_refusal, page, session

bp = Blueprint("console", __name__, url_prefix="/console")

menu.add(MenuEntry("settings", _l("业态与插件"), "console.plugins", "plug", VIEW, order=60))


@page(bp, "/plugins", permission=VIEW)
def plugins() -> Any:
    """Show the plugins and what switching the chosen one would do."""
    return _board(request.args.get("key"))


@page(bp, "/plugins/<key>/switch", permission=SWITCH, unit="write", methods=("POST",))
def switch(key: str) -> Any:
    """Switch a plugin; the effect is there at the next request."""
    on = request.form.get("on") == "1"
    on_refusal(lambda refusal: _board(key, refusal))
    host = runtime().host
    changed = services.switch(session(), host, key, on)
    names = listed(services.name_of(host, k) for k in changed)
    if changed and on:
        toast(_("已启用：%(names)s。", names=names))
    elif changed:
        toast(_("已停用：%(names)s。数据都还在。", names=names))
    return go("console.plugins", key=key)


@page(bp, "/plugins/<key>/retry", permission=SWITCH, unit="write", methods=("POST",))
def retry(key: str) -> Any:
    """Lift the quarantine of a plugin."""
    host = runtime().host
    if key not in host.plugins:
        raise NotFound(_("没有安装这个插件。"))
    host.health.retry(key)
    audit.record(session(), "console.plugin.retried", "plugin", detail={"key": key})
    toast(_("已解除隔离，下一次操作会再问这个插件。"))
    return go("console.plugins", key=key)


def _board(key: str | None, refusal: Refusal | None = None) -> Any:
    host = runtime().host
    rows = plugin_rows(session(), host)
    chosen = next((row for row in rows if row.key == key), None) or _worth_showing(rows)
    preview, problem = None, refusal
    if chosen is not None:
        try:
            preview = preview_switch(session(), host, chosen.key, not chosen.wanted)
        except Refusal as found:
            problem = problem or found
    return render_page(
        "console/plugins.html",
        rows=rows,
        chosen=chosen,
        preview=preview,
        problem=problem,
        failures=recent_failures(session()),
        hook_label=hook_label,
        may_switch=permissions.may(current_actor(), SWITCH),
        names={row.key: row.name for row in rows},
        now_ms=clock.now_ms(),
    )


def _worth_showing(rows: list[Any]) -> Any:
    """Return the plugin to show unasked: an allowed one that is off, else the first."""
    return next((row for row in rows if row.allowed and not row.wanted), rows[0] if rows else None)
