"""Who was served here lately: what makes a care relation of an order or a session of a course (security C16).

An order of the reader's own counts as given while its money was kept: a sale for nothing, or one that was given back,
is a relation that the reader made alone (core/care/relation.py).
"""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

from sqlalchemy import or_, select

from core.care.relation import GIVEN, SELF_MADE, offer
from core.courses.models import CourseUse, CourseUseUndo
from core.orders.models import OrderLine, Orders

if TYPE_CHECKING:
    from sqlalchemy.orm import Session


def served(session: Session, person_id: int, store_id: int | None, staff_id: int | None, since: date) -> str:
    """Return how the person bought, or was treated, at the store or by the staff member since a day: given, self_made
    or ""."""
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
    # A session that was taken back was none.
    used = select(CourseUse.id).where(
        CourseUse.for_person_id == person_id,
        CourseUse.business_on >= since,
        or_(CourseUse.store_id == store_id, CourseUse.performer_id == staff_id),
        ~select(CourseUseUndo.id).where(CourseUseUndo.course_use_id == CourseUse.id).exists(),
    )
    stood_for = or_(Orders.staff_id.is_distinct_from(staff_id), Orders.paid_fen > Orders.refunded_fen)
    given = (bought.where(stood_for), treated.where(stood_for), used)
    if any(session.scalar(query.limit(1)) is not None for query in given):
        return GIVEN
    alone = any(session.scalar(query.limit(1)) is not None for query in (bought, treated))
    return SELF_MADE if alone else ""


offer(served)
