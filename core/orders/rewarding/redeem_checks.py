"""Goods for points are checked as goods for money are: no way around what protects a person (S4-01, S4-10)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import select

from core.catalog import services as catalog
from core.catalog.models import Item
from core.hooktypes import BasketView, LineView
from core.orders.quoting import findings as finding_rules
from core.rewards import rules
from core.rewards import services as rewards
from core.rewards.releasing import get

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from core.rewards.models import Redemption


def refuse(session: Session, person_id: int, code: str, qty: int) -> None:
    """Raise Refusal `blocked` where handing these goods to a person is found to be more than worth a note.

    Nobody can let it pass here: who wants it against a warning buys it at the till, where a licensed colleague signs.
    """
    item = session.scalar(select(Item).where(Item.code == code))
    if item is None:
        return
    line = LineView(1, item.id, item.code, item.name, qty, 0, 0, catalog.attributes_of(item))
    found = finding_rules.collect(session, BasketView(person_id, (line,)), ())
    finding_rules.settle_findings(session, found, (), 0)


def confirm(session: Session, redemption_id: Any, *, handed: bool = True) -> Redemption:
    """Confirm a reservation after checking its goods once more: what protects the person may have changed since.

    Raises what `rewards.confirm` raises, and Refusal `blocked`.
    """
    row = get(session, redemption_id)
    if row.state == rules.RESERVED and row.kind == rules.GOODS and row.item_id is not None:
        item = session.get(Item, row.item_id)
        if item is not None:
            refuse(session, row.person_id, item.code, row.qty)
    return rewards.confirm(session, redemption_id, handed=handed)
