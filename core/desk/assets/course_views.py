"""Pages of courses: use a session (Shift+F2), look at a course, take a use back, freeze, extend, hand over."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING, Any

from flask import request, url_for
from sqlalchemy import select

from core.cards import services as cards
from core.courses import changes, reads
from core.courses import services as courses
from core.courses.models import CourseUse
from core.courses.permissions import BURN, CHANGE, UNDO_APPROVE, VIEW
from core.courses.settings import EXTEND_ALONE
from core.desk import services as till_services
from core.desk.blueprint import bp, id_of, who
from core.desk.settings import OVERRIDE_REASONS
from core.kernel import clock, settings
from core.kernel.errors import FieldError, Invalid, Refusal
from core.kernel.i18n import _, _l
from core.kernel.idempotency import perform
from core.kernel.money import show_yuan
from core.kernel.permissions import may
from core.kernel.runtime import runtime
from core.kernel.tenancy import current_actor
from core.kernel.web.render import go, render_page, toast
from core.kernel.web.routes import on_refusal, own_unit, page, session
from core.orders.sessions import burn, burn_approval
from core.orders.types import OverrideRequest
from core.org import approvals, dealing
from core.org.models import Staff
from core.org.proofs import make_proof
from core.people import services as people

if TYPE_CHECKING:
    from sqlalchemy.orm import Session
    from werkzeug.wrappers import Response

    from core.courses.reads import CourseSeen, PartSeen
    from core.people.models import Person

METHOD_NAMES: dict[str, Any] = {
    "staff_attested": _l("员工确认"), "signature": _l("顾客签字"), "pin": _l("会员密码"), "sms_code": _l("短信验证码"),
    "rotating_qr": _l("会员二维码"),
}  # fmt: skip
STATE_NAMES: dict[str, Any] = {"open": _l("使用中"), "frozen": _l("已停用"), "ended": _l("已退")}
UNDO_REASONS = (_l("点错了疗程"), _l("点错了人"), _l("顾客没有做"))


# -- using a session -------------------------------------------------------------------------------


@page(bp, "/members/<person_id>/courses/use", permission=BURN, endpoint="burn")
def burn_page(person_id: str) -> Any:
    """Show the sessions that may be used for a member, the soonest to end first."""
    return _burn_page(session(), id_of(person_id))


def _burn_page(unit: Session, person_id: int, refusal: Refusal | None = None, status: int = 200) -> Any:
    person = people.get(unit, person_id)
    seats = [seat.person for seat in _seats(unit, person)]
    seen = reads.of_member(unit, person.id, [one.id for one in seats])
    form = request.form
    picked = form.get("pick", "")
    told = refusal is not None and (refusal.code == "blocked" or form.getlist("grave") or form.getlist("ack"))
    findings = _findings(unit, person, seen, picked) if told else []
    performers = list(
        unit.scalars(select(Staff).where(Staff.performs.is_(True), Staff.active.is_(True)).order_by(Staff.number))
    )
    return render_page(
        "desk/burn.html", status=status, P=person, rows=_rows(seen), rest=[one for one in seen if not one.live],
        seats=[one for one in seats if one.id != person.id], performers=performers, typed=form, picked=picked,
        performer=form.get("performer") or str(_last_performer(unit, person.id) or ""), refusal=refusal,
        findings=findings, override_reasons=settings.value(unit, OVERRIDE_REASONS) if findings else (),
        once=secrets.token_urlsafe(16), back=_back(), own=dealing.is_own(unit, [person.id]),
        signature=burn.allowed_methods(unit) == ("signature",), state_names=STATE_NAMES,
    )  # fmt: skip


def _seats(unit: Session, person: Person) -> list[Any]:
    found = cards.household_of(unit, person)
    return cards.seats_of(unit, found[1]) if found else []


def _rows(seen: list[CourseSeen]) -> list[tuple[CourseSeen, PartSeen]]:
    """Return what may be used: each part with a session left, by course."""
    return [(one, part) for one in seen if one.live for part in one.parts if part.left]


def _last_performer(unit: Session, person_id: int) -> int | None:
    draft, _key = till_services.draft_of(unit, who().session_id)
    if draft.performer:
        return draft.performer
    return unit.scalar(
        select(CourseUse.performer_id).where(CourseUse.for_person_id == person_id, CourseUse.performer_id.is_not(None))
        .order_by(CourseUse.id.desc()).limit(1)
    )  # fmt: skip


def _findings(unit: Session, person: Person, seen: list[CourseSeen], picked: str) -> list[Any]:
    course_id, _colon, code = picked.partition(":")
    found = next((one for one in seen if str(one.row.id) == course_id), None)
    treated = request.form.get("for") or str(person.id)
    if found is None or not treated.isdigit():
        return []
    return [one for one in burn.findings_of(unit, found.row, code, int(treated)) if one.severity != "info"]


def _back() -> str:
    return "till" if (request.values.get("back") or "") == "till" else ""


@page(bp, "/members/<person_id>/courses/use", permission=BURN, unit="own", methods=("POST",), endpoint="burn_post")
def burn_post(person_id: str) -> Any:
    """Use the chosen session, once for each showing of the page."""
    person = id_of(person_id)
    try:
        asked, course_id = _asked(person)
        done = _perform(course_id, asked)
    except Refusal as refusal:
        with own_unit("read") as unit:
            return _burn_page(unit, person, refusal, refusal.status)
    said = {"item": done["name"], "n": done["left"]}
    toast(
        _("已核销 %(item)s，还剩 %(n)d 次。", **said) if done["left"] else _("已核销 %(item)s，已用完。", **said),
        undo=url_for("desk.course_undo", course_id=done["course_id"], use_id=done["use_id"], back=_back() or None),
    )
    return _return(_back(), person)


def _return(back: str, person_id: int) -> Response:
    return go("desk.till") if back == "till" else go("desk.member", person_id=person_id)


def _asked(person_id: int) -> tuple[burn.Burning, int]:
    """Return what the form asks for; PINs in it become proofs, in units of their own (a wrong one counts)."""
    form = request.form
    course_id, _colon, code = form.get("pick", "").partition(":")
    if not course_id:
        raise Invalid.field("pick", _("请选择要核销的疗程。"))
    treated, performer, wanted = form.get("for", ""), form.get("performer", ""), id_of(course_id)
    overrides = [OverrideRequest(one, _("已核对")) for one in form.getlist("ack")]
    overrides += [found for one in form.getlist("grave") if (found := _override(wanted, one)) is not None]
    payload = f"burn|{wanted}|{form.get('once', '')}"
    witness = None
    if form.get("pin"):
        witness = pin_proof(form.get("number", ""), form["pin"], dealing.PURPOSE, payload)
    method = "signature" if form.get("signed") == "1" else None
    return burn.Burning(
        for_member_id=id_of(treated) if treated else person_id, item=code or None,
        performer=_performer(performer), method=method, evidence=form.get("evidence", ""), overrides=overrides,
        proof=witness, payload_sha256=approvals.sha_of(payload),
    ), wanted  # fmt: skip


def _override(course_id: int, finding: str) -> OverrideRequest | None:
    """Return what lets a grave finding pass, as at the till: a reason (`code|words` of the rule), evidence, a PIN."""
    form = request.form
    if not form.get(f"pin_{finding}"):
        return None
    code, _bar, words = form.get(f"reason_{finding}", "").strip().rpartition("|")
    reason = (form.get(f"reason_text_{finding}", "").strip() or words)[:200]
    proof = pin_proof(
        form.get(f"number_{finding}", ""), form[f"pin_{finding}"], "override", f"{course_id}|{finding}|{reason}"
    )
    return OverrideRequest(finding, reason, proof, code[:40], form.get(f"evidence_{finding}", "").strip()[:300])


def _performer(text: str) -> int | None:
    if not text:
        return None
    with own_unit("read") as unit:
        row = unit.get(Staff, id_of(text))
        if row is None or not row.active:
            raise Invalid.field("performer", _("没有找到这位员工，或已停用。"))
        return row.id


def pin_proof(number: str, pin: str, purpose: str, payload: str) -> str:
    """Return the proof that a colleague's PIN gives for a payload; a wrong PIN counts, in a unit of its own."""
    with own_unit("write") as unit:
        made = make_proof(unit, number.strip()[:20], pin.strip()[:12], purpose, approvals.sha_of(payload))
    if made.refusal is not None:
        raise made.refusal
    return made.proof or ""


