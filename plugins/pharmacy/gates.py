"""What must be there before a medicine may be sold: prescription, pharmacist, register, age. Reads; writes nothing.

The findings are contraindicated: nobody can let them pass, the way out is to bring what is missing. Under the settle's
lock they are asked again, so that neither a prescription nor the two packs of a day are used twice.
"""

from __future__ import annotations

import json
from collections import Counter
from datetime import date
from typing import TYPE_CHECKING, Any

from sqlalchemy import bindparam, func, or_, select

from core.sdk import (
    BasketView,
    Check,
    HookContext,
    LineView,
    SafetyView,
    _,
    licence_of,
    setting_value,
    sold_to,
    tenancy,
)
from plugins.pharmacy.attributes import PSYCHOTROPIC, RX_CLASS, ephedrine, flagged
from plugins.pharmacy.models import PharmacyDuty, PharmacyPrescription, PharmacyRegister
from plugins.pharmacy.settings import DUTY

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sqlalchemy.orm import Session

PRESCRIPTION, NO_PHARMACIST, LIMIT, REGISTER, CLASS_TWO = (
    "pharmacy.prescription", "pharmacy.no_pharmacist", "pharmacy.ephedrine_limit", "pharmacy.ephedrine_register",
    "pharmacy.class_two",
)  # fmt: skip
PAUSED = frozenset({"Rx", "OTC-A"})
MOST_PACKS = 2
ADULT = 18
# Who forgot to sign off is not on duty for ever.
SHIFT_MS = 14 * 3600 * 1000
# Made once: asked with every check of a drug.
_ON_DUTY = (
    select(PharmacyDuty)
    .where(
        PharmacyDuty.store_id == bindparam("store"), PharmacyDuty.from_at <= bindparam("now"),
        PharmacyDuty.from_at > bindparam("since"),
        or_(PharmacyDuty.until_at.is_(None), PharmacyDuty.until_at > bindparam("now")),
    )
    .order_by(PharmacyDuty.from_at)
)  # fmt: skip
_VALID = (
    select(PharmacyPrescription)
    .where(
        PharmacyPrescription.person_id.in_(bindparam("persons", expanding=True)), PharmacyPrescription.state == "open",
        PharmacyPrescription.valid_until >= bindparam("today"), PharmacyPrescription.issued_on <= bindparam("today"),
    )
    .order_by(PharmacyPrescription.id)
)  # fmt: skip


def checks(ctx: HookContext, basket: BasketView, known: Mapping[int, SafetyView]) -> list[Check]:
    """Return the findings of all gates."""
    assert ctx.session is not None
    return [
        *_pharmacist(ctx, basket.lines),
        *_prescriptions(ctx, basket),
        *_ephedrine(ctx, basket, known),
        *_class_two(basket, known),
    ]


def on_duty(session: Session, store_id: int | None, now_ms: int) -> list[PharmacyDuty]:
    """Return who is signed on at a store now."""
    if store_id is None:
        return []
    return list(session.scalars(_ON_DUTY, {"store": store_id, "now": now_ms, "since": now_ms - SHIFT_MS}))


def _pharmacist(ctx: HookContext, lines: Sequence[LineView]) -> list[Check]:
    """Pause prescription and class A drugs while no pharmacist is on duty (药品经营质量管理规范, clinic.md 4.3)."""
    paused = [line for line in lines if line.attributes.get(RX_CLASS) in PAUSED]
    assert ctx.session is not None
    if not paused or not setting_value(ctx.session, DUTY) or on_duty(ctx.session, ctx.store_id, ctx.now_ms):
        return []
    # Who rings it up is there: a licensed pharmacist at the till needs nobody else to be signed on.
    if licence_of(ctx.session, tenancy.current_actor().staff_id, ctx.business_date)[0] == "pharmacist":
        return []
    return [
        Check(
            NO_PHARMACIST, "contraindicated",
            _("本店现在没有执业药师在岗，处方药和甲类非处方药暂停销售。请药师先在“药师在岗”签到。"), line.line,
        )
        for line in paused
    ]  # fmt: skip


def valid(session: Session, person_ids: set[int], today: date) -> list[PharmacyPrescription]:
    """Return the prescriptions of these persons that hold on a day."""
    if not person_ids:
        return []
    return list(session.scalars(_VALID, {"persons": list(person_ids), "today": today}))


def left(session: Session, person_ids: set[int], today: date) -> dict[int, Counter[str]]:
    """Return what each person's prescriptions still allow: what they say less what was sold since they were noted."""
    rows = valid(session, person_ids, today)
    allowed: dict[int, Counter[str]] = {person: Counter() for person in person_ids}
    since: dict[tuple[int, str], int] = {}
    for row in rows:
        for code, pieces in json.loads(row.items or "{}").items():
            allowed[row.person_id][code] += int(pieces)
            key = (row.person_id, code)
            since[key] = min(since.get(key, row.made_at), row.made_at)
    if since:
        for line in sold_to(session, person_ids, min(since.values())):
            start = since.get((line.person_id or 0, line.code))
            if start is not None and line.person_id in allowed and line.booked_at >= start:
                allowed[line.person_id][line.code] -= line.left
    return allowed


