"""The page of trace codes: scan them beside what was handed out today, and find where one went."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flask import request

from core.sdk import (
    Refusal,
    _,
    go,
    ids,
    items_of,
    may,
    on_refusal,
    page,
    page_session,
    person_of,
    render_page,
    store_names,
    tenancy,
    toast,
)
from plugins.pharmacy import traces
from plugins.pharmacy.blueprint import bp
from plugins.pharmacy.permissions import BOOKS, TRACE

if TYPE_CHECKING:
    from sqlalchemy.orm import Session


@page(bp, "/traces", permission=TRACE, endpoint="traces")
def traces_page() -> Any:
    """Show what was handed out at this store today with its codes, and where a searched code went."""
    return _traces(page_session())


def _traces(unit: Session, refusal: Refusal | None = None, at: int | None = None) -> Any:
    wanted = request.args.get("q", "").strip()[:40]
    found = traces.find(unit, wanted) if wanted else None
    # Who has it is for the books' readers: a recall, not curiosity.
    person = person_of(unit, found.person_id) if found and found.person_id and may_name() else None
    return render_page(
        "pharmacy/traces.html", status=refusal.status if refusal else 200, rows=traces.today(unit), refusal=refusal,
        at=at, typed=request.form, q=wanted, found=found, person=person, stores=store_names(unit),
        names={code: one.name for code, one in items_of(unit, [found.item_code] if found else []).items()},
    )  # fmt: skip


def may_name() -> bool:
    """Return whether the acting staff member may see who has a traced piece."""
    return may(tenancy.current_actor(), BOOKS)


@page(bp, "/traces/<line_id>", permission=TRACE, unit="write", methods=("POST",), endpoint="trace_note")
def trace_note(line_id: str) -> Any:
    """Note the codes of a line."""
    known = ids.parse_id(line_id)
    on_refusal(lambda refusal: _traces(page_session(), refusal, known))
    count = traces.note(page_session(), known, request.form.get("codes", "")[:2000])
    toast(_("已登记 %(n)d 个追溯码。", n=count))
    return go("pharmacy.traces")
