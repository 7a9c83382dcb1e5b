"""Pages beside the medical record: how somebody is, who looks after them, the care profile, objections, batches."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any

from flask import request

from core.sdk import (
    Invalid,
    NotFound,
    Refusal,
    _,
    check_need,
    go,
    may,
    may_read_health,
    note_health_read,
    on_refusal,
    page,
    page_session,
    person_of,
    record_audit,
    render_page,
    setting_value,
    staff_names,
    tenancy,
    toast,
)
from plugins.beauty import aftercare, contraindications, profiles, records, sign_off, stages, texts, treatments
from plugins.beauty.attributes import MOTIVES, NAMES
from plugins.beauty.permissions import BATCHES, CARE, HANDOFFS, OBJECTIONS, OVERRIDE, PROFILE, PROFILE_EDIT, RECORD
from plugins.beauty.settings import ISOTRETINOIN
from plugins.beauty.views import age_of, bp, day, is_minor

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from plugins.beauty.models import BeautyTreatment


def _errors(refusal: Refusal | None) -> dict[str, str]:
    return {error.field: error.message for error in refusal.errors} if refusal else {}


# -- how they are, who looks after them ------------------------------------------------------------


@page(bp, "/members/<person_id>/care/<treatment_id>", permission=CARE, health="noted")
def care(person_id: str, treatment_id: str) -> Any:
    """Show the care form of a treatment and what was said before."""
    return _care(person_id, treatment_id)


def _care(person_id: str, treatment_id: str, refusal: Refusal | None = None) -> Any:
    unit = page_session()
    person = person_of(unit, person_id)
    row = treatments.get(unit, person.person_id, treatment_id)
    _refuse_stranger(unit, row)
    return render_page(
        "beauty/care.html", P=person, T=treatments.opened(row), phases=aftercare.PHASES, moods=aftercare.MOODS,
        wounds=aftercare.WOUNDS, forms=aftercare.care_forms(unit, person.person_id).get(row.id, []),
        typed=request.form, refusal=refusal, errors=_errors(refusal), stage=stages.STAGES[row.stage],
    )  # fmt: skip


@page(bp, "/members/<person_id>/care/<treatment_id>", permission=CARE, health="noted", unit="write", methods=("POST",))
def care_save(person_id: str, treatment_id: str) -> Any:
    """Write how somebody is."""
    unit = page_session()
    person = person_of(unit, person_id)
    _refuse_stranger(unit, treatments.get(unit, person.person_id, treatment_id))
    on_refusal(lambda refusal: _care(person_id, treatment_id, refusal))
    aftercare.ask(unit, person.person_id, treatment_id, request.form)
    toast(_("已记录，下次该问的日子已更新。"))
    return go("beauty.care", person_id=person.person_id, treatment_id=treatment_id)


def _refuse_stranger(unit: Session, row: BeautyTreatment) -> None:
    """Raise Forbidden for who neither treats the person nor has them on today's list, nor asked them today (C16)."""
    if aftercare.is_asked_today(unit, row, tenancy.current_actor().staff_id):
        return
    check_need(unit, row.person_id, "beauty.care", each=False)


@page(bp, "/handoffs", permission=HANDOFFS)
def handoffs() -> Any:
    """Show whom to ask today, by who looks after them."""
    unit, today = page_session(), records.today()
    stage = request.args.get("stage", "")
    rows = aftercare.due(unit, today, stage, _after())
    shown = rows[: aftercare.LISTED]
    people = {row.person_id: person_of(unit, row.person_id) for row in shown}
    last = shown[-1] if len(rows) > aftercare.LISTED else None
    return render_page(
        "beauty/handoffs.html", rows=shown, people=people, today=today, stage=stage, stages=stages.STAGES,
        names=staff_names(unit, [row.owner_id for row in shown]), more=f"{last.due_on}.{last.id}" if last else "",
        may_care=may(tenancy.current_actor(), CARE),
    )  # fmt: skip


def _after() -> tuple[dt.date, int] | None:
    text, _dot, last = request.args.get("after", "").rpartition(".")
    try:
        return (dt.date.fromisoformat(text), int(last)) if text else None
    except ValueError:
        return None


# -- the care profile ------------------------------------------------------------------------------


@page(bp, "/members/<person_id>/profile", permission=PROFILE, health="noted")
def profile(person_id: str) -> Any:
    """Show what is remembered of a person beyond the medical record."""
    return _profile(person_id)


def _profile(person_id: str, refusal: Refusal | None = None) -> Any:
    unit = page_session()
    person = person_of(unit, person_id)
    found, today = profiles.profile(unit, person.person_id), records.today()
    near = may_read_health(unit, person.person_id)
    window = stages.period_window(found.cycle[0], found.cycle[1], today) if found.cycle and near else None
    return render_page(
        "beauty/profile.html", P=person, found=found, motives=MOTIVES, means=profiles.MEANS, fields=profiles.FIELDS,
        window=window, agreed=profiles.may_note_cycle(unit, person.person_id),
        consent=texts.text_of(unit, texts.CYCLE), methods=records.METHODS, minor=is_minor(person),
        near=near, may_edit=may(tenancy.current_actor(), PROFILE_EDIT), typed=request.form, refusal=refusal,
        errors=_errors(refusal),
    )  # fmt: skip


