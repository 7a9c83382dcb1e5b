"""Pages that take persons in and change them: enrolment, edit, the family that shares a card."""

from __future__ import annotations

import datetime as dt
import re
from typing import TYPE_CHECKING, Any

from flask import request

from core.cards import services as cards
from core.desk import rules, services
from core.desk.assets.referral_views import named
from core.desk.blueprint import bp, id_of, who
from core.desk.people import advisers, member, members
from core.desk.permissions import EDIT, ENROL, SEAT, VIEW
from core.kernel.errors import FieldError, Invalid, Refusal
from core.kernel.i18n import _, _l
from core.kernel.ids import parse_id
from core.kernel.permissions import may
from core.kernel.tenancy import current_actor
from core.kernel.web.render import go, render_page, toast
from core.kernel.web.routes import on_refusal, page, session
from core.orders.granting import referral_grants
from core.orders.reads import masked_phone
from core.orders.selling import card_savings
from core.people import custom
from core.people import rules as people_rules
from core.people import services as people
from core.people.models import Person
from core.people.permissions import PROTECTED
from core.programme import services as programmes

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

ASKED = ("membership", "health", "marketing_sms")
EDITED = (
    "name", "phone", "gender", "birth_date", "birth_calendar", "email", "address", "occupation", "company", "industry",
    "interests", "economy", "adviser_id", "note",
)  # fmt: skip
LABELS: dict[str, Any] = {
    "name": _l("姓名"), "phone": _l("手机"), "gender": _l("性别"), "birth_date": _l("生日"),
    "birth_calendar": _l("历法"), "email": _l("邮箱"), "address": _l("地址"), "occupation": _l("职业"),
    "company": _l("单位"), "industry": _l("行业"), "interests": _l("兴趣"), "economy": _l("消费能力"),
    "adviser_id": _l("专属顾问"), "note": _l("备注"),
}  # fmt: skip


# -- enrolment -------------------------------------------------------------------------------------


@page(bp, "/members/new", permission=ENROL)
def enrol() -> Any:
    """Show the enrolment form, with what was typed into a search that found nobody."""
    return _enrol_page(session(), prefilled(request.args.get("q", "")))


def prefilled(typed: str) -> dict[str, str]:
    """Return the form's values for what was searched: digits are a phone, characters a name."""
    text = typed.strip()[:60]
    digits = re.sub(r"[\s\-]", "", text)
    if digits.lstrip("+").isdigit() and len(digits) >= 7:
        return {"phone": digits}
    return {"name": text} if re.search(r"[\u3400-\u9fff]", text) else {}


def _enrol_page(unit: Session, typed: Any, refusal: Refusal | None = None) -> Any:
    guardian = None
    wanted = parse_id(typed.get("contact_of"))
    if wanted:
        guardian = unit.get(Person, wanted)
    groups, failed = members.plugin_fields(unit, None)
    return render_page(
        "desk/enrol.html", typed=typed, refusal=refusal, errors=errors_of(refusal), guardian=guardian,
        groups=groups, failed=failed, own=custom.shown(unit, None, protected=_sees_protected()),
        asked=[(key, members.PURPOSE_NAMES[key]) for key in ASKED],
        back=request.values.get("back", ""), fold=folded(refusal),
    )  # fmt: skip


def folded(refusal: Refusal | None) -> bool:
    """Return whether the fold of further fields must stand open: one of them is at fault."""
    hidden = {"email", "address", "occupation", "company", "industry", "interests", "note", "referrer", "tags"}
    return bool(refusal and any(one.field in hidden or one.field.startswith(custom.PREFIX) for one in refusal.errors))


def _sees_protected() -> bool:
    """Return whether the actor may see and change what is protected about a member (S3-03)."""
    return may(current_actor(), PROTECTED)


def errors_of(refusal: Refusal | None) -> dict[str, str]:
    """Return the message of each field at fault."""
    return {one.field: one.message for one in refusal.errors} if refusal else {}


