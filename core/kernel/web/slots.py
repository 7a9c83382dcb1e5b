"""Places on core pages that rooms on higher floors fill: home cards, notes on the lock screen, the foot of the rail.

The desk and the other rooms register at start; nothing here knows what they show.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import structlog

from core.kernel import permissions

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy.orm import Session

    from core.kernel.tenancy import Actor

log = structlog.get_logger("web")


@dataclass(frozen=True, slots=True)
class HomeCard:
    """A card of the home page. `render(session, actor)` returns its inner HTML (Markup), or None for nothing.

    `place` is "top" (across), "main" or "side".
    """

    key: str
    title: Any
    render: Callable[[Session, Actor], Any]
    permission: str | None = None
    place: str = "main"
    order: int = 100
    plugin: str | None = None


@dataclass(frozen=True, slots=True)
class ShownCard:
    """A card ready to be drawn; `body` is None when it failed, and `failed` says so."""

    key: str
    title: Any
    place: str
    body: Any
    failed: bool = False


@dataclass(frozen=True, slots=True)
class RailFoot:
    """A line at the foot of the rail: the page it leads to, what it is, and its state (may be empty)."""

    endpoint: str
    icon: str
    title: str
    note: str = ""


class Slots:
    """What the rooms registered."""

    def __init__(self) -> None:
        self._cards: dict[str, HomeCard] = {}
        self._lock_notes: list[Callable[[Session, int], tuple[str, str] | None]] = []
        self._rail_feet: list[Callable[[Session | None, Actor], RailFoot | None]] = []

    def add_home_card(self, *cards: HomeCard) -> None:
        """Add home cards; a second one with the same key replaces the first."""
        self._cards.update({card.key: card for card in cards})

    def add_lock_note(self, note: Callable[[Session, int], tuple[str, str] | None]) -> None:
        """Add a function of (session, web session id) giving (title, text): the held order, for one."""
        self._lock_notes.append(note)

    def add_rail_foot(self, foot: Callable[[Session | None, Actor], RailFoot | None]) -> None:
        """Add a function of (session of the unit or None, actor) giving a line at the foot of the rail, or None."""
        if foot not in self._rail_feet:
            self._rail_feet.append(foot)

    def rail_feet(self, session: Session | None, actor: Actor) -> list[RailFoot]:
        """Return the lines at the foot of the rail for the actor; one that fails is left out."""
        found = []
        for foot in self._rail_feet:
            try:
                found.append(foot(session, actor))
            except Exception as failure:  # the page matters more than its foot
                log.error("rail_foot", error=repr(failure))
        return [one for one in found if one is not None]

    def home_cards(self, session: Session, actor: Actor) -> list[ShownCard]:
        """Return the cards that the actor may see and that have something to show, in order."""
        shown = []
        for card in sorted(self._cards.values(), key=lambda c: (c.order, c.key)):
            if card.permission and not permissions.may(actor, card.permission):
                continue
            if card.plugin and card.plugin not in actor.plugins:
                continue
            shown.append(self._draw(card, session, actor))
        return [card for card in shown if card is not None]

    @staticmethod
    def _draw(card: HomeCard, session: Session, actor: Actor) -> ShownCard | None:
        try:
            body = card.render(session, actor)
        except Exception as failure:  # one card must not take the page with it
            log.error("home_card", card=card.key, error=repr(failure))
            return ShownCard(card.key, card.title, card.place, None, failed=True)
        return None if body is None else ShownCard(card.key, card.title, card.place, body)

    def lock_notes(self, session: Session, web_session_id: int) -> list[tuple[str, str]]:
        """Return what the lock screen keeps in sight for a session."""
        found = (note(session, web_session_id) for note in self._lock_notes)
        return [note for note in found if note is not None]


slots = Slots()
