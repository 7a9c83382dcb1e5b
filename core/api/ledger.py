"""A member's ledger: every movement of value with the balance it left."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import select

from core.api import order_answers, schemas
from core.api.calls import ApiBlueprint, Work, call
from core.api.member_json import day, instant
from core.api.paging import page_of, place
from core.ledger import reads
from core.orders.models import Orders, Refund
from core.people import services as people

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from core.ledger.reads import Entry

bp = ApiBlueprint("ledger", "A member's ledger")


@call(
    bp, "GET", "/members/<member_id>/ledger", permission="people.view", scopes=("members", "points"),
    query=schemas.LedgerQuery, answer=order_answers.Ledger,
)  # fmt: skip
def movements(work: Work, asked: dict[str, Any], member_id: str) -> dict[str, Any]:
    """List a member's movements of value, newest first, of one unit or of all."""
    person = people.get(work.session, member_id)
    scope = f"ledger:{person.id}:{asked.get('unit', '')}"
    before = place(scope, asked.get("cursor"))
    rows = reads.entries(
        work.session, person.franchise_id, person.id, unit=asked.get("unit"),
        before=before[0] if before else None, limit=asked["limit"] + 1,
    )  # fmt: skip
    numbers = _order_numbers(work.session, rows)
    return page_of(scope, rows, asked["limit"], lambda row: _entry(row, numbers), lambda row: (row.transfer_id,))


def _order_numbers(session: Session, rows: list[Entry]) -> dict[tuple[str, int], str]:
    """Return the order's number for every movement that an order or a refund made."""
    ids = {kind: {row.source_id for row in rows if row.source_kind == kind} for kind in ("order", "refund")}
    found: dict[tuple[str, int], str] = {}
    if ids["order"]:
        query = select(Orders.id, Orders.order_no).where(Orders.id.in_(ids["order"]))
        found |= {("order", row[0]): row[1] for row in session.execute(query)}
    if ids["refund"]:
        query = (
            select(Refund.id, Orders.order_no)
            .join(Orders, Orders.id == Refund.orders_id)
            .where(Refund.id.in_(ids["refund"]))
        )
        found |= {("refund", row[0]): row[1] for row in session.execute(query)}
    return found


def _entry(row: Entry, numbers: dict[tuple[str, int], str]) -> dict[str, Any]:
    return {
        "transfer": str(row.transfer_id),
        "unit": row.unit,
        "amount": row.amount,
        "balance_after": row.balance_after,
        "reason": row.reason,
        "order_no": numbers.get((row.source_kind, row.source_id)),
        "channel": row.door,
        "business_date": row.business_on.isoformat(),
        "booked_at": instant(row.booked_at),
        "expires_on": day(row.expires_on),
        "reverses": str(row.reverses_id) if row.reverses_id else None,
    }
