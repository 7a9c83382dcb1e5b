"""The invoice of an order: asked for, issued elsewhere, taken back after a refund."""

from __future__ import annotations

from typing import Any

from core.api import order_answers, schemas
from core.api.calls import ApiBlueprint, Work, call
from core.api.money import ACCEPTED
from core.orders.reads import order_json
from core.orders.refunding import refunds
from core.orders.selling import invoices

bp = ApiBlueprint("invoices", "Invoices of orders")


@call(
    bp, "POST", "/orders/<order_no>/invoice", permission=invoices.SELL, scopes=("orders",), unit="write",
    once=ACCEPTED, body=schemas.InvoiceAct, answer=order_answers.Order,
    example={"action": "request", "title": "杭州某某科技有限公司", "taxpayer_id": "91330100MA2XXXXX0K"},
)  # fmt: skip
def act(work: Work, data: dict[str, Any], order_no: str) -> dict[str, Any]:
    """Note that an invoice is wanted, that it was issued, or that a red letter took back what was refunded.

    Answers the order. 409 invoice_state, nothing_to_invoice.
    """
    action = data["action"]
    if action == "request":
        invoices.request(work.session, order_no, data["title"], data["taxpayer_id"])
    elif action == "withdraw":
        invoices.withdraw(work.session, order_no)
    else:
        verb = invoices.issue if action == "issue" else invoices.red_letter
        verb(work.session, order_no, data["number"], data["issued_on"])
    return order_json(work.session, refunds.find(work.session, order_no))
