"""Pages of visit records: a member's visits, a visit with its revisions, the editor with its sign bar."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any

from flask import render_template, request
from sqlalchemy import or_, select

from core.care import photos, visit_marks, visit_parts, visit_reads, visits
from core.care import visit_rules as rules
from core.care.blueprint import bp
from core.care.visit_permissions import READ, SIGN, WRITE
from core.kernel import clock, drawn
from core.kernel.errors import Invalid, NotFound
from core.kernel.i18n import _
from core.kernel.ids import parse_id
from core.kernel.permissions import may
from core.kernel.tenancy import current_actor
from core.kernel.web.render import go, is_fragment, render_page, toast
from core.kernel.web.routes import on_refusal, own_unit, page, session
from core.org.blueprint import id_of, own_proof
from core.org.licences import KINDS as LICENCES
from core.org.models import Staff
from core.people import consents
from core.people import services as people

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from core.care.visit_models import Visit
    from core.kernel.errors import Refusal
    from core.people.models import Person

ROWS = 30


@page(bp, "/members/<person_id>/visits", permission=READ, health=True, endpoint="visits")
def visits_page(person_id: str) -> Any:
    """Show a member's visits, the latest first; without what was written."""
    unit = session()
    person = people.get(unit, id_of(person_id))
    rows = visit_reads.visits_of(unit, person.id, limit=ROWS + 1, before=_before())
    return render_page(
        "care/visits.html", P=person, rows=rows[:ROWS], more=len(rows) > ROWS, kinds=rules.KINDS, states=rules.STATES,
        may_write=may(current_actor(), WRITE), before=request.args.get("before", ""),
    )  # fmt: skip


def _before() -> tuple[date, int] | None:
    day, _dash, last = request.args.get("before", "").rpartition(".")
    try:
        return (date.fromisoformat(day), int(last)) if day else None
    except ValueError:
        return None


@page(bp, "/members/<person_id>/visits", permission=WRITE, unit="write", methods=("POST",))
def visit_new(person_id: str) -> Any:
    """Open a visit of today by the one who is signed in, and go on writing."""
    person = people.get(session(), id_of(person_id))
    visit = visits.open_visit(session(), person.id, kind=request.form.get("kind", "treatment"))
    return go("care.visit_edit", person_id=person.id, visit_id=visit.id)


def _of(unit: Session, person_id: str, visit_id: str) -> tuple[Person, Visit]:
    """Return the member and their visit; raise NotFound for one that is somebody else's."""
    person, visit = people.get(unit, id_of(person_id)), visits.get(unit, id_of(visit_id))
    if visit.person_id != person.id:
        raise NotFound
    return person, visit


@page(bp, "/members/<person_id>/visits/<visit_id>", permission=READ, health=True, endpoint="visit")
def visit_page(person_id: str, visit_id: str) -> Any:
    """Show a visit: what was signed by whom, each revision with what it changed, what hangs on it."""
    return _visit_page(session(), person_id, visit_id)


def _visit_page(unit: Session, person_id: str, visit_id: str, refusal: Refusal | None = None) -> Any:
    person, visit = _of(unit, person_id, visit_id)
    actor = current_actor()
    return render_page(
        "care/visit.html", P=person, V=visit_reads.whole(unit, visit.id), kinds=rules.KINDS, states=rules.STATES,
        documents=photos.documents_of(unit, visit.id), titles=visit_parts.titles(), licences=dict(LICENCES),
        may_write=may(actor, WRITE), may_sign=may(actor, SIGN), refusal=refusal,
    )  # fmt: skip


@page(bp, "/members/<person_id>/visits/<visit_id>/amend", permission=SIGN, health=True, unit="write", methods=("POST",))
def visit_amend(person_id: str, visit_id: str) -> Any:
    """Begin a change of a signed visit: its text is copied into a draft."""
    on_refusal(lambda refusal: _visit_page(session(), person_id, visit_id, refusal))
    person, visit = _of(session(), person_id, visit_id)
    visits.amend(session(), visit.id)
    return go("care.visit_edit", person_id=person.id, visit_id=visit.id)


@page(
    bp, "/members/<person_id>/visits/<visit_id>/documents", permission=WRITE, health=True, unit="write",
    methods=("POST",), upload=True,
)  # fmt: skip
def visit_document(person_id: str, visit_id: str) -> Any:
    """Attach a picture to a visit: a lab report, a signed form."""
    on_refusal(lambda refusal: _visit_page(session(), person_id, visit_id, refusal))
    person, visit = _of(session(), person_id, visit_id)
    given = request.files.get("file")
    photos.add_document(session(), visit.id, given.read() if given else b"", request.form.get("note", ""))
    toast(_("已上传附件。"))
    return go("care.visit", person_id=person.id, visit_id=visit.id)


# -- the editor ------------------------------------------------------------------------------------


@page(bp, "/members/<person_id>/visits/<visit_id>/edit", permission=WRITE, health=True, endpoint="visit_edit")
def visit_edit(person_id: str, visit_id: str) -> Any:
    """Show the editor of what is being written of a visit."""
    return _editor(session(), person_id, visit_id)


