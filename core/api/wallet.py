"""A member's stored value: its top-ups with their days and lots, lost and found, what a refund would come to."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from core.api import answers, schemas
from core.api.calls import ApiBlueprint, Work, call
from core.api.member_json import day
from core.api.money import ACCEPTED
from core.kernel.ids import parse_id
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
