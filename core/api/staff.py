"""Proofs: a staff member's PIN becomes a single-use proof for one purpose and one payload."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flask import g

from core.api import order_answers, schemas
from core.api.calls import ApiBlueprint, Work, call
from core.api.member_json import instant
from core.api.permissions import USE
from core.org import proofs

if TYPE_CHECKING:
    from core.kernel.idempotency import Outcome

bp = ApiBlueprint("staff", "Staff proofs")


def _refuse_now(_outcome: Outcome) -> None:
    """Raise what was refused, now that the failed attempt is committed and counts."""
    if g.api_proof_refusal is not None:
        raise g.api_proof_refusal


@call(
    bp, "POST", "/staff/proofs", permission=USE, unit="write", status=201, body=schemas.NewProof,
    answer=order_answers.Proof, after=_refuse_now,
    example={"staff": "101", "pin": "246802", "purpose": "refund",
             "payload_sha256": "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"},
)  # fmt: skip
def prove(work: Work, data: dict[str, Any]) -> dict[str, Any]:
    """Return a proof that lives 120 seconds. Five wrong PINs lock the person's PIN for 15 minutes (429)."""
    made = proofs.make_proof(work.session, data["staff"], data["pin"], data["purpose"], data["payload_sha256"])
    g.api_proof_refusal = made.refusal
    return {"proof": made.proof, "expires_at": instant(made.expires_at)}
