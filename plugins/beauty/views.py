"""Pages of the beauty plugin: a person's record in four tabs, and what is written from them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any

from flask import Blueprint, request

from core.sdk import (
    Invalid,
    PersonView,
    Refusal,
    _,
    _l,
    go,
    ids,
    may,
    on_refusal,
    page,
    page_session,
    person_of,
    photos_of,
    render_page,
    staff_choices,
    staff_names,
    tenancy,
    toast,
)
from plugins.beauty import aftercare, contraindications, drawing, records, texts, treatments
from plugins.beauty.attributes import PROCEDURES
from plugins.beauty.permissions import EDIT, RECORD

bp = Blueprint("beauty", __name__)
TABS = {"skin": _l("皮肤检测"), "safety": _l("问卷与知情同意"), "treat": _l("治疗"), "products": _l("产品建议")}


@page(bp, "/members/<person_id>", permission=RECORD, health=True)
def record(person_id: str) -> Any:
    """Show a tab of a person's record."""
    return show(person_id, request.args.get("tab", "skin"))


def show(person_id: str, tab: str, refusal: Refusal | None = None) -> Any:
    """Return the page of a tab; with a refusal what was typed stays."""
    unit = page_session()
    person = person_of(unit, person_id)
    tab = tab if tab in TABS else "skin"
    parts: dict[str, Callable[[PersonView], dict[str, Any]]] = {
        "skin": _skin, "safety": _safety, "treat": _treat, "products": _products,
    }  # fmt: skip
    return render_page(
        "beauty/record.html", P=person, tab=tab, tabs=TABS, refusal=refusal, typed=request.form,
        may_edit=may(tenancy.current_actor(), EDIT), today=records.today(),
        errors={error.field: error.message for error in refusal.errors} if refusal else {},
        consented=records.has_consented(unit, person.person_id, records.HEALTH), **parts[tab](person),
    )  # fmt: skip


def _skin(person: PersonView) -> dict[str, Any]:
    found = records.skins(page_session(), person.person_id)
    names = list(records.SCORES.values())
    now = next((one for one in found if str(one.row.id) == request.args.get("of")), found[0] if found else None)
    other = next((one for one in found if str(one.row.id) == request.args.get("with")), None)
    if other is None and now is not None and "with" not in request.args:
        other = next((one for one in found if one.row.id != now.row.id), None)
    chart = None
    if now is not None:
        chart = drawing.radar(
            names, (f"{now.row.on:%Y-%m-%d}", list(now.scores.values())),
            (f"{other.row.on:%Y-%m-%d}", list(other.scores.values())) if other else None, _("八项皮肤得分"),
        )  # fmt: skip
    return {
        "skins": found, "now": now, "other": other, "chart": chart, "scores": records.SCORES, "types": records.TYPES,
        "fitzpatrick": records.FITZPATRICK, "glogau": records.GLOGAU, "iga": records.IGA,
        "names": staff_names(page_session(), [one.row.staff_id for one in found]),
    }  # fmt: skip


def _safety(person: PersonView) -> dict[str, Any]:
    unit = page_session()
    row = records.newest_answers(unit, [person.person_id]).get(person.person_id)
    kinds = {kind: name for kind, name in texts.KINDS.items() if kind != texts.CYCLE}
    return {
        "asked": row, "told": records.told_in(row), "states": contraindications.STATES,
        "dated": contraindications.DATED, "version": contraindications.VERSION,
        "current": contraindications.is_current(row.on if row else None, records.today(), records.valid_days(unit)),
        "kinds": kinds, "kept": records.consents(unit, person.person_id), "methods": records.METHODS,
        "texts": {kind: texts.text_of(unit, kind) for kind in kinds}, "minor": is_minor(person),
    }  # fmt: skip


def _treat(person: PersonView) -> dict[str, Any]:
    unit = page_session()
    found = treatments.treatments(unit, person.person_id)
    return {
        "treatments": found, "forms": aftercare.care_forms(unit, person.person_id), "procedures": PROCEDURES,
        "settings": treatments.SETTINGS, "products_n": range(1, treatments.PRODUCTS + 1),
        "staff": staff_choices(unit), "phases": aftercare.PHASES, "moods": aftercare.MOODS, "wounds": aftercare.WOUNDS,
        "names": staff_names(unit, [x for one in found for x in (one.row.operator_id, one.row.owner_id)]),
        "photos": sum(len(one.photos) for one in photos_of(unit, person.person_id)),
        "stages": {"department": _("科室"), "consultant": _("咨询师"), "service": _("客服")},
    }  # fmt: skip


def _products(person: PersonView) -> dict[str, Any]:
    unit = page_session()
    return {
        "suggestions": aftercare.suggestions(unit, person.person_id),
        "offers": aftercare.offers(unit, person.person_id),
    }


def is_minor(person: PersonView) -> bool:
    """Return whether a person is below eighteen today; unknown ages are not."""
    age = age_of(person)
    return age is not None and age < 18


