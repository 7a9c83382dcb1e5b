"""The blueprint of care; the view modules put their pages on it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import Blueprint

from core.kernel.errors import NotFound
from core.kernel.ids import parse_id
from core.kernel.web import state

if TYPE_CHECKING:
    from core.kernel.web.identity import Identity

bp = Blueprint("care", __name__)


def who() -> Identity:
    """Return who is signed in; pages of care have somebody always."""
    found = state.identity()
    if found is None:
        raise RuntimeError("a page of care without a session")
    return found


def id_of(text: str | None) -> int:
    """Return the id written in an address; raise NotFound for one that cannot be."""
    found = parse_id(text)
    if found is None:
        raise NotFound
    return found
