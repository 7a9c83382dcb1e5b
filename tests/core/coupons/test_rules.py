"""Coupons: who may use what, when, how often, and what it takes off."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from core.coupons.rules import (
    CouponState,
    below_minimum,
    card_coupons,
    eligibility,
    entitlement_coupons,
    period_key,
    reduction,
    stacking_order,
    valid_until,
)
from core.programme.rules import CardProduct, CouponRule, EntitlementBenefit, Threshold, Tier

FILLING = CouponRule("filling200", amount_fen=20000, limit="per_person_year")
START = date(2026, 3, 1)


@pytest.mark.parametrize(("before", "off"), [(40000, 20000), (22000, 20000), (15000, 15000), (0, 0)])
def test_b04_an_amount_never_goes_below_nothing(before: int, off: int) -> None:
    assert reduction(FILLING, before) == off


def test_percentage_is_half_up() -> None:
    assert reduction(CouponRule("c", pay_bp=9500), 10) == 0
    assert reduction(CouponRule("c", pay_bp=9500), 30) == 1
    assert reduction(CouponRule("c", pay_bp=0), 8000) == 8000


def test_valid_until_is_the_last_usable_day() -> None:
    state = CouponState("c", FILLING, "p1", valid_from=START, valid_until=date(2026, 3, 31))
    assert eligibility(state, date(2026, 3, 31)) is None
    late, early = eligibility(state, date(2026, 4, 1)), eligibility(state, date(2026, 2, 28))
    assert late is not None
    assert late.reason == "expired"
    assert early is not None
    assert early.hint == "2026-03-01 起可用"
    used = eligibility(replace(state, state="used"), START)
    assert used is not None
    assert used.reason == "used"
    assert valid_until(CouponRule("c", amount_fen=1, valid_days=31), START) == date(2026, 3, 31)
    assert valid_until(FILLING, START) is None


def test_minimum_spend_says_what_is_missing() -> None:
    rule = CouponRule("c", amount_fen=100, min_spend_fen=10000)
    missing = below_minimum(rule, 6200)
    assert missing is not None
    assert missing.hint == "还差 38.00 元可用"
    assert below_minimum(rule, 10000) is None


@pytest.mark.parametrize(
    ("limit", "key"),
    [
        ("per_person_year", "card:k:filling200:p1:2027-03-01"),
        ("per_card_year", "card:k:filling200:*:2027-03-01"),
        ("once", "card:k:filling200:p1"),
        ("per_filling", ""),
    ],
)
def test_period_keys(limit: str, key: str) -> None:
    rule = replace(FILLING, limit=limit)  # type: ignore[arg-type]
    assert period_key(rule, "k", "p1", START, date(2027, 3, 1)) == key


def test_card_year_turns_on_the_anniversary_also_from_a_leap_day() -> None:
    leap = date(2024, 2, 29)
    assert period_key(FILLING, "k", "p", leap, date(2025, 2, 27)).endswith("2024-02-29")
    assert period_key(FILLING, "k", "p", leap, date(2025, 2, 28)).endswith("2025-02-28")


def test_bundled_coupon_is_used_up_for_its_year_only() -> None:
    product = CardProduct("CARD", "卡", 8, 24, coupons=(FILLING,))
    used = {"card:k:filling200:p1:2026-03-01": 1}
    states = [
        card_coupons(product, "k", person, START, date(2028, 2, 29), used, day)[0].state
        for person, day in (("p1", date(2027, 2, 28)), ("p2", date(2027, 2, 28)), ("p1", date(2027, 3, 1)))
    ]
    assert states == ["used", "open", "open"]
    bundled = card_coupons(product, "k", "p1", START, date(2028, 2, 29), {}, START)[0]
    assert bundled.valid_until == date(2027, 2, 28)


def test_s0_12_and_s4_19_rights_by_year_and_by_choice() -> None:
    checkup = EntitlementBenefit("checkup", "体检", "CHECKUP", choice="year")
    massage = EntitlementBenefit("massage", "按摩", "HEAD", times=2, choice="year")
    tier = Tier("gold", "金", Threshold(), benefits=(checkup, massage))
    fresh = entitlement_coupons(tier, "p1", START, {}, date(2026, 5, 1))
    assert [(one.rule.code, one.state) for one in fresh] == [
        ("checkup", "open"),
        ("massage", "open"),
        ("massage", "open"),
    ]
    spent = entitlement_coupons(tier, "p1", START, {fresh[0].key: 1}, date(2026, 5, 1))
    assert spent[0].state == "used"
    renewed = entitlement_coupons(tier, "p1", START, {fresh[0].key: 1}, date(2027, 3, 1))
    assert renewed[0].state == "open"


def test_stacking_order_is_fixed() -> None:
    states = [
        CouponState("1", CouponRule("half", pay_bp=5000), "p"),
        CouponState("2", CouponRule("small", amount_fen=100), "p"),
        CouponState("3", CouponRule("big", amount_fen=900), "p"),
    ]
    assert [one.id for one in stacking_order(states)] == ["3", "2", "1"]