def age_of(person: PersonView) -> int | None:
    """Return a person's age in whole years, or None."""
    born, day = person.birth_date, records.today()
    return None if born is None else day.year - born.year - ((day.month, day.day) < (born.month, born.day))


def day(name: str) -> dt.date:
    """Return a day of the form; raise Invalid for that field."""
    try:
        return dt.date.fromisoformat(request.form.get(name, "").strip())
    except ValueError:
        raise Invalid.field(name, _("请按 2026-05-02 的样子填写日期。")) from None


def _person(person_id: str, tab: str) -> PersonView:
    """Return the person of a post; from here on a refusal shows the tab again."""
    person = person_of(page_session(), person_id)
    on_refusal(lambda refusal: show(person_id, tab, refusal))
    return person


def _back(person: PersonView, tab: str) -> Any:
    return go("beauty.record", person_id=person.person_id, tab=tab)


# -- writing ---------------------------------------------------------------------------------------


@page(bp, "/members/<person_id>/skin", permission=EDIT, health=True, unit="write", methods=("POST",))
def skin_add(person_id: str) -> Any:
    """Write a skin analysis."""
    person = _person(person_id, "skin")
    records.analyse(page_session(), person.person_id, day("on"), request.form)
    toast(_("已记录皮肤检测。"))
    return _back(person, "skin")


@page(bp, "/members/<person_id>/answers", permission=EDIT, health=True, unit="write", methods=("POST",))
def answers_save(person_id: str) -> Any:
    """Write a questionnaire as asked today."""
    person, form = _person(person_id, "safety"), request.form
    told = form.getlist("told")
    if not told and form.get("none") != "1":
        raise Invalid.field("none-1", _("一项也没有时，请勾选“逐项问过，都没有”。"))
    days = {state: day(f"on-{state}") if state in contraindications.DATED else None for state in told}
    records.answer(page_session(), person.person_id, days)
    toast(_("已记录禁忌问卷。"))
    return _back(person, "safety")


@page(bp, "/members/<person_id>/consents/<kind>", permission=EDIT, health=True, unit="write", methods=("POST",))
def consent_sign(person_id: str, kind: str) -> Any:
    """Write that a person signed for a kind of treatment, or took it back."""
    person, form = _person(person_id, "safety"), request.form
    if kind == texts.CYCLE:
        raise Invalid.field("kind", _("生理周期的同意在关怀档案里签。"))
    if form.get("act") == "withdraw":
        records.withdraw(page_session(), person.person_id, kind)
        toast(_("已撤回，收银和治疗马上按没有签处理。"))
        return _back(person, "safety")
    records.sign(
        page_session(), person.person_id, kind, method=form.get("method", ""), evidence=form.get("evidence", ""),
        age=age_of(person), guardian=form.get("guardian", ""), version=form.get("version", ""),
    )  # fmt: skip
    toast(_("已记录知情同意。"))
    return _back(person, "safety")


@page(bp, "/members/<person_id>/treatments", permission=EDIT, health=True, unit="write", methods=("POST",))
def treat_save(person_id: str) -> Any:
    """Write a treatment and go on to sign its visit."""
    person, form = _person(person_id, "treat"), request.form
    products = [
        treatments.Product(*(form.get(f"{name}{n}", "").strip() for name in ("product", "batch", "dose")))
        for n in range(1, treatments.PRODUCTS + 1)
        if any(form.get(f"{name}{n}", "").strip() for name in ("product", "batch", "dose"))
    ]
    done = treatments.Done(
        form.get("procedure", ""), day("on"), form.get("areas", ""),
        {name: form.get(f"set-{name}", "") for name in treatments.SETTINGS}, products, form.get("note", ""),
        _consultant(), form.get("sign_off", ""),
    )  # fmt: skip
    treatments.record(page_session(), person.person_id, done)
    toast(_("已记录治疗，请到就诊记录签名。"))
    return _back(person, "treat")


def _consultant() -> int | None:
    wanted = ids.parse_id(request.form.get("consultant"))
    if wanted and wanted not in dict(staff_choices(page_session())):
        raise Invalid.field("consultant", _("请从列表中选择。"))
    return wanted


@page(bp, "/members/<person_id>/products", permission=EDIT, health=True, unit="write", methods=("POST",))
def suggest(person_id: str) -> Any:
    """Write that a product was suggested."""
    person, form = _person(person_id, "products"), request.form
    aftercare.suggest(page_session(), person.person_id, form.get("product", ""), form.get("why", ""))
    toast(_("已记录建议。"))
    return _back(person, "products")


@page(
    bp, "/members/<person_id>/products/<suggestion_id>", permission=EDIT, health=True, unit="write", methods=("POST",)
)
def suggestion_tell(person_id: str, suggestion_id: str) -> Any:
    """Write how a suggested product did."""
    person, form = _person(person_id, "products"), request.form
    aftercare.tell(
        page_session(), person.person_id, suggestion_id, used_on=day("used_on"), effect=form.get("effect", ""),
        opinion=form.get("opinion", ""), version=ids.parse_id(form.get("version")) or 0,
    )  # fmt: skip
    toast(_("已记录效果。"))
    return _back(person, "products")
