"""The palette: a page without scripts, a dialog behind Ctrl K with them."""

from __future__ import annotations

from typing import Any

from flask import request

from core.desk.blueprint import bp
from core.desk.front import palette
from core.kernel.tenancy import current_actor
from core.kernel.web.render import is_fragment, render_page
from core.kernel.web.routes import page, session


@page(bp, "/search", permission="org.shell.use", endpoint="search")
def search() -> Any:
    """Answer the palette: grouped rows for htmx, a page of its own without it."""
    text = request.args.get("q", "").strip()[: palette.LONGEST]
    groups = palette.search(session(), current_actor(), text)
    template = "desk/_palette.html" if is_fragment() else "desk/search.html"
    return render_page(template, groups=groups, text=text)
