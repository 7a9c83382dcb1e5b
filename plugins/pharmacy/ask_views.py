"""Pages of remote checking: the till asks, pharmacists see the queue, take one and answer."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flask import request

from core.sdk import (
    NotFound,
    Refusal,
    _,
    go,
    ids,
    is_fragment,
    may,
    on_refusal,
    own_unit,
    page,
    page_session,
    passed_at_till,
    render_page,
    staff_names,
    tenancy,
    toast,
)
from plugins.pharmacy import asks, checks, papers
from plugins.pharmacy.blueprint import bp
from plugins.pharmacy.permissions import BOOKS, OVERRIDE, VIEW

if TYPE_CHECKING:
    from sqlalchemy.orm import Session


@page(bp, "/ask/<finding>", permission=VIEW, unit="write", methods=("POST",))
def ask(finding: str) -> Any:
    """Put a finding of the open basket before the pharmacists of the franchise."""
    asks.ask(page_session(), finding[:16])
    toast(_("已发给药师，答复会出现在这一行。"))
    return go("desk.till")


@page(bp, "/ask/<finding>/state", permission=VIEW)
def ask_state(finding: str) -> Any:
    """Show the till how its question stands; an answer brings the till up to date."""
    unit = page_session()
    row = asks.latest(unit, finding[:16])
    if row is None:
        raise NotFound
    if not is_fragment():
        return go("desk.till")
    return render_page(
        "pharmacy/ask_state.html", row=row, name=staff_names(unit, [row.taken_by]).get(row.taken_by or 0, ""),
        passed=row.state == asks.PASSED and passed_at_till(unit, row.finding),
    )  # fmt: skip


@page(bp, "/asks", permission=BOOKS, endpoint="asks")
def asks_page() -> Any:
    """Show the queue: mine to answer, then what waits, the oldest first; the latest answers."""
    return _asks(page_session())


def _asks(unit: Session, refusal: Refusal | None = None, at: int | None = None) -> Any:
    rows = asks.queue(unit)
    mine = [one for one in rows if one.mine]
    template = "pharmacy/asks_waiting.html" if is_fragment() and request.method == "GET" else "pharmacy/asks.html"
    return render_page(
        template, status=refusal.status if refusal else 200, refusal=refusal, at=at, typed=request.form,
        mine=mine, papers={one.row.id: papers.latest(unit, one.row.person_id) for one in mine},
        waiting=[one for one in rows if not one.mine],
        done=asks.decided(unit),
        may_take=may(tenancy.current_actor(), OVERRIDE), levels=checks.LEVELS, reasons=checks.REASONS,
    )  # fmt: skip


@page(bp, "/asks/<ask_id>/take", permission=OVERRIDE, unit="write", methods=("POST",))
def ask_take(ask_id: str) -> Any:
    """Take a question."""
    on_refusal(lambda refusal: _asks(page_session(), refusal))
    asks.take(page_session(), ids.parse_id(ask_id))
    return go("pharmacy.asks")


@page(bp, "/asks/<ask_id>", permission=OVERRIDE, unit="own", methods=("POST",), endpoint="ask_answer")
def ask_answer(ask_id: str) -> Any:
    """Let it pass by PIN, licence and reason, or answer that it must not be sold. A wrong PIN counts."""
    form, known = request.form, ids.parse_id(ask_id)
    refused: Refusal | None = None
    try:
        with own_unit("write") as unit:
            if form.get("act") == "refuse":
                asks.refuse(unit, known, form.get("why", ""))
            else:
                code, _bar, words = form.get("reason", "").partition("|")
                refused = asks.let_pass(
                    unit, known, (form.get("reason_text", "").strip() or words)[:200], form.get("pin", "")[:12],
                    reason_code=code[:40], evidence=form.get("evidence", "").strip()[:300],
                )  # fmt: skip
    except NotFound:
        raise
    except Refusal as refusal:
        refused = refusal
    if refused is None:
        toast(_("已答复，收银台马上能看到。"))
        return go("pharmacy.asks")
    with own_unit("read") as unit:
        return _asks(unit, refused, known)
