"""The blueprint of the catalogue; the view modules put their pages on it."""

from __future__ import annotations

from flask import Blueprint

bp = Blueprint("catalog", __name__)
