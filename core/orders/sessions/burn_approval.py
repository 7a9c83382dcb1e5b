"""What wants a second person about courses: taking back a use of another day, a long extension."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from core.catalog.models import Item
from core.courses import changes
from core.courses import services as courses
from core.courses.permissions import BURN, CHANGE, EXTEND_APPROVE, UNDO_APPROVE
from core.courses.settings import EXTEND_ALONE
from core.hooktypes import ApprovalKind, ApprovalSummary
from core.kernel import settings
from core.kernel.i18n import _, _l
from core.kernel.money import show_yuan
from core.orders.sessions import burn
from core.org import approvals
from core.people import services as people

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sqlalchemy.orm import Session

    from core.courses.models import Course
    from core.hooktypes import HookContext
    from core.org.models import ApprovalRequest

UNDO, EXTEND = "courses.undo", "courses.extend"


def ask_undo(session: Session, course_id: Any, use_id: Any, reason: str) -> ApprovalRequest:
    """Ask for taking back a use of an earlier day; raise what `burn.check_undo` raises."""
    course = courses.get(session, course_id)
    use = courses.use_of(session, course.id, use_id)
    payload = {"course_id": str(course.id), "use_id": str(use.id), "reason": reason.strip()}
    return approvals.ask(session, UNDO, payload, reason)


def extend(session: Session, course_id: Any, days: int, reason: str) -> ApprovalRequest | None:
    """Extend a course at once where one person may, else ask for it and return the request."""
    course = courses.get(session, course_id)
    changes.check_extension(course, days)
    if days <= int(settings.value(session, EXTEND_ALONE)):
        changes.extend(session, course.id, days, reason)
        return None
    return approvals.ask(session, EXTEND, {"course_id": str(course.id), "days": days, "reason": reason}, reason)


def _course_rows(session: Session, course: Course) -> list[tuple[str, str]]:
    person, item = people.get(session, course.person_id), session.get(Item, course.item_id)
    return [
        (_("会员"), f"{person.name} · {person.member_no}"),
        (_("疗程"), item.name if item else course.item_code),
    ]


def describe_undo(ctx: HookContext, payload: Mapping[str, Any]) -> ApprovalSummary:
    """Return a use to take back in words."""
    session: Session = ctx.session  # type: ignore[assignment]
    course = courses.get(session, payload["course_id"])
    use = courses.use_of(session, course.id, payload["use_id"])
    burn.check_undo(session, use)
    rows = [
        *_course_rows(session, course), (_("核销日"), use.business_on.isoformat()), (_("项目"), use.item_code),
        (_("价值"), _("%(y)s 元", y=show_yuan(use.value_fen))),
    ]  # fmt: skip
    return ApprovalSummary(tuple(rows), f"{use.id}", course.person_id, use.store_id)


def execute_undo(ctx: HookContext, payload: Mapping[str, Any], _request_id: int) -> dict[str, Any]:
    """Take back what was approved."""
    session: Session = ctx.session  # type: ignore[assignment]
    left = burn.undo(session, payload["course_id"], payload["use_id"], str(payload["reason"]), approved=True)
    return {"remaining": left}


def describe_extend(ctx: HookContext, payload: Mapping[str, Any]) -> ApprovalSummary:
    """Return an extension in words."""
    session: Session = ctx.session  # type: ignore[assignment]
    course = courses.get(session, payload["course_id"])
    changes.check_extension(course, int(payload["days"]))
    rows = [
        *_course_rows(session, course), (_("现在到期"), course.expires_on.isoformat() if course.expires_on else "—"),
        (_("延期"), _("%(n)d 天", n=int(payload["days"]))),
    ]  # fmt: skip
    return ApprovalSummary(tuple(rows), f"{course.id}:{course.expires_on}", course.person_id, course.store_id)


def execute_extend(ctx: HookContext, payload: Mapping[str, Any], _request_id: int) -> dict[str, Any]:
    """Extend as approved."""
    session: Session = ctx.session  # type: ignore[assignment]
    course = changes.extend(session, payload["course_id"], int(payload["days"]), str(payload["reason"]))
    return {"expires_on": course.expires_on.isoformat() if course.expires_on else None}


KINDS = (
    ApprovalKind(UNDO, _l("隔天撤销核销"), BURN, UNDO_APPROVE, describe_undo, execute_undo, 40),
    ApprovalKind(EXTEND, _l("疗程延期"), CHANGE, EXTEND_APPROVE, describe_extend, execute_extend, 41),
)
