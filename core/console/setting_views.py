"""The settings form of a plugin, for the acting franchise."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flask import request

from core.console import plugin_settings, services
from core.console.blueprint import bp
from core.console.permissions import SWITCH, VIEW
from core.kernel import permissions
from core.kernel.i18n import _, ngettext
from core.kernel.runtime import runtime
from core.kernel.tenancy import current_actor
from core.kernel.web.render import go, render_page, toast
from core.kernel.web.routes import on_refusal, page, session

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from core.kernel.errors import Refusal


@page(bp, "/plugins/<key>/settings", permission=VIEW)
def plugin_settings_page(key: str) -> Any:
    """Show what a franchise may set of a plugin."""
    return _form(session(), key)


def _form(unit: Session, key: str, refusal: Refusal | None = None) -> Any:
    host = runtime().host
    rows = plugin_settings.fields(unit, host, key)
    typed = {row.key: request.form.get(row.key, "") for row in rows} if refusal else {}
    return render_page(
        "console/plugin_settings.html", key=key, name=services.name_of(host, key), rows=rows, typed=typed,
        errors={one.field: one.message for one in refusal.errors} if refusal else {}, refusal=refusal,
        may_switch=permissions.may(current_actor(), SWITCH),
    )  # fmt: skip


@page(
    bp, "/plugins/<key>/settings", permission=SWITCH, unit="write", methods=("POST",), endpoint="plugin_settings_save"
)
def plugin_settings_save(key: str) -> Any:
    """Save them; the effect is there at the next request."""
    on_refusal(lambda refusal: _form(session(), key, refusal))
    changed = plugin_settings.save(session(), runtime().host, key, request.form)
    if changed:
        toast(ngettext("已保存 %(n)d 项设置。", "已保存 %(n)d 项设置。", len(changed)))
    else:
        toast(_("没有改动。"))
    return go("console.plugin_settings_page", key=key)
