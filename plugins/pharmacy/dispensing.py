"""What follows from a sale: the medicine is noted for the person treated, and the day it runs out is kept.

Deliveries come at least once and in any order: a line is noted once by its id, and a refill is worked out
anew from what was sold and kept.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

from sqlalchemy import select

from core.sdk import (
    Event,
    NotFound,
    SoldLine,
    _,
    clock,
    note_medicine,
    record_audit,
    sold_in_order,
    sold_to,
    stop_medicine,
    tenancy,
)
from plugins.pharmacy.attributes import DAYS_SUPPLY, INGREDIENTS, RX_CLASS, ingredients_of, number
from plugins.pharmacy.models import PharmacyRefill

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

NOTED = frozenset({"Rx", "OTC-A", "OTC-B", "supplement"})
LOOK_BACK_MS = 400 * 86_400_000


def heard(session: Session, event: Event) -> None:
    """Note what an order sold, or take back what one returned."""
    if event.name not in ("order.paid", "order.refunded"):
        return
    lines = [
        one for one in sold_in_order(session, int(event.data["order_id"])) if one.attributes.get(RX_CLASS) in NOTED
    ]
    for line in lines:
        if line.person_id is None:
            continue
        if line.left:
            _note(session, line)
        else:
            stop_medicine(session, line.person_id, f"pharmacy:{line.line_id}", refuted=True)
    for person, code in sorted({(line.person_id, line.code) for line in lines if line.person_id}):
        refill(session, person, code)


def _note(session: Session, line: SoldLine) -> None:
    names = ingredients_of(line.attributes.get(INGREDIENTS))
    if line.person_id is None or not names or line.on is None:
        return
    days = supply(line)
    note_medicine(
        session, line.person_id, ingredients=names, item=line.code, text=line.name, started=line.on,
        until=line.on + timedelta(days=max(1, days) - 1), source="purchase", source_ref=f"pharmacy:{line.line_id}",
    )  # fmt: skip


def supply(line: SoldLine) -> int:
    """Return for how many days the kept pieces of a line last."""
    return int((number(line.attributes.get(DAYS_SUPPLY)) or 0) * line.left)


def run_out(bought: Iterable[tuple[date, int]]) -> date | None:
    """Return the first day without the medicine after purchases of (day, days' supply) in order; stock is carried over.

    30 days bought on 2026-11-01 run out on 2026-12-01 (S4-42).
    """
    end: date | None = None
    for on, days in sorted(bought):
        if days > 0:
            end = max(on, end or on) + timedelta(days=days)
    return end


def refill(session: Session, person_id: int, code: str) -> PharmacyRefill | None:
    """Work out anew when an item runs out for a person and return the row; None where nothing is left of it."""
    lines = [
        one for one in sold_to(session, [person_id], clock.now_ms() - LOOK_BACK_MS)
        if one.code == code and one.person_id == person_id and one.on is not None
    ]  # fmt: skip
    end = run_out((one.on, supply(one)) for one in lines if one.on)
    row = session.scalar(
        select(PharmacyRefill).where(PharmacyRefill.person_id == person_id, PharmacyRefill.item_code == code)
    )
    if end is None:
        if row is not None:
            session.delete(row)
        return None
    last = [one for one in lines if supply(one)][-1]
    if row is None:
        row = PharmacyRefill(person_id=person_id, item_code=code)
        session.add(row)
    if row.run_out_on != end:
        row.told_at = row.told_by = row.noticed_at = None
        row.notice = ""
    row.last_line_id, row.bought_on, row.run_out_on, row.store_id = last.line_id, last.on, end, last.store_id
    session.flush()
    return row


def due(session: Session, until: date, limit: int) -> list[PharmacyRefill]:
    """Return what runs out up to a day and is not sixty days over yet, soonest first."""
    query = select(PharmacyRefill).where(
        PharmacyRefill.run_out_on <= until, PharmacyRefill.run_out_on > until - timedelta(days=90)
    )
    return list(session.scalars(query.order_by(PharmacyRefill.run_out_on, PharmacyRefill.id).limit(limit)))


def told(session: Session, refill_id: int | None) -> PharmacyRefill:
    """Note that the member was reminded; raise NotFound for a foreign or absent row."""
    row: Any = session.get(PharmacyRefill, refill_id) if refill_id else None
    if row is None:
        raise NotFound(_("没有找到这条续药提醒。"))
    if row.told_at is None:
        row.told_at, row.told_by = clock.now_ms(), tenancy.current_actor().staff_id
        record_audit(session, "pharmacy.refill.told", "pharmacy_refill", row.id, person_id=row.person_id)
    return row  # type: ignore[no-any-return]
