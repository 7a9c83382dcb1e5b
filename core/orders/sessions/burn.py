"""A session of a course is used (核销), or the use is taken back (loyalty S18; B39, B40).

One transaction: the session leaves its lot, the use keeps who, where, by whom and what it was worth, the visit counts
for the person treated, once a day (B17). It earns nothing: the course earned when it was sold.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from core.catalog import services as catalog
from core.catalog.models import Item
from core.courses import rules as course_rules
from core.courses import services as courses
from core.courses.models import CourseUse
from core.courses.permissions import BURN
from core.courses.settings import CONFIRM
from core.hooktypes import BasketView, LineView
from core.kernel import audit, clock, settings
from core.kernel.errors import Conflict, Forbidden, Invalid, Refusal
from core.kernel.i18n import _
from core.kernel.ids import new_id
from core.kernel.permissions import may
from core.kernel.sealed import seal_text
from core.kernel.statements import Statements
from core.kernel.tenancy import current_actor
from core.ledger import services as ledger
from core.orders.events import tell_plugins
from core.orders.granting import streaks
from core.orders.quoting import finding_rows
from core.orders.quoting import findings as finding_rules
from core.orders.sessions import course_settlement
from core.org import business_day, dealing, franchises
from core.people import services as people
from core.programme import services as programmes
from core.tiers import services as tiers
from core.tiers.rules import QualifyingEvent

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date

    from sqlalchemy.orm import Session

    from core.courses.models import Course
    from core.courses.services import PartState
    from core.orders.quoting.findings import Passed
    from core.orders.types import FindingView, OverrideRequest
    from core.people.models import Person

MIN_REASON = 2
MAX_EVIDENCE = 200


@dataclass(frozen=True, slots=True)
class Burning:
    """A use as asked for. `item` names the part of a bundle; `for_member_id` None: the owner is treated.

    `method` None: as the franchise's setting has it. `proof` is a colleague's PIN over `payload_sha256`, for the
    account of one's own household.
    """

    for_member_id: int | None = None
    item: str | None = None
    performer: int | None = None
    method: str | None = None
    evidence: str = ""
    overrides: Sequence[OverrideRequest] = ()
    proof: str | None = None
    payload_sha256: str = ""


@dataclass(frozen=True, slots=True)
class Burned:
    """A use that was booked: `left` usable sessions of the course's part, of `total`."""

    use_id: int
    course_id: int
    item: str
    name: str
    value_fen: int
    left: int
    total: int


def burn(session: Session, course_id: Any, asked: Burning) -> Burned:
    """Use one session of a course and return what was booked.

    Raises NotFound for a foreign course or person, Conflict `no_sessions_left`, `course_frozen`, `course_expired`,
    `course_ended`, Refusal `course_not_shared`, `confirmation_not_allowed`, `blocked` with the findings still open,
    Forbidden `own_card`.
    """
    actor = current_actor()
    franchises.refuse_when_frozen(session, member=True)
    treated, course = _locked(session, course_id, asked.for_member_id)
    dealing.refuse_own(session, [course.person_id, treated.id], proof=asked.proof, payload_sha256=asked.payload_sha256)
    today = clock.today(actor.tz)
    part = usable_part(session, course, asked.item, today)
    refuse_strangers(session, course, treated.id)
    method = method_of(session, asked.method)
    item = session.get(Item, part.row.item_id)
    assert item is not None
    found = finding_rules.collect(session, _view(course, treated.id, item), [])
    passed = finding_rules.settle_findings(session, found, asked.overrides, course.id)
    posted = post(session, course, part, item, treated, asked, method, today, clock.now_ms())
    _write_findings(Statements(session, actor.franchise_id), passed, posted.use_id, treated.id, clock.now_ms())
    return posted


