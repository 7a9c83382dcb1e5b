"""Lines of an order that sessions of a course pay for: checked when priced, used at settle, given back by a refund.

Pricing sets such a line to nothing (stage item_coupon, rule `course:<id>`); what it was worth stands in its uses.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import select

from core.courses import services as courses
from core.courses.models import Course, CourseUse, CourseUseUndo
from core.kernel.errors import Conflict, Invalid, Refusal
from core.kernel.i18n import _
from core.orders.sessions import burn
from core.people import services as people

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date
    from typing import Any

    from sqlalchemy.orm import Session

    from core.kernel.statements import Statements
    from core.orders.models import OrderLine
    from core.orders.selling.settle import Plan
    from core.orders.types import BasketRequest, Confirmation


def owners(session: Session, request: BasketRequest) -> dict[int, int]:
    """Return the owner of each course that pays for a line; reads nothing where none does."""
    ids = {line.course_id for line in request.lines if line.course_id}
    if not ids:
        return {}
    return {row[0]: row[1] for row in session.execute(select(Course.id, Course.person_id).where(Course.id.in_(ids)))}


def check(session: Session, request: BasketRequest, today: date) -> None:
    """Raise why a line cannot be paid with the sessions it names: as a use of one would be refused."""
    wanted: dict[tuple[int, str], int] = {}
    for n, line in enumerate(request.lines):
        if not line.course_id:
            continue
        course = session.get(Course, line.course_id)
        if course is None:
            raise Invalid.field(f"courses.{n}.course_id", _("没有找到这个疗程。"))
        treated = line.for_member_id or request.member_id
        if treated is None:
            raise Refusal(_("用疗程抵扣须先选择会员。"), code="course_needs_member")
        burn.refuse_strangers(session, course, treated)
        part = burn.usable_part(session, course, line.item, today)
        key = (course.id, line.item)
        wanted[key] = wanted.get(key, 0) + line.qty
        if part.usable < wanted[key]:
            raise Conflict(
                _("这个疗程只剩 %(n)d 次，不够抵扣。", n=part.usable), code="no_sessions_left",
                extra={"remaining": part.usable},
            )  # fmt: skip


def use(session: Session, plan: Plan, confirmation: Confirmation | None) -> None:
    """Use the sessions that pay for lines of the order, one for each piece."""
    request = plan.priced.request
    for asked, line in zip(request.lines, plan.priced.quote.lines, strict=True):
        if not asked.course_id:
            continue
        treated = people.get(session, asked.for_member_id or request.member_id)
        how = burn.Burning(performer=asked.performer, evidence=confirmation.evidence if confirmation else "")
        method = burn.method_of(session, confirmation.method if confirmation else None)
        course = courses.lock(session, [asked.course_id])[0]
        for _piece in range(line.qty):
            part = burn.usable_part(session, course, line.item, plan.came_on)
            burn.post(
                session, course, part, plan.priced.items[line.item], treated, how, method, plan.came_on,
                plan.booked_at, (plan.order_id, plan.line_ids[line.line]), books_on=plan.business_on,
            )  # fmt: skip


def give_back(
    session: Session, st: Statements, lines: Mapping[int, OrderLine], asked: Mapping[int, int], why: str
) -> list[dict[str, Any]]:
    """Give the sessions of refunded pieces back, the last used first; return what moved."""
    told = []
    for line_no, qty in asked.items():
        line = lines[line_no]
        if not qty or line.net_fen or line.kind != "service":
            continue
        line_id, item_code = line.id, line.item_code
        uses = session.scalars(
            select(CourseUse).outerjoin(CourseUseUndo, CourseUseUndo.course_use_id == CourseUse.id)
            .where(CourseUse.order_line_id == line_id, CourseUseUndo.id.is_(None)).order_by(CourseUse.id.desc())
            .limit(qty)
        ).all()  # fmt: skip
        for one in uses:
            course = courses.lock(session, [one.course_id])[0]
            course_id = course.id
            left = burn.put_back(session, st, course, one, why)
            told.append(
                {"course_id": str(course_id), "line": line_no, "item": item_code, "sessions": 0, "used": 0,
                 "returned": 1, "remaining": left, "amount_fen": 0}
            )  # fmt: skip
    return told
