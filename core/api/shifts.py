"""Shifts: open one with a float, close it with what was counted (case B51)."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

from flask import request

from core.api import order_answers, schemas
from core.api.calls import ApiBlueprint, Work, call
from core.api.member_json import instant
from core.api.money import REQUIRED
from core.cash import services
from core.cash.permissions import SHIFT
from core.kernel.ids import parse_id
from core.kernel.runtime import runtime
from core.org.models import Staff

if TYPE_CHECKING:
    from core.api.auth import Caller
    from core.cash.models import Shift
    from core.kernel.errors import Refusal
    from core.kernel.idempotency import Outcome

bp = ApiBlueprint("shifts", "Shifts")
PROOF = "X-Staff-Proof"
TOLD = frozenset({"difference_needs_reason", "difference_needs_proof"})


def shift_json(work: Work, row: Shift) -> dict[str, Any]:
    """Return a shift; what was expected is told only once it is closed."""
    staff = work.session.get(Staff, row.staff_id)
    return {
        "id": str(row.id), "store_id": str(row.store_id), "staff": staff.number if staff else None,
        "state": "open" if row.closed_at is None else "closed", "business_date": row.business_on.isoformat(),
        "opened_at": instant(row.opened_at), "float_fen": row.float_fen,
        "closed_at": instant(row.closed_at) if row.closed_at is not None else None,
        "expected_fen": row.expected_fen, "counted_fen": row.counted_fen,
        "difference_fen": row.difference_fen if row.closed_at is not None else None, "reason": row.reason or "",
        "version": row.version,
    }  # fmt: skip


@call(
    bp, "POST", "/shifts", permission=SHIFT, scopes=("orders",), unit="write", once=REQUIRED, staff=True, status=201,
    body=schemas.NewShift, answer=order_answers.Shift, example={"float_fen": 50000},
)  # fmt: skip
def open_shift(work: Work, data: dict[str, Any]) -> dict[str, Any]:
    """Open a shift of the person named by X-Staff at the token's store. 409 shift_open while they have one."""
    return shift_json(work, services.open_shift(work.session, data["float_fen"]))


def _note(told: dict[str, Any]) -> None:
    """Keep a count that did not fit: the call was rolled back, the count stays."""
    shift_id = parse_id(told.get("shift_id"))
    if shift_id is None:
        return
    with runtime().db.unit("write") as session:
        services.note_count(session, shift_id, int(told["counted_fen"]))


def _note_stored(outcome: Outcome) -> None:
    if outcome.status >= 400 and not outcome.replayed and outcome.answer.get("code") in TOLD:
        _note(outcome.answer)


def _note_raised(_caller: Caller, refusal: Refusal) -> Refusal:
    if refusal.code in TOLD:
        _note(refusal.extra)
    return refusal


@call(
    bp, "POST", "/shifts/<shift_id>/close", permission=SHIFT, scopes=("orders",), unit="write", once=REQUIRED,
    staff=True, proof=True, body=schemas.ShiftClose, answer=order_answers.Shift, refused=_note_raised,
    after=_note_stored, example={"counted_fen": 65500, "reason": "找零有误"},
)  # fmt: skip
def close_shift(work: Work, data: dict[str, Any], shift_id: str) -> dict[str, Any]:
    """Close a shift: expected and difference (counted less expected).

    422 difference_needs_reason without a reason for a difference; above the franchise's setting X-Staff-Proof
    (purpose approve) of somebody else who may confirm it is required: 403 difference_needs_proof. Both tell the
    figures, and the count is kept. 409 shift_closed when it is closed already.
    """
    row = services.close(
        work.session, shift_id, data["counted_fen"], data["reason"], proof=request.headers.get(PROOF),
        payload_sha256=hashlib.sha256(work.raw).hexdigest(),
    )  # fmt: skip
    return shift_json(work, row)
