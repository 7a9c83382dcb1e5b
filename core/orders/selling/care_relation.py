"""Who was served here lately: what makes a care relation of an order or a session of a course (security C16)."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

from sqlalchemy import or_, select

from core.care import access
from core.courses.models import CourseUse
from core.orders.models import OrderLine, Orders

if TYPE_CHECKING:
    from sqlalchemy.orm import Session


def served(session: Session, person_id: int, store_id: int | None, staff_id: int | None, since: date) -> bool:
    """Return whether the person bought, or was treated, at the store or by the staff member since a day."""
    bought = select(Orders.id).where(
        Orders.person_id == person_id,
        Orders.business_on >= since,
        or_(Orders.store_id == store_id, Orders.staff_id == staff_id),
    )
    treated = (
        select(OrderLine.id)
        .join(Orders, Orders.id == OrderLine.orders_id)
        .where(
            OrderLine.for_person_id == person_id,
            Orders.business_on >= since,
            or_(Orders.store_id == store_id, OrderLine.performer_id == staff_id),
        )
    )
    used = select(CourseUse.id).where(
        CourseUse.for_person_id == person_id,
        CourseUse.business_on >= since,
        or_(CourseUse.store_id == store_id, CourseUse.performer_id == staff_id),
    )
    return any(session.scalar(query.limit(1)) is not None for query in (bought, treated, used))


access.offer(served)
