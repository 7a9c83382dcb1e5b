"""Changes of a course that somebody owns: freeze, go on, extend, hand over (loyalty S18). Each is audited.

Expiry stands in the lots: a frozen course's lots end on no day, so no sweep books them meanwhile.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from core.courses import rules, services
from core.kernel import audit, clock
from core.kernel.errors import Conflict, Invalid, Refusal
from core.kernel.i18n import _
from core.kernel.statements import Statements, as_date
from core.kernel.tenancy import current_actor
from core.ledger import services as ledger

if TYPE_CHECKING:
    from datetime import date

    from sqlalchemy.orm import Session

    from core.courses.models import Course

MAX_DAYS = 366
REASON = 200


def _held(session: Session, course_id: Any) -> Course:
    """Return the course, locked with its owner's row as every movement of value locks it."""
    found = services.get(session, course_id)
    Statements(session, current_actor().franchise_id).lock("person", [found.person_id])
    return services.lock(session, [found.id])[0]


def _reason(text: str) -> str:
    reason = " ".join(text.split())[:REASON]
    if len(reason) < 2:
        raise Invalid.field("reason", _("请写明原因，至少 %(n)d 个字。", n=2))
    return reason


def freeze(session: Session, course_id: Any, reason: str) -> Course:
    """Freeze a course from today on: it cannot be used, and its time stands still.

    Raises Conflict `course_frozen`, `course_ended`, `course_expired`, `no_sessions_left`, Invalid without a reason.
    """
    course, why, today = _held(session, course_id), _reason(reason), clock.today(current_actor().tz)
    if course.state == rules.FROZEN:
        raise Conflict(_("这个疗程已经停用。"), code="course_frozen")
    _refuse_ended(course)
    if course.expires_on is not None and course.expires_on <= today:
        raise Conflict(_("这个疗程已过期，不能停用。请先办延期。"), code="course_expired")
    if not any(one.usable for one in services.parts_of(session, [course.id], today)[course.id]):
        raise Conflict(_("这个疗程的次数已用完，不用停用。"), code="no_sessions_left")
    course.state, course.frozen_on = rules.FROZEN, today
    course.version += 1
    _set_ends(session, course, None)
    _note(session, "courses.frozen", course, {"reason": why})
    return course


def unfreeze(session: Session, course_id: Any) -> Course:
    """Let a frozen course go on; the days it stood still are added to its expiry."""
    course, today = _held(session, course_id), clock.today(current_actor().tz)
    if course.state != rules.FROZEN or course.frozen_on is None:
        raise Conflict(_("这个疗程没有停用。"), code="course_not_frozen")
    days = max(0, (today - course.frozen_on).days)
    before = course.expires_on
    course.state, course.frozen_on, course.frozen_days = rules.OPEN, None, course.frozen_days + days
    course.expires_on = before + timedelta(days=days) if before else None
    course.version += 1
    _set_ends(session, course, course.expires_on)
    _note(session, "courses.unfrozen", course, {"days": days, "changes": _ends(before, course.expires_on)})
    return course


def extend(session: Session, course_id: Any, days: int, reason: str) -> Course:
    """Let a course end `days` later, counted from today where it has run out; what the sweep booked comes back.

    Raises Conflict `course_ended`, `course_frozen`, Refusal `course_endless`, Invalid for days or reason.
    """
    course, why, today = _held(session, course_id), _reason(reason), clock.today(current_actor().tz)
    check_extension(course, days)
    before = course.expires_on
    assert before is not None
    course.expires_on = max(before, today) + timedelta(days=days)
    course.version += 1
    _set_ends(session, course, course.expires_on)
    back = _unexpire(session, course)
    detail = {"reason": why, "days": days, "back": back, "changes": _ends(before, course.expires_on)}
    _note(session, "courses.extended", course, detail)
    return course


def check_extension(course: Course, days: int) -> None:
    """Raise why a course cannot be extended by so many days, if it cannot."""
    _refuse_ended(course)
    if course.state == rules.FROZEN:
        raise Conflict(_("疗程停用期间不走时间。请先恢复，再延期。"), code="course_frozen")
    if course.expires_on is None:
        raise Refusal(_("这个疗程不过期，不用延期。"), code="course_endless")
    if not 1 <= days <= MAX_DAYS:
        raise Invalid.field("days", _("延期天数应在 1 到 %(n)d 之间。", n=MAX_DAYS))


def _refuse_ended(course: Course) -> None:
    if course.state == rules.ENDED:
        raise Conflict(_("这个疗程已经全部退掉。"), code="course_ended")


def _accounts(st: Statements, course: Course) -> list[tuple[int, int]]:
    """Return (part, account) of a course's parts."""
    rows = st.all(
        "SELECT p.id, a.id FROM course_part p JOIN account a ON a.franchise_id = p.franchise_id"
        " AND a.owner_kind = 'course' AND a.owner_id = p.id AND a.unit = 'sessions' AND a.bucket = 'available'"
        " WHERE p.franchise_id = ? AND p.course_id = ? ORDER BY p.number",
        [st.franchise_id, course.id],
    )
    return [(int(part), int(account)) for part, account in rows]


