"""Who stands behind a request, as the shell and the routes need it.

The kernel knows no staff table: the org room gives `build_app` an object with the port below.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from core.kernel.tenancy import Actor

FULL = "full"
LOCKED = "locked"
TOTP = "totp"
ENROL = "enrol"
PASSWORD = "password"  # noqa: S105 - the name of a stage
STAGES = (FULL, LOCKED, TOTP, ENROL, PASSWORD)


@dataclass(frozen=True, slots=True)
class StoreChoice:
    """A store the signed-in person may work at."""

    id: int
    name: str


@dataclass(frozen=True, slots=True)
class Identity:
    """A signed-in session. `stage` says what still stands between it and the pages.

    Stages: `full`, `locked` (idle), `totp` (second factor due), `enrol` (second factor to be set
    up), `password` (one-time password to be changed). Instants are milliseconds. `waiting`: approvals to decide;
    `unread`: notices not read yet.
    """

    session_id: int
    actor: Actor
    stage: str
    staff_number: str
    franchise_name: str
    store_name: str
    last_seen_at: int
    idle_seconds: int
    stores: tuple[StoreChoice, ...] = field(default=())
    enrol_by_on: str = ""
    viewing: str = ""
    waiting: int = 0
    unread: int = 0


class IdentityPort(Protocol):
    """What the web edge asks of the room that knows staff and sessions."""

    def resolve(self, session: Session, cookie: str) -> Identity | None:
        """Return the identity of a session cookie, or None for a dead, expired or unknown one."""

    def touch(self, session: Session, identity: Identity) -> None:
        """Note that the session is in use; called at most every half minute, in a write unit."""

    def lock(self, session: Session, identity: Identity) -> None:
        """Lock an idle session; its open basket stays."""
