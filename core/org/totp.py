"""The second factor (RFC 6238): setting it up and passing it. A step once used is refused."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pyotp

from core.kernel import audit, clock, keys
from core.kernel.errors import Conflict, Invalid, Unauthorized
from core.kernel.i18n import _
from core.org import rules, throttle
from core.org.services import SignedIn, new_secret, rotate, session_row, staff_of, too_many

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from core.org.models import Staff

CODE = "totp"


def totp_uri(secret: str, staff: Staff, franchise_name: str) -> str:
    """Return the address that an authenticator app reads from the QR code."""
    return pyotp.TOTP(secret).provisioning_uri(name=staff.login, issuer_name=f"惠客 {franchise_name}")


def new_totp_secret() -> str:
    """Return a new TOTP secret (160 bits, base32)."""
    return pyotp.random_base32()


def usable_secret(secret: str) -> str:
    """Return `secret` when it is one (base32, 112 bits or more), else a new one."""
    try:
        pyotp.TOTP(secret)
    except ValueError:
        return new_totp_secret()
    return secret


def matching_step(secret: str, code: str, after: int) -> int | None:
    """Return the 30-second step a code belongs to (±1 window), or None; a step once used is refused."""
    code = code.strip().replace(" ", "")
    if not rules.is_pin(code):
        return None
    totp = pyotp.TOTP(secret)
    present = int(clock.now().timestamp()) // 30
    for step in (present, present - 1, present + 1):
        if step > after and rules.same(totp.at(step * 30), code):
            return step
    return None


def enrol_totp(session: Session, session_id: int, secret: str, code: str) -> tuple[str, list[str]]:
    """Set up the second factor after one good code; return the session's new secret and recovery codes.

    Raises Invalid for a wrong code, Conflict when a second factor is set up already.
    """
    row = session_row(session, session_id)
    staff = staff_of(session, row.staff_id)
    if staff.totp_since:
        raise Conflict(_("动态口令已经设置过了。要更换，请让管理员先清除旧的。"))
    step = matching_step(secret, code, 0)
    if step is None:
        raise Invalid.field("code", _("口令不对。请看手机上现在的 6 位数字；手机时间要准。"))
    codes = [new_secret()[:10] for _n in range(rules.RECOVERY_CODES)]
    staff.totp = secret
    staff.totp_since = clock.now_ms()
    staff.totp_step = step
    staff.recovery_hashes = ",".join(_recovery_hash(staff.id, c) for c in codes)
    row.level = "strong"
    audit.record(session, "staff.totp_enrolled", "staff", staff.id)
    return rotate(session, row), codes


def _recovery_hash(staff_id: int, code: str) -> str:
    return keys.ring().mac("recovery", f"{staff_id}:{code.strip()}".encode()).hex()


def pass_totp(session: Session, session_id: int, code: str) -> SignedIn:
    """Complete a sign-in with a code of the app, or with a recovery code (each works once)."""
    row = session_row(session, session_id)
    staff = staff_of(session, row.staff_id)
    wait = throttle.wait_ms(session, CODE, str(staff.id))
    if wait:
        return SignedIn(refusal=too_many(wait))
    if not _take_code(staff, code):
        throttle.failed(session, CODE, str(staff.id))
        audit.record(session, "session.totp_refused", "staff", staff.id)
        return SignedIn(refusal=Unauthorized(_("口令不对，或已经用过。请等下一组数字再输。")))
    throttle.clear(session, CODE, str(staff.id))
    row.level = "strong"
    row.expires_at = clock.now_ms() + rules.SESSION_MS
    audit.record(session, "session.totp_passed", "staff", staff.id)
    return SignedIn(rotate(session, row), row.id)


def _take_code(staff: Staff, code: str) -> bool:
    step = matching_step(staff.totp or "", code, staff.totp_step)
    if step is not None:
        staff.totp_step = step
        return True
    known = staff.recovery_hashes.split(",") if staff.recovery_hashes else []
    digest = _recovery_hash(staff.id, code)
    if digest not in known:
        return False
    staff.recovery_hashes = ",".join(h for h in known if h != digest)
    return True
