"""Verbs of the books: prescriptions, pharmacists on duty, the register of ephedrine buyers. They never commit."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import date, timedelta
from typing import TYPE_CHECKING

from sqlalchemy import func, select

from core.sdk import (
    Conflict,
    FieldError,
    Forbidden,
    Invalid,
    NotFound,
    Refusal,
    _,
    clock,
    items_of,
    licence_of,
    person_of,
    record_audit,
    tenancy,
)
from plugins.pharmacy import gates
from plugins.pharmacy.attributes import RX_CLASS
from plugins.pharmacy.models import PharmacyDuty, PharmacyPrescription, PharmacyRegister

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

PHARMACIST = "pharmacist"
# 处方管理办法 art. 18: valid on its day, three days at most where the prescriber says so; a long prescription of a
# chronic illness lasts up to twelve weeks (长期处方管理规范, 2021).
LONGEST = timedelta(weeks=12)
MOST_PIECES = 99


def today() -> date:
    """Return the day in the franchise's zone."""
    return clock.today(tenancy.current_actor().tz)


def licence(session: Session) -> str:
    """Return the acting pharmacist's licence number; raise Forbidden `licence_needed` without one in force."""
    kind, number = licence_of(session, tenancy.current_actor().staff_id, today())
    if kind != PHARMACIST:
        raise Forbidden(_("您没有登记有效的执业药师证，不能办理。请先在员工资料里登记执照。"), code="licence_needed")
    return number


# -- prescriptions ---------------------------------------------------------------------------------


def prescribe(
    session: Session, person_id: int, *, number: str, prescriber: str, hospital: str, issued_on: date,
    valid_until: date, items: Mapping[str, int],
) -> PharmacyPrescription:  # fmt: skip
    """Note a prescription that a pharmacist has checked, and return it (B32).

    `items` is {item code: pieces}. Raises NotFound for a foreign person, Forbidden `licence_needed`, Invalid naming the
    fields, Conflict `pharmacy_prescription_twice` for the same number of the same hospital in force.
    """
    person_of(session, person_id)
    number_, who, where = (" ".join(text.split()) for text in (number, prescriber, hospital))
    lasts = valid_until - issued_on
    errors = [
        FieldError(name, message)
        for name, wrong, message in (
            ("number", not 1 <= len(number_) <= 60, _("请填写处方号。")),
            ("prescriber", not 2 <= len(who) <= 60, _("请填写处方医师姓名。")),
            ("hospital", not 2 <= len(where) <= 120, _("请填写开具处方的医疗机构。")),
            ("issued_on", issued_on > today(), _("开具日期不能晚于今天。")),
            (
                "valid_until",
                not timedelta() <= lasts <= LONGEST,
                _("有效期应在开具之日起 12 周以内。"),
            ),
        )
        if wrong
    ]
    known = items_of(session, items)
    for code, pieces in items.items():
        if code not in known or known[code].attributes.get(RX_CLASS) != "Rx":
            errors.append(FieldError("items", _("“%(code)s”不是处方药。", code=code[:40])))
        elif not 1 <= pieces <= MOST_PIECES:
            errors.append(FieldError("items", _("每种 1 到 %(n)d 件。", n=MOST_PIECES)))
    if not items:
        errors.append(FieldError("items", _("请至少填一种药。")))
    if errors:
        raise Invalid(_("有 %(n)d 处需要修改。", n=len(errors)), errors=errors)
    held = licence(session)
    twice = session.scalar(
        select(func.count(PharmacyPrescription.id)).where(
            PharmacyPrescription.person_id == person_id, PharmacyPrescription.number == number_,
            PharmacyPrescription.hospital == where, PharmacyPrescription.state == "open",
        )
    )  # fmt: skip
    if twice:
        raise Conflict(_("这张处方已经登记过，不能重复登记。"), code="pharmacy_prescription_twice")
    actor = tenancy.current_actor()
    row = PharmacyPrescription(
        person_id=person_id, number=number_, prescriber=who, hospital=where, issued_on=issued_on,
        valid_until=valid_until, staff_id=actor.staff_id, licence_no=held, store_id=actor.store_id,
        made_at=clock.now_ms(),
    )  # fmt: skip
    row.items = json.dumps(dict(items))
    session.add(row)
    session.flush()
    record_audit(session, "pharmacy.prescription.noted", "pharmacy_prescription", row.id, person_id=person_id)
    return row


