"""What one request and one application carry, reached through Flask's own context."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from flask import current_app, g, has_request_context

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from sqlalchemy.orm import Session

    from core.kernel.errors import Refusal
    from core.kernel.web.assets import Assets
    from core.kernel.web.identity import Identity, IdentityPort


@dataclass(frozen=True)
class Shell:
    """Endpoints that the shell links to. One that is not registered is left out of the page."""

    home: str = "org.home"
    sign_in: str = "org.sign_in"
    sign_out: str = "org.sign_out"
    lock: str = "org.lock"
    alive: str = "org.still_here"
    preferences: str = "org.preferences"
    switch_store: str = "org.switch_store"
    search: str = "desk.find"
    till: str = "desk.till"
    stages: dict[str, str] = field(
        default_factory=lambda: {
            "locked": "org.lock",
            "totp": "org.totp",
            "enrol": "org.totp_enrol",
            "password": "org.change_password",
        }
    )


@dataclass(frozen=True, slots=True)
class Banner:
    """What stands at the head of a page for as long as something unusual is open: a template and what it shows."""

    template: str
    shown: Mapping[str, Any]


BANNER = "web.banner"  # where a unit of work (session.info) carries the Banner of the page that is drawn in it


@dataclass(frozen=True, slots=True)
class HealthRead:
    """Somebody is about to read a person's health record on a page, named by its endpoint.

    `need`: who has no business with it is refused; `each`: it is written down even when it was a moment ago.
    """

    person_id: int
    page: str
    need: bool = True
    each: bool = True


def nobody_answers(_session: Session, read: HealthRead) -> None:
    """Refuse to show a health record while no room says who may read it."""
    raise RuntimeError(f"{read.page}: no room says who may read a health record")


@dataclass
class WebState:
    """What an application carries: the runtime, who knows identities, the assets, the shell.

    `note_health` refuses or writes down that a health record is read; the room that owns them answers (assembly).
    """

    runtime: Any
    identity: IdentityPort
    assets: Assets
    shell: Shell
    note_health: Callable[[Session, HealthRead], None] = nobody_answers


@dataclass
class RequestState:
    """What one request carries."""

    request_id: str
    nonce: str
    started_ns: int
    theme: str = "light"
    locale: str = "zh_CN"
    density: str = "compact"
    identity: Identity | None = None
    session: Session | None = None
    on_refusal: Callable[[Refusal], Any] | None = None
    banner: Banner | None = None


def web() -> WebState:
    """Return what the application carries."""
    return current_app.extensions["huike"]  # type: ignore[no-any-return]


def here() -> RequestState:
    """Return what the present request carries."""
    return g.huike  # type: ignore[no-any-return]


def maybe_here() -> RequestState | None:
    """Return what the present request carries, or None outside of one."""
    return getattr(g, "huike", None) if has_request_context() else None


def identity() -> Identity | None:
    """Return the identity of the present request, or None when nobody is signed in."""
    state = maybe_here()
    return state.identity if state else None
