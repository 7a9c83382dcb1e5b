"""Pages of the counter: pharmacists on duty, a member's medicines, prescriptions, the register, refills, demand."""

from __future__ import annotations

import json
from collections import defaultdict
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from flask import request
from sqlalchemy import select

from core.sdk import (
    Invalid,
    NotFound,
    Refusal,
    _,
    clock,
    go,
    ids,
    items_of,
    items_with,
    may,
    may_read_health,
    message_ready,
    on_refusal,
    page,
    page_session,
    person_of,
    render_page,
    safety_of,
    setting_value,
    sold_by_item,
    staff_names,
    store_names,
    tenancy,
    toast,
)
from plugins.pharmacy import books, checks, datasets, dispensing, gates, matching, papers
from plugins.pharmacy.attributes import INGREDIENTS, RX_CLASS, ingredients_of
from plugins.pharmacy.blueprint import bp, day, whole
from plugins.pharmacy.models import PharmacyPrescription, PharmacyRegister
from plugins.pharmacy.permissions import BOOKS, DISPENSE, OVERRIDE, REGISTER, VIEW
from plugins.pharmacy.settings import DUTY, NOTICE_DAYS, TEMPLATE

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

LOOK = "pharmacy.page"
SHOWN = 50
DEMAND_DAYS = 30


# -- duty ------------------------------------------------------------------------------------------


@page(bp, "/duty", permission=VIEW)
def duty() -> Any:
    """Show who is on duty at this store, and whether prescription drugs may be sold."""
    return _duty(page_session())


def _duty(unit: Session, refusal: Refusal | None = None) -> Any:
    actor = tenancy.current_actor()
    rows = gates.on_duty(unit, actor.store_id, clock.now_ms())
    return render_page(
        "pharmacy/duty.html", status=refusal.status if refusal else 200, rows=rows, refusal=refusal,
        names=staff_names(unit, [row.staff_id for row in rows]), required=setting_value(unit, DUTY),
        mine=any(row.staff_id == actor.staff_id for row in rows), may_sign=may(actor, OVERRIDE),
        store=store_names(unit).get(actor.store_id or 0, ""),
    )  # fmt: skip


@page(bp, "/duty", permission=OVERRIDE, unit="write", methods=("POST",), endpoint="duty_post")
def duty_post() -> Any:
    """Sign the acting pharmacist on or off."""
    on_refusal(lambda refusal: _duty(page_session(), refusal))
    if request.form.get("act") == "off":
        books.sign_off(page_session())
        toast(_("已签退。"))
    else:
        books.sign_on(page_session())
        toast(_("已签到，本店可以销售处方药和甲类非处方药。"))
    return go("pharmacy.duty")


# -- a member --------------------------------------------------------------------------------------


@page(bp, "/members/<person_id>", permission=DISPENSE, health=True, unit="write")
def member(person_id: str) -> Any:
    """Show a member's allergies, medicines and what speaks between them, and their prescriptions. A noted read."""
    return _member(page_session(), person_id)


def _member(unit: Session, person_id: str, refusal: Refusal | None = None) -> Any:
    person, today = person_of(unit, person_id), books.today()
    view = safety_of(unit, [person.person_id], LOOK)[person.person_id]
    index = datasets.index(unit)
    medicines = checks.supplied(view, today)
    items = items_of(unit, {one.item for one in medicines if one.item})
    rows = unit.scalars(
        select(PharmacyPrescription)
        .where(PharmacyPrescription.person_id == person.person_id)
        .order_by(PharmacyPrescription.id.desc())
        .limit(20)
    ).all()
    named = items_of(unit, {code for row in rows for code in json.loads(row.items or "{}")})
    pictures = papers.of_each(unit, person.person_id, rows)
    return render_page(
        "pharmacy/member.html", status=refusal.status if refusal else 200, P=person, V=view, refusal=refusal,
        medicines=[(_medicine_name(one, items), one) for one in medicines], told=checks.told_version(unit, index),
        findings=_between(index, view, medicines, items), levels=checks.LEVELS, kinds=checks.KINDS, today=today,
        prescriptions=[(row, _said(row, named), row.state == "open" and row.valid_until >= today) for row in rows],
        names=staff_names(unit, [row.staff_id for row in rows]), typed=request.form, pictures=pictures,
        left=+gates.left(unit, {person.person_id}, today)[person.person_id],
        errors={error.field: error.message for error in refusal.errors} if refusal else {},
        drugs=[item for item in items_with(unit, RX_CLASS) if item.attributes[RX_CLASS] == "Rx"],
    )  # fmt: skip


