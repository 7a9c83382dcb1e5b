"""A member's own PIN for payments with stored value: set at the desk, five tries, then 15 minutes of rest."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import select

from core.kernel import audit, clock
from core.kernel.errors import Invalid, Refusal
from core.kernel.i18n import _
from core.kernel.tenancy import current_actor
from core.org import credentials, throttle
from core.wallet.models import MemberPin

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

KIND, TRIES, LOCK_MS = "member_pin", 5, 15 * 60_000
LENGTH = 6


def row_of(session: Session, person_id: int) -> MemberPin | None:
    """Return a person's PIN, or None."""
    return session.scalar(select(MemberPin).where(MemberPin.person_id == person_id))


def put(session: Session, person_id: int, pin: str, again: str) -> None:
    """Set a person's PIN, typed twice by the member; tries start anew. Raises Invalid for one that is none."""
    digits = pin.strip()
    if len(digits) != LENGTH or not (digits.isascii() and digits.isdigit()):
        raise Invalid.field("pin", _("储值密码须是 %(n)d 位数字。", n=LENGTH))
    if len(set(digits)) == 1 or digits in "01234567890" or digits in "09876543210":
        raise Invalid.field("pin", _("这个密码太好猜，请换一个。"))
    if digits != again.strip():
        raise Invalid.field("again", _("两次输入的密码不一样。"))
    row = row_of(session, person_id)
    if row is None:
        row = MemberPin(person_id=person_id, pin_hash="", set_at=0)
        session.add(row)
    row.pin_hash = credentials.hash_pin(person_id, digits)
    row.set_by, row.set_at = current_actor().staff_id, clock.now_ms()
    throttle.clear(session, KIND, str(person_id))
    audit.record(session, "wallet.pin_set", "person", person_id, person_id=person_id)
    session.flush()


def check(session: Session, person_id: int, pin: str) -> None:
    """Raise Refusal `member_pin_missing`, `member_pin_locked` or `member_pin_wrong` unless the PIN fits.

    A wrong one is counted by the edge (`count_wrong`) after its unit was rolled back.
    """
    row = row_of(session, person_id)
    if row is None:
        raise Refusal(_("这位会员还没有储值密码。请先在储值页设置，或换一种确认方式。"), code="member_pin_missing")
    wait = throttle.wait_ms(session, KIND, str(person_id))
    if wait:
        raise Refusal(
            _("储值密码连错 %(n)d 次，已锁定，请 %(m)d 分钟后再试，或换一种确认方式。", n=TRIES, m=-(-wait // 60_000)),
            code="member_pin_locked", status=429, extra={"retry_after": -(-wait // 1000)},
        )  # fmt: skip
    if not credentials.verify_pin(person_id, row.pin_hash, pin.strip()[:12]):
        raise Refusal(
            _("储值密码不对。连错 %(n)d 次会锁 15 分钟。", n=TRIES), code="member_pin_wrong", status=403,
            extra={"person": person_id},
        )  # fmt: skip
    throttle.clear(session, KIND, str(person_id))


def wrong_of(refusal: Refusal) -> int | None:
    """Return whose PIN was wrong, taken out of a refusal that a door is about to tell; None for any other refusal."""
    return refusal.extra.pop("person", None) if refusal.code == "member_pin_wrong" else None


def count_wrong(session: Session, person_id: int) -> None:
    """Count a wrong PIN, in a unit of its own."""
    throttle.failed(session, KIND, str(person_id), free=TRIES, fixed_ms=LOCK_MS)
    audit.record(session, "wallet.pin_refused", "person", person_id, person_id=person_id)
