"""Later payments of an order that was left open (B53)."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

from flask import request

from core.desk.blueprint import bp
from core.desk.selling import order_views, till_value
from core.kernel.errors import Invalid, Refusal
from core.kernel.i18n import _
from core.kernel.idempotency import perform
from core.kernel.money import parse_yuan
from core.kernel.runtime import runtime
from core.kernel.tenancy import current_actor
from core.kernel.web.formats import yuan
from core.kernel.web.render import go, toast
from core.kernel.web.routes import own_unit, page
from core.orders.rules import MONEY, STORED
from core.orders.selling import payments
from core.orders.types import TenderRequest
from core.org import dealing
from core.org.proofs import make_proof

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

SELL = "orders.sell"


@page(bp, "/orders/<order_no>/payments", permission=SELL, unit="own", methods=("POST",), endpoint="order_pay")
def order_pay(order_no: str) -> Any:
    """Take a later payment, once however often the form is sent."""
    form = request.form
    try:
        tender = _tender()
        once = form.get("once", "")[:60]
        if not once:
            raise Invalid(_("页面已过期，请刷新后再收款。"))
        payload = hashlib.sha256(f"{order_no}|{once}|{tender.kind}|{tender.amount_fen}".encode()).hexdigest()
        witness = _witness(payload)

        def work(unit: Session) -> tuple[int, dict[str, Any]]:
            paid = payments.pay(
                unit, order_no, [tender], witness=witness, witness_payload=payload,
                confirmation=till_value.confirmation() if tender.kind == STORED else None,
            )  # fmt: skip
            return 201, {"amount_fen": paid.amount_fen, "points": paid.points}

        content = f"{tender.kind}|{tender.amount_fen}".encode()
        outcome = perform(runtime().db, current_actor(), f"payment:{order_no[:30]}", once, content, work)
        if outcome.status >= 400:
            raise Refusal(outcome.answer["title"], code=outcome.answer["code"], status=outcome.status)
    except Refusal as refusal:
        till_value.count_wrong_pin(refusal)
        with own_unit("read") as unit:
            return order_views.show_order(unit, order_no, refusal=refusal, typed=form, status=refusal.status)
    told = outcome.answer
    toast(
        _("已收 %(yuan)s，得 %(n)d 分。", yuan=yuan(told["amount_fen"]), n=told["points"])
        if told["points"]
        else _("已收 %(yuan)s。", yuan=yuan(told["amount_fen"]))
    )
    return go("desk.order", order_no=order_no)


def _tender() -> TenderRequest:
    kind = request.form.get("kind", "")
    if kind not in (*MONEY, STORED):
        raise Invalid.field("kind", _("请选择支付方式。"))
    raw = request.form.get("amount", "").strip()
    if not raw:
        raise Invalid.field("amount", _("请填写本次收多少。"))
    return TenderRequest(kind, parse_yuan(raw, "amount"), reference=request.form.get("reference", "").strip()[:120])


def _witness(payload: str) -> str | None:
    """Return a colleague's proof where their number and PIN were typed: for an order of the cashier's own household."""
    number, pin = request.form.get("number", "").strip()[:20], request.form.get("pin", "").strip()[:12]
    if not number and not pin:
        return None
    with own_unit("write") as unit:
        made = make_proof(unit, number, pin, dealing.PURPOSE, payload)
    if made.refusal is not None:
        raise made.refusal
    return made.proof