def _locked(session: Session, course_id: Any, for_member_id: int | None) -> tuple[Person, Course]:
    """Lock owner and treated person in order of id, then the course; read it as it is now."""
    st = Statements(session, current_actor().franchise_id)
    course = courses.get(session, course_id)
    treated = people.get(session, for_member_id or course.person_id)
    st.lock("person", [course.person_id, treated.id])
    owner = course.person_id
    course = courses.lock(session, [course.id])[0]
    if course.person_id != owner:
        raise Conflict(_("这个疗程刚刚转让给了别人，请刷新后再核销。"), code="conflict")
    return treated, course


def findings_of(session: Session, course: Course, item_code: str, treated_id: int) -> list[FindingView]:
    """Return what core and plugins have to say before a session is used: shown beside the button."""
    item = catalog.by_code(session, item_code)
    return finding_rules.collect(session, _view(course, treated_id, item), [])


def _view(course: Course, treated_id: int, item: Item) -> BasketView:
    other = treated_id if treated_id != course.person_id else None
    line = LineView(1, item.id, item.code, item.name, 1, 0, 0, catalog.attributes_of(item), other)
    return BasketView(course.person_id, (line,))


def usable_part(session: Session, course: Course, wanted: str | None, today: date) -> PartState:
    """Return the part to use: the one asked for, else the first with a session left. Raise why there is none."""
    if course.state == course_rules.FROZEN:
        raise Conflict(_("这个疗程已停用。请先在疗程页恢复，再核销。"), code="course_frozen")
    if course.state == course_rules.ENDED:
        raise Conflict(_("这个疗程已经全部退掉，不能核销。"), code="course_ended")
    parts = courses.parts_of(session, [course.id], today)[course.id]
    if wanted is not None:
        parts = [one for one in parts if one.row.item_code == wanted]
        if not parts:
            raise Invalid.field("item", _("这个疗程不含项目 %(code)s。", code=wanted[:40]))
    usable = [one for one in parts if one.usable > 0]
    if usable:
        return usable[0]
    if any(one.left for one in parts) and course.expires_on is not None and course.expires_on <= today:
        raise Conflict(
            _("这个疗程已于 %(day)s 过期。请先办延期，再核销。", day=course.expires_on.isoformat()),
            code="course_expired",
        )
    raise Conflict(
        _("这个疗程的次数已用完。请再购一个疗程，或按单次收费。"), code="no_sessions_left", extra={"remaining": 0}
    )


def refuse_strangers(session: Session, course: Course, treated_id: int) -> None:
    """Raise `course_not_shared` for somebody whom the course does not serve."""
    if treated_id == course.person_id:
        return
    if not course.shared:
        raise Refusal(_("这个疗程只供本人使用。"), code="course_not_shared")
    if treated_id not in dealing.circle(session, course.person_id):
        raise Refusal(_("这个疗程只供同一张家庭卡的家人使用。请先把就诊人加入家庭卡。"), code="course_not_shared")


def allowed_methods(session: Session) -> tuple[str, ...]:
    """Return how a use may be confirmed here, the usual way first."""
    if settings.value(session, CONFIRM) == "signature":
        return ("signature",)
    return course_rules.METHODS


def method_of(session: Session, wanted: str | None) -> str:
    """Return how the use is confirmed; raise `confirmation_not_allowed`."""
    allowed = allowed_methods(session)
    if wanted is None and "staff_attested" in allowed:
        return allowed[0]
    if wanted not in allowed:
        raise Refusal(
            _("本机构核销须顾客签字确认。") if allowed == ("signature",) else _("这种确认方式没有启用。"),
            code="confirmation_not_allowed", extra={"allowed": list(allowed)},
        )  # fmt: skip
    return wanted


