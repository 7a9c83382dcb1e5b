"""What was sold, as plugins may read it: lines without prices' reasons and names, bounded, by indexed look-ups."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING, Any

from sqlalchemy import func, or_, select

from core.catalog.models import Item
from core.orders.models import OrderLine, Orders

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sqlalchemy.orm import Session

SLICE = 500
MOST = 2_000


@dataclass(frozen=True, slots=True)
class SoldLine:
    """A line of an order: the person treated and who paid, pieces sold and still with them (`left`, after refunds).

    `rules` are those of the price trail: what changed the line's price, a plugin's as `<key>:<rule>`.
    """

    order_id: int
    line_id: int
    line: int
    code: str
    name: str
    attributes: Mapping[str, Any] = field(default_factory=dict)
    qty: int = 0
    left: int = 0
    person_id: int | None = None
    payer_id: int | None = None
    store_id: int | None = None
    on: date | None = None
    booked_at: int = 0
    order_no: str = ""
    rules: frozenset[str] = frozenset()


def sold_in_order(session: Session, order_id: int) -> list[SoldLine]:
    """Return the lines of an order of the franchise; none for a foreign one."""
    return _lines(session, OrderLine.orders_id == order_id)


def sold_to(session: Session, person_ids: Iterable[int | None], since_ms: int) -> list[SoldLine]:
    """Return what these persons were treated with or paid for since an instant, newest last; at most 2,000 lines."""
    ids = sorted({one for one in person_ids if one})[:SLICE]
    if not ids:
        return []
    paid = select(Orders.id).where(Orders.person_id.in_(ids), Orders.booked_at >= since_ms)
    mine = or_(OrderLine.for_person_id.in_(ids), OrderLine.orders_id.in_(paid))
    return _lines(session, mine, Orders.booked_at >= since_ms)


def sold_at(session: Session, store_id: int | None, on: date) -> list[SoldLine]:
    """Return the lines sold at a store on a business day, newest last; at most 2,000."""
    return _lines(session, Orders.store_id == store_id, Orders.business_on == on)


def sold_by_item(session: Session, since: date) -> list[tuple[int | None, str, int]]:
    """Return (store, item code, pieces kept by customers) of all orders since a business day, in one statement."""
    rows = session.execute(
        select(Orders.store_id, OrderLine.item_code, func.sum(OrderLine.qty - OrderLine.refunded_qty))
        .join(Orders, Orders.id == OrderLine.orders_id)
        .where(Orders.business_on >= since)
        .group_by(Orders.store_id, OrderLine.item_code)
    )
    return [(row[0], row[1], int(row[2])) for row in rows]


def _lines(session: Session, *where: Any) -> list[SoldLine]:
    rows = session.execute(
        select(OrderLine, Orders, Item.name, Item.attributes)
        .join(Orders, Orders.id == OrderLine.orders_id)
        .outerjoin(Item, Item.id == OrderLine.item_id)
        .where(*where)
        .order_by(OrderLine.id)
        .limit(MOST)
    ).all()
    return [
        SoldLine(
            order.id, line.id, line.line_no, line.item_code, name or line.item_code, json.loads(attributes or "{}"),
            line.qty, line.qty - line.refunded_qty, line.for_person_id, order.person_id, order.store_id,
            order.business_on, order.booked_at, order.order_no, _rules(line.detail),
        )
        for line, order, name, attributes in rows
    ]  # fmt: skip


def _rules(detail: str | None) -> frozenset[str]:
    return frozenset(step["rule"] for step in json.loads(detail or "{}").get("steps", ()))
