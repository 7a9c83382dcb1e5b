"""Orders and refunds: a quote becomes an order, lines of an order are given back."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from flask import request

from core.api import order_answers, schemas
from core.api.calls import ApiBlueprint, Work, call
from core.api.money import REQUIRED
from core.api.quotes import backdated
from core.kernel.errors import FieldError, Forbidden, Invalid, Refusal
from core.kernel.i18n import _
from core.kernel.runtime import runtime
from core.kernel.tenancy import Actor, acting
from core.orders.models import Orders
from core.orders.quoting import quotes
from core.orders.reads import order_json
from core.orders.refunding import refunds
from core.orders.selling import payments, settle
from core.orders.types import BasketRequest, Confirmation, TenderRequest
from core.orders.value.top_up_refund import Choice
from core.org.models import Staff
from core.org.proofs import consume_proof
from core.org.staffing import staff_may
from core.wallet import pins
from core.wallet.giving_back import Payout

if TYPE_CHECKING:
    from core.api.auth import Caller

bp = ApiBlueprint("orders", "Orders and refunds")
SELL, VIEW, REFUND = "orders.sell", "orders.view", "orders.refund"
PRICE = "orders.price.override"
PROOF = "X-Staff-Proof"


def payload_of(work: Work) -> str:
    """Return what a proof for this call is bound to: the hash of its raw body."""
    return hashlib.sha256(work.raw).hexdigest()


def with_fresh_quote(caller: Caller, refusal: Refusal) -> Refusal:
    """Return a `stale_quote` refusal with the newly stored quote in place of the basket it was for.

    A member's wrong PIN is counted here, after the sale was rolled back.
    """
    person_id = pins.wrong_of(refusal)
    if person_id is not None:
        with runtime().db.unit("write") as session:
            pins.count_wrong(session, person_id)
    if refusal.code != "stale_quote":
        return refusal
    asked = BasketRequest.from_json(refusal.extra["request"])
    with runtime().db.unit("write") as session:
        row, priced = quotes.store(session, asked, at=refusal.extra.get("at"))
        refusal.extra = {"quote": quotes.to_json(row, priced)}
    return refusal


@call(
    bp, "POST", "/orders", permission=SELL, scopes=("orders",), unit="write", once=REQUIRED, staff=True,
    proof=True, status=201, body=schemas.NewOrder, answer=order_answers.Order, refused=with_fresh_quote,
    example={"quote_id": "7101880533221376", "tenders": [{"kind": "wechat", "amount_fen": 16000}]},
)  # fmt: skip
def sell(work: Work, data: dict[str, Any]) -> dict[str, Any]:
    """Settle a quote. 409 stale_quote with the new quote when the price moved, 422 blocked with findings."""
    at = backdated(work.caller, data.get("occurred_at"))
    overrides = [schemas.override(o) for o in data["overrides"]]
    seller = _seller(work, data["quote_id"])
    with acting(_lender(work, seller) if data["allow_debt"] else seller):
        done = settle.settle(
            work.session, data["quote_id"], _tenders(data), overrides, at, witness=request.headers.get(PROOF),
            witness_payload=payload_of(work), confirmation=_confirmation(data),
            allow_debt=data["allow_debt"],
        )  # fmt: skip
    return _order(work, done.order_no)


def _tenders(data: dict[str, Any]) -> list[TenderRequest]:
    return [
        TenderRequest(
            t["kind"], t["amount_fen"], t["points"], tuple(t["lines"]) if t.get("lines") else None, t["reference"]
        )
        for t in data["tenders"]
    ]


def _confirmation(data: dict[str, Any]) -> Confirmation | None:
    given = data.get("confirmation")
    return Confirmation(given["method"], given["evidence"]) if given else None


def _seller(work: Work, quote_id: str) -> Actor:
    """Return the caller's actor, with the right to override prices where a PIN proves it for this body."""
    actor = work.caller.actor
    secret = request.headers.get(PROOF)
    if secret is None:
        return actor
    asked = quotes.request_of(quotes.get(work.session, quote_id))
    if all(line.price_fen is None for line in asked.lines):
        return actor
    staff = consume_proof(work.session, secret, "price", payload_of(work))
    if not staff_may(work.session, staff, PRICE):
        raise Forbidden(_("%(name)s 没有改价的权限。", name=staff.name), code="price_override_forbidden")
    return replace(actor, grants={**actor.grants, PRICE: frozenset({work.caller.bearer.store_id})})