@page(bp, "/members/new", permission=ENROL, unit="write", methods=("POST",), endpoint="enrol_post")
def enrol_post() -> Any:
    """Enrol a member; a phone that is someone's own leads to that person."""
    form = request.form
    on_refusal(lambda refusal: _enrol_page(session(), form, refusal))
    guardian = parse_id(form.get("contact_of")) or _guardian_id(form.get("guardian", ""))
    referrer, code = _referrer(form.get("referrer", ""))
    person = referral_grants.enrol(
        session(),
        people.NewPerson(
            name=form.get("name", ""), phone=form.get("phone"), contact_of=guardian,
            gender=form.get("gender") or "unknown", birth_on=day_of(form.get("birth_date", "")),
            birth_calendar=form.get("birth_calendar") or "solar", email=form.get("email"),
            address=form.get("address"), occupation=form.get("occupation", ""), company=form.get("company", ""),
            note=form.get("note"), source="desk", referrer_no=referrer,
            relation=form.get("relation") or "guardian",
            consents=tuple((key, True, _("到店当面勾选")) for key in ASKED if form.get(f"consent_{key}")),
            tags=tuple(tag for tag in re.split(r"[，,、\s]+", form.get("tags", "")) if tag),
        ),
        code=code, sitting=f"web:{who().session_id}",
    )  # fmt: skip
    custom.save(session(), person, custom.read(session(), form, protected=_sees_protected()))
    more = {key: form.get(key, "") for key in ("industry", "interests") if form.get(key)}
    if more:
        people.change(session(), person, person.version, more)
    members.save_plugin_fields(session(), person.id, form)
    toast(_("已为 %(name)s 建档，会员号 %(no)s。", name=person.name, no=person.member_no))
    if form.get("back") != "till":
        return go("desk.member", person_id=person.id)
    draft, _key = services.draft_of(session(), who().session_id)
    rules.take_member(draft, person.id)
    services.keep(session(), who().session_id, draft)
    return go("desk.till")


def _referrer(typed: str) -> tuple[str | None, str]:
    """Return (member number, referral code) of the referrer that was typed or scanned; (None, "") for nothing."""
    if not typed.strip():
        return None, ""
    person, code = named(session(), typed)
    return person.member_no, code


def _guardian_id(typed: str) -> int | None:
    """Return the id of the guardian that was typed; None for nothing."""
    return _one(typed, "contact_of", _("没有找到监护人。")).id if typed.strip() else None


def _one(typed: str, field: str, nobody: str) -> Person:
    """Return the one person that a member number, a phone or a search names; raise Invalid otherwise."""
    own = people.by_member_no(session(), typed.strip())
    found = [own] if own else people.find(session(), typed, 2)
    if len(found) == 1:
        return found[0]
    why = _("有多位符合，请填会员号或完整手机号。") if found else nobody
    raise Invalid(why, errors=[FieldError(field, why)])


def day_of(text: str) -> dt.date | None:
    """Return the day that was typed (1990-05-02, 19900502, 1990/5/2, 1990年5月2日); None for nothing."""
    raw = text.strip()
    if not raw:
        return None
    match = re.fullmatch(r"(\d{4})\D?(\d{1,2})\D?(\d{1,2})\D?", raw)
    try:
        if match:
            return dt.date(*map(int, match.groups()))
    except ValueError:
        pass
    raise Invalid(
        _("“%(day)s”不是有效的日期。", day=raw[:20]),
        errors=[FieldError("birth_date", _("请按 1990-05-02 的样子填写。"))],
    )


# -- edit ------------------------------------------------------------------------------------------


@page(bp, "/members/<person_id>/edit", permission=EDIT)
def member_edit(person_id: str) -> Any:
    """Show the form of a member's particulars; the phone stays masked."""
    person = people.get(session(), id_of(person_id))
    return _edit_page(session(), person, {**values_of(person), "phone": "", "version": person.version})


def values_of(person: Person) -> dict[str, str]:
    """Return a member's particulars as the form spells them."""
    return {
        "name": person.name, "phone": person.phone or "", "gender": person.gender,
        "birth_date": person.birth_on.isoformat() if person.birth_on else "",
        "birth_calendar": person.birth_calendar, "email": person.email or "", "address": person.address or "",
        "occupation": person.occupation, "company": person.company, "industry": person.industry,
        "interests": person.interests, "economy": person.economy, "adviser_id": str(person.adviser_id or ""),
        "note": person.note or "",
    }  # fmt: skip


def _edit_page(unit: Session, person: Person, typed: Any, refusal: Refusal | None = None) -> Any:
    seen = member.see(unit, person, alerts=False)
    groups, failed = members.plugin_fields(unit, member.person_view(unit, seen))
    return render_page(
        "desk/edit.html", P=person, phone=masked_phone(unit, person), typed=typed, refusal=refusal,
        errors=errors_of(refusal), groups=groups, failed=failed, protected=_sees_protected(),
        own=custom.shown(unit, person.id, protected=_sees_protected()), advisers=advisers.choices(unit, person),
    )  # fmt: skip


