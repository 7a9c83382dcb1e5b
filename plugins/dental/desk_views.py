"""Pages beside the chair: who is to come again, and how much of each dentist's work was redone."""

from __future__ import annotations

import datetime as dt
from datetime import timedelta
from typing import Any

from flask import request

from core.sdk import (
    _,
    clock,
    go,
    ids,
    page,
    page_session,
    person_of,
    render_page,
    staff_names,
    store_names,
    tenancy,
    toast,
)
from plugins.dental import recalls, summaries
from plugins.dental.blueprint import bp
from plugins.dental.permissions import RECALLS, REPORT

AHEAD = timedelta(days=14)
YEAR = timedelta(days=365)


@page(bp, "/recalls", permission=RECALLS)
def recall_list() -> Any:
    """Show who is to come within fourteen days and who is overdue, the longest overdue first."""
    unit, today = page_session(), clock.today(tenancy.current_actor().tz)
    found = recalls.due(unit, today, today + AHEAD, _after())
    rows, more = found[: recalls.LISTED], len(found) > recalls.LISTED
    people = {one: person_of(unit, one) for one in {row.person_id for row in rows}}
    after = f"{rows[-1].due_on.isoformat()}.{rows[-1].id}" if more else ""
    return render_page(
        "dental/recalls.html",
        rows=[(row, people[row.person_id], recalls.PROGRAMMES[row.programme].name) for row in rows],
        today=today, after=after, stores=store_names(unit), days=AHEAD.days, paged="after" in request.args,
    )  # fmt: skip


def _after() -> tuple[dt.date, int] | None:
    day, _dot, last = request.args.get("after", "").partition(".")
    try:
        return dt.date.fromisoformat(day), ids.parse_id(last) or 0
    except ValueError:
        return None


@page(bp, "/recalls/<recall_id>", permission=RECALLS, unit="write", methods=("POST",))
def recall_mark(recall_id: str) -> Any:
    """Note that a member was reminded, or wants no reminder of this kind."""
    act = "off" if request.form.get("act") == "off" else "told"
    recalls.mark(page_session(), ids.parse_id(recall_id), act)
    toast(_("已记下，这一项不再提醒。") if act == "off" else _("已记下提醒过了。"))
    return go("dental.recall_list")


@page(bp, "/report", permission=REPORT)
def report() -> Any:
    """Show each dentist's work of a year and how much of it was redone within a year (S1-20)."""
    unit, today = page_session(), clock.today(tenancy.current_actor().tz)
    back = request.args.get("year") == "before"
    # Work of the year before has had its whole year to fail; this year's is still running.
    first, last = (today - 2 * YEAR, today - YEAR - timedelta(days=1)) if back else (today - YEAR, today)
    rows = summaries.rates(unit, first, last)
    return render_page(
        "dental/report.html", rows=rows, first=first, last=last, back=back, enough=summaries.ENOUGH,
        names=staff_names(unit, [row.staff_id for row in rows]), total=sum(row.works for row in rows),
        redone=sum(row.redone for row in rows),
    )  # fmt: skip