def _editor(unit: Session, person_id: str, visit_id: str, refusal: Refusal | None = None) -> Any:
    person, visit = _of(unit, person_id, visit_id)
    draft = visits.draft_of(unit, visit)
    if draft is None:
        return go("care.visit", person_id=person.id, visit_id=visit.id)
    content, actor = visits.content_of(draft), current_actor()
    if refusal is not None and request.form:
        content = _shown_again(content)
    staff = unit.scalars(
        select(Staff)
        .where(
            Staff.active.is_(True), or_(Staff.performs.is_(True), Staff.licence_kind != "", Staff.id == actor.staff_id)
        )
        .order_by(Staff.number)
    ).all()
    if content["practitioner"] not in {str(one.id) for one in staff}:
        staff = [*staff, *unit.scalars(select(Staff).where(Staff.id == visit.practitioner_id))]
    return render_page(
        "care/visit_edit.html", P=person, V=visit, D=draft, content=content, kinds=list(rules.KINDS.items()),
        core=content["parts"].get(rules.CORE, {}).get("fields", {}), fields=rules.FIELDS, parts=visit_parts.offered(),
        practitioners=[(one.id, one.name) for one in staff], mine=str(actor.staff_id), may_sign=may(actor, SIGN),
        refusal=refusal, today=clock.today(actor.tz), typed=request.form, marked=_marked(refusal),
        signers=visit_marks.BY, child=consents.needs_guardian(person),
        errors={e.field: e.message for e in refusal.errors} if refusal else {},
    )  # fmt: skip


def _marked(refusal: Refusal | None) -> visit_marks.Marks:
    """Return what was drawn before a refusal: nobody signs twice for a wrong PIN. What is no drawing is left out."""
    typed = visit_marks.typed(request.form) if refusal else visit_marks.Marks()
    drawings = [one if drawn.is_signature(one) else "" for one in (typed.signer, typed.member)]
    return visit_marks.Marks(drawings[0], drawings[1], typed.name, typed.by)


def _typed() -> visits.Typed:
    form = request.form
    parts = {rules.CORE: {name: form.get(f"care.{name}", "") for name in rules.FIELDS}}
    for part in visit_parts.offered():
        parts[part.key] = {one.name: form.get(f"part.{part.key}.{one.name}", "") for one in part.fields}
    return visits.Typed(
        form.get("kind", ""), form.get("on", ""), form.get("practitioner", ""), form.get("note", ""), parts
    )


def _shown_again(content: dict[str, Any]) -> dict[str, Any]:
    """Return the record as it was typed: nothing that somebody wrote is lost by a refusal."""
    typed = _typed()
    content.update(kind=typed.kind, on=typed.on, practitioner=typed.practitioner, note=typed.note)
    for key, fields in typed.parts.items():
        content["parts"].setdefault(key, {"schema": 1, "fields": {}})["fields"].update(fields)
    return content


@page(bp, "/members/<person_id>/visits/<visit_id>/edit", permission=WRITE, health=True, unit="own", methods=("POST",))
def visit_save(person_id: str, visit_id: str) -> Any:
    """Save the draft, by itself or by hand; sign it; or throw it away. What was typed is kept before a PIN is asked."""
    act, form = request.form.get("act", "save"), request.form
    on_refusal(lambda refusal: _editor(session(), person_id, visit_id, refusal))
    with own_unit("write") as unit:
        person, visit = _of(unit, person_id, visit_id)
        if act == "drop":
            visits.drop(unit, visit.id)
            toast(_("已放弃草稿。"))
            return go("care.visits", person_id=person.id)
        draft = visits.save(unit, visit.id, _typed(), parse_id(form.get("version")))
        ids, version, saved_at = (person.id, visit.id), draft.version, draft.saved_at
    if act == "auto" and is_fragment():
        return render_template("care/_saved.html", version=version, saved_at=saved_at)
    if act != "sign":
        toast(_("已保存草稿。"))
        return go("care.visit_edit", person_id=ids[0], visit_id=ids[1])
    return _sign(*ids)


def _sign(person_id: int, visit_id: int) -> Any:
    """Sign what was just saved with the signer's own PIN, in a unit of its own: a wrong PIN counts."""
    form = request.form
    reason, void = form.get("reason", ""), form.get("void") == "1"
    if not may(current_actor(), SIGN):
        raise Invalid.field("pin", _("你没有签名的权限，已保存草稿。"))
    with own_unit("read") as unit:
        marks = visits.check_marks(unit, visits.get(unit, visit_id), visit_marks.typed(form))
        payload = visits.payload_of(unit, visit_id, reason, void=void, marks=marks)
    proof = own_proof(form.get("pin", ""), payload)
    with own_unit("write") as unit:
        row = visits.sign(unit, visit_id, proof=proof, payload_sha256=payload, reason=reason, void=void, marks=marks)
        number = row.number
    toast(_("已签名。") if number == 1 else _("已签名，这是第 %(n)d 版。", n=number))
    return go("care.visit", person_id=person_id, visit_id=visit_id)