def post(
    session: Session, course: Course, part: PartState, item: Item, treated: Person, asked: Burning, method: str,
    today: date, at: int, line: tuple[int, int] | None = None, books_on: date | None = None,
) -> Burned:  # fmt: skip
    """Book a use of the day `today`; `line` is (order, its line) where the session pays for one: that visit is the
    order's. `books_on` is the business date, which a day close moves (None: the store's)."""
    actor = current_actor()
    st = Statements(session, actor.franchise_id)
    use_id = new_id()
    books_on = books_on or business_day.book_on(st)
    posting = ledger.Posting(books_on, at, "course_use", use_id, actor.staff_id, actor.store_id, actor.door)
    value = course_rules.next_value(part.open_fen, part.left)
    transfer_id = courses.take(st, course, part, posting)
    evidence = asked.evidence.strip()[:MAX_EVIDENCE]
    first = line is None and _first_today(treated, today)
    entities = course_settlement.pair(st, course, actor.store_id)
    st.insert(
        "course_use",
        {
            "id": use_id, "franchise_id": st.franchise_id, "course_id": course.id, "course_part_id": part.row.id,
            "person_id": course.person_id, "for_person_id": treated.id, "item_code": item.code,
            "performer_id": asked.performer, "staff_id": actor.staff_id, "store_id": actor.store_id,
            "order_id": line[0] if line else None, "order_line_id": line[1] if line else None, "value_fen": value,
            "visit": first, "method": method,
            "evidence_sealed":
                seal_text("course_use", "evidence_sealed", use_id, st.franchise_id, evidence) if evidence else None,
            "transfer_id": transfer_id, "issuing": entities[0], "serving": entities[1], "business_on": books_on,
            "booked_at": at, "door": actor.door,
        },
    )  # fmt: skip
    course_settlement.at_use(st, entities, value, posting)
    _visit(session, st, treated.id, posting, today, 1 if first else 0)
    left = part.usable - 1
    audit.insert(
        st, "courses.used", "course", course.id, person_id=course.person_id,
        detail={"use": str(use_id), "item": item.code, "for": str(treated.id), "value_fen": value,
                "method": method, "left": [part.usable, left]},
    )  # fmt: skip
    tell_plugins(st, "course.used", use_id, treated.id, {"use_id": use_id, "course_id": course.id, "item": item.code})
    total = part.row.sessions + part.row.bonus_sessions
    return Burned(use_id, course.id, item.code, item.name, value, left, total)


def _first_today(person: Person, today: date) -> bool:
    """Return whether this is the person's first visit of the day, by their last visit."""
    if not person.last_visit_at:
        return True
    return clock.business_date(clock.from_ms(person.last_visit_at), current_actor().tz) < today


def _write_findings(st: Statements, passed: Sequence[Passed], use_id: int, person_id: int, at: int) -> None:
    """Keep the findings with the use, as an order keeps its own."""
    st.insert_many("finding", [finding_rows.row(one, st.franchise_id, use_id, person_id, 1, at) for one in passed])


def _visit(
    session: Session, st: Statements, person_id: int, posting: ledger.Posting, on: date, counted: int, sign: int = 1
) -> None:
    """Count a visit of the person treated (or take it back): several on one day are one for the tier (B17)."""
    actor, programme, use_id, at = current_actor(), programmes.in_force(session), posting.source_id, posting.booked_at
    today = clock.today(actor.tz)
    event = QualifyingEvent(on=on, visits=sign, booked_on=today, source=str(use_id))
    tiers.note(st, person_id, event, "course_use", use_id, at)
    st.run(
        "UPDATE person SET visits = visits + ?, last_visit_at = CASE WHEN last_visit_at < ? THEN ? ELSE last_visit_at"
        " END WHERE franchise_id = ? AND id = ?",
        [counted * sign, at if sign > 0 else 0, at, st.franchise_id, person_id],
    )
    tiers.refresh(st, person_id, programme, today, actor.tz, cause="course", source_kind="course_use", source_id=use_id)
    if sign > 0:
        streaks.give(st, person_id, programme, posting, on)
    else:
        streaks.take_back(st, person_id, programme, posting)


# -- taking back -----------------------------------------------------------------------------------


