"""Courses: use a session, take a use back (contract.md section 4)."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

from flask import request

from core.api import answers, schemas
from core.api.calls import ApiBlueprint, Work, call
from core.api.member_json import instant
from core.api.money import REQUIRED
from core.api.orders import PROOF
from core.api.quotes import staff_id
from core.courses import reads
from core.courses import services as courses
from core.courses.permissions import BURN, VIEW
from core.kernel.errors import NotFound
from core.kernel.i18n import _
from core.kernel.ids import parse_id
from core.orders.sessions import burn
from core.people import services as people

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

bp = ApiBlueprint("courses", "Course packs and bundles")
SCOPES = ("orders",)


@call(bp, "GET", "/courses/<course_id>", permission=VIEW, scopes=SCOPES, answer=answers.CourseState)
def read(work: Work, course_id: str) -> dict[str, Any]:
    """Return a course with its latest uses."""
    return _course(work.session, course_id)


@call(
    bp, "POST", "/courses/<course_id>/uses", permission=BURN, scopes=SCOPES, unit="write", once=REQUIRED, staff=True,
    proof=True, status=201, body=schemas.NewUse, answer=answers.CourseUsed,
    example={"performer": "102", "confirmation": {"method": "staff_attested", "evidence": ""}},
)  # fmt: skip
def use(work: Work, data: dict[str, Any], course_id: str) -> dict[str, Any]:
    """Use one session. 409 no_sessions_left, course_expired, course_frozen, course_ended; 422 blocked with findings.

    `item` names the part of a bundle; without it the first part with a session left is used. `for_member_id`, where
    the course is shared, somebody of the same household. An override's proof is for the text
    `course_id|finding_id|reason`.
    """
    treated = data.get("for_member_id")
    confirmation = data.get("confirmation") or {}
    done = burn.burn(
        work.session, parse_id(course_id) or _absent(),
        burn.Burning(
            for_member_id=people.get(work.session, treated).id if treated else None, item=data.get("item"),
            performer=staff_id(work.session, "performer", data.get("performer")),
            method=confirmation.get("method"), evidence=confirmation.get("evidence", ""),
            overrides=[schemas.override(o) for o in data["overrides"]],
            proof=request.headers.get(PROOF), payload_sha256=hashlib.sha256(work.raw).hexdigest(),
        ),
    )  # fmt: skip
    return _told(work.session, done.course_id, done.use_id)


@call(
    bp, "POST", "/courses/<course_id>/uses/<use_id>/undo", permission=BURN, scopes=SCOPES, unit="write",
    once=REQUIRED, staff=True, status=201, body=schemas.UndoUse, answer=answers.CourseUsed,
    example={"reason": "点错了疗程"},
)  # fmt: skip
def undo(work: Work, data: dict[str, Any], course_id: str, use_id: str) -> dict[str, Any]:
    """Take a use of today back: the session is in its lot again. 403 undo_needs_approval on a later day."""
    burn.undo(work.session, parse_id(course_id) or _absent(), use_id, data["reason"] or _("接口撤销"))
    work.session.flush()
    return _told(work.session, parse_id(course_id) or _absent(), parse_id(use_id) or _absent())


def _absent() -> int:
    raise NotFound(_("没有找到这个疗程。"))


def _course(session: Session, course_id: Any) -> dict[str, Any]:
    row = courses.get(session, course_id)
    uses = [_use(one) for one in reads.uses_of(session, [row.id])]
    return {**reads.to_json(reads.see(session, [row])[0]), "uses": uses}


def _told(session: Session, course_id: int, use_id: int) -> dict[str, Any]:
    """Return a use with what is left of its course now."""
    session.expire_all()
    seen = reads.see(session, [courses.get(session, course_id)])[0]
    use = next(one for one in reads.uses_of(session, [course_id]) if one.row.id == use_id)
    return {**_use(use), "course": reads.to_json(seen)}


def _use(one: reads.UseSeen) -> dict[str, Any]:
    row = one.row
    return {
        "id": str(row.id), "item": row.item_code, "for_member_id": str(row.for_person_id),
        "performer": one.performer or None, "value_fen": row.value_fen, "business_date": row.business_on.isoformat(),
        "booked_at": instant(row.booked_at), "confirmation": row.method, "undone": one.undo is not None,
    }  # fmt: skip
