"""Kinds of promotions and gift lines at the till: sums reached, n-th pieces, members first, gifts (issue 3; S3-17)."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from core.pricing.rules import Basket, BasketLine, price
from core.programme.rules import AmountOff, GiftBenefit, ItemScope, NthUnit, Promotion, When, check
from tests.core.pricing.shop import TODAY, coupon, item, lines, member, programme

DENTAL = programme("dental")
ONLY_PASTE = ItemScope(codes=frozenset({"PASTE"}))


def shop(*promotions: Promotion):
    return replace(DENTAL, promotions=promotions)


def buy(rules, *codes: str, tier: str = "regular", qty: int = 1, coupons=(), on: date = TODAY, payer: bool = True):
    basket = tuple(BasketLine(n, item("dental", code), qty) for n, code in enumerate(codes, 1))
    return price(Basket(basket, on, member(tier, coupons=coupons) if payer else None), rules)


def test_a_sum_reached_takes_off_its_amount_once_or_each_time() -> None:
    once = shop(Promotion("off", When(), name="满三百减五十", amount_off=AmountOff(5000, 30000)))
    assert buy(once, "CLEAN").total_fen == 20000
    assert buy(once, "CLEAN", "CHECK", "POLISH").total_fen == 29000
    assert buy(once, "F-RESIN").total_fen == 35000
    each = shop(Promotion("off", When(), name="每满二百减二十", amount_off=AmountOff(2000, 20000, repeat=True)))
    assert buy(each, "F-RESIN", "CHECK").total_fen == 48000 - 4000


def test_what_is_missing_to_the_sum_is_said() -> None:
    rules = shop(Promotion("off", When(), name="满三百减五十", amount_off=AmountOff(5000, 30000)))
    quote = buy(rules, "CLEAN")
    (left_out,) = [one for one in quote.not_applied if one.rule == "off"]
    assert left_out.reason == "too_little"
    assert left_out.hint == "再买 100.00 元可减 50.00 元"


def test_the_sum_is_looked_at_before_coupons_and_never_takes_more_than_is_left() -> None:
    rules = shop(Promotion("off", When(), amount_off=AmountOff(5000, 30000), with_tier="stack"))
    held = (coupon("c1", code="big", amount_fen=39000, items=ItemScope(codes=frozenset({"F-RESIN"}))),)
    quote = buy(rules, "F-RESIN", coupons=held)
    assert quote.total_fen == 0
    assert [step.after_fen for step in quote.lines[0].steps] == [40000, 1000, 0]


def test_the_amount_is_shared_over_its_lines_to_the_fen() -> None:
    rules = shop(Promotion("off", When(), amount_off=AmountOff(1000, 10000)))
    quote = buy(rules, "CLEAN", "CHECK", "POLISH")
    assert [line.net_fen for line in quote.lines] == [19412, 7765, 5823]
    assert quote.total_fen == 33000


@pytest.mark.parametrize(
    ("off", "tier", "total", "winner"),
    [(5000, "silver", 35000, "off"), (3000, "silver", 36000, "tier:silver"), (3000, "regular", 37000, "off")],
)
def test_against_the_tier_the_better_of_the_two_for_the_lines_together(off, tier, total, winner) -> None:
    rules = shop(Promotion("off", When(), name="满减", amount_off=AmountOff(off, 30000)))
    quote = buy(rules, "F-RESIN", tier=tier)
    assert quote.total_fen == total
    assert [step.rule for step in quote.lines[0].steps] == ["list", winner]


def test_a_promotion_left_out_leaves_room_for_one_it_excluded() -> None:
    big = Promotion("big", When(), name="大满减", amount_off=AmountOff(9000, 99900), exclusive=True, priority=1)
    small = Promotion("small", When(), name="九五折", pay_bp=9500, priority=2)
    quote = buy(shop(big, small), "CLEAN")
    assert quote.total_fen == 19000
    assert ("big", "too_little") in [(one.rule, one.reason) for one in quote.not_applied]


def test_each_nth_piece_is_cheaper() -> None:
    rules = shop(Promotion("half", When(), name="第二件半价", nth_unit=NthUnit(2, 5000), items=ONLY_PASTE))
    assert [buy(rules, "PASTE", qty=n).total_fen for n in (1, 2, 3, 4)] == [3900, 5850, 9750, 11700]
    (hint,) = [one.hint for one in buy(rules, "PASTE").not_applied if one.rule == "half"]
    assert hint == "再拿 1 件，第 2 件 5 折"
    assert "1 件优惠，共减 19.50 元" in buy(rules, "PASTE", qty=2).lines[0].steps[-1].text


def test_a_free_nth_piece_is_a_gift_and_can_be_forbidden() -> None:
    rules = shop(Promotion("free", When(), nth_unit=NthUnit(3, 0), items=ONLY_PASTE))
    barred = replace(item("dental", "PASTE"), barred={"gift": "处方药不得买赠"})
    quote = price(Basket((BasketLine(1, barred, 3),), TODAY, member()), rules)
    assert quote.total_fen == 3 * 3900
    assert quote.not_applied[0].hint == "处方药不得买赠"


def test_s3_17_members_first_then_everybody() -> None:
    when = When(start=date(2026, 11, 20), until=date(2026, 11, 30))
    rules = shop(Promotion("sale", when, name="周年庆", pay_bp=5000, public_from=date(2026, 11, 25)))

    def stranger(day: int):
        return buy(rules, "CLEAN", payer=False, on=date(2026, 11, day))

    assert buy(rules, "CLEAN", on=date(2026, 11, 20)).total_fen == 10000
    assert stranger(24).total_fen == 20000
    assert stranger(24).not_applied[0].hint == "会员先享：登记为会员后可用，2026-11-25 起对所有人开放"
    assert stranger(25).total_fen == 10000
    assert stranger(30).total_fen == 10000
    assert stranger(31 - 30).total_fen == 20000


def test_s3_17_a_tier_first_then_everybody() -> None:
    rules = shop(Promotion("sale", When(), pay_bp=5000, tiers=frozenset({"gold"}), public_from=date(2026, 11, 25)))
    assert buy(rules, "CLEAN", tier="gold").total_fen == 10000
    assert buy(rules, "CLEAN").total_fen == 20000
    assert buy(rules, "CLEAN", on=date(2026, 11, 25)).total_fen == 10000


def with_gift(min_spend_fen: int = 30000, **more):
    gift = GiftBenefit("gift", "满额赠牙膏", "PASTE", min_spend_fen, **more)
    tiers = tuple(replace(one, benefits=(*one.benefits, gift)) if one.code == "gold" else one for one in DENTAL.tiers)
    return replace(DENTAL, tiers=tiers)


def gift_line(*codes: str, used=None, rules=None, on: date = TODAY):
    payer = member("gold", used=used or {})
    return price(Basket(lines("dental", *codes), on, payer), rules or with_gift())


def test_a_gift_line_is_free_once_the_others_reach_the_sum() -> None:
    quote = gift_line("F-RESIN", "PASTE")
    assert [line.net_fen for line in quote.lines] == [34000, 0]
    assert [use.code for use in quote.coupon_uses] == ["gift"]
    short = gift_line("CLEAN", "PASTE")
    assert short.lines[1].net_fen > 0
    assert "其他项目还差 100.00 元" in [one.hint for one in short.not_applied]


def test_the_gift_does_not_count_towards_its_own_sum() -> None:
    quote = gift_line("PASTE", rules=with_gift(3000))
    assert quote.lines[0].net_fen > 0


def test_a_gift_that_nobody_rang_up_is_offered() -> None:
    assert "可免费加一份：把这个项目加进来就是 0 元" in [one.hint for one in gift_line("F-RESIN").not_applied]
    assert "再买 100.00 元可免费加一份" in [one.hint for one in gift_line("CLEAN").not_applied]


@pytest.mark.parametrize(("per", "again"), [("day", date(2026, 11, 22)), ("month", date(2026, 12, 1))])
def test_a_gift_comes_again_in_the_next_period(per, again) -> None:
    rules = with_gift(per=per)
    (use,) = gift_line("F-RESIN", "PASTE", rules=rules).coupon_uses
    spent = {use.key: 1}
    assert gift_line("F-RESIN", "PASTE", rules=rules, used=spent).lines[1].net_fen > 0
    assert gift_line("F-RESIN", "PASTE", rules=rules, used=spent, on=again).lines[1].net_fen == 0


@pytest.mark.parametrize(
    ("promotion", "field"),
    [
        (Promotion("p", When(), pay_bp=9000, amount_off=AmountOff(100, 1000)), "promotions.0"),
        (Promotion("p", When(), amount_off=AmountOff(2000, 1000)), "promotions.0.amount_off.off_fen"),
        (Promotion("p", When(), pay_bp=9000, public=True, public_from=TODAY), "promotions.0.public_from"),
        (Promotion("p", When(start=TODAY), pay_bp=9000, public_from=TODAY), "promotions.0.public_from"),
        (Promotion("p", When(until=TODAY), pay_bp=9000, public_from=date(2027, 1, 1)), "promotions.0.public_from"),
    ],
)
def test_what_contradicts_itself_is_refused(promotion, field) -> None:
    assert field in [one.field for one in check(shop(promotion)) if one.severity == "error"]