def undo(session: Session, course_id: Any, use_id: Any, reason: str, *, approved: bool = False) -> int:
    """Take a use back and return the sessions that are usable then.

    The same business day by whoever may use sessions at that store; later by an approval (`approved`,
    burn_approval.py). Raises NotFound, Conflict `already_undone`, Forbidden `undo_needs_approval`, `other_store`,
    Invalid without a reason.
    """
    actor = current_actor()
    why = " ".join(reason.split())[:MAX_EVIDENCE]
    if len(why) < MIN_REASON:
        raise Invalid.field("reason", _("请写明原因，至少 %(n)d 个字。", n=MIN_REASON))
    franchises.refuse_when_frozen(session, member=True)
    st = Statements(session, actor.franchise_id)
    course = courses.get(session, course_id)
    use = courses.use_of(session, course.id, use_id)
    st.lock("person", [course.person_id, use.for_person_id])
    course = courses.lock(session, [course.id])[0]
    check_undo(session, use)
    if not approved:
        _refuse_late(st, use)
        dealing.refuse_own(session, [course.person_id, use.for_person_id])
    left = put_back(session, st, course, use, why)
    session.expire_all()
    return left


def check_undo(session: Session, use: CourseUse) -> None:
    """Raise Conflict `already_undone` for one that was taken back, `use_of_order` for one that pays for a line."""
    if courses.undo_of(session, use.id) is not None:
        raise Conflict(_("这次核销已经撤销过了。"), code="already_undone")
    if use.order_line_id is not None:
        raise Conflict(_("这次核销抵扣了订单里的一行，请在订单上退款。"), code="use_of_order")


def _refuse_late(st: Statements, use: CourseUse) -> None:
    actor = current_actor()
    if may(actor, BURN) and not may(actor, BURN, use.store_id):
        raise Forbidden(_("这次核销属于别的门店，请到原门店撤销。"), code="other_store")
    if use.business_on != business_day.current(st):
        raise Forbidden(_("隔天的核销须店长批准才能撤销。请在疗程页提交申请。"), code="undo_needs_approval")


def put_back(session: Session, st: Statements, course: Course, use: CourseUse, why: str) -> int:
    """Give the session of a use back and write down why; return the sessions usable then. The caller checked."""
    actor = current_actor()
    today, at, undo_id = clock.today(actor.tz), clock.now_ms(), new_id()
    books_on = business_day.book_on(st)
    posting = ledger.Posting(books_on, at, "course_use", use.id, actor.staff_id, actor.store_id, actor.door)
    courses.put_back(st, course, use, posting)
    row = st.one(
        "SELECT id FROM transfer WHERE franchise_id = ? AND reverses_id = ?", [st.franchise_id, use.transfer_id]
    )
    assert row is not None
    st.insert(
        "course_use_undo",
        {
            "id": undo_id, "franchise_id": st.franchise_id, "course_use_id": use.id, "transfer_id": int(row[0]),
            "staff_id": actor.staff_id, "store_id": actor.store_id,
            "reason_sealed": seal_text("course_use_undo", "reason_sealed", undo_id, st.franchise_id, why),
            "business_on": books_on, "booked_at": at, "door": actor.door,
        },
    )  # fmt: skip
    course_settlement.at_undo(st, use, posting)
    came_on = business_day.took_place_on(use.business_on, use.booked_at)
    _visit(session, st, use.for_person_id, posting, came_on, 1 if use.visit else 0, -1)
    left = sum(one.usable for one in courses.parts_of(session, [course.id], today)[course.id])
    audit.insert(
        st, "courses.use_undone", "course", course.id, person_id=course.person_id,
        detail={"use": str(use.id), "reason": why, "left": left},
    )  # fmt: skip
    tell_plugins(
        st, "course.use_undone", use.id, use.for_person_id,
        {"use_id": use.id, "course_id": course.id, "item": use.item_code},
    )  # fmt: skip
    return left