def _set_ends(session: Session, course: Course, ends: date | None) -> None:
    """Let the course's own lots end on that day; a lot of grace keeps its own."""
    session.flush()
    st = Statements(session, current_actor().franchise_id)
    for _part, account in _accounts(st, course):
        st.run(
            "UPDATE lot SET expires_on = ? WHERE franchise_id = ? AND account_id = ? AND grace = 0",
            [ends, st.franchise_id, account],
        )


def _unexpire(session: Session, course: Course) -> int:
    """Bring back the sessions that the sweep booked as run out from the course's own lots; return how many."""
    st = Statements(session, current_actor().franchise_id)
    done = 0
    for part, account in _accounts(st, course):
        rows = st.all(
            "SELECT t.id, t.amount FROM transfer t JOIN lot l ON l.franchise_id = t.franchise_id AND l.id = t.source_id"
            " WHERE t.franchise_id = ? AND t.from_account_id = ? AND t.reason = 'expire' AND t.source_kind = 'lot'"
            " AND l.grace = 0 AND NOT EXISTS (SELECT 1 FROM transfer r WHERE r.franchise_id = t.franchise_id"
            " AND r.reverses_id = t.id) ORDER BY t.id",
            [st.franchise_id, account],
        )
        balance = ledger.balance_of(st, services.OWNER, part, ledger.SESSIONS, course.person_id)
        for transfer_id, amount in rows:
            ledger.restore(
                st, balance, ledger.SESSIONS, int(amount), _posting(course), redemption_id=int(transfer_id),
                house="expired", reason="extend",
            )  # fmt: skip
            done += int(amount)
    return done


def _posting(course: Course) -> ledger.Posting:
    actor = current_actor()
    return ledger.Posting(
        clock.today(actor.tz), clock.now_ms(), services.OWNER, course.id, actor.staff_id, actor.store_id, actor.door
    )


def transfer(session: Session, course_id: Any, to_person_id: int, reason: str) -> Course:
    """Hand a course with what is left of it over to another member; both histories say so.

    Raises Refusal `not_transferable`, Conflict `course_frozen`, `course_ended`, `no_sessions_left`, Invalid.
    """
    course, why, today = _held(session, course_id), _reason(reason), clock.today(current_actor().tz)
    _refuse_ended(course)
    if course.state == rules.FROZEN:
        raise Conflict(_("疗程停用期间不能转让。请先恢复。"), code="course_frozen")
    if not course.transferable:
        raise Refusal(_("这个疗程卖的时候约定不能转让。"), code="not_transferable")
    if to_person_id == course.person_id:
        raise Invalid.field("member_no", _("请选择另一位会员。"))
    before = course.person_id
    st = Statements(session, current_actor().franchise_id)
    moved = _move_sessions(session, st, course, to_person_id, today)
    if not moved:
        raise Conflict(_("这个疗程没有剩余次数可以转让。"), code="no_sessions_left")
    course.person_id = to_person_id
    course.version += 1
    for person_id in (before, to_person_id):
        audit.record(
            session, "courses.transferred", "course", course.id, person_id=person_id,
            detail={"reason": why, "sessions": moved, "from": str(before), "to": str(to_person_id)},
        )  # fmt: skip
    session.flush()
    return course


def _move_sessions(session: Session, st: Statements, course: Course, to: int, today: date) -> int:
    """Book what is left out of the one person's course and into the other's: the same lots, with the same end."""
    done = 0
    for part in services.parts_of(session, [course.id], today)[course.id]:
        if not part.usable:
            continue
        balance = ledger.balance_of(st, services.OWNER, part.row.id, ledger.SESSIONS, course.person_id)
        out = ledger.redeem(
            st, balance, ledger.SESSIONS, part.usable, _posting(course), reason="moved_out", house="reversed"
        )
        st.run(
            "UPDATE account SET person_id = ? WHERE franchise_id = ? AND id = ?",
            [to, st.franchise_id, balance.account_id],
        )
        st.run(
            "UPDATE lot SET person_id = ? WHERE franchise_id = ? AND account_id = ?",
            [to, st.franchise_id, balance.account_id],
        )
        balance = ledger.balance_of(st, services.OWNER, part.row.id, ledger.SESSIONS, to)
        ledger.restore(
            st, balance, ledger.SESSIONS, part.usable, _posting(course), redemption_id=out, house="reversed",
            reason="moved_in",
        )  # fmt: skip
        done += part.usable
    return done


def _ends(before: date | None, after: date | None) -> dict[str, list[str | None]]:
    return {"expires_on": [str(as_date(one)) if one else None for one in (before, after)]}


def _note(session: Session, action: str, course: Course, detail: dict[str, Any]) -> None:
    audit.record(session, action, "course", course.id, person_id=course.person_id, detail=detail)
    session.flush()
