"""Coupons as plain data: which may be used, how often, on what, and what they take off.

A coupon is either a row that somebody holds, or *bundled*: derived from a card or a tier right each time,
with a period key that is used up once (`CouponState.key`). Amounts are fen, percentages basis points paid.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal

from core.kernel.days import add_months, year_start
from core.kernel.i18n import _
from core.kernel.money import half_up, show_yuan
from core.programme.document import (
    CardProduct,
    CouponRule,
    EntitlementBenefit,
    GiftBenefit,
    ItemScope,
    ServiceBenefit,
    Tier,
)


@dataclass(frozen=True, slots=True)
class CouponState:
    """One coupon that `person_id` may use for what is done to that person.

    `rule` holds the terms of the day it was issued (S2-25). `valid_until`: last usable day, None no end.
    `source_kind` is free text of the room that issued it; card and benefit are the bundled ones, whose `key`
    names the period (empty for a row). `pieces` is how many pieces of a line it may cover, 0 for all of them.
    `min_other_fen`: the other lines of the order must come to that much before coupons (a gift line), fen.
    """

    id: str
    rule: CouponRule
    person_id: str
    valid_from: date | None = None
    valid_until: date | None = None
    state: str = "open"
    source_kind: str = ""
    source_id: str = ""
    key: str = ""
    pieces: int = 1
    min_other_fen: int = 0


@dataclass(frozen=True, slots=True)
class Ineligible:
    """Why a coupon cannot be used: a stable reason code and what would make it usable, in words."""

    reason: str
    hint: str


def eligibility(coupon: CouponState, as_of: date) -> Ineligible | None:
    """None if the coupon itself can be used on the day `as_of`; `valid_until` is inclusive."""
    if coupon.state == "used" and coupon.source_kind == "benefit" and coupon.valid_until:
        again = coupon.valid_until + timedelta(days=1)
        return Ineligible("used", _("本期已用完，%(day)s 起可再用", day=again.isoformat()))
    if coupon.state != "open":
        words = {"used": _("已使用"), "expired": _("已过期"), "revoked": _("已作废")}
        return Ineligible(coupon.state, words.get(coupon.state, _("不可用")))
    if coupon.valid_from and as_of < coupon.valid_from:
        return Ineligible("not_yet", _("%(day)s 起可用", day=coupon.valid_from.isoformat()))
    if coupon.valid_until and as_of > coupon.valid_until:
        return Ineligible("expired", _("已于 %(day)s 过期", day=coupon.valid_until.isoformat()))
    return None


def below_minimum(rule: CouponRule, subtotal_fen: int) -> Ineligible | None:
    """None if the eligible subtotal (fen) reaches the coupon's minimum spend; else how much is missing."""
    missing = rule.min_spend_fen - subtotal_fen
    if missing <= 0:
        return None
    return Ineligible("min_spend", _("还差 %(yuan)s 元可用", yuan=show_yuan(missing)))


def reduction(rule: CouponRule, before_fen: int) -> int:
    """What the coupon takes off `before_fen`, fen: never more than there is (B04)."""
    if rule.amount_fen is not None:
        return min(rule.amount_fen, before_fen)
    return before_fen - half_up(before_fen * (rule.pay_bp or 0), 10_000)


def valid_until(rule: CouponRule, issued_on: date) -> date | None:
    """Last usable day of a coupon issued on that day, inclusive; None for no end."""
    if rule.valid_days is None:
        return None
    return issued_on + timedelta(days=rule.valid_days - 1)


def period_key(rule: CouponRule, card_id: str, person_id: str, card_from: date, as_of: date) -> str:
    """The key that a use of a bundled coupon occupies; two uses with one key are one too many.

    Empty for per_filling, which is not counted. The card year starts on each anniversary of `card_from`.
    """
    if rule.limit == "per_filling":
        return ""
    year = year_start(card_from, as_of).isoformat()
    who = {"per_person_year": f"{person_id}:{year}", "per_card_year": f"*:{year}", "once": person_id}
    return f"card:{card_id}:{rule.code}:{who[rule.limit]}"


def card_coupons(
    product: CardProduct,
    card_id: str,
    person_id: str,
    card_from: date,
    card_until: date | None,
    used: Mapping[str, int],
    as_of: date,
) -> list[CouponState]:
    """The coupons bundled in a card (S1-03) that this person may still use; `used` counts uses by period key.

    A used-up one is returned too, with state "used", so that the quote can say why it did not apply.
    """
    return [
        CouponState(
            id=key or f"card:{card_id}:{rule.code}:{person_id}",
            rule=rule,
            person_id=person_id,
            valid_from=card_from,
            valid_until=_card_coupon_until(rule, card_from, card_until, as_of),
            state="used" if key and used.get(key, 0) else "open",
            source_kind="card",
            source_id=card_id,
            key=key,
            pieces=0 if rule.limit == "per_filling" else 1,
        )
        for rule in product.coupons
        for key in (period_key(rule, card_id, person_id, card_from, as_of),)
    ]


