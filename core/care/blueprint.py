"""The blueprint of care; the view modules put their pages on it."""

from __future__ import annotations

from flask import Blueprint

bp = Blueprint("care", __name__)
