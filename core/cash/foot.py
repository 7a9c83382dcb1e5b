"""The state of the drawer at the foot of the rail and on the till's bar: no shift, or open since when."""

from __future__ import annotations

from typing import TYPE_CHECKING

from core.cash import services
from core.cash.permissions import SHIFT, VIEW
from core.kernel.i18n import _
from core.kernel.permissions import may
from core.kernel.web.formats import clock_time
from core.kernel.web.slots import RailFoot, slots

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from core.kernel.tenancy import Actor


def foot(session: Session | None, actor: Actor) -> RailFoot | None:
    """Return the way to one's shift with its state; to the days for who only looks; nothing for others."""
    if not may(actor, SHIFT, actor.store_id):
        return RailFoot("cash.days", "wallet", _("班次与日结"), "") if may(actor, VIEW) else None
    own = services.mine(session) if session is not None else None
    if own is not None:
        return RailFoot("cash.mine", "wallet", _("在班"), _("%(at)s 开班", at=clock_time(own.opened_at)))
    return RailFoot("cash.mine", "wallet", _("现金班次"), _("没有开班") if session is not None else "")


slots.add_rail_foot(foot)
