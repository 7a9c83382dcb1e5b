"""The lists of the house by key: who may see each, how it is made again from the state of its page.

What is done with a whole list (views, bulk changes, a file) is one set of pages for all of them; a list
offers itself where its page is declared:

    offer(Offered("members", _l("会员"), VIEW, member_list.made, "desk.members"))
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl

from core.kernel import permissions
from core.kernel.errors import NotFound
from core.kernel.tenancy import current_actor

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from sqlalchemy.orm import Session

    from core.kernel.web.list_spec import ListSpec

STATE_MOST = 4000


@dataclass(frozen=True, slots=True)
class Offered:
    """A list: `make(session, state)` returns its declaration, `record` is what its rows are called in the audit."""

    key: str
    title: Any
    permission: str
    make: Callable[[Session, Mapping[str, str]], ListSpec]
    endpoint: str = ""
    record: str = ""


_lists: dict[str, Offered] = {}


def offer(one: Offered) -> Offered:
    """Offer a list to the house; a second one of the same key replaces it (an application made again)."""
    _lists[one.key] = one
    return one


def all_lists() -> list[Offered]:
    """Return every list that was offered."""
    return sorted(_lists.values(), key=lambda one: one.key)


def get(key: str) -> Offered:
    """Return a list that the actor may see; raise NotFound for an unknown one, Forbidden without permission."""
    found = _lists.get(key)
    if found is None:
        raise NotFound
    permissions.authorize(current_actor(), found.permission)
    return found


def is_offered(key: str) -> bool:
    """Return whether a list was offered."""
    return key in _lists


def state_of(text: str) -> dict[str, str]:
    """Return the state of a list's page as it was written by `Listing.state`."""
    return {k: v for k, v in parse_qsl(text[:STATE_MOST]) if len(k) <= 40 and len(v) <= 1000}
