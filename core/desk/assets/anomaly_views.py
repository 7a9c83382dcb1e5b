"""The page of what looks irregular about points (S2-26)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flask import request

from core.desk.assets import anomalies
from core.desk.blueprint import bp
from core.kernel.i18n import _, _l
from core.kernel.permissions import may
from core.kernel.tenancy import current_actor
from core.kernel.web.render import MenuEntry, go, menu, render_page, toast
from core.kernel.web.routes import on_refusal, page, session
from core.rewards.permissions import ANOMALIES, REVIEW

if TYPE_CHECKING:
    from core.kernel.errors import Refusal

menu.add(MenuEntry("members", _l("积分异常"), "desk.anomalies", "alert", ANOMALIES, 70))
DAYS = (7, 30, 90)


@page(bp, "/points/anomalies", permission=ANOMALIES, endpoint="anomalies")
def anomalies_page() -> Any:
    """Show what looks irregular, each row with its source; what was looked at stands below."""
    return _page()


def _days() -> int:
    text = request.values.get("days", "")
    return int(text) if text.isascii() and text.isdigit() and int(text[:4]) in DAYS else DAYS[1]


def _page(refusal: Refusal | None = None) -> Any:
    days, kind = _days(), request.args.get("kind", "")
    rows = anomalies.found(session(), days)
    shown = [one for one in rows if not kind or one.kind == kind]
    return render_page(
        "desk/anomalies.html", status=refusal.status if refusal else 200, days=days, all_days=DAYS, kind=kind,
        kinds=anomalies.KINDS, open=[one for one in shown if one.review is None],
        seen=[one for one in shown if one.review is not None], may_review=may(current_actor(), REVIEW),
        counts={key: sum(1 for one in rows if one.kind == key and one.review is None) for key in anomalies.KINDS},
        refusal=refusal, typed=request.form,
    )  # fmt: skip


@page(bp, "/points/anomalies", permission=REVIEW, unit="write", methods=("POST",), endpoint="anomaly_review")
def anomaly_review() -> Any:
    """Write down what a row turned out to be."""
    on_refusal(_page)
    anomalies.review(session(), request.form.get("key", "")[:80], request.form.get("note", ""), _days())
    toast(_("已记下核对结果。"))
    return go("desk.anomalies", days=_days())
