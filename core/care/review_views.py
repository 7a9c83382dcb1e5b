"""Pages of those who answer for it: looks behind the glass to review, and what was let pass."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from flask import request

from core.care import access, overrides
from core.care.blueprint import bp, id_of
from core.care.permissions import OVERRIDES, REVIEW
from core.kernel import clock
from core.kernel.i18n import _, _l
from core.kernel.ids import parse_id
from core.kernel.tenancy import current_actor
from core.kernel.web.render import MenuEntry, go, menu, render_page, toast
from core.kernel.web.routes import on_refusal, page, session
from core.org.notices import NoticeKind, kinds

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from core.kernel.errors import Refusal

menu.add(
    MenuEntry("members", _l("紧急查看复核"), "care.reviews", "shield", REVIEW, 80),
    MenuEntry("reports", _l("放行统计"), "care.overrides", "shield", OVERRIDES, 60),
)
SHOWN = 50


def _opened(params: Mapping[str, Any]) -> str:
    return _("%(who)s 紧急查看了一位会员的健康信息，请在 72 小时内复核。", who=params["by"] or _("同事"))


def _looked(params: Mapping[str, Any]) -> str:
    return _("%(who)s 自己接诊并查看了一位会员的健康信息，请在 72 小时内复核。", who=params["by"] or _("同事"))


kinds.add(NoticeKind(access.LOOKED, _looked, "shield", "warn"))
kinds.add(NoticeKind(access.OPENED, _opened, "shield", "warn"))


@page(bp, "/care/reviews", permission=REVIEW)
def reviews() -> Any:
    """List the looks behind the glass: what waits, overdue ones in red, then what was reviewed."""
    return _reviews(session())


def _reviews(unit: Session, refusal: Refusal | None = None, at: int | None = None) -> Any:
    before = parse_id(request.args.get("before"))
    done = access.looks(unit, reviewed=True, limit=SHOWN, before=before)
    return render_page(
        "care/reviews.html", status=refusal.status if refusal else 200, open=access.looks(unit, reviewed=False),
        done=done, reasons=access.REASON_NAMES, rulings=access.RULINGS, refusal=refusal, at=at, typed=request.form,
        me=current_actor().staff_id, older=done[-1].row.id if len(done) == SHOWN else None,
    )  # fmt: skip


@page(bp, "/care/reviews/<glass_id>", permission=REVIEW, unit="write", methods=("POST",))
def review(glass_id: str) -> Any:
    """Rule on a look."""
    on_refusal(lambda refusal: _reviews(session(), refusal, parse_id(glass_id)))
    access.review(session(), id_of(glass_id), request.form.get("ruling", ""), request.form.get("remark", ""))
    toast(_("已复核。"))
    return go("care.reviews")


@page(bp, "/care/overrides", permission=OVERRIDES, endpoint="overrides")
def overrides_page() -> Any:
    """Show what was let pass in a month: by rule, by person, with the share of each rule's findings."""
    month = overrides.month_of(request.args.get("month", ""), clock.today(current_actor().tz))
    return render_page("care/overrides.html", R=overrides.report(session(), month), month=month)
