"""Pages of health facts: what a person has, noting it, the way behind the glass."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any

from flask import request

from core.care import (
    access,
    audits,
    codes,
    document_views,
    need,
    photo_views,
    reads,
    review_views,
    rules,
    safety,
    services,
    strip,
    visit_views,
)
from core.care.blueprint import bp, id_of, who
from core.care.permissions import ALERT, GLASS, NOTE, WRITE
from core.kernel import clock
from core.kernel.errors import Forbidden, Invalid, Refusal
from core.kernel.i18n import _
from core.kernel.permissions import may
from core.kernel.tenancy import current_actor
from core.kernel.web.render import go, render_page, toast
from core.kernel.web.routes import on_refusal, own_unit, page, session
from core.people import services as people

if TYPE_CHECKING:
    from sqlalchemy.orm import Session
    from werkzeug.wrappers import Response

__all__ = ["bp", "document_views", "photo_views", "review_views", "visit_views"]
BACKS = {"till": "desk.till", "member": "desk.member"}
COMMON = ("penicillins", "cephalosporins_other", "sulfonamide_antibiotics", "cox1_nsaids", "amide_local_anaesthetics",
          "iodinated_contrast", "latex", "egg")  # fmt: skip


@page(bp, "/members/<person_id>/health", permission=ALERT, health="noted")
def health(person_id: str) -> Any:
    """Show what protects a person: all of it to who may read it, the alert to everybody else."""
    return _health(session(), person_id)


def _health(unit: Session, person_id: str, refusal: Refusal | None = None, at: str = "") -> Any:
    person = people.get(unit, id_of(person_id))
    seen = access.of(unit, person.id)
    if seen.glass is not None:
        need.mark(unit, seen.glass)
    if seen.by == access.SELF_MADE:
        need.mark_self_made(unit, person.id)
    found = safety.view_of(unit, [person.id])[person.id]
    actor = current_actor()
    answer = render_page(
        "care/health.html", status=refusal.status if refusal else 200, P=person, A=seen, S=strip.make(unit, found),
        R=reads.record(unit, person.id) if seen.reads else None, V=found if seen.reads else None, refusal=refusal,
        computed=found.condition_codes - {one.code for one in found.conditions}, at=at, typed=request.form,
        rules=rules, codes=codes, common=[codes.substance("class", one) for one in COMMON],
        conditions=sorted(codes.CONDITIONS.items(), key=lambda one: str(one[1])), reasons=access.REASONS,
        may_note=may(actor, NOTE), may_write=may(actor, WRITE) and seen.reads, today=clock.today(actor.tz),
    )  # fmt: skip
    answer.headers["Cache-Control"] = "no-store"
    return answer


def _again(person_id: str, at: str) -> None:
    """Show a refusal on the page itself."""
    on_refusal(lambda refusal: _refused(person_id, refusal, at))


def _refused(person_id: str, refusal: Refusal, at: str) -> Any:
    if refusal.status in (403, 404):
        raise refusal
    audits.note_reads(session(), [id_of(person_id)], "page", each=True)
    return _health(session(), person_id, refusal, at)


def _back(person_id: str) -> Response:
    back = request.form.get("back", "")
    if back == "till":
        return go(BACKS[back])
    if back == "member":
        return go(BACKS[back], person_id=id_of(person_id))
    return go("care.health", person_id=id_of(person_id))


def _version() -> int | None:
    text = request.form.get("version", "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 16 else None


def _day(name: str) -> dt.date | None:
    text = request.form.get(name, "").strip()
    if not text:
        return None
    try:
        return dt.date.fromisoformat(text)
    except ValueError:
        raise Invalid.field(name, _("日期这样写：2026-11-22。")) from None


@page(bp, "/members/<person_id>/health/asked", permission=NOTE, unit="write", methods=("POST",))
def asked(person_id: str) -> Any:
    """Note the answer to "any allergies?"; one click at the till."""
    _again(person_id, "asked")
    person = people.get(session(), id_of(person_id))
    row = services.set_status(session(), person.id, request.form.get("status", ""), _version())
    toast(_("已记下：%(status)s。", status=rules.STATUSES[row.allergy_status]))
    return _back(person_id)


@page(bp, "/members/<person_id>/health/allergies", permission=NOTE, unit="write", methods=("POST",))
def allergy(person_id: str) -> Any:
    """Note an allergy, by class, ingredient or in words; without consent it is an emergency note."""
    _again(person_id, "allergy")
    form, unit = request.form, session()
    person = people.get(unit, id_of(person_id))
    kind, _colon, code = (form.get("substance") or form.get("common") or "").partition(":")
    new = rules.allergy(
        today=services.today(), code_kind=kind, code=code, text="" if code else form.get("substance_text", ""),
        type=form.get("type", ""), category=form.get("category", ""), criticality=form.get("criticality", ""),
        verification=form.get("verification", ""), reaction=form.get("reaction", ""),
        severity=form.get("severity", ""), onset=_day("onset"),
    )  # fmt: skip
    services.note(unit, person.id, new, version=_version())
    toast(_("已登记过敏。"))
    return _back(person_id)


@page(bp, "/members/<person_id>/health/facts", permission=WRITE, unit="write", methods=("POST",))
def fact(person_id: str) -> Any:
    """Note a condition, a medicine or a dated state."""
    kind = request.form.get("kind", "")
    _again(person_id, kind)
    unit = session()
    person = people.get(unit, id_of(person_id))
    _want_access(unit, person.id)
    services.note(unit, person.id, _new(kind), version=_version())
    toast(_("已登记。"))
    return _back(person_id)


def _new(kind: str) -> rules.New:
    form, today = request.form, services.today()
    if kind == rules.CONDITION:
        return rules.condition(
            today=today, code=form.get("code", ""), icd10=form.get("icd10", ""), text=form.get("text", ""),
            since=_day("since"),
        )  # fmt: skip
    if kind == rules.MEDICINE:
        held, _colon, code = form.get("ingredient", "").partition(":")
        return rules.medicine(
            today=today, ingredients=[code] if held == codes.INGREDIENT else (),
            text="" if held == codes.INGREDIENT else form.get("ingredient_text", ""), dose=form.get("dose", ""),
            started=_day("started"), until=_day("until"), source=form.get("source", "told"),
        )  # fmt: skip
    if kind == rules.PHYSIOLOGY:
        state = form.get("state", "")
        value = form.get(f"value_{state}", "") if state in rules.CHOICES else form.get("value", "")
        return rules.physiology(today=today, state=state, value=value, on=_day("on"), until=_day("until"))
    raise Invalid.field("kind", _("请选择要登记什么。"))


def _want_access(unit: Session, person_id: int) -> None:
    if not access.of(unit, person_id).reads:
        raise Forbidden(
            _("这位会员不在你的接诊范围。需要查看或修改健康信息时，请先紧急查看并写明理由。"), code="no_care_relation"
        )


@page(bp, "/members/<person_id>/health/facts/<fact_id>", permission=WRITE, unit="write", methods=("POST",))
def change(person_id: str, fact_id: str) -> Any:
    """Refute, resolve, stop or restore a fact; the entry stays."""
    _again(person_id, "change")
    unit, form = session(), request.form
    person = people.get(unit, id_of(person_id))
    _want_access(unit, person.id)
    row = services.change_status(
        unit, person.id, id_of(fact_id), form.get("status", ""), form.get("why", ""), _version()
    )
    toast(_("已改为“%(status)s”，原来的记录保留。", status=rules.STATUS_NAMES[row.status]))
    return _back(person_id)


@page(bp, "/health/substances", permission=NOTE)
def substances() -> Any:
    """Answer the box of substances with classes and ingredients."""
    found = codes.find(request.args.get("q", "")[:60])
    return render_page("care/substances.html", found=found)


# -- behind the glass ------------------------------------------------------------------------------


@page(bp, "/members/<person_id>/health/glass", permission=GLASS)
def glass(person_id: str) -> Any:
    """Show what breaking the glass means, and ask why."""
    return _glass(session(), person_id)


def _glass(unit: Session, person_id: str, refusal: Refusal | None = None) -> Any:
    person = people.get(unit, id_of(person_id))
    return render_page(
        "care/glass.html", status=refusal.status if refusal else 200, P=person, refusal=refusal, typed=request.form,
        reasons=access.REASONS, most=access.REASON_MOST, least=access.MIN_REASON,
        errors={one.field: one.message for one in refusal.errors} if refusal else {},
    )  # fmt: skip


@page(bp, "/members/<person_id>/health/glass", permission=GLASS, unit="own", methods=("POST",), endpoint="glass_post")
def glass_post(person_id: str) -> Any:
    """Open one member's facts for 30 minutes: reason, words, PIN."""
    form = request.form
    code, pin = form.get("reason_code", ""), form.get("pin", "").strip()[:12]
    try:
        with own_unit("read") as unit:
            person = people.get(unit, id_of(person_id)).id
        reason = access.check_reason(code, form.get("reason", ""))
        with own_unit("write") as unit:
            made = access.enter_pin(unit, who().staff_number, pin, person, code, reason)
        if made.refusal is not None:
            raise made.refusal
        with own_unit("write") as unit:
            access.break_glass(unit, person, code, reason, made.proof or "")
    except Refusal as refusal:
        if refusal.status in (403, 404):
            raise
        with own_unit("read") as unit:
            return _glass(unit, person_id, refusal)
    toast(_("已打开 30 分钟。这次查看会被复核。"))
    return go("care.health", person_id=person)
