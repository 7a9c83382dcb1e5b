"""Pages of notices: the bell's popover, all of one's own, opening one, marking them read."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flask import current_app, request

from core.kernel import permissions
from core.kernel.errors import NotFound
from core.kernel.i18n import _, _l, ngettext
from core.kernel.ids import parse_id
from core.kernel.tenancy import current_actor
from core.kernel.web.render import MenuEntry, go, is_fragment, menu, render_page, toast
from core.kernel.web.routes import page, session, spec_of
from core.org import approvals, licences, notices
from core.org.blueprint import bp, id_of
from core.org.notices import NoticeKind, kinds
from core.org.permissions import USE

if TYPE_CHECKING:
    from collections.abc import Mapping

    from core.org.models import Notification

menu.add(MenuEntry("home", _l("消息"), "org.notices", "bell", USE, 30))
IN_POPOVER = 8


def _what(params: Mapping[str, Any]) -> str:
    found = approvals.kinds().get(str(params.get("kind")))
    return str(found.label) if found else str(params.get("kind", ""))


def _asked(params: Mapping[str, Any]) -> str:
    return _("%(who)s 申请“%(what)s”，等你审批。", who=params["by"] or _("同事"), what=_what(params))


def _decided(params: Mapping[str, Any]) -> str:
    what, by = _what(params), params["by"] or _("审批人")
    return {
        "approved": _("%(who)s 批准了“%(what)s”，现在可以使用。", who=by, what=what),
        "executed": _("%(who)s 批准了“%(what)s”，已经执行。", who=by, what=what),
        "refused": _("%(who)s 拒绝了“%(what)s”，点开看原因。", who=by, what=what),
        "expired": _("“%(what)s”超过 24 小时没人审批，已失效。", what=what),
    }.get(str(params.get("state")), _("“%(what)s”没能执行，点开看原因。", what=what))


def _licence(params: Mapping[str, Any]) -> str:
    name = params["by"] or _("同事")
    return _("%(name)s 的执业证 %(day)s 到期，请尽快更新。", name=name, day=params.get("until", ""))


def _finished(params: Mapping[str, Any]) -> str:
    what, done, failed = _(str(params.get("what", ""))), int(params.get("done", 0)), int(params.get("failed", 0))
    if failed:
        return _("“%(what)s”已结束：成功 %(done)d 项，未成功 %(n)d 项。", what=what, done=done, n=failed)
    return ngettext("“%(what)s”已完成：%(n)d 项。", "“%(what)s”已完成：%(n)d 项。", done, what=what)


kinds.add(
    NoticeKind(notices.FINISHED, _finished, "check"),
    NoticeKind(approvals.ASKED, _asked, "check", "warn"),
    NoticeKind(approvals.DECIDED, _decided, "check"),
    NoticeKind(licences.ENDING, _licence, "shield", "warn"),
)


@page(bp, "/notices", permission=USE, endpoint="notices")
def notices_page() -> Any:
    """Show the signed-in person's notices; for htmx the few newest, as the bell shows them."""
    if is_fragment():
        return render_page("org/_bell.html", rows=notices.newest(session(), limit=IN_POPOVER))
    rows = notices.newest(session(), parse_id(request.args.get("before")))
    more = rows[-1].id if len(rows) == notices.SHOWN else None
    return render_page("org/notices.html", rows=rows, more=more, first="before" not in request.args)


@page(bp, "/notices/read", permission=USE, unit="write", methods=("POST",))
def notices_read() -> Any:
    """Mark all of one's notices as read."""
    if notices.mark_read(session()):
        toast(_("已全部标为已读。"))
    return go("org.notices")


@page(bp, "/notices/<notice_id>", permission=USE, unit="write", methods=("POST",))
def notice_open(notice_id: str) -> Any:
    """Mark a notice as read and go where it leads."""
    row = notices.get(session(), id_of(notice_id))
    if row is None:
        raise NotFound(_("没有找到这条消息。"))
    notices.mark_read(session(), row.id)
    shown = notices.shown(row)
    return go(shown.endpoint, **shown.values) if _leads(row) else go("org.notices")


def _leads(row: Notification) -> bool:
    """Return whether the place that a notice leads to exists here and is open to the actor."""
    view = current_app.view_functions.get(row.endpoint)
    spec = spec_of(view) if view else None
    if spec is None:
        return False
    return spec.permission is None or permissions.may(current_actor(), spec.permission)
