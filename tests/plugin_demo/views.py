"""The demo's page."""

from typing import Any

from flask import Blueprint

from core.sdk import page, render_page

VIEW = "plugin_demo.view"

bp = Blueprint("plugin_demo", __name__)


@page(bp, "/notes", permission=VIEW)
def notes() -> Any:
    """Show that the demo is on."""
    return render_page("plugin_demo/notes.html")
