"""A member's stored value: its top-ups with their days and lots, lost and found, what a refund would come to."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flask import request

from core.api import answers, order_answers, schemas
from core.api.calls import ApiBlueprint, Work, call
from core.api.member_json import day
from core.api.money import ACCEPTED, REQUIRED
from core.api.orders import PROOF, payload_of
from core.kernel.errors import NotFound
from core.kernel.i18n import _
from core.kernel.ids import parse_id
from core.orders.value import brought_back
from core.people import services as people
from core.wallet import accounts, reads
from core.wallet.permissions import CHANGE, VIEW

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

bp = ApiBlueprint("wallet", "Stored value")


@call(
    bp, "GET", "/members/<member_id>/stored-value", permission=VIEW, scopes=("members", "orders"),
    answer=answers.StoredValueState,
)  # fmt: skip
def read(work: Work, member_id: str) -> dict[str, Any]:
    """Return a member's stored value with every top-up and what is left of it."""
    return _told(work.session, people.get(work.session, member_id).id)


@call(
    bp, "POST", "/members/<member_id>/stored-value/actions", permission=CHANGE, scopes=("members",), unit="write",
    once=ACCEPTED, body=schemas.StoredValueAction, answer=answers.StoredValueState,
    example={"action": "report_lost", "reason": "顾客来电挂失"},
)  # fmt: skip
def act(work: Work, data: dict[str, Any], member_id: str) -> dict[str, Any]:
    """Report stored value lost, reopen it, or close an empty account.

    A lost account cannot be paid with nor topped up. 409 stored_value_state, stored_value_not_empty.
    """
    person = people.get(work.session, parse_id(member_id))
    accounts.act(work.session, person.id, data["action"], data["reason"])
    return _told(work.session, person.id)


@call(
    bp, "POST", "/members/<member_id>/stored-value/top-ups/<top_up_id>/refunds/preview", permission=brought_back.REFUND,
    scopes=("refunds",), unit="write", body=schemas.TopUpBackAsked, answer=order_answers.TopUpBack,
    example={"formula": "consumer"},
)  # fmt: skip
def preview_back(work: Work, data: dict[str, Any], member_id: str, top_up_id: str) -> dict[str, Any]:
    """Return what giving back a top-up that was brought from another system comes to; nothing is written.

    409 top_up_sold_here for one that an order sold: refund that order.
    """
    person = people.get(work.session, parse_id(member_id))
    return _back(brought_back.preview(work.session, person.id, _top_up(top_up_id), data["formula"]))


@call(
    bp, "POST", "/members/<member_id>/stored-value/top-ups/<top_up_id>/refunds", permission=brought_back.REFUND,
    scopes=("refunds",), unit="write", once=REQUIRED, staff=True, proof=True, status=201, body=schemas.NewTopUpBack,
    answer=order_answers.TopUpBack,
    example={"payout": {"kind": "bank", "reference": "尾号 8841"}, "reason": "顾客搬家"},
)  # fmt: skip
def give_back(work: Work, data: dict[str, Any], member_id: str, top_up_id: str) -> dict[str, Any]:
    """Give back a top-up that was brought along, whole. 409 value_back_moved when it moved since `preview_id`.

    Above the franchise's limit X-Staff-Proof (purpose refund) of someone who may refund that much is required.
    """
    person = people.get(work.session, parse_id(member_id))
    payout = brought_back.Payout(data["payout"]["kind"], data["payout"]["reference"])
    return _back(
        brought_back.give_back(
            work.session, person.id, _top_up(top_up_id), data["formula"], payout, data["reason"],
            preview_id=data["preview_id"], proof=request.headers.get(PROOF), payload_sha256=payload_of(work),
        )
    )  # fmt: skip


def _top_up(text: str) -> int:
    found = parse_id(text)
    if found is None:
        raise NotFound(_("没有找到这笔充值。"))
    return found


def _back(found: brought_back.BroughtBack) -> dict[str, Any]:
    return {**found.told, "preview_id": found.digest()}


def _told(session: Session, person_id: int) -> dict[str, Any]:
    wallet = reads.see(session, person_id, all_top_ups=True)
    return {
        "state": wallet.account.state if wallet.account else None, "principal_fen": wallet.principal,
        "bonus_fen": wallet.bonus,
        "top_ups": [
            {
                "id": str(one.row.id), "item": one.row.item_code, "paid_fen": one.row.principal_fen,
                "given_fen": one.row.bonus_fen, "principal_fen": one.principal, "bonus_fen": one.bonus,
                "made_on": day(one.row.made_on), "cooling_until": day(one.row.cooling_until),
                "bonus_expires_on": day(one.row.bonus_expires_on), "legal_entity": one.row.legal_entity,
                "state": one.row.state,
            }
            for one in wallet.top_ups
        ],
    }  # fmt: skip
