"""Passwords and PINs: argon2id at the floor of security C1 (19 MiB, t = 2, p = 1), two at a time.

A PIN has a million values, so it is first keyed with a pepper that the database does not hold
(security C6): without the master key a stolen database yields nothing.
"""

from __future__ import annotations

import secrets
import threading

from argon2 import PasswordHasher, Type
from argon2.exceptions import InvalidHashError, VerificationError

from core.kernel import keys
from core.org.rules import normal

_hasher = PasswordHasher(time_cost=2, memory_cost=19_456, parallelism=1, type=Type.ID)
# Each hash takes 19 MiB: a crowd of sign-ins must not take the memory of the till.
_two_at_a_time = threading.BoundedSemaphore(2)
_dummy: str | None = None
_WORD = "abcdefghjkmnpqrstuvwxyz23456789"


def hash_password(password: str) -> str:
    """Return the argon2id hash of a password."""
    with _two_at_a_time:
        return _hasher.hash(normal(password))


def verify_password(stored: str | None, password: str) -> bool:
    """Return whether the password fits; an unknown account (None) takes just as long."""
    global _dummy
    if stored is None and _dummy is None:
        _dummy = hash_password(secrets.token_hex(8))
    with _two_at_a_time:
        try:
            fits = _hasher.verify(stored or _dummy or "", normal(password))
        except (VerificationError, InvalidHashError):
            return False
    return fits and stored is not None


def needs_rehash(stored: str) -> bool:
    """Return whether a hash was made with weaker parameters than today's."""
    try:
        return _hasher.check_needs_rehash(stored)
    except InvalidHashError:
        return False


def _peppered(staff_id: int, pin: str) -> str:
    return keys.ring().mac("pin", f"{staff_id}:{pin}".encode()).hex()


def hash_pin(staff_id: int, pin: str) -> str:
    """Return the argon2id hash of a peppered PIN."""
    return hash_password(_peppered(staff_id, pin))


def verify_pin(staff_id: int, stored: str, pin: str) -> bool:
    """Return whether the PIN fits; a staff member without one takes just as long."""
    return verify_password(stored or None, _peppered(staff_id, pin))


def one_time_password() -> str:
    """Return a random password to be changed at first use: four groups of four, easy to read out."""
    return "-".join("".join(secrets.choice(_WORD) for _n in range(4)) for _group in range(4))