def void(session: Session, prescription_id: int | None, why: str) -> PharmacyPrescription:
    """Make a prescription void with a reason, and return it; what was dispensed stays. Raises NotFound, Invalid."""
    row = session.get(PharmacyPrescription, prescription_id) if prescription_id else None
    if row is None:
        raise NotFound(_("没有找到这张处方。"))
    if len(why.strip()) < 4:
        raise Invalid.field("why", _("请写明作废原因，至少 4 个字。"))
    if row.state == "open":
        row.state, row.why = "void", why.strip()[:200]
        record_audit(
            session, "pharmacy.prescription.voided", "pharmacy_prescription", row.id, person_id=row.person_id,
            detail={"changes": {"state": ["open", "void"]}},
        )  # fmt: skip
    return row


# -- duty ------------------------------------------------------------------------------------------


def sign_on(session: Session) -> PharmacyDuty:
    """Sign the acting pharmacist on at their store and return the row; a second time returns the same one."""
    actor, held = tenancy.current_actor(), licence(session)
    if actor.store_id is None or actor.staff_id is None:
        raise Refusal(_("请先选择门店，再签到。"), code="pharmacy_no_store")
    now = clock.now_ms()
    for row in gates.on_duty(session, actor.store_id, now):
        if row.staff_id == actor.staff_id:
            return row
    row = PharmacyDuty(staff_id=actor.staff_id, store_id=actor.store_id, licence_no=held, from_at=now)
    session.add(row)
    session.flush()
    record_audit(session, "pharmacy.duty.on", "pharmacy_duty", row.id)
    return row


def sign_off(session: Session) -> int:
    """Sign the acting pharmacist off at their store; return how many rows ended."""
    actor, now = tenancy.current_actor(), clock.now_ms()
    rows = [row for row in gates.on_duty(session, actor.store_id, now) if row.staff_id == actor.staff_id]
    for row in rows:
        row.until_at = now
        record_audit(session, "pharmacy.duty.off", "pharmacy_duty", row.id)
    return len(rows)


# -- the register ----------------------------------------------------------------------------------

_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)


def birth_of(id_number: str) -> date | None:
    """Return the birth date in an identity number (GB 11643), or None where length, date or check digit are wrong."""
    text = id_number.strip().upper()
    if len(text) != 18 or not text[:17].isdigit():
        return None
    if "10X98765432"[sum(int(digit) * weight for digit, weight in zip(text, _WEIGHTS, strict=False)) % 11] != text[17]:
        return None
    try:
        return date(int(text[6:10]), int(text[10:12]), int(text[12:14]))
    except ValueError:
        return None


def register(session: Session, person_id: int, *, name: str, id_number: str, packs: int) -> PharmacyRegister:
    """Write a buyer of ephedrine medicines into the register, and return the row (B31, joint notice of 2012).

    Raises NotFound, Invalid for a wrong number, Refusal `pharmacy_minor` under 18, `pharmacy_too_many_packs` where the
    card would be registered for more than two smallest packs that day, under whichever member.
    """
    person_of(session, person_id)
    number, day = id_number.strip().upper(), today()
    born = birth_of(number)
    errors = []
    if not 2 <= len(name.strip()) <= 60:
        errors.append(FieldError("name", _("请填写购买人姓名。")))
    if born is None:
        errors.append(FieldError("id_number", _("身份证号不对，请核对 18 位号码。")))
    if not 1 <= packs <= gates.MOST_PACKS:
        errors.append(FieldError("packs", _("一次登记 1 到 %(n)d 个最小包装。", n=gates.MOST_PACKS)))
    if errors or born is None:
        raise Invalid(_("有 %(n)d 处需要修改。", n=len(errors)), errors=errors)
    if (day.year - born.year - ((day.month, day.day) < (born.month, born.day))) < gates.ADULT:
        raise Refusal(_("购买人未满 18 岁，不得购买含麻黄碱类药品。"), code="pharmacy_minor")
    actor = tenancy.current_actor()
    criterion = PharmacyRegister.sealed_fields["id_number"].matches(PharmacyRegister, number, actor.franchise_id)  # type: ignore[attr-defined]
    had = session.scalar(
        select(func.coalesce(func.sum(PharmacyRegister.packs), 0)).where(criterion, PharmacyRegister.on == day)
    ) or 0  # fmt: skip
    if had + packs > gates.MOST_PACKS:
        raise Refusal(
            _("这张身份证今天已登记 %(had)d 个最小包装，合计不得超过 %(n)d 个。", had=int(had), n=gates.MOST_PACKS),
            code="pharmacy_too_many_packs",
        )
    row = PharmacyRegister(
        person_id=person_id,
        on=day,
        packs=packs,
        staff_id=actor.staff_id,
        store_id=actor.store_id,
        made_at=clock.now_ms(),
    )
    row.name, row.id_number = name.strip(), number
    session.add(row)
    session.flush()
    record_audit(session, "pharmacy.register.noted", "pharmacy_register", row.id, person_id=person_id,
                 detail={"packs": packs})  # fmt: skip
    return row
