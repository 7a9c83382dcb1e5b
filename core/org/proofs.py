"""Proofs: a staff member's PIN, for one purpose and one payload, once, within 120 s (contract 3)."""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import CursorResult, select, update

from core.kernel import audit, clock
from core.kernel.errors import Invalid, Refusal, Unauthorized
from core.kernel.i18n import _
from core.org import credentials, rules, throttle
from core.org.models import PinProof, Staff
from core.org.services import PIN, staff_of, too_many

if TYPE_CHECKING:
    from sqlalchemy.orm import Session


@dataclass(frozen=True, slots=True)
class ProofMade:
    """The outcome of entering a PIN: the proof's secret and its expiry (milliseconds), or why not.

    A refusal must be shown after the unit was committed, so that the wrong PIN counts.
    """

    proof: str | None = None
    staff_id: int | None = None
    expires_at: int = 0
    refusal: Refusal | None = None


class WrongPin(Unauthorized):
    """A wrong number or PIN; `staff_id` is whose attempt counts, None for a number that there is not."""

    def __init__(self, staff_id: int | None, purpose: str) -> None:
        super().__init__(_("工号或 PIN 不对。连错 5 次会锁 15 分钟。"))
        self.staff_id = staff_id
        self.purpose = purpose


def count_wrong(session: Session, refusal: Refusal) -> None:
    """Count a wrong PIN again in a unit of its own, for a door whose unit it undid; nothing for any other refusal."""
    if isinstance(refusal, WrongPin) and refusal.staff_id is not None:
        throttle.failed(session, PIN, str(refusal.staff_id), fixed_ms=rules.PIN_LOCK_MS)
        audit.record(
            session, "staff.pin_refused", "staff", refusal.staff_id, detail={"purpose": refusal.purpose}
        )  # fmt: skip


def make_proof(session: Session, number: str, pin: str, purpose: str, payload_sha256: str) -> ProofMade:
    """Return a proof that staff `number` entered the PIN for `purpose` over a payload.

    Five wrong PINs lock the person's PIN for 15 minutes. Raises Invalid for an unknown purpose or a
    hash that is none.
    """
    if purpose not in rules.PURPOSES:
        raise Invalid.field("purpose", _("不认识的用途。"))
    if len(payload_sha256) != 64 or not set(payload_sha256.lower()) <= set("0123456789abcdef"):
        raise Invalid.field("payload_sha256", _("这里要 64 位十六进制的 SHA-256。"))
    staff = session.scalar(select(Staff).where(Staff.number == number, Staff.active.is_(True)))
    if staff is not None:
        wait = throttle.wait_ms(session, PIN, str(staff.id))
        if wait:
            return ProofMade(refusal=too_many(wait))
    fits = credentials.verify_pin(staff.id if staff else 0, staff.pin_hash if staff else "", pin)
    if staff is None or not fits:
        refused = WrongPin(staff.id if staff else None, purpose)
        count_wrong(session, refused)
        return ProofMade(refusal=refused)
    throttle.clear(session, PIN, str(staff.id))
    secret = secrets.token_urlsafe(24)
    row = PinProof(
        staff_id=staff.id,
        secret_hash=_hash(secret),
        purpose=purpose,
        payload_sha256=payload_sha256.lower(),
        expires_at=clock.now_ms() + rules.PROOF_MS,
    )
    session.add(row)
    session.flush()
    return ProofMade(secret, staff.id, row.expires_at)


def consume_proof(session: Session, secret: str | None, purpose: str, payload_sha256: str) -> Staff:
    """Use up a proof and return the staff member who gave it.

    Raises Unauthorized for one that is unknown, expired, used, or made for another purpose or payload;
    the four are not told apart.
    """
    now = clock.now_ms()
    taken = session.execute(
        update(PinProof)
        .where(
            PinProof.secret_hash == _hash(secret or ""),
            PinProof.purpose == purpose,
            PinProof.payload_sha256 == payload_sha256.lower(),
            PinProof.expires_at > now,
            PinProof.used_at.is_(None),
        )
        .values(used_at=now)
        .execution_options(synchronize_session=False)
    )
    if not isinstance(taken, CursorResult) or taken.rowcount != 1:
        raise Unauthorized(_("这一步要重新输入 PIN 确认：确认已过期、用过，或内容变了。"), code="proof_invalid")
    staff_id = session.scalar(select(PinProof.staff_id).where(PinProof.secret_hash == _hash(secret or "")))
    return staff_of(session, staff_id)


def _hash(secret: str) -> bytes:
    return hashlib.sha256(f"proof:{secret}".encode()).digest()
