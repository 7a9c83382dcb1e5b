"""Calls of the POS API for remote checking: ask about a finding of a quote, see how it stands, the queue, answer."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from core.sdk import ApiCall, ApiField, Invalid, NotFound, _, clock, ids, staff_names, tenancy
from plugins.pharmacy import asks
from plugins.pharmacy.permissions import BOOKS, OVERRIDE, VIEW

if TYPE_CHECKING:
    from collections.abc import Mapping

    from core.sdk import HookContext
    from plugins.pharmacy.models import PharmacyAsk

ORDERS = ("orders",)


def instant(ms: int | None) -> str | None:
    """Return an instant as RFC 3339, or None."""
    return clock.from_ms(ms).isoformat().replace("+00:00", "Z") if ms else None


def ask(ctx: HookContext, data: Mapping[str, Any]) -> dict[str, Any]:
    """Put a finding of a quote of the token's store before the pharmacists of the franchise."""
    assert ctx.session is not None
    quote = ids.parse_id(data["quote_id"])
    if quote is None:
        raise NotFound
    return _told(ctx, asks.ask_quote(ctx.session, quote, data["finding"]))


def state(ctx: HookContext, data: Mapping[str, Any]) -> dict[str, Any]:
    """Tell how a question of the token's store stands; when it passed, what the order carries to be let pass."""
    assert ctx.session is not None
    return _told(ctx, asks.of_here(ctx.session, ids.parse_id(data["ask_id"])))


def _told(ctx: HookContext, row: PharmacyAsk) -> dict[str, Any]:
    assert ctx.session is not None
    given, decided = asks.pass_of(row), row.state in (asks.PASSED, asks.REFUSED)
    return {
        "ask_id": str(row.id), "state": row.state, "quote_id": str(row.quote_id), "finding": row.finding,
        "pharmacist": staff_names(ctx.session, [row.taken_by]).get(row.taken_by or 0),
        "decided_at": instant(row.decided_at), "reason": row.answer if decided else None,
        "reason_code": given.get("reason_code") or None, "evidence": given.get("evidence") or None,
        "proof": given.get("proof"), "proof_expires_at": instant(given.get("expires_at")),
    }  # fmt: skip


def queue(ctx: HookContext, data: Mapping[str, Any]) -> dict[str, Any]:
    """Tell what waits for a pharmacist in all stores, from pages and from the API, the oldest first."""
    assert ctx.session is not None
    return {
        "items": [
            {
                "ask_id": str(one.row.id), "state": one.row.state, "mine": one.mine, "store": one.store, "by": one.by,
                "asked_at": instant(one.row.asked_at), "rule": one.row.rule, "severity": one.row.severity,
                "text": one.told.get("text", ""), "item": one.row.item_code, "name": one.told.get("item", ""),
                "qty": one.told.get("qty", 0), "seen": one.seen,
                "member_id": str(one.row.person_id) if one.row.person_id else None,
            }
            for one in asks.queue(ctx.session)[: data["limit"] or asks.SHOWN]
        ]
    }  # fmt: skip


def answer(ctx: HookContext, data: Mapping[str, Any]) -> dict[str, Any]:
    """Take a question, and let it pass by PIN, licence and reason, or answer that it must not be sold."""
    assert ctx.session is not None
    known, act = ids.parse_id(data["ask_id"]), data["act"]
    row = asks.get(ctx.session, known)
    if not (row.state == asks.TAKEN and row.taken_by == tenancy.current_actor().staff_id and act != "take"):
        row = asks.take(ctx.session, known)
    if act == "refuse":
        asks.refuse(ctx.session, known, data["reason"] or "")
    elif act == "pass":
        if not data["pin"]:
            raise Invalid.field("pin", _("请填写 PIN。"))
        refused = asks.let_pass(
            ctx.session, known, data["reason"] or "", data["pin"], reason_code=data["reason_code"] or "",
            evidence=data["evidence"] or "",
        )  # fmt: skip
        if refused is not None and row.state != asks.GONE:
            raise refused  # All is undone by it; a wrong PIN counts nevertheless (core/api/extensions.py).
    return {"ask_id": str(row.id), "state": row.state, "decided_at": instant(row.decided_at)}


_STATE = (
    ApiField("ask_id", "id"), ApiField("state"), ApiField("quote_id", "id"), ApiField("finding"),
    ApiField("pharmacist", required=False), ApiField("decided_at", "instant", required=False),
    ApiField("reason", required=False), ApiField("reason_code", required=False), ApiField("evidence", required=False),
    ApiField("proof", required=False), ApiField("proof_expires_at", "instant", required=False),
)  # fmt: skip
_ID = "912136841476943470"

CALLS = [
    ApiCall(
        "ask", "Puts a finding of a quote of the token's store before the pharmacists of the franchise.", VIEW, ORDERS,
        ask, (ApiField("quote_id", "id"), ApiField("finding", most=16)), _STATE,
        {"quote_id": "7101880533221376", "finding": "5c4d1f0a9b7e2d31"}, writes=True, order=30,
    ),
    ApiCall(
        "ask_state", "Tells how a question stands; `proof` and `reason` go into the order's override.", VIEW, ORDERS,
        state, (ApiField("ask_id", "id"),), _STATE, {"ask_id": _ID}, order=31,
    ),
    ApiCall(
        "asks", "Lists what waits for a pharmacist in all stores of the franchise, the oldest first.", BOOKS,
        ("health",), queue, (ApiField("limit", "whole", required=False, most=asks.SHOWN),),
        (
            ApiField("items", "rows", fields=(
                ApiField("ask_id", "id"), ApiField("state"), ApiField("mine", "flag"), ApiField("store"),
                ApiField("by"), ApiField("asked_at", "instant"), ApiField("rule"), ApiField("severity"),
                ApiField("text"), ApiField("item"), ApiField("name"), ApiField("qty", "whole"),
                ApiField("seen", "texts"), ApiField("member_id", "id", required=False),
            )),
        ),
        {"limit": 20}, order=32,
    ),
    ApiCall(
        "answer", "Takes a question and answers it as the licensed pharmacist of X-Staff.", OVERRIDE, ORDERS, answer,
        (
            ApiField("ask_id", "id"), ApiField("act", "choice", choices=("take", "pass", "refuse")),
            ApiField("reason", required=False), ApiField("pin", required=False, most=12),
            ApiField("reason_code", required=False, most=40), ApiField("evidence", required=False, most=300),
        ),
        (ApiField("ask_id", "id"), ApiField("state"), ApiField("decided_at", "instant", required=False)),
        {"ask_id": _ID, "act": "pass", "reason": "Benefit outweighs the risk", "pin": "246802"}, writes=True, order=33,
    ),
]  # fmt: skip
