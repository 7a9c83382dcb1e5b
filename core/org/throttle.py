"""Failed attempts, durable and right across processes (security C3)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import delete, select

from core.kernel import clock, keys
from core.kernel.models import Throttle
from core.org.rules import FREE_TRIES, LONGEST_LOCK_MS, lock_ms

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

# A row that was quiet for a day starts again from nothing.
_FORGET_MS = 24 * 3600_000


def _hash(kind: str, subject: str) -> bytes:
    return keys.ring().mac("throttle", f"{kind}:{subject.strip().lower()}".encode())


def wait_ms(session: Session, kind: str, subject: str) -> int:
    """Return how long `subject` still has to wait, in milliseconds; 0 when it may try."""
    until = session.scalar(select(Throttle.until_at).where(Throttle.key_hash == _hash(kind, subject)))
    return max(0, (until or 0) - clock.now_ms())


def failed(session: Session, kind: str, subject: str, *, free: int = FREE_TRIES, fixed_ms: int = 0) -> int:
    """Count a failure and return the wait it brings; `fixed_ms` replaces the doubling (PINs)."""
    key, now = _hash(kind, subject), clock.now_ms()
    row = session.scalar(select(Throttle).where(Throttle.key_hash == key).with_for_update())
    if row is None:
        row = Throttle(key_hash=key, fails=0, until_at=0)
        session.add(row)
    elif row.until_at and now - row.until_at > _FORGET_MS:
        row.fails = 0
    row.fails += 1
    wait = lock_ms(row.fails, free)
    if fixed_ms and wait:
        wait, row.fails = fixed_ms, 0
    row.until_at = now + wait
    return min(wait, max(fixed_ms, LONGEST_LOCK_MS))


def clear(session: Session, kind: str, subject: str) -> None:
    """Forget the failures of `subject` after a success."""
    session.execute(delete(Throttle).where(Throttle.key_hash == _hash(kind, subject)))