def _version() -> int:
    text = request.form.get("version", "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 9 else -1


@page(bp, "/members/<person_id>/profile", permission=PROFILE_EDIT, health="noted", unit="write", methods=("POST",))
def profile_save(person_id: str) -> Any:
    """Write the care profile."""
    person = person_of(page_session(), person_id)
    on_refusal(lambda refusal: _profile(person_id, refusal))
    profiles.save(page_session(), person.person_id, request.form, _version())
    toast(_("已保存关怀档案。"))
    return go("beauty.profile", person_id=person.person_id)


@page(bp, "/members/<person_id>/cycle", permission=PROFILE_EDIT, health=True, unit="write", methods=("POST",))
def cycle(person_id: str) -> Any:
    """Sign for the note of the cycle, write it, or take the consent back and delete it."""
    unit, form = page_session(), request.form
    person = person_of(unit, person_id)
    on_refusal(lambda refusal: _profile(person_id, refusal))
    act = form.get("act", "save")
    if act == "withdraw":
        profiles.withdraw_cycle(unit, person.person_id)
        toast(_("已撤回，周期记录已删除。"))
    elif act == "sign":
        records.sign(
            unit, person.person_id, texts.CYCLE, method=form.get("method", ""), evidence=form.get("evidence", ""),
            age=age_of(person), guardian=form.get("guardian", ""), version=form.get("text_version", ""),
        )  # fmt: skip
        toast(_("已记录同意，可以填写周期了。"))
    else:
        length = form.get("length", "")
        if not length.isascii() or not length.isdigit():
            raise Invalid.field("length", _("周期长度请填整数天。"))
        profiles.note_cycle(unit, person.person_id, day("last"), int(length[:4]), _version())
        toast(_("已记录周期。"))
    return go("beauty.profile", person_id=person.person_id)


# -- objections ------------------------------------------------------------------------------------


@page(bp, "/members/<person_id>/objections", permission=OBJECTIONS)
def objections(person_id: str) -> Any:
    """Show what holds a person back and what was answered."""
    return _objections(person_id)


def _objections(person_id: str, refusal: Refusal | None = None) -> Any:
    unit = page_session()
    person = person_of(unit, person_id)
    rows = profiles.objections(unit, person.person_id)
    return render_page(
        "beauty/objections.html", P=person, rows=rows, names=staff_names(unit, [one.row.staff_id for one in rows]),
        typed=request.form, refusal=refusal, errors=_errors(refusal),
    )  # fmt: skip


@page(bp, "/members/<person_id>/objections", permission=OBJECTIONS, unit="write", methods=("POST",))
def objection_save(person_id: str) -> Any:
    """Write an objection, or the answer to one."""
    unit, form = page_session(), request.form
    person = person_of(unit, person_id)
    on_refusal(lambda refusal: _objections(person_id, refusal))
    if form.get("objection"):
        profiles.answer_objection(unit, person.person_id, form["objection"], form.get("answer", ""))
        toast(_("已记录答复。"))
    else:
        profiles.object_to(unit, person.person_id, form.get("text", ""))
        toast(_("已记录顾虑。"))
    return go("beauty.objections", person_id=person.person_id)


# -- batches ---------------------------------------------------------------------------------------


@page(bp, "/batches", permission=BATCHES, unit="write")
def batches() -> Any:
    """Show who got a product of a batch; the look is written down with the batch and, of each person, as a read."""
    unit, batch = page_session(), request.args.get("batch", "").strip()[:60]
    rows = treatments.of_batch(unit, batch)
    if rows:
        record_audit(
            unit, "beauty.batch.read", "beauty_batch", rows[0].id, detail={"batch": batch, "people": len(rows)}
        )
        note_health_read(unit, sorted({row.person_id for row in rows}), "beauty.batch")
    people = {row.person_id: _known(row.person_id) for row in rows}
    return render_page("beauty/batches.html", batch=batch, rows=rows, people=people)


def _known(person_id: int) -> Any:
    try:
        return person_of(page_session(), person_id)
    except NotFound:
        return None


# -- the table of contraindications ----------------------------------------------------------------


@page(bp, "/table", permission=RECORD)
def table() -> Any:
    """Show what speaks against what, and who answers for it."""
    return _table()


def _table(refusal: Refusal | None = None) -> Any:
    unit = page_session()
    windows = {**contraindications.WINDOWS, "isotretinoin": int(setting_value(unit, ISOTRETINOIN))}
    return render_page(
        "beauty/table.html", rows=contraindications.rows(), states=contraindications.NAMES,
        levels=contraindications.LEVELS, procedures=NAMES, windows=windows, version=contraindications.VERSION,
        digest=contraindications.digest(),
        signed=sign_off.signed(unit), may_sign=sign_off.may_sign(unit), typed=request.form, refusal=refusal,
        errors=_errors(refusal),
    )  # fmt: skip


@page(bp, "/table", permission=OVERRIDE, unit="write", methods=("POST",))
def table_sign() -> Any:
    """Let the acting physician answer for the table."""
    on_refusal(lambda refusal: _table(refusal))
    sign_off.sign(page_session(), request.form.get("digest", ""), request.form.get("name", ""))
    toast(_("已记录核定签字。"))
    return go("beauty.table")