def _perform(course_id: int, asked: burn.Burning) -> dict[str, Any]:
    once = request.form.get("once", "")[:60] or secrets.token_urlsafe(16)

    def work(unit: Session) -> tuple[int, dict[str, Any]]:
        done = burn.burn(unit, course_id, asked)
        return 201, {
            "use_id": str(done.use_id), "course_id": str(done.course_id), "name": done.name, "left": done.left,
        }  # fmt: skip

    outcome = perform(runtime().db, current_actor(), "desk:burn", once, str(course_id).encode(), work)
    if outcome.status >= 400:
        raise Refusal(outcome.answer["title"], code=outcome.answer["code"], status=outcome.status)
    return outcome.answer


# -- a course --------------------------------------------------------------------------------------


@page(bp, "/members/courses/<course_id>", permission=VIEW, endpoint="course")
def course_page(course_id: str) -> Any:
    """Show a course: what is left, until when, who used it."""
    return _course_page(session(), id_of(course_id))


def _course_page(unit: Session, course_id: int, refusal: Refusal | None = None, at: str = "") -> Any:
    row = courses.get(unit, course_id)
    actor = current_actor()
    return render_page(
        "desk/course.html", C=reads.see(unit, [row])[0], uses=reads.uses_of(unit, [row.id]), refusal=refusal, at=at,
        typed=request.form, may_burn=may(actor, BURN), may_change=may(actor, CHANGE),
        may_approve=may(actor, UNDO_APPROVE), method_names=METHOD_NAMES, state_names=STATE_NAMES,
        alone=int(settings.value(unit, EXTEND_ALONE)), most=changes.MAX_DAYS, undo_reasons=UNDO_REASONS,
        today=clock.today(actor.tz), paid=show_yuan(row.paid_fen),
    )  # fmt: skip


