"""Reads of core data that plugins may do beyond what hooks hand them: few, bounded, plain data."""

from __future__ import annotations

import json
from functools import lru_cache
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from sqlalchemy import bindparam, select

from core.catalog import prices
from core.catalog.models import Item
from core.hooktypes import ItemView, PersonView
from core.org.models import Staff, Store
from core.people import consents
from core.people import services as people
from core.people.models import Person

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import date

    from sqlalchemy.orm import Session

LIMIT = 500
# Made once: plugins' checks ask it with every scan.
_BY_CODES = select(Item.id, Item.code, Item.name, Item.kind, Item.attributes).where(
    Item.code.in_(bindparam("codes", expanding=True))
)


def items_with(session: Session, attribute: str, *, limit: int = LIMIT, priced: bool = True) -> list[ItemView]:
    """Return the franchise's active items that carry `attribute`, by code; at most `limit`, 500 unless told."""
    rows = session.scalars(
        select(Item)
        .where(Item.active.is_(True), Item.attributes.contains(json.dumps(attribute), autoescape=True))
        .order_by(Item.code)
        .limit(limit)
    ).all()
    costs = prices.of(session, rows) if priced else dict.fromkeys((row.id for row in rows), 0)
    found = []
    for row in rows:
        attributes = json.loads(row.attributes)
        if attribute in attributes:
            found.append(ItemView(row.id, row.code, row.name, row.kind, attributes, costs[row.id]))
    return found


def items_of(session: Session, codes: Iterable[str]) -> dict[str, ItemView]:
    """Return items of the franchise by code, prices left out; unknown codes are left out; at most 500."""
    wanted = sorted({code for code in codes if code})[:LIMIT]
    rows = session.execute(_BY_CODES, {"codes": wanted}).all() if wanted else []
    return {row.code: ItemView(row.id, row.code, row.name, row.kind, _attributes(row.attributes)) for row in rows}


@lru_cache(maxsize=4096)
def _attributes(text: str) -> Mapping[str, Any]:
    """Return an item's attributes read from their JSON; the same text is read once, so nobody may change them."""
    return MappingProxyType(json.loads(text))


def person_of(session: Session, person_id: Any) -> PersonView:
    """Return a person of the franchise by id, as far as a plugin's own page needs to name them; raise NotFound."""
    row = people.get(session, person_id)
    return PersonView(row.id, row.name, row.gender, row.birth_on, row.tier_code or "", row.member_no)


def has_consented(session: Session, person_id: int, purpose: str, version: int | None = None) -> bool:
    """Return whether a person agrees to a purpose today (PIPL art. 14, 29), if asked to that version of its text.

    The newest word counts; one given before a text that was marked material does not.
    """
    return consents.has(session, person_id, purpose, version)


def staff_names(session: Session, staff_ids: Iterable[int | None]) -> dict[int, str]:
    """Return the names of staff members by id."""
    wanted = {one for one in staff_ids if one}
    if not wanted:
        return {}
    return {row[0]: row[1] for row in session.execute(select(Staff.id, Staff.name).where(Staff.id.in_(wanted)))}


def staff_choices(session: Session) -> list[tuple[int, str]]:
    """Return (id, name) of the franchise's active staff by number, at most 500: to choose who is in charge."""
    query = select(Staff.id, Staff.name).where(Staff.active.is_(True)).order_by(Staff.number).limit(LIMIT)
    return [(row[0], row[1]) for row in session.execute(query)]


def store_names(session: Session) -> dict[int, str]:
    """Return the names of the franchise's stores by id."""
    return {row[0]: row[1] for row in session.execute(select(Store.id, Store.name).order_by(Store.code))}


def licence_of(session: Session, staff_id: int | None, today: date) -> tuple[str, str]:
    """Return kind and number of a staff member's licence, both empty where none is in force on that day."""
    row = session.get(Staff, staff_id) if staff_id else None
    if row is None or not row.licence_no or (row.licence_until and row.licence_until < today.isoformat()):
        return "", ""
    return row.licence_kind, row.licence_no


def some_people(session: Session, limit: int) -> list[int]:
    """Return the ids of the first active persons of the franchise: for demonstration rows."""
    return list(session.scalars(select(Person.id).where(Person.active.is_(True)).order_by(Person.id).limit(limit)))