def _medicine_name(one: Any, items: Any) -> str:
    known = items.get(one.item)
    names = "、".join(checks.name_of(code) for code in one.ingredients)
    return known.name if known else one.text or names


def _said(row: PharmacyPrescription, named: Any) -> str:
    wanted = json.loads(row.items or "{}").items()
    return "、".join(f"{named[code].name if code in named else code} × {n}" for code, n in wanted)


def _between(index: Any, view: Any, medicines: Any, items: Any) -> list[tuple[Any, str]]:
    """Return what speaks between a member's medicines and against them, with the names: pharmacists may know."""
    products = [
        checks.product_of(items[one.item], n) if one.item in items and items[one.item].attributes.get(INGREDIENTS)
        else matching.Product(f"#{n}", one.text, ingredients_of(one.ingredients), line=n)
        for n, one in enumerate(medicines, 1) if one.ingredients or one.item in items
    ]  # fmt: skip
    patient = matching.Patient(
        view.classes, view.allergens, view.condition_codes, (), view.pregnancy == "yes", view.age
    )
    shown = {one.line: _medicine_name(medicines[one.line - 1], items) for one in products}
    found = []
    for one in matching.match(index, products, patient):
        against = shown.get(one.other, "") if one.against else checks.condition_name(one.b)
        found.append((one, f"{shown[one.line]} × {against}"))
    return found


@page(
    bp, "/members/<person_id>/prescriptions", permission=DISPENSE, health=True, unit="write", methods=("POST",),
    endpoint="prescribe", upload=True,
)  # fmt: skip
def prescribe(person_id: str) -> Any:
    """Note a prescription, with pictures of it."""
    unit, form = page_session(), request.form
    person = person_of(unit, person_id)
    on_refusal(lambda refusal: _member(page_session(), person_id, refusal))
    items: dict[str, int] = {}
    for code, pieces in zip(form.getlist("code"), form.getlist("pieces"), strict=False):
        if code.strip():
            items[code.strip()] = items.get(code.strip(), 0) + whole("items", pieces or "0")
    issued = day("issued_on", form.get("issued_on", ""))
    until = day("valid_until", form["valid_until"]) if form.get("valid_until") else issued
    row = books.prescribe(
        unit, person.person_id, number=form.get("number", ""), prescriber=form.get("prescriber", ""),
        hospital=form.get("hospital", ""), issued_on=issued, valid_until=until, items=items,
    )  # fmt: skip
    papers.keep(unit, row, [one.read() for one in request.files.getlist("file") if one.filename])
    toast(_("已登记处方。"))
    return go("pharmacy.member", person_id=person.person_id)


@page(
    bp, "/members/<person_id>/prescriptions/<prescription_id>/pictures", permission=DISPENSE, health=True, unit="write",
    methods=("POST",), upload=True,
)  # fmt: skip
def pictures(person_id: str, prescription_id: str) -> Any:
    """Add pictures to a prescription that was noted without."""
    unit = page_session()
    person = person_of(unit, person_id)
    row = unit.get(PharmacyPrescription, ids.parse_id(prescription_id) or 0)
    if row is None or row.person_id != person.person_id:
        raise NotFound(_("没有找到这张处方。"))
    on_refusal(lambda refusal: _member(page_session(), person_id, refusal))
    kept = papers.keep(unit, row, [one.read() for one in request.files.getlist("file") if one.filename])
    if not kept:
        raise Invalid.field("file", _("请拍照或选择图片。"))
    toast(_("已保存处方图片。"))
    return go("pharmacy.member", person_id=person.person_id)


@page(bp, "/prescriptions/<prescription_id>/void", permission=DISPENSE, unit="write", methods=("POST",))
def void(prescription_id: str) -> Any:
    """Make a prescription void."""
    unit = page_session()
    row = unit.get(PharmacyPrescription, ids.parse_id(prescription_id) or 0)
    if row is not None and may_read_health(unit, row.person_id):
        person = str(row.person_id)
        on_refusal(lambda refusal: _member(page_session(), person, refusal))
    done = books.void(unit, ids.parse_id(prescription_id), request.form.get("why", ""))
    toast(_("处方已作废。"))
    return go("pharmacy.member", person_id=done.person_id)


# -- the register ----------------------------------------------------------------------------------


