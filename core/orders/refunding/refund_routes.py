"""How the money of a refund leaves: the way it came, in cash, by bank or by hand, as the tender list says today.

Money that leaves in cash is booked as cash, so that the drawer counts right; what is done by hand stays with its own
way to pay. What a top-up gives back has a choice of its own by law (top_up_refund.py) and keeps it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from core.kernel.i18n import _
from core.kernel.money import show_yuan
from core.orders.selling import tender_list
from core.orders.words import KIND_NAMES

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sqlalchemy.orm import Session

    from core.orders.refunding.refund_effects import Effects
    from core.orders.selling.tender_list import Way


def direct(session: Session, effects: Effects, *, chosen: bool) -> None:
    """Say by which route each way to pay of a refund goes back and as what it is booked (`effects.routes`).

    `chosen`: how the money leaves was chosen with the top-up; the list does not speak.
    """
    own = {} if chosen else {way.kind: way for way in tender_list.ways(session)}
    for tender in effects.tenders:
        kind = tender["kind"]
        way = own.get(kind)
        route = way.route if way is not None and way.route != kind else tender_list.SAME
        effects.routes[kind] = (route, route if route in (tender_list.CASH, tender_list.BANK) else kind)
    if any(route != tender_list.SAME for route, _paid_by in effects.routes.values()):
        effects.routed = [_say(own, effects, one["kind"], one["amount_fen"]) for one in effects.tenders]


def _say(own: Mapping[str, Way], effects: Effects, kind: str, fen: int) -> str:
    """Return in a sentence how a tender goes back."""
    told = {"kind": own[kind].word if kind in own else str(KIND_NAMES[kind]), "y": show_yuan(fen)}
    route = effects.routes[kind][0]
    if route == tender_list.CASH:
        return _("“%(kind)s” %(y)s 元从钱箱付现金。", **told)
    if route == tender_list.BANK:
        return _("“%(kind)s” %(y)s 元转账退到银行账户。", **told)
    if route == tender_list.MANUAL:
        return _("“%(kind)s” %(y)s 元须人工办理退回，系统不会自动退。", **told)
    return _("“%(kind)s” %(y)s 元原路退回。", **told)
