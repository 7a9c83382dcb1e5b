"""Where on the body a line of the open basket is done: typed on the line, read by the vertical of its item."""

from __future__ import annotations

from typing import Any

from flask import request
from sqlalchemy import select

from core.catalog.models import Item
from core.desk import rules, services
from core.desk.blueprint import bp, who
from core.desk.permissions import TILL
from core.desk.selling.till_views import again, changed
from core.kernel.web.routes import page, session
from core.orders import sites


@page(bp, "/till/lines/<key>/site", permission=TILL, unit="write", methods=("POST",))
def till_site(key: str) -> Any:
    """Keep a line's tooth and surfaces, or whatever its vertical asks for; empty takes it away."""
    typed = request.form.get("site", "")
    again(at=f"site-{key}", typed=typed[: sites.LONGEST])
    draft, _key = services.draft_of(session(), who().session_id)
    item = session().scalar(select(Item).where(Item.code == draft.line(key).item))
    rules.set_site(draft, key, sites.read(item, typed))
    services.keep(session(), who().session_id, draft)
    return changed()