def _again(course_id: str, at: str) -> None:
    on_refusal(lambda refusal: _course_page(session(), id_of(course_id), refusal, at))


@page(bp, "/members/courses/<course_id>/uses/<use_id>/undo", permission=BURN, unit="write", methods=("POST",))
def course_undo(course_id: str, use_id: str) -> Any:
    """Take a use of today back; one of an earlier day is asked for."""
    _again(course_id, "uses")
    unit, form = session(), request.form
    reason = form.get("reason_text", "").strip() or form.get("reason", "").strip()
    row = courses.get(unit, id_of(course_id))
    if form.get("act") == "ask":
        burn_approval.ask_undo(unit, row.id, id_of(use_id), reason)
        toast(_("已提交申请，批准后撤销。"))
        return go("desk.course", course_id=row.id)
    left = burn.undo(unit, row.id, id_of(use_id), reason or _("当场撤销"))
    toast(_("已撤销这次核销，还剩 %(n)d 次。", n=left))
    return go("desk.till") if _back() == "till" else go("desk.course", course_id=id_of(course_id))


@page(bp, "/members/courses/<course_id>/freeze", permission=CHANGE, unit="write", methods=("POST",))
def course_freeze(course_id: str) -> Any:
    """Freeze a course, or let it go on."""
    _again(course_id, "freeze")
    if request.form.get("act") == "unfreeze":
        row = changes.unfreeze(session(), id_of(course_id))
        until = row.expires_on.isoformat() if row.expires_on else _("长期")
        toast(_("已恢复，停用的天数已补上：到期日 %(day)s。", day=until))
    else:
        changes.freeze(session(), id_of(course_id), request.form.get("reason", ""))
        toast(_("已停用，停用期间不走时间。"))
    return go("desk.course", course_id=id_of(course_id))


@page(bp, "/members/courses/<course_id>/extend", permission=CHANGE, unit="write", methods=("POST",))
def course_extend(course_id: str) -> Any:
    """Extend a course; more days than the setting allows wait for an approval."""
    _again(course_id, "extend")
    days = request.form.get("days", "").strip()
    if not (days.isascii() and days.isdigit() and len(days) < 5):
        raise Invalid.field("days", _("延期天数应在 1 到 %(n)d 之间。", n=changes.MAX_DAYS))
    asked = burn_approval.extend(session(), id_of(course_id), int(days), request.form.get("reason", ""))
    toast(_("已延期 %(n)d 天。", n=int(days)) if asked is None else _("已提交申请，批准后延期。"))
    return go("desk.course", course_id=id_of(course_id))


@page(bp, "/members/courses/<course_id>/transfer", permission=CHANGE, unit="write", methods=("POST",))
def course_transfer(course_id: str) -> Any:
    """Hand what is left of a course over to another member, found by member number or card."""
    _again(course_id, "transfer")
    unit, number = session(), request.form.get("member_no", "").strip()[:40]
    found = [one for one in people.find(unit, number, 2) if one.member_no == number] if number else []
    if not found:
        card = cards.by_number(unit, number) if number else None
        found = [people.get(unit, card.person_id)] if card else []
    if not found:
        raise Invalid(
            _("没有找到这位会员。请填完整的会员号或卡号。"),
            errors=[FieldError("member_no", _("没有找到这位会员。"))],
        )
    dealing.refuse_own(unit, [courses.get(unit, id_of(course_id)).person_id, found[0].id])
    changes.transfer(unit, id_of(course_id), found[0].id, request.form.get("reason", ""))
    toast(_("已转给 %(name)s。", name=found[0].name))
    return go("desk.course", course_id=id_of(course_id))