@page(bp, "/members/<person_id>/register", permission=REGISTER)
def register(person_id: str) -> Any:
    """Show the form of the register for a buyer."""
    return _register(page_session(), person_id)


def _register(unit: Session, person_id: str, refusal: Refusal | None = None) -> Any:
    person = person_of(unit, person_id)
    packs, _others = gates.registered(unit, person.person_id, books.today())
    return render_page(
        "pharmacy/register.html", status=refusal.status if refusal else 200, P=person, packs=packs,
        most=gates.MOST_PACKS, refusal=refusal, typed=request.form,
        errors={error.field: error.message for error in refusal.errors} if refusal else {},
    )  # fmt: skip


@page(
    bp, "/members/<person_id>/register", permission=REGISTER, unit="write", methods=("POST",), endpoint="register_post"
)
def register_post(person_id: str) -> Any:
    """Write a buyer into the register."""
    unit, form = page_session(), request.form
    person = person_of(unit, person_id)
    on_refusal(lambda refusal: _register(page_session(), person_id, refusal))
    packs = whole("packs", form.get("packs", ""))
    books.register(unit, person.person_id, name=form.get("name", ""), id_number=form.get("id_number", ""), packs=packs)
    toast(_("已登记，可以回收银台收款。"))
    return go("pharmacy.register", person_id=person.person_id)


@page(bp, "/books", permission=BOOKS)
def books_page() -> Any:
    """Show the latest prescriptions and entries of the register, identity numbers masked."""
    unit = page_session()
    entries = unit.scalars(select(PharmacyRegister).order_by(PharmacyRegister.id.desc()).limit(SHOWN)).all()
    rows = unit.scalars(
        select(PharmacyPrescription)
        .order_by(PharmacyPrescription.made_at.desc(), PharmacyPrescription.id.desc())
        .limit(SHOWN)
    ).all()
    persons = {one: person_of(unit, one).name for one in {row.person_id for row in (*entries, *rows)}}
    return render_page(
        "pharmacy/books.html", entries=[(one, _masked(one.id_number)) for one in entries], rows=rows, persons=persons,
        stores=store_names(unit), names=staff_names(unit, [one.staff_id for one in (*entries, *rows)]),
    )  # fmt: skip


def _masked(number: str | None) -> str:
    return f"{number[:6]}********{number[-4:]}" if number else "—"


# -- refills and demand ----------------------------------------------------------------------------


@page(bp, "/refills", permission=REGISTER)
def refills() -> Any:
    """Show whose medicine runs out within the days of the setting, and who is overdue, soonest first."""
    unit, today = page_session(), books.today()
    rows = dispensing.due(unit, today + timedelta(days=int(setting_value(unit, NOTICE_DAYS))), SHOWN)
    items = items_of(unit, {row.item_code for row in rows})
    people = {one: person_of(unit, one) for one in {row.person_id for row in rows}}
    shown = [
        (row, people[row.person_id], items[row.item_code].name if row.item_code in items else row.item_code)
        for row in rows
    ]
    return render_page(
        "pharmacy/refills.html",
        rows=shown,
        today=today,
        stores=store_names(unit),
        days=setting_value(unit, NOTICE_DAYS),
        code=setting_value(unit, TEMPLATE),
        ready=message_ready(unit, str(setting_value(unit, TEMPLATE))),
    )


@page(bp, "/refills/<refill_id>", permission=REGISTER, unit="write", methods=("POST",))
def refill_told(refill_id: str) -> Any:
    """Note that a member was reminded."""
    dispensing.told(page_session(), ids.parse_id(refill_id))
    toast(_("已记下。"))
    return go("pharmacy.refills")


@page(bp, "/demand", permission=BOOKS)
def demand() -> Any:
    """Show what each store sold of its medicines in thirty days, most first (S4-13)."""
    unit = page_session()
    since = books.today() - timedelta(days=DEMAND_DAYS)
    sold: dict[str, dict[int, int]] = defaultdict(dict)
    for store, code, pieces in sold_by_item(unit, since):
        sold[code][store or 0] = pieces
    items = {item.code: item for item in items_with(unit, RX_CLASS)}
    rows = [(items[code], by_store, sum(by_store.values())) for code, by_store in sold.items() if code in items]
    rows.sort(key=lambda row: (-row[2], row[0].code))
    return render_page("pharmacy/demand.html", rows=rows[:100], stores=store_names(unit), since=since)
