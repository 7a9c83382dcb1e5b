"""The receipt of an order for a roll of 58 or 80 mm, and the note that it was printed: the next print says so."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import func, select

from core.desk.blueprint import bp
from core.desk.permissions import ORDERS_VIEW
from core.desk.settings import RECEIPT_WIDTH
from core.kernel import audit, settings
from core.kernel.models import AuditEntry
from core.kernel.web.render import go, render_page
from core.kernel.web.routes import page, session
from core.orders import reads
from core.orders.refunding import refunds
from core.people import services as people

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

PRINTED = "desk.receipt.printed"


def printed(unit: Session, order_id: int) -> int:
    """Return how often the receipt of an order was printed."""
    found = select(func.count()).where(
        AuditEntry.object_kind == "orders", AuditEntry.object_id == order_id, AuditEntry.action == PRINTED
    )
    return int(unit.scalar(found) or 0)


@page(bp, "/orders/<order_no>/receipt", permission=ORDERS_VIEW, endpoint="receipt")
def receipt(order_no: str) -> Any:
    """Show an order's receipt: masked, ready to print; one that was printed before is marked."""
    unit = session()
    seen = reads.see(unit, refunds.find(unit, order_no))
    return render_page(
        "desk/receipt.html", seen=seen, kind_names=seen.tender_words, mask_name=people.mask_name,
        prints=printed(unit, seen.row.id), width=settings.value(unit, RECEIPT_WIDTH),
    )  # fmt: skip


@page(
    bp, "/orders/<order_no>/receipt", permission=ORDERS_VIEW, unit="write", methods=("POST",), endpoint="receipt_done",
)  # fmt: skip
def receipt_done(order_no: str) -> Any:
    """Note that the receipt is being printed."""
    row = refunds.find(session(), order_no)
    audit.record(session(), PRINTED, "orders", row.id, person_id=row.person_id, detail={"order_no": row.order_no})
    return go("desk.receipt", order_no=order_no)