def _prescriptions(ctx: HookContext, basket: BasketView) -> list[Check]:
    """Refuse a prescription drug that no valid prescription of the person treated covers any more (B32)."""
    assert ctx.session is not None
    lines = [line for line in basket.lines if line.attributes.get(RX_CLASS) == "Rx"]
    if not lines:
        return []
    persons = {person for line in lines if (person := basket.treated(line))}
    allowed = left(ctx.session, persons, ctx.business_date)
    found = []
    for line in lines:
        person = basket.treated(line)
        if person is None:
            text = _("处方药须凭处方销售。请先选会员（或登记新会员），再登记处方。")
        elif allowed[person][line.code] < line.qty:
            text = _(
                "处方药须凭处方销售：现有处方还可配 %(n)d 件，这一行要 %(qty)d 件。请药师先登记处方，或减少数量。",
                n=max(0, allowed[person][line.code]), qty=line.qty,
            )  # fmt: skip
        else:
            allowed[person][line.code] -= line.qty
            continue
        found.append(Check(PRESCRIPTION, "contraindicated", text, line.line))
    return found


def _ephedrine(ctx: HookContext, basket: BasketView, known: Mapping[int, SafetyView]) -> list[Check]:
    """Refuse more than two smallest packs at a time and a day, and what is not in the register (joint notice, 2012)."""
    assert ctx.session is not None
    lines = [line for line in basket.lines if ephedrine(line.attributes)]
    if not lines:
        return []
    wanted = sum(line.qty for line in lines)
    if basket.person_id is None:
        text = _("含麻黄碱类药品须登记购买人。请先选会员，再登记身份证。")
        return [Check(REGISTER, "contraindicated", text, line.line) for line in lines]
    buyers = {basket.person_id, *(line.for_person_id for line in lines if line.for_person_id)}
    had = packs_of_day(ctx, buyers)
    if wanted + had > MOST_PACKS:
        text = (
            _("含麻黄碱类药品一次最多 %(n)d 个最小包装，这一单有 %(m)d 个。请减少数量。", n=MOST_PACKS, m=wanted)
            if wanted > MOST_PACKS
            else _("含麻黄碱类药品最多 %(n)d 个最小包装，今天已经买过 %(m)d 个。", n=MOST_PACKS, m=had)
        )
        return [Check(LIMIT, "contraindicated", text, line.line) for line in lines]
    buyer = known.get(basket.person_id)
    if buyer is not None and buyer.age is not None and buyer.age < ADULT:
        return [Check(REGISTER, "contraindicated", _("购买人未满 18 岁，不得购买含麻黄碱类药品。"), lines[0].line)]
    packs, others = registered(ctx.session, basket.person_id, ctx.business_date)
    if packs < wanted + had or others + wanted + had > MOST_PACKS:
        text = (
            _("同一身份证今天在别的会员名下也登记过含麻黄碱类药品，合计不得超过 %(n)d 个最小包装。", n=MOST_PACKS)
            if packs >= wanted + had
            else _("含麻黄碱类药品须登记购买人姓名和身份证号。请先在“麻黄碱登记”里登记 %(n)d 个包装。", n=wanted + had)
        )
        return [Check(REGISTER, "contraindicated", text, line.line) for line in lines]
    return []


def packs_of_day(ctx: HookContext, persons: set[int]) -> int:
    """Return how many packs of ephedrine medicines these persons had or paid for on the business day, refunds off."""
    assert ctx.session is not None
    start = ctx.now_ms - 24 * 3600 * 1000
    return sum(
        line.left for line in sold_to(ctx.session, persons, start)
        if ephedrine(line.attributes) and line.on == ctx.business_date
    )  # fmt: skip


def registered(session: Session, person_id: int, today: date) -> tuple[int, int]:
    """Return how many packs a buyer is registered for today, and how many by the same card under other names."""
    mine = session.scalars(
        select(PharmacyRegister).where(PharmacyRegister.person_id == person_id, PharmacyRegister.on == today)
    ).all()
    blinds = {row.id_number_blind for row in mine if row.id_number_blind}
    others = 0
    if blinds:
        others = session.scalar(
            select(func.coalesce(func.sum(PharmacyRegister.packs), 0)).where(
                PharmacyRegister.id_number_blind.in_(blinds), PharmacyRegister.on == today,
                PharmacyRegister.person_id != person_id,
            )
        ) or 0  # fmt: skip
    return sum(row.packs for row in mine), int(others)


def _class_two(basket: BasketView, known: Mapping[int, SafetyView]) -> list[Check]:
    """Refuse class II psychotropics for minors, and for unknown ages (麻醉药品和精神药品管理条例 art. 32)."""
    found = []
    for line in basket.lines:
        if not flagged(line.attributes.get(PSYCHOTROPIC)):
            continue
        persons = {one for one in (basket.treated(line), basket.person_id) if one}
        ages: list[Any] = [known[one].age if one in known else None for one in persons]
        if persons and all(age is not None and age >= ADULT for age in ages):
            continue
        young = any(age is not None and age < ADULT for age in ages)
        text = (
            _("第二类精神药品不得向未成年人销售。")
            if young
            else _("第二类精神药品不得向未成年人销售：请先选会员并登记出生日期。")
        )
        found.append(Check(CLASS_TWO, "contraindicated", text, line.line))
    return found
