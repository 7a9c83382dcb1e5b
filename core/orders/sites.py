"""Where on the body a line was done (a tooth and its surfaces): written with the order, sealed, read by plugins.

It stands among the order's sealed facts: health data, which no receipt shows and no query selects by.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from sqlalchemy import select

from core.orders.models import Orders

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sqlalchemy.orm import Session

    from core.orders.types import BasketRequest

LONGEST = 40
SLICE = 500


def facts(request: BasketRequest) -> dict[str, Any]:
    """Return what an order's facts say of its lines' sites: line number to text; nothing where none was said."""
    said = {str(n): line.site.strip() for n, line in enumerate(request.lines, 1) if line.site.strip()}
    return {"sites": said} if said else {}


def sites_of(session: Session, order_ids: Iterable[int]) -> dict[tuple[int, int], str]:
    """Return the sites of orders of the franchise by (order, line number), of at most 500 orders."""
    wanted = sorted(set(order_ids))[-SLICE:]
    found = {}
    for order in session.scalars(select(Orders).where(Orders.id.in_(wanted))) if wanted else ():
        said = json.loads(order.facts or "{}").get("sites", {})
        found |= {(order.id, int(line)): text for line, text in said.items()}
    return found
