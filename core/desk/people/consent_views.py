"""Pages of consents: where a member stands, giving one with its text and signature, taking one back, the texts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flask import request

from core.care import photos
from core.desk.blueprint import bp, id_of
from core.desk.permissions import EDIT, VIEW
from core.kernel.errors import NotFound
from core.kernel.i18n import _, _l
from core.kernel.ids import parse_id
from core.kernel.permissions import may
from core.kernel.tenancy import current_actor
from core.kernel.web.render import MenuEntry, go, menu, render_page, toast
from core.kernel.web.routes import on_refusal, page, session
from core.org.models import Franchise, Staff
from core.people import consents
from core.people import services as people
from core.people.permissions import CONSENT_TEXTS

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from core.kernel.errors import Refusal

menu.add(MenuEntry("settings", _l("同意书文本"), "desk.consent_texts", "shield", CONSENT_TEXTS, 62))


@page(bp, "/members/<person_id>/consents", permission=VIEW, endpoint="consents")
def consents_page(person_id: str) -> Any:
    """Show where a member stands on every purpose: given, taken back, to be asked anew."""
    unit = session()
    person = people.get(unit, id_of(person_id))
    states = consents.states_of(unit, person)
    answer = render_page(
        "desk/consents.html", P=person, states=states.values(), names=consents.PURPOSE_NAMES,
        methods=consents.METHODS, may_edit=may(current_actor(), EDIT), child=consents.needs_guardian(person),
        guardians={s.purpose: consents.guardian_words(unit, s.row) for s in states.values() if s.row},
    )  # fmt: skip
    answer.headers["Cache-Control"] = "no-store"
    return answer


@page(bp, "/members/<person_id>/consents/<purpose>", permission=EDIT, endpoint="consent")
def consent_page(person_id: str, purpose: str) -> Any:
    """Show the text of a purpose with its form: agree, or take it back after seeing what that does."""
    return _consent_page(session(), person_id, purpose)


def _consent_page(unit: Session, person_id: str, purpose: str, refusal: Refusal | None = None) -> Any:
    if purpose not in consents.PURPOSES:
        raise NotFound
    person = people.get(unit, id_of(person_id))
    hidden = photos.count_of(unit, person.id) if purpose == "photo_record" else 0
    return render_page(
        "desk/consent.html", P=person, S=consents.states_of(unit, person)[purpose], purpose=purpose,
        name=consents.PURPOSE_NAMES[purpose], effect=consents.EFFECTS[purpose], hidden=hidden,
        methods=consents.METHODS, child=consents.needs_guardian(person, purpose),
        guardians=consents.guardians_of(unit, person), relations=consents.RELATIONS, refusal=refusal,
        history=consents.history_of(unit, person, purpose), typed=request.form,
        errors={e.field: e.message for e in refusal.errors} if refusal else {},
    )  # fmt: skip


@page(bp, "/members/<person_id>/consents/<purpose>", permission=EDIT, unit="write", methods=("POST",))
def consent_say(person_id: str, purpose: str) -> Any:
    """Record what the member, or a child's guardian, says to a purpose."""
    on_refusal(lambda refusal: _consent_page(session(), person_id, purpose, refusal))
    if purpose not in consents.PURPOSES:
        raise NotFound
    form, unit = request.form, session()
    person = people.get(unit, id_of(person_id))
    granted = form.get("granted") == "1"
    said = consents.Said(
        form.get("evidence", "").strip(), form.get("method", "staff_attested"), form.get("signature", ""),
        parse_id(form.get("guardian")), form.get("guardian_name", ""), form.get("relation", ""),
    )  # fmt: skip
    consents.record(unit, person, purpose, granted=granted, said=said)
    name = consents.PURPOSE_NAMES[purpose]
    toast(_("已记录：同意“%(name)s”。", name=name) if granted else _("已记录：撤回“%(name)s”。", name=name))
    return go("desk.consents", person_id=person.id)


@page(bp, "/members/<person_id>/consents/<purpose>/sheet", permission=VIEW, endpoint="consent_sheet")
def consent_sheet(person_id: str, purpose: str) -> Any:
    """Show the newest word of a member on a purpose on paper: the text as it was, who said it, the drawn signature."""
    unit = session()
    person = people.get(unit, id_of(person_id))
    if purpose not in consents.PURPOSES or not (said := consents.history_of(unit, person, purpose)[:1]):
        raise NotFound
    row, franchise = said[0], unit.get(Franchise, current_actor().franchise_id)
    staff = unit.get(Staff, row.staff_id) if row.staff_id else None
    answer = render_page(
        "desk/consent_sheet.html", P=person, C=row, text=consents.text_at(unit, purpose, row.text_version),
        purpose=purpose, name=consents.PURPOSE_NAMES[purpose], methods=consents.METHODS,
        guardian=consents.guardian_words(unit, row), staff=staff.name if staff else "",
        franchise=franchise.name if franchise else "",
    )  # fmt: skip
    answer.headers["Cache-Control"] = "no-store"
    return answer


# -- the texts -------------------------------------------------------------------------------------


@page(bp, "/consent-texts", permission=CONSENT_TEXTS, endpoint="consent_texts")
def consent_texts() -> Any:
    """Show the text of every purpose in force, and what was in force before."""
    return _texts_page(session())


def _texts_page(unit: Session, purpose: str = "", refusal: Refusal | None = None) -> Any:
    return render_page(
        "desk/consent_texts.html", texts=[(one, consents.texts_of(unit, one)) for one in consents.PURPOSES],
        names=consents.PURPOSE_NAMES, at=purpose, refusal=refusal, typed=request.form,
    )  # fmt: skip


@page(bp, "/consent-texts/<purpose>", permission=CONSENT_TEXTS, unit="write", methods=("POST",))
def consent_text_publish(purpose: str) -> Any:
    """Publish a new text of a purpose."""
    on_refusal(lambda refusal: _texts_page(session(), purpose, refusal))
    if purpose not in consents.PURPOSES:
        raise NotFound
    material = request.form.get("material") == "1"
    row = consents.publish_text(session(), purpose, request.form.get("body", ""), material=material)
    toast(
        _("已发布第 %(n)d 版，以前的同意要重新确认。", n=row.number)
        if material
        else _("已发布第 %(n)d 版。", n=row.number)
    )
    return go("desk.consent_texts")
