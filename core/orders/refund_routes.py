"""How the money of a refund leaves: the way it came, in cash, by bank or by hand, as the tender list says today.

Money that leaves in cash is booked as cash, so that the drawer counts right; what is done by hand stays with its own
way to pay. What a top-up gives back has a choice of its own by law (top_up_refund.py) and keeps it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from core.kernel.i18n import _
from core.kernel.money import show_yuan
from core.orders import tender_list
from core.orders.rules import NO_MONEY
from core.orders.words import KIND_NAMES

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from core.orders.refund_effects import Effects
    from core.orders.tender_list import Way


def direct(session: Session, effects: Effects, *, chosen: bool) -> None:
    """Say of each tender of a refund by which `route` it goes back and as what it is booked (`paid_by`).

    `chosen`: how the money leaves was chosen with the top-up; the list does not speak.
    """
    own = {way.kind: way for way in tender_list.ways(session)}
    for tender in effects.tenders:
        way = own.get(tender["kind"])
        told = not chosen and way is not None and tender["kind"] not in NO_MONEY
        route = way.route if told and way is not None else tender_list.SAME
        if route == tender["kind"]:
            route = tender_list.SAME
        paid_by = route if route in (tender_list.CASH, tender_list.BANK) else tender["kind"]
        tender |= {"route": route, "paid_by": paid_by}
    routed = [tender for tender in effects.tenders if tender["route"] != tender_list.SAME]
    if routed:
        effects.routed = [_say(own.get(tender["kind"]), tender) for tender in effects.tenders if tender["amount_fen"]]


def _say(way: Way | None, tender: dict[str, object]) -> str:
    """Return in a sentence how a tender goes back."""
    told = {
        "kind": way.word if way else str(KIND_NAMES[str(tender["kind"])]),
        "y": show_yuan(int(str(tender["amount_fen"]))),
    }
    if tender["route"] == tender_list.CASH:
        return _("“%(kind)s” %(y)s 元从钱箱付现金。", **told)
    if tender["route"] == tender_list.BANK:
        return _("“%(kind)s” %(y)s 元转账退到银行账户。", **told)
    if tender["route"] == tender_list.MANUAL:
        return _("“%(kind)s” %(y)s 元须人工办理退回，系统不会自动退。", **told)
    return _("“%(kind)s” %(y)s 元原路退回。", **told)
