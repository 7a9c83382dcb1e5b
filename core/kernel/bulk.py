"""Changes to many rows of a list at once: what a room offers, and doing it as a task with an undo.

    bulk.offer(Action("members.tag_add", "members", _l("加标签"), "tag", EDIT, apply=…, revert=…, fields=(…)))

`apply(session, ids, values)` changes the rows of one slice in the slice's transaction, writes an audit row
for each that changed (the history of a record must show it, and whoever wants a copy of their data gets
it), and returns {id: what is needed to take it back}. `revert(session, before, values)` restores those
that nobody changed since and returns the ids it left alone.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from core.kernel import permissions
from core.kernel.errors import NotFound
from core.kernel.tenancy import current_actor, maybe_actor

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from sqlalchemy.orm import Session

Before = dict[int, dict[str, Any]]


@dataclass(frozen=True, slots=True)
class FieldSpec:
    """Something that an action asks for: `options(session)` makes it a choice, else it is a line of text."""

    name: str
    label: Any
    options: Callable[[Session], list[tuple[str, str]]] | None = None
    longest: int = 40
    help: Any = ""
    suggest: Callable[[Session], list[str]] | None = None


@dataclass(frozen=True, slots=True)
class Action:
    """A change to many rows. `check(session, values)` raises Invalid for what cannot be.

    `reason` asks for why (kept in the audit of each row); `names(session, ids)` are the first rows in words;
    `said(values, n)` says on the button what will be done.
    """

    key: str
    list_key: str
    label: Any
    icon: str
    permission: str
    apply: Callable[[Session, Sequence[int], Mapping[str, str]], Before]
    revert: Callable[[Session, Before, Mapping[str, str]], set[int]]
    names: Callable[[Session, Sequence[int]], list[str]]
    fields: tuple[FieldSpec, ...] = ()
    check: Callable[[Session, dict[str, str]], None] = lambda _session, _values: None
    reason: bool = False
    warning: Any = ""
    order: int = 100


_actions: dict[str, Action] = {}


def offer(*actions: Action) -> None:
    """Offer actions to their lists."""
    for action in actions:
        _actions[action.key] = action


def permitted(list_key: str) -> list[Action]:
    """Return what the actor may do with rows of a list, in order."""
    actor = maybe_actor()
    if actor is None:
        return []
    found = [
        one
        for one in _actions.values()
        if one.list_key == list_key
        and one.permission in permissions.registry
        and permissions.may(actor, one.permission)
    ]
    return sorted(found, key=lambda one: (one.order, one.key))


def get(list_key: str, key: str) -> Action:
    """Return an action of a list; raise NotFound for an unknown one, Forbidden without its permission."""
    found = _actions.get(key)
    if found is None or found.list_key != list_key:
        raise NotFound
    permissions.authorize(current_actor(), found.permission)
    return found
