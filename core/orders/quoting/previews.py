"""What lines would cost a member now, for a plugin that plans treatments: priced by the code that sells, not kept."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from core.orders.quoting.basket import price_basket
from core.orders.types import BasketRequest, LineRequest

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy.orm import Session


@dataclass(frozen=True, slots=True)
class PricedLine:
    """A line with its list price and what the member would pay, fen; why, step by step; what a check says of it."""

    item: str
    name: str
    list_fen: int
    net_fen: int
    steps: tuple[str, ...] = ()
    findings: tuple[tuple[str, str], ...] = ()


def prices_for(session: Session, person_id: int, lines: Sequence[LineRequest]) -> list[PricedLine]:
    """Return the lines as the till would price them for a member who pays today: card, coupons, tier.

    `findings` are (severity, text). Raises what pricing raises: Invalid for an item that is not sold.
    """
    if not lines:
        return []
    priced = price_basket(session, BasketRequest(tuple(lines), person_id))
    told: dict[int, list[tuple[str, str]]] = {}
    for finding in priced.findings:
        told.setdefault(finding.line or 0, []).append((finding.severity, finding.text))
    found = []
    for line in priced.quote.lines:
        why = tuple(step.text for step in line.steps if step.text and step.stage != "list")
        found.append(PricedLine(line.item, line.name, line.list_fen, line.net_fen, why, tuple(told.get(line.line, ()))))
    return found
