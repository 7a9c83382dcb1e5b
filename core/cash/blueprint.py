"""The blueprint of the cash room; the view modules put their pages on it."""

from __future__ import annotations

from flask import Blueprint

bp = Blueprint("cash", __name__)
