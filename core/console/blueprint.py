"""The blueprint of the console; the view modules put their pages on it."""

from __future__ import annotations

from flask import Blueprint

from core.kernel.errors import NotFound
from core.kernel.ids import parse_id

bp = Blueprint("console", __name__, url_prefix="/console")


def id_of(text: str | None) -> int:
    """Return the id written in an address; raise NotFound for one that cannot be."""
    found = parse_id(text)
    if found is None:
        raise NotFound
    return found
