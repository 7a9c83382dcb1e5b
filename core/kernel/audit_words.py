"""What audit actions are called: every room names its own in `audited.py`, a record view names its two.

A test holds every action that the code records to a name here; plugins name theirs by the hook `describe_audit`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping


class AuditWords:
    """The names of all actions, by code."""

    def __init__(self) -> None:
        self._names: dict[str, Any] = {}

    def add(self, names: Mapping[str, Any]) -> None:
        """Name actions; the same code again replaces the first."""
        self._names.update(names)

    def __contains__(self, action: str) -> bool:
        return action in self._names

    def label(self, action: str) -> str:
        """Return what an action is called, or its code when no room names it (any more)."""
        return str(self._names.get(action, action))

    def all(self) -> list[tuple[str, str]]:
        """Return (code, name) of every action, by code."""
        return [(code, str(name)) for code, name in sorted(self._names.items())]


words = AuditWords()
