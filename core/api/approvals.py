"""Adjustments of a member's points, and the decisions of a second person."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

from flask import request
from sqlalchemy import select

from core.api import order_answers, schemas
from core.api.calls import ApiBlueprint, Work, call
from core.api.member_json import instant
from core.api.money import REQUIRED
from core.kernel.errors import Conflict, Refusal
from core.orders.granting import adjustments
from core.org import approvals
from core.org.models import Staff
from core.org.permissions import APPROVALS

if TYPE_CHECKING:
    from core.kernel.idempotency import Outcome
    from core.org.models import ApprovalRequest

bp = ApiBlueprint("approvals", "Adjustments and approvals")
PROOF = "X-Staff-Proof"
SCOPES = ("points", "refunds", "orders", "config")


def _payload(work: Work) -> str:
    return hashlib.sha256(work.raw).hexdigest()


def approval_json(work: Work, row: ApprovalRequest, failure: Refusal | None = None) -> dict[str, Any]:
    """Return a request as contract.md's calls answer it, with what it asks for in words."""
    summary = approvals.summary_of(work.session, row)
    ids = [one for one in (row.asked_by, row.decided_by) if one]
    numbers = {r[0]: r[1] for r in work.session.execute(select(Staff.id, Staff.number).where(Staff.id.in_(ids)))}
    rows = () if isinstance(summary, Refusal) else summary.rows
    return {
        "id": str(row.id),
        "kind": row.kind,
        "state": approvals.state_of(row),
        "member_id": str(row.person_id) if row.person_id else None,
        "payload_sha256": row.payload_sha256,
        "asked_by": numbers.get(row.asked_by),
        "decided_by": numbers.get(row.decided_by or 0),
        "expires_at": instant(row.expires_at),
        "summary": [{"label": str(label), "value": value} for label, value in rows],
        "failure": {"code": failure.code, "detail": failure.message} if failure else None,
    }


@call(
    bp, "POST", "/members/<member_id>/adjustments", permission=adjustments.ASK, scopes=("points",), unit="write",
    once=REQUIRED, staff=True, proof=True, status=202, body=schemas.NewAdjustment, answer=order_answers.Approval,
    example={"unit": "points", "delta": 200, "reason": "漏记积分"},
)  # fmt: skip
def adjust(work: Work, data: dict[str, Any], member_id: str) -> dict[str, Any]:
    """Ask for an adjustment of a member's points: it is posted when somebody else approves it.

    Where the franchise lets one person adjust so few points, it is posted at once: state executed, id null.
    403 own_card for one's own or household's account.
    """
    done = adjustments.adjust(
        work.session, member_id, data["unit"], data["delta"], data["reason"], proof=request.headers.get(PROOF),
        payload_sha256=_payload(work),
    )  # fmt: skip
    if done.request is not None:
        return approval_json(work, done.request)
    return {
        "id": None, "kind": adjustments.KIND, "state": "executed", "member_id": member_id, "payload_sha256": None,
        "asked_by": None, "decided_by": None, "expires_at": None, "summary": [], "failure": None,
    }  # fmt: skip


@call(
    bp, "GET", "/approvals/<approval_id>", permission=APPROVALS, scopes=SCOPES, staff=True,
    answer=order_answers.Approval,
)  # fmt: skip
def read(work: Work, approval_id: str) -> dict[str, Any]:
    """Return a request of one's own, or one that one may decide."""
    return approval_json(work, approvals.get(work.session, approval_id))


def _refuse_failed(outcome: Outcome) -> None:
    """Raise why the request could not be done: its end is committed and stays."""
    failure = outcome.answer.get("failure") if outcome.status < 400 else None
    if failure:
        raise Conflict(failure["detail"], code=failure["code"], extra={"state": outcome.answer["state"]})


@call(
    bp, "POST", "/approvals/<approval_id>", permission=APPROVALS, scopes=SCOPES, unit="write", once=REQUIRED,
    staff=True, proof=True, body=schemas.Decision, answer=order_answers.Approval, after=_refuse_failed,
    example={"decision": "approve", "reason": "核对过小票"},
)  # fmt: skip
def decide(work: Work, data: dict[str, Any], approval_id: str) -> dict[str, Any]:
    """Approve (with X-Staff-Proof, purpose approve) or refuse (with a reason); what is approved is done at once.

    By another person than the one who asked, once, within 24 hours: 403 approval_self, 409 approval_decided,
    approval_expired, approval_stale, approval_altered.
    """
    done = approvals.decide(
        work.session, approval_id, approve=data["decision"] == "approve", answer=data["reason"],
        seen=data["payload_sha256"] or "", proof=request.headers.get(PROOF), proof_payload_sha256=_payload(work),
    )  # fmt: skip
    return approval_json(work, done.row, done.refusal)
