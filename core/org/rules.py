"""Rules of sign-in: pure functions over plain data (security C1–C6)."""

from __future__ import annotations

import hashlib
import hmac
import re
import unicodedata
from datetime import date, timedelta

from core.kernel.i18n import _
from core.kernel.permissions import MUST_USE_TOTP
from core.kernel.web.identity import ENROL, FULL, LOCKED, PASSWORD, TOTP

FREE_TRIES = 5
ADDRESS_TRIES = 30
LONGEST_LOCK_MS = 15 * 60_000
PIN_LOCK_MS = 15 * 60_000
ENROL_DAYS = 7
PROOF_MS = 120_000
SESSION_MS = 12 * 3600_000
PENDING_MS = 10 * 60_000
PASSWORD_MIN, PASSWORD_MAX = 12, 128
RECOVERY_CODES = 10
PURPOSES = frozenset({"refund", "override", "adjust", "price", "unmask", "approve"})
_COMMON = frozenset({
    "123456789012", "1234567890123", "12345678901234", "111111111111", "000000000000", "password1234",
    "password12345", "passw0rd1234", "qwertyuiop12", "qwertyuiop123", "1qaz2wsx3edc", "1q2w3e4r5t6y",
    "abcdefghijkl", "abc123abc123", "iloveyou1234", "admin1234567", "administrator", "woaini1314520",
    "wodemima1234", "huike1234567", "huike12345678", "a1b2c3d4e5f6", "zxcvbnm12345", "letmein12345",
})  # fmt: skip
_PIN = re.compile(r"[0-9]{6}")


def normal(text: str) -> str:
    """Return a password or sign-in name as it is compared: NFC, so that one keyboard equals another."""
    return unicodedata.normalize("NFC", text)


def lock_ms(fails: int, free: int = FREE_TRIES) -> int:
    """Return how long an account or address waits after `fails` failures, in milliseconds.

    The first four cost nothing; from the fifth on 1, 2, 4, 8 and at most 15 minutes, never for ever
    (security C3: a permanent lock would let anyone lock out a clinic).
    """
    if fails < free:
        return 0
    return min(60_000 << min(fails - free, 10), LONGEST_LOCK_MS)


def password_problem(password: str, words: tuple[str, ...]) -> str | None:
    """Return why a new password is refused, or None. `words` are names an attacker tries first."""
    text = normal(password)
    if len(text) < PASSWORD_MIN:
        return _("密码至少要 %(n)d 个字符。几个词连在一起最好记。", n=PASSWORD_MIN)
    if len(text) > PASSWORD_MAX:
        return _("密码最多 %(n)d 个字符。", n=PASSWORD_MAX)
    low = text.lower()
    if low in _COMMON or len(set(low)) < 5:
        return _("这个密码太常见，别人一猜就中。请换一个。")
    for word in words:
        word = word.strip().lower()
        if len(word) >= 4 and word in low and len(low) - len(word) < 6:
            return _("密码里不要只用姓名、工号、手机号或机构名。")
    return None


def pin_problem(pin: str) -> str | None:
    """Return why a new PIN is refused, or None: six digits, not all alike, no run."""
    if not _PIN.fullmatch(pin):
        return _("PIN 是 6 位数字。")
    steps = {int(b) - int(a) for a, b in zip(pin, pin[1:], strict=False)}
    if steps in ({0}, {1}, {-1}):
        return _("PIN 不要用 6 个相同的数字或连续的数字。")
    return None


def is_pin(text: str) -> bool:
    """Return whether `text` has the form of a PIN."""
    return bool(_PIN.fullmatch(text))


def must_use_totp(roles: set[str] | frozenset[str]) -> bool:
    """Return whether one of the roles demands a second factor."""
    return bool(MUST_USE_TOTP & roles)


def enrol_by(made_on: date) -> date:
    """Return the last day on which such a role may still work without a second factor."""
    return made_on + timedelta(days=ENROL_DAYS)


def stage(*, locked: bool, level: str, password_once: bool, enrol_due: bool) -> str:
    """Return what stands between a session and the pages, the first thing first."""
    if level == "totp":
        return TOTP
    if locked:
        return LOCKED
    if password_once:
        return PASSWORD
    return ENROL if enrol_due else FULL


def payload_hash(payload: bytes) -> str:
    """Return the SHA-256 a proof is bound to, in hexadecimal (contract section 3)."""
    return hashlib.sha256(payload).hexdigest()


def same(a: str, b: str) -> bool:
    """Return whether two texts are equal, in constant time."""
    return hmac.compare_digest(a.encode(), b.encode())