@page(bp, "/members/<person_id>/edit", permission=EDIT, unit="write", methods=("POST",), endpoint="member_save")
def member_save(person_id: str) -> Any:
    """Save a member's particulars; a version that moved shows both values and lets choose."""
    form = request.form
    wanted = id_of(person_id)
    on_refusal(lambda refusal: _not_saved(session(), wanted, form, refusal))
    person = people.get(session(), wanted)
    typed = {key: form.get(key, "") for key in EDITED if key in form}
    for key in list(typed):
        if form.get(f"take_{key}") == "theirs":
            typed.pop(key)
    if not typed.get("phone", "").strip():
        typed.pop("phone", None)  # an empty box keeps the phone: it is never shown in the form
    values: dict[str, Any] = dict(typed)
    if not _sees_protected():
        values.pop("economy", None)
    if "adviser_id" in values:
        values["adviser_id"] = id_of(values["adviser_id"]) if values["adviser_id"] else None
    if "birth_date" in values:
        values["birth_on"] = day_of(values.pop("birth_date"))
    people.change(session(), person, int(form.get("version") or 0), values)
    custom.save(session(), person, custom.read(session(), form, protected=_sees_protected()))
    members.save_plugin_fields(session(), person.id, form)
    toast(_("已保存 %(name)s 的资料。", name=person.name))
    return go("desk.member", person_id=person.id)


def _not_saved(unit: Session, person_id: int, form: Any, refusal: Refusal) -> Any:
    person = people.get(unit, person_id)
    if refusal.code != "stale_version":
        return _edit_page(unit, person, form, refusal)
    now = values_of(person)
    mine = {key: form.get(key, "").strip() for key in EDITED if key in form}
    if not mine.get("phone"):
        mine.pop("phone", None)
    if not _sees_protected():
        mine.pop("economy", None)
    names = dict(advisers.choices(unit, person))
    rows = [
        (key, str(LABELS[key]), _shown(key, now[key], names), _shown(key, value, names), value)
        for key, value in mine.items()
        if value != now[key]
    ]
    same = [(key, value) for key, value in mine.items() if value == now[key]]
    return render_page("desk/conflict.html", P=person, rows=rows, same=same, refusal=refusal)


def _shown(key: str, value: str, advisers_known: dict[str, str]) -> str:
    if key == "phone":
        return people_rules.mask_phone(value) or "—"
    if key == "adviser_id":
        return advisers_known.get(value, "—")
    if key == "economy":
        return str(members.ECONOMY_NAMES.get(value, "")) or "—"
    words = {"female": _("女"), "male": _("男"), "unknown": _("未填"), "solar": _("公历"), "lunar": _("农历")}
    return words.get(value, value) or "—"


# -- the family that shares a card -----------------------------------------------------------------


@page(bp, "/cards/<card_id>/family", permission=VIEW)
def household(card_id: str) -> Any:
    """Show who shares a card, with the ways to add and to leave."""
    return _household(session(), card_id)


def _household(unit: Session, card_id: str, refusal: Refusal | None = None, typed: Any = None) -> Any:
    card = cards.get(unit, id_of(card_id))
    seats = cards.seats_of(unit, card)
    product = programmes.in_force(unit).card_product(card.product_code)
    text = (typed or request.args).get("q", "").strip()[:80]
    seated = {seat.person.id for seat in seats}
    found = [one for one in people.find(unit, text) if one.id not in seated] if text else []
    holder = people.get(unit, card.person_id)
    return render_page(
        "desk/household.html", card=card, seats=seats, holder=holder, refusal=refusal, typed=typed or {},
        errors=errors_of(refusal), found=[(one, masked_phone(unit, one)) for one in found], text=text,
        phones={seat.person.id: masked_phone(unit, seat.person) for seat in seats}, roles=members.ROLE_NAMES,
        name=product.name if product else card.product_code, may_seat=may(current_actor(), SEAT),
        B=card_savings.of_cards(unit, [card]).get(card.id),
    )  # fmt: skip


@page(bp, "/cards/<card_id>/seats", permission=SEAT, unit="write", methods=("POST",))
def seat_new(card_id: str) -> Any:
    """Add somebody to a family card: a person found, or a relative in three fields."""
    form = request.form
    on_refusal(lambda refusal: _household(session(), card_id, refusal, form))
    card = cards.get(session(), id_of(card_id))
    role = form.get("role", "")
    if form.get("person_id"):
        person = people.get(session(), form["person_id"])
        members.seat_person(session(), card, person, role)
    else:
        person = members.seat_new(session(), card, form.get("name", ""), form.get("phone", ""), role)
    toast(_("%(name)s 已加入家庭卡。", name=person.name))
    if form.get("back") == "till":
        return go("desk.till")
    return go("desk.household", card_id=card.id)


@page(bp, "/cards/<card_id>/seats/<person_id>/leave", permission=SEAT, unit="write", methods=("POST",))
def seat_leave(card_id: str, person_id: str) -> Any:
    """Take somebody off a family card; their own points and orders stay theirs."""
    on_refusal(lambda refusal: _household(session(), card_id, refusal))
    card = cards.get(session(), id_of(card_id))
    person = people.get(session(), id_of(person_id))
    cards.leave(session(), card, person)
    toast(_("%(name)s 已离开家庭卡。", name=person.name))
    return go("desk.household", card_id=card.id)
