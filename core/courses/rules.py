"""What a course gives and what a session of it is worth. Pure: amounts in fen, sessions as whole numbers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from core.kernel.money import half_up

if TYPE_CHECKING:
    from collections.abc import Mapping

# The attributes of an item that say what it gives (core/catalog/hooks.py offers them in its form).
SESSION_OF, INCLUDES, BONUS = "core.session_of", "core.includes", "core.bonus_sessions"
MONTHS, SHARED, TRANSFERABLE = "core.valid_months", "core.shared", "core.transferable"
OPEN, FROZEN, ENDED = "open", "frozen", "ended"
METHODS = ("staff_attested", "signature")
TIMES = "×"
MAX_SESSIONS = 9_999


@dataclass(frozen=True, slots=True)
class Part:
    """So many sessions of one item, sold and given on top."""

    code: str
    sessions: int
    bonus: int = 0

    @property
    def total(self) -> int:
        """Return all sessions of the part."""
        return self.sessions + self.bonus


@dataclass(frozen=True, slots=True)
class Terms:
    """What a piece of an item hands out. `months` None: it does not run out."""

    parts: tuple[Part, ...]
    months: int | None = None
    shared: bool = False
    transferable: bool = False

    @property
    def sessions(self) -> int:
        """Return the sessions sold, over all parts."""
        return sum(part.sessions for part in self.parts)

    @property
    def bonus(self) -> int:
        """Return the sessions given on top, over all parts."""
        return sum(part.bonus for part in self.parts)


def terms_of(code: str, kind: str, sessions: int, attributes: Mapping[str, Any]) -> Terms | None:
    """Return what an item hands out, or None for one that is no course and no bundle.

    A bundle names its items (`core.includes`: `{"CLEAN": 1}` or `["CLEAN×1"]`); a course has sessions of
    `core.session_of`, or of itself where that is not said.
    """
    parts = tuple(Part(one, times) for one, times in included(attributes.get(INCLUDES)).items())
    if not parts:
        if kind != "course":
            return None
        parts = (Part(str(attributes.get(SESSION_OF) or code), sessions, _whole(attributes.get(BONUS))),)
    months = _whole(attributes.get(MONTHS))
    return Terms(parts, months or None, _yes(attributes.get(SHARED)), _yes(attributes.get(TRANSFERABLE)))


def included(value: Any) -> dict[str, int]:
    """Return item code to times of a bundle, as its item keeps it."""
    if isinstance(value, dict):
        return {str(code): int(times) for code, times in value.items() if int(times) > 0}
    found: dict[str, int] = {}
    for text in value if isinstance(value, (list, tuple)) else ():
        code, _times, n = str(text).replace("*", TIMES).replace("x", TIMES).partition(TIMES)
        found[code.strip()] = found.get(code.strip(), 0) + (_whole(n.strip()) or 1)
    return {code: times for code, times in found.items() if code}


def _whole(value: Any) -> int:
    text = str(value or "").strip()
    return min(int(text[:6]), MAX_SESSIONS) if text.isascii() and text.isdigit() else 0


def _yes(value: Any) -> bool:
    return value in (True, 1, "1")


def next_value(open_fen: int, left: int) -> int:
    """Return what the next session is worth: its share of what is not used and not given back (S18).

    `open_fen` is paid, less refunded, less the worth of live uses; `left` the sessions that share it, this one among
    them. The last one takes all that is left, so the uses and refunds of a part always add up to its price.
    """
    return half_up(open_fen, left)


def back(open_fen: int, left: int, taken: int) -> int:
    """Return what giving back `taken` of `left` unused sessions pays out; any sequence adds up to `open_fen` (I27)."""
    return open_fen - half_up(open_fen * (left - taken), left) if taken else 0