def _card_coupon_until(rule: CouponRule, card_from: date, card_until: date | None, as_of: date) -> date | None:
    if rule.limit not in ("per_person_year", "per_card_year"):
        return card_until
    year_end = add_months(year_start(card_from, as_of), 12) - timedelta(days=1)
    return min(year_end, card_until) if card_until else year_end


def entitlement_key(benefit: EntitlementBenefit | GiftBenefit, person_id: str, joined_on: date, as_of: date) -> str:
    """The key that one use of a periodic right occupies; rights of one choice share it (S0-12, S4-19)."""
    start, _end = _period(benefit.per, joined_on, as_of)
    return f"benefit:{person_id}:{benefit.choice or benefit.code}:{start.isoformat()}"


def entitlement_coupons(
    tier: Tier, person_id: str, joined_on: date, used: Mapping[str, int], as_of: date
) -> list[CouponState]:
    """The free items and gift lines of a tier as coupons of one piece; one a time left, or a single used one."""
    found: list[CouponState] = []
    for benefit in tier.benefits:
        if not isinstance(benefit, EntitlementBenefit | GiftBenefit):
            continue
        key = entitlement_key(benefit, person_id, joined_on, as_of)
        left = max(0, benefit.times - used.get(key, 0))
        rule = CouponRule(benefit.code, benefit.name, pay_bp=0, items=ItemScope(codes=frozenset({benefit.item})))
        found.extend(
            CouponState(
                id=f"{key}:{number}",
                rule=rule,
                person_id=person_id,
                valid_until=_period(benefit.per, joined_on, as_of)[1],
                state="open" if left else "used",
                source_kind="benefit",
                source_id=person_id,
                key=key,
                min_other_fen=benefit.min_spend_fen if isinstance(benefit, GiftBenefit) else 0,
            )
            for number in range(1, max(left, 1) + 1)
        )
    return found


@dataclass(frozen=True, slots=True)
class ServiceRight:
    """A right without a price that a person has (S4-19, S4-20, S2-23).

    `key` names the period of a choice, "" for a right that is simply there. `state`: have (there), open (may be
    chosen), chosen (it was), spent (another right of the same choice was taken in this period).
    """

    code: str
    name: str
    key: str = ""
    state: Literal["have", "open", "chosen", "spent"] = "have"
    until: date | None = None


def service_rights(
    tier: Tier, person_id: str, joined_on: date, taken: Mapping[str, str], as_of: date
) -> list[ServiceRight]:
    """The service rights of a tier; `taken` maps the keys used up in running periods to what used them."""
    found: list[ServiceRight] = []
    for benefit in tier.benefits:
        if not isinstance(benefit, ServiceBenefit):
            continue
        if benefit.choice is None:
            found.append(ServiceRight(benefit.code, benefit.name))
            continue
        start, end = _period(_per_of_choice(tier, benefit.choice), joined_on, as_of)
        key = f"benefit:{person_id}:{benefit.choice}:{start.isoformat()}"
        by = taken.get(key)
        state: Literal["open", "chosen", "spent"] = "open" if by is None else "chosen"
        found.append(
            ServiceRight(benefit.code, benefit.name, key, "spent" if by not in (None, benefit.code) else state, end)
        )
    return found


def _per_of_choice(tier: Tier, choice: str) -> str:
    """The period of a choice: that of the free item in it, else the membership year."""
    rights = (one for one in tier.benefits if isinstance(one, EntitlementBenefit | GiftBenefit))
    return next((one.per for one in rights if one.choice == choice), "membership_year")


def _period(per: str, joined_on: date, as_of: date) -> tuple[date, date]:
    """First and last day of the period of a right in which `as_of` lies."""
    if per == "day":
        return as_of, as_of
    if per == "month":
        first = as_of.replace(day=1)
        return first, add_months(first, 1) - timedelta(days=1)
    if per == "calendar_year":
        return date(as_of.year, 1, 1), date(as_of.year, 12, 31)
    start = year_start(joined_on, as_of)
    return start, add_months(start, 12) - timedelta(days=1)


def stacking_order(coupons: Iterable[CouponState]) -> list[CouponState]:
    """The fixed working order: amounts before percentages, larger first, then code, id."""
    return sorted(
        coupons,
        key=lambda coupon: (
            coupon.rule.pay_bp is not None,
            -(coupon.rule.amount_fen or 0),
            coupon.rule.pay_bp or 0,
            coupon.rule.code,
            coupon.id,
        ),
    )
