"""The doors: the only reads before a franchise is known.

A door is found by the hash of a sign-in name, session cookie or API token and yields nothing but
(franchise, actor). Everything after runs under the franchise.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from sqlalchemy import delete, text

from core.kernel import keys
from core.kernel.models import Door

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

LOGIN, SESSION, TOKEN = "login", "session", "token"


def _hash(kind: str, secret: str) -> bytes:
    # Sign-in names can be guessed, so their hash is keyed; cookies and tokens are random already.
    if kind == LOGIN:
        return keys.ring().mac("door-login", secret.strip().lower().encode())
    return hashlib.sha256(f"{kind}:{secret}".encode()).digest()


def by_login(session: Session, name: str) -> tuple[int, int] | None:
    """Return (franchise, staff) of a sign-in name, or None."""
    return _find(session, LOGIN, name)


def by_session(session: Session, cookie: str) -> tuple[int, int] | None:
    """Return (franchise, session row) of a cookie, or None."""
    return _find(session, SESSION, cookie)


def by_token(session: Session, token: str) -> tuple[int, int] | None:
    """Return (franchise, token row) of an API token, or None."""
    return _find(session, TOKEN, token)


_FIND = text("SELECT franchise_id, actor_id FROM door WHERE kind = :kind AND key_hash = :hash")


def _find(session: Session, kind: str, secret: str) -> tuple[int, int] | None:
    row = session.execute(_FIND, {"kind": kind, "hash": _hash(kind, secret)}).first()
    return (row[0], row[1]) if row else None


def cut(session: Session, kind: str, secret: str, franchise_id: int, actor_id: int) -> None:
    """Make a door of `kind` for `secret`."""
    session.add(Door(kind=kind, key_hash=_hash(kind, secret), franchise_id=franchise_id, actor_id=actor_id))


def close(session: Session, kind: str, actor_id: int) -> None:
    """Remove every door of `kind` that leads to `actor_id`."""
    session.execute(delete(Door).where(Door.kind == kind, Door.actor_id == actor_id))
