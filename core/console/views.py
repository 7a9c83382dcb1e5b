"""The switchboard page; the console's other pages stand in modules of their own on the same blueprint."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flask import request

from core.console import audit_views, chain_views, home, plugin_settings, services, setting_views
from core.console.blueprint import bp
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
from core.org import notices

if TYPE_CHECKING:
    from collections.abc import Mapping

PAGES = (audit_views, chain_views, home, setting_views)


def _isolated(params: Mapping[str, Any]) -> str:
    name = notices.plugin_name(str(params.get("key", "")))
    return _(
        "插件“%(name)s”的“%(hook)s”出错已隔离（%(no)s），收银不受影响。", name=name,
        hook=hook_label(str(params.get("hook", ""))), no=params.get("number", ""),
    )  # fmt: skip


notices.kinds.add(notices.NoticeKind("plugin.isolated", _isolated, "plug", "warn"))
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
        settable=frozenset(row.key for row in rows if not row.missing and plugin_settings.specs_of(host, row.key)),
        now_ms=clock.now_ms(),
    )


def _worth_showing(rows: list[Any]) -> Any:
    """Return the plugin to show unasked: an allowed one that is off, else the first."""
    return next((row for row in rows if row.allowed and not row.wanted), rows[0] if rows else None)