def _lender(work: Work, actor: Actor) -> Actor:
    """Return the actor with the right to leave an order open where the named person has it: a token never does."""
    staff = work.session.get(Staff, actor.staff_id) if actor.staff_id else None
    if staff is None or not staff_may(work.session, staff, payments.DEBT):
        return actor
    return replace(actor, grants={**actor.grants, payments.DEBT: frozenset({work.caller.bearer.store_id})})


def _order(work: Work, order_no: str) -> dict[str, Any]:
    row: Orders = refunds.find(work.session, order_no)
    return order_json(work.session, row)


@call(bp, "GET", "/orders/<order_no>", permission=VIEW, scopes=("orders", "refunds"), answer=order_answers.Order)
def read(work: Work, order_no: str) -> dict[str, Any]:
    """Return an order with its payments and refunds."""
    return _order(work, order_no)


@call(
    bp, "POST", "/orders/<order_no>/payments", permission=SELL, scopes=("orders",), unit="write", once=REQUIRED,
    staff=True, proof=True, status=201, body=schemas.NewPayment, answer=order_answers.Order,
    refused=with_fresh_quote, example={"tenders": [{"kind": "bank", "amount_fen": 1500000}]},
)  # fmt: skip
def pay(work: Work, data: dict[str, Any], order_no: str) -> dict[str, Any]:
    """Take a later payment of an order that is still owed, and answer the order. 409 nothing_owed when it is paid."""
    payments.pay(
        work.session, order_no, _tenders(data), witness=request.headers.get(PROOF), witness_payload=payload_of(work),
        confirmation=_confirmation(data),
    )  # fmt: skip
    return _order(work, order_no)


def _lines(data: dict[str, Any]) -> dict[int, int]:
    asked = {line["line"]: line["qty"] for line in data["lines"]}
    if len(asked) != len(data["lines"]):
        raise Invalid(_("同一行只能写一次。"), errors=[FieldError("lines", _("行号重复。"))])
    return asked


def _sessions(data: dict[str, Any]) -> dict[int, int]:
    return {line["line"]: line["sessions"] for line in data["lines"] if "sessions" in line}


def _choice(data: dict[str, Any]) -> Choice:
    """Return what is chosen for top-ups: formulas by line, how the money leaves."""
    payout = data.get("payout")
    formulas = {line["line"]: line["formula"] for line in data["lines"] if "formula" in line}
    return Choice(formulas, Payout(payout["kind"], payout["reference"]) if payout else Payout())


@call(
    bp, "POST", "/orders/<order_no>/refunds/preview", permission=REFUND, scopes=("refunds",), unit="write",
    body=schemas.RefundAsked, answer=order_answers.RefundEffects, example={"lines": [{"line": 1, "qty": 1}]},
)  # fmt: skip
def preview(work: Work, data: dict[str, Any], order_no: str) -> dict[str, Any]:
    """Return what a refund of these lines would move; nothing is written."""
    refunds.find(work.session, order_no)
    return refunds.preview(work.session, order_no, _lines(data), _sessions(data), _choice(data)).to_json()


@call(
    bp, "POST", "/orders/<order_no>/refunds", permission=REFUND, scopes=("refunds",), unit="write",
    once=REQUIRED, staff=True, proof=True, status=201, body=schemas.NewRefund, answer=order_answers.RefundEffects,
    example={"lines": [{"line": 1, "qty": 1}], "reason": "顾客改期"},
)  # fmt: skip
def refund(work: Work, data: dict[str, Any], order_no: str) -> dict[str, Any]:
    """Refund lines. 409 refund_moved with the new preview when the effects moved since `preview_id`.

    Above the franchise's limit X-Staff-Proof (purpose refund) of someone who may refund that much is
    required: 403 refund_needs_proof.
    """
    effects = refunds.refund(
        work.session, order_no, _lines(data), data["reason"], preview_id=data["preview_id"],
        proof=request.headers.get(PROOF), payload_sha256=payload_of(work), sessions=_sessions(data),
        choice=_choice(data),
    )  # fmt: skip
    return effects.to_json()
