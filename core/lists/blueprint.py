"""The blueprint of the pages that every list has."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, request

from core.kernel.web import offered
from core.kernel.web.render import go_to
from core.kernel.web.routes import safe_path

bp = Blueprint("lists", __name__)


def back(fallback: str = "/") -> Any:
    """Return the way back to the list that a form came from."""
    return go_to(safe_path(request.form.get("back")) or fallback)


def state() -> dict[str, str]:
    """Return the list's state that a form or an address carries."""
    return offered.state_of(request.values.get("s", ""))
