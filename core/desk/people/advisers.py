"""The member's own adviser: who looks after them, and who should have one and has none (S4-20)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import func, select

from core.org.models import Staff
from core.people.models import Person
from core.programme.rules import ServiceBenefit

if TYPE_CHECKING:
    from sqlalchemy import ColumnElement
    from sqlalchemy.orm import Session

    from core.programme.rules import Programme, Tier

ADVISER = "adviser"
CAP = 1000


def choices(session: Session, person: Person) -> list[tuple[str, str]]:
    """Return (id, name) of everybody who works here, and of a present adviser who has left."""
    rows = session.execute(
        select(Staff.id, Staff.name).where((Staff.active.is_(True)) | (Staff.id == (person.adviser_id or 0)))
        .order_by(Staff.number)
    )  # fmt: skip
    return [(str(staff_id), name) for staff_id, name in rows]


def name_of(session: Session, person: Person) -> str:
    """Return the name of a member's adviser, an empty text for none."""
    return (session.scalar(select(Staff.name).where(Staff.id == person.adviser_id)) or "") if person.adviser_id else ""


def entitled(programme: Programme) -> list[Tier]:
    """Return the tiers whose members are promised an adviser of their own."""
    return [
        tier for tier in programme.tiers
        if any(isinstance(one, ServiceBenefit) and one.code == ADVISER for one in tier.benefits)
    ]  # fmt: skip


def lacks(programme: Programme, person: Person) -> str:
    """Return the name of the tier that promises a member an adviser they do not have, or an empty text."""
    if person.adviser_id:
        return ""
    return next((tier.name for tier in entitled(programme) if tier.code == person.tier_code), "")


def without(programme: Programme) -> ColumnElement[bool]:
    """Return the criterion of members who should have an adviser and have none."""
    codes = [tier.code for tier in entitled(programme)]
    return Person.adviser_id.is_(None) & Person.tier_code.in_(codes) & Person.active.is_(True)


def count_without(session: Session, programme: Programme, stores: Any) -> tuple[int, list[str]]:
    """Return how many members (counted to 1,001) wait for an adviser, and the names of their tiers."""
    tiers = entitled(programme)
    if not tiers:
        return 0, []
    scope = Person.store_id.in_(stores) if stores else True
    inner = select(Person.id).where(without(programme), scope).limit(CAP + 1).subquery()
    return int(session.scalar(select(func.count()).select_from(inner)) or 0), [tier.name for tier in tiers]
