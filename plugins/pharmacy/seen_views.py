"""The report of overrides: which rules are let pass how often, by whom, in a period, in one store or all."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any

from flask import request

from core.sdk import Invalid, Refusal, _, ids, on_refusal, page, page_session, render_page, staff_names, store_names
from plugins.pharmacy import checks, seen
from plugins.pharmacy.blueprint import bp, day
from plugins.pharmacy.books import today
from plugins.pharmacy.permissions import OVERRIDES

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

DAYS, SHOWN = 30, 50


@page(bp, "/overrides", permission=OVERRIDES, endpoint="overrides")
def overrides_page() -> Any:
    """Show the overrides of the last thirty days, or of a chosen period and store."""
    on_refusal(lambda refusal: _overrides(page_session(), refusal))
    return _overrides(page_session())


def _overrides(unit: Session, refusal: Refusal | None = None) -> Any:
    until, since, store = today(), today() - dt.timedelta(days=DAYS - 1), None
    if refusal is None:
        asked = request.args
        until = day("until", asked["until"]) if asked.get("until") else until
        since = day("since", asked["since"]) if asked.get("since") else until - dt.timedelta(days=DAYS - 1)
        store = ids.parse_id(asked.get("store", ""))
        if not dt.timedelta() <= until - since <= seen.LONGEST:
            raise Invalid.field("since", _("请选一年以内的时间段，开始不晚于结束。"))
    made = seen.report(unit, since, until, store)
    return render_page(
        "pharmacy/overrides.html", status=refusal.status if refusal else 200, R=made, since=since, until=until,
        store=store, stores=store_names(unit), refusal=refusal, people=made.staff[:SHOWN],
        names=staff_names(unit, [one[0] for one in made.staff[:SHOWN]]), label=_label, most=seen.LOOK_FROM,
    )  # fmt: skip


def _label(code: str) -> str:
    kind = code.removeprefix("pharmacy.")
    return str(checks.KINDS.get(kind, code))
