"""Pages of held baskets: put aside, take up again, throw away."""

from __future__ import annotations

from typing import Any

from core.desk.blueprint import bp, id_of, who
from core.desk.permissions import TILL
from core.desk.selling import held
from core.desk.selling.till_views import again, changed
from core.kernel.i18n import _
from core.kernel.web.render import toast
from core.kernel.web.routes import page, session


@page(bp, "/till/hold", permission=TILL, unit="write", methods=("POST",))
def till_hold() -> Any:
    """Put the open basket aside."""
    again()
    row = held.hold(session(), who().session_id)
    toast(_("已挂起 %(n)d 行，随时可以取单。", n=row.lines))
    return changed()


@page(bp, "/till/held/<held_id>/resume", permission=TILL, unit="write", methods=("POST",))
def till_resume(held_id: str) -> Any:
    """Take a held basket up."""
    again()
    held.resume(session(), who().session_id, id_of(held_id))
    return changed()


@page(bp, "/till/held/<held_id>/drop", permission=TILL, unit="write", methods=("POST",))
def till_drop(held_id: str) -> Any:
    """Throw a held basket away."""
    again()
    held.drop(session(), id_of(held_id))
    toast(_("已删除挂起的单。"))
    return changed()
