"""Reads of core data that plugins may do beyond what hooks hand them: few, bounded, plain data."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from sqlalchemy import select

from core.catalog import prices
from core.catalog.models import Item
from core.hooktypes import ItemView

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

LIMIT = 500


def items_with(session: Session, attribute: str) -> list[ItemView]:
    """Return the franchise's active items that carry `attribute`, by code; at most 500."""
    rows = session.scalars(
        select(Item)
        .where(Item.active.is_(True), Item.attributes.contains(json.dumps(attribute), autoescape=True))
        .order_by(Item.code)
        .limit(LIMIT)
    ).all()
    costs = prices.of(session, rows)
    found = []
    for row in rows:
        attributes = json.loads(row.attributes)
        if attribute in attributes:
            found.append(ItemView(row.id, row.code, row.name, row.kind, attributes, costs[row.id]))
    return found
