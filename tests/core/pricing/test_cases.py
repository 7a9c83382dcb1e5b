"""Acceptance cases of capabilities.md, part B, on the presets."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, date, datetime

import pytest

from core.kernel.clock import business_date
from core.kernel.errors import Invalid
from core.pricing.rules import (
    Basket,
    BasketLine,
    PointsChange,
    PriceChange,
    TenderIn,
    earn_for,
    from_json,
    price,
    public_json,
    spread,
    to_json,
)
from core.programme.rules import ALL_ITEMS, FreeUnits, ItemScope, MultiplierBenefit, Promotion, When
from tests.core.pricing.shop import (
    SPRING,
    TODAY,
    coupon,
    family_card,
    item,
    lines,
    member,
    preset_items,
    programme,
)

DENTAL = programme("dental")
PHARMACY = programme("pharmacy")


def dental(*codes: str, tier: str = "regular", card: bool = True, **person: object):
    payer = member(tier, cards=(family_card(),) if card else (), **person)
    return price(Basket(lines("dental", *codes), TODAY, payer), DENTAL)


def test_b01_coupon_then_percentage() -> None:
    quote = dental("F-RESIN")
    assert quote.total_fen == 16000
    assert quote.saved_fen == 24000
    assert quote.earn.points == 160
    steps = quote.lines[0].steps
    assert [(step.stage, step.before_fen, step.after_fen) for step in steps] == [
        ("list", 40000, 40000),
        ("item_coupon", 40000, 20000),
        ("tier", 20000, 16000),
    ]
    assert steps[2].text == "家庭卡 8 折"
    assert quote.coupon_uses[0].key == "card:card1:filling200:p1:2026-10-01"


def test_b02_never_percentage_first() -> None:
    assert dental("F-RESIN").total_fen != 12000


@pytest.mark.parametrize(("code", "total"), [("F-BASIC", 1600), ("F-TEMP", 0)])
def test_b03_b04_other_materials(code: str, total: int) -> None:
    quote = dental(code)
    assert quote.total_fen == total
    assert [use.code for use in quote.coupon_uses] == ["filling200"]


def test_b05_b06_eight_people_one_card() -> None:
    card = family_card()
    people = {f"p{n}": member("regular", f"p{n}", cards=(card,)) for n in range(1, 9)}
    some = tuple(BasketLine(n, item("dental", "F-RESIN"), for_person=f"p{n}") for n in range(1, 9))
    quote = price(Basket(some, TODAY, people["p1"], people), DENTAL)
    fee = preset_items("dental")["CARD-FAMILY"].price_fen
    assert (quote.total_fen, quote.saved_fen, quote.saved_fen - fee) == (128000, 192000, 172100)
    assert quote.optimal
    assert len({use.key for use in quote.coupon_uses}) == 8
    assert dental("F-RESIN").saved_fen - fee == 4100


def test_card_coupon_once_a_person_and_card_year() -> None:
    used = family_card(used={"card:card1:filling200:p1:2026-10-01": 1})
    basket = Basket(lines("dental", "F-RESIN"), TODAY, member(cards=(used,)))
    quote = price(basket, DENTAL)
    assert quote.total_fen == 32000
    assert [(no.rule, no.reason) for no in quote.not_applied] == [("filling200", "used")]
    next_year = replace(used, valid_until=None)
    later = replace(basket, as_of=date(2027, 10, 1), payer=member(cards=(next_year,)))
    assert price(later, DENTAL).total_fen == 16000


def test_card_coupon_covers_one_piece_unless_per_filling() -> None:
    two = (BasketLine(1, item("dental", "F-RESIN"), 2),)
    payer = member(cards=(family_card(),))
    assert price(Basket(two, TODAY, payer), DENTAL).total_fen == (80000 - 20000) * 8 // 10
    family = DENTAL.card_product("CARD-FAMILY")
    assert family is not None
    each = replace(family, coupons=(replace(family.coupons[0], limit="per_filling"),))
    changed = replace(DENTAL, card_products=(each,))
    assert price(Basket(two, TODAY, payer), changed).total_fen == 32000
    apart = Basket(lines("dental", "F-RESIN", "F-BASIC"), TODAY, payer)
    assert [line.net_fen for line in price(apart, changed).lines] == [16000, 1600]


@pytest.mark.parametrize(
    ("tier", "total"), [("regular", 40000), ("silver", 36000), ("gold", 34000), ("diamond", 32000)]
)
def test_b07_tier_percentages(tier: str, total: int) -> None:
    assert dental("F-RESIN", tier=tier, card=False).total_fen == total


def test_card_or_tier_percentage_the_better_for_each_line() -> None:
    quote = dental("F-RESIN", "WHITEN", tier="gold")
    assert [line.net_fen for line in quote.lines] == [16000, 108800]
    assert ("tier:gold", "better_other", 1) in [(no.rule, no.reason, no.line) for no in quote.not_applied]


def test_card_percentage_follows_the_person_treated_tier_the_payer() -> None:
    child = member("regular", "p2", cards=(family_card(),))
    some = (
        BasketLine(1, item("dental", "F-RESIN"), for_person="p2"),
        BasketLine(2, item("dental", "F-RESIN")),
    )
    quote = price(Basket(some, TODAY, member("silver"), {"p2": child}), DENTAL)
    assert [line.net_fen for line in quote.lines] == [16000, 36000]


def test_s0_10_birthday_on_the_day_and_on_some_items_only() -> None:
    birthday = {"birth_date": date(1990, 11, 21), "card": False}
    quote = dental("CLEAN", "F-RESIN", **birthday)
    assert [line.net_fen for line in quote.lines] == [19000, 40000]
    payer = member(birth_date=date(1990, 11, 21))
    assert price(Basket(lines("dental", "CLEAN"), date(2026, 11, 22), payer), DENTAL).total_fen == 20000
    lunar = member(birth_date=date(1990, 11, 27), birth_calendar="lunar")  # 1990, tenth month, day 11
    assert price(Basket(lines("dental", "CLEAN"), date(2026, 11, 19), lunar), DENTAL).total_fen == 19000


def test_s0_12_one_free_check_a_membership_year() -> None:
    first = dental("CHECK", tier="gold", card=False)
    assert first.total_fen == 0
    key = first.coupon_uses[0].key
    again = dental("CHECK", tier="gold", card=False, used={key: 1})
    assert again.total_fen == 6800
    assert again.not_applied[0].reason == "used"
    assert again.not_applied[0].hint == "本期已用完，2027-01-10 起可再用"
    basket = Basket(lines("dental", "CHECK"), date(2027, 1, 10), member("gold", used={key: 1}))
    assert price(basket, DENTAL).total_fen == 0
    assert price(replace(basket, as_of=date(2027, 1, 9)), DENTAL).total_fen == 6800


def test_s0_18_bundle_price_and_s0_35_floor() -> None:
    assert dental("PKG-CARE", card=False).total_fen == 19900
    odd = BasketLine(1, replace(item("dental", "PASTE"), price_fen=9990))
    assert price(Basket((odd,), TODAY, member()), DENTAL).earn.points == 99


def test_s1_02_card_fee_is_not_discounted_and_earns_nothing() -> None:
    quote = dental("CARD-FAMILY", tier="diamond")
    assert (quote.total_fen, quote.earn.points) == (19900, 0)
    earning = replace(DENTAL, card_products=tuple(replace(product, earns=True) for product in DENTAL.card_products))
    assert price(Basket(lines("dental", "CARD-FAMILY"), TODAY, member()), earning).earn.points == 199


@pytest.mark.parametrize(
    ("tier", "fen", "points"),
    [("regular", 10000, 100), ("silver", 10000, 150), ("gold", 10000, 200), ("silver", 3333, 49)],
)
def test_b09_s4_18_multipliers(tier: str, fen: int, points: int) -> None:
    line = BasketLine(1, replace(item("pharmacy", "MISC-100"), price_fen=fen))
    assert price(Basket((line,), TODAY, member(tier)), PHARMACY).earn.points == points


def test_b08_points_along_the_path() -> None:
    path = [(200, "regular"), (300, "regular"), (400, "silver"), (600, "silver"), (100, "gold")]
    points = []
    for yuan, tier in path:
        line = BasketLine(1, replace(item("pharmacy", "MISC-100"), price_fen=yuan * 100))
        points.append(price(Basket((line,), TODAY, member(tier)), PHARMACY).earn.points)
    assert points == [200, 300, 600, 900, 200]


def spring(*codes: str, tier: str | None = "regular", combine: str = "best"):
    rules = replace(PHARMACY, points=replace(PHARMACY.points, multipliers=combine))
    payer = member(tier) if tier else None
    return price(Basket(lines("pharmacy", *codes), SPRING, payer), rules)


def test_b23_spring_box() -> None:
    quote = spring("BOX-SPRING")
    assert (quote.total_fen, quote.earn.points) == (23840, 715)


def test_b24_points_are_floored_once_and_shared() -> None:
    quote = spring("BOX-SPRING", "MISC-100")
    assert (quote.total_fen, quote.earn.points) == (31840, 795)
    by_line = {n: sum(part.points for part in quote.earn.parts if part.line == n) for n in (1, 2)}
    assert by_line == {1: 715, 2: 80}


@pytest.mark.parametrize(("combine", "points"), [("best", 715), ("sum", 953), ("product", 1430)])
def test_b25_gold_meets_the_festival(combine: str, points: int) -> None:
    assert spring("BOX-SPRING", tier="gold", combine=combine).earn.points == points


def test_members_only_promotion_says_so_to_others() -> None:
    quote = spring("BOX-SPRING", tier=None)
    assert (quote.total_fen, quote.earn.points) == (29800, 0)
    assert [(no.rule, no.reason) for no in quote.not_applied] == [("spring", "members_only")]


def test_promotion_against_tier_percentage_best_and_stack() -> None:
    best = Promotion("sale", When(), pay_bp=8800)
    worse = Promotion("sale", When(), pay_bp=9500)
    stack = Promotion("sale", When(), pay_bp=8800, with_tier="stack")

    def net(promotion: Promotion, tier: str) -> int:
        rules = replace(DENTAL, promotions=(promotion,))
        return price(Basket(lines("dental", "F-RESIN"), TODAY, member(tier)), rules).total_fen

    assert net(best, "silver") == 35200
    assert net(best, "gold") == 34000
    assert net(worse, "silver") == 36000
    assert net(stack, "silver") == 31680


def test_exclusive_and_buy_one_get_one_and_a_veto() -> None:
    first = Promotion("a", When(), name="甲", pay_bp=9000, exclusive=True, priority=1)
    second = Promotion("b", When(), name="乙", pay_bp=5000, priority=2)
    quote = price(Basket(lines("dental", "PASTE"), TODAY, member()), replace(DENTAL, promotions=(second, first)))
    assert quote.total_fen == 3510
    assert ("b", "exclusive") in [(no.rule, no.reason) for no in quote.not_applied]

    bogo = Promotion(
        "bogo",
        When(),
        name="买一送一",
        free_units=FreeUnits(1, 1),
        items=ItemScope(codes=frozenset({"MISC-100"})),
    )
    rules = replace(PHARMACY, promotions=(bogo,))

    def buy(qty: int, **barred: str):
        snapshot = replace(item("pharmacy", "MISC-100"), barred=barred)
        return price(Basket((BasketLine(1, snapshot, qty),), TODAY, member()), rules)

    assert [buy(qty).total_fen for qty in (1, 2, 3, 4)] == [10000, 10000, 20000, 20000]
    assert buy(1).not_applied[0].reason == "too_few"
    vetoed = buy(2, gift="处方药不得买赠")
    assert vetoed.total_fen == 20000
    assert vetoed.not_applied[0].hint == "处方药不得买赠"


def test_b10_points_as_tender() -> None:
    def usable(points: int, yuan: int) -> tuple[int, int]:
        line = BasketLine(1, replace(item("pharmacy", "MISC-100"), price_fen=yuan * 100))
        quote = price(Basket((line,), TODAY, member(points_available=points)), PHARMACY)
        return quote.points_max, quote.points_value_fen

    assert usable(2200, 100) == (2200, 2200)
    assert usable(250, 100) == (200, 200)
    assert usable(2200, 10) == (1000, 1000)
    capped = price(Basket(lines("dental", "CHECK"), TODAY, member(points_available=9999)), DENTAL)
    assert capped.points_value_fen == 2400


def test_b34_insured_part_earns_nothing() -> None:
    quote = price(Basket(lines("pharmacy", "MISC-100", "MISC-100"), TODAY, member()), PHARMACY)
    tenders = [TenderIn("cash", 14000), TenderIn("insurance_pooled", 6000, (1,))]
    matrix = spread({1: 10000, 2: 10000}, tenders)
    assert matrix == {1: {1: 6000, 0: 4000}, 2: {0: 10000}}
    earned = earn_for(quote, tenders, matrix)
    assert {part.line: part.points for part in earned.parts} == {1: 40, 2: 100}


def test_b53_payment_by_parts_earns_as_it_comes() -> None:
    quote = price(Basket(lines("dental", "IMPLANT"), TODAY, member()), DENTAL)
    first = [TenderIn("cash", 500000)]
    assert earn_for(quote, first, spread({1: 2000000}, first)).points == 5000
    both = [*first, TenderIn("bank", 1500000)]
    assert earn_for(quote, both, spread({1: 2000000}, both)).points == 20000


def test_b54_bonus_share_of_stored_value_earns_nothing() -> None:
    beauty = programme("beauty")
    quote = price(Basket((BasketLine(1, replace(item("beauty", "CARE"), price_fen=60000)),), TODAY, member()), beauty)
    tenders = [TenderIn("stored_value", 50000), TenderIn("stored_bonus", 10000)]
    assert earn_for(quote, tenders, spread({1: 60000}, tenders)).points == 500


def test_b12_course_points_and_its_rule() -> None:
    physio = programme("physio")

    def points(code: str) -> int:
        return price(Basket(lines("physio", code), TODAY, member()), physio).earn.points

    assert (points("COURSE-MOXA10"), points("COURSE-ACU10")) == (1200, 2400)
    assert price(Basket(lines("physio", "MOXA", "ACU"), TODAY, member()), physio).earn.points == 300
    bare = BasketLine(1, replace(item("physio", "COURSE-MOXA10"), points_fixed=None))
    assert price(Basket((bare,), TODAY, member()), physio).earn.points == 1200


def test_b52_member_day_at_midnight_in_shanghai() -> None:
    on = tuple(replace(one, enabled=True) for one in PHARMACY.promotions)
    rules = replace(PHARMACY, promotions=on)

    def points(moment: datetime) -> int:
        as_of = business_date(moment, "Asia/Shanghai")
        return price(Basket(lines("pharmacy", "MISC-100"), as_of, member()), rules).earn.points

    assert points(datetime(2026, 11, 18, 15, 59, tzinfo=UTC)) == 200
    assert points(datetime(2026, 11, 18, 16, 1, tzinfo=UTC)) == 100


def test_manual_price_is_final_and_its_own_step() -> None:
    line = BasketLine(1, item("dental", "F-RESIN"), price_fen=35000, price_reason="老客户")
    quote = price(Basket((line,), TODAY, member("diamond", cards=(family_card(),))), DENTAL)
    assert quote.total_fen == 35000
    assert [step.rule for step in quote.lines[0].steps] == ["list", "manual_price"]
    assert quote.not_applied[0].reason == "fixed_price"
    with pytest.raises(Invalid) as refusal:
        price(Basket((replace(line, price_fen=50000),), TODAY, member()), DENTAL)
    assert refusal.value.errors[0].field == "lines.1.price_fen"


def test_open_price_item_takes_what_the_till_enters() -> None:
    surgery = replace(item("dental", "IMPLANT"), price_fen=0, open_price=True)
    quote = price(Basket((BasketLine(1, surgery, price_fen=123400),), TODAY, member("silver")), DENTAL)
    assert (quote.list_fen, quote.total_fen) == (123400, 111060)


def test_course_line_costs_and_earns_nothing() -> None:
    line = BasketLine(1, item("physio", "MOXA"), 2, course_id="k7")
    quote = price(Basket((line,), TODAY, member()), programme("physio"))
    assert (quote.total_fen, quote.earn.points, quote.courses) == (0, 0, (("k7", 2),))
    assert quote.lines[0].steps[-1].text == "疗程核销 2 次"


def test_plugin_price_and_points_changes_are_bounded() -> None:
    change = PriceChange(1, -999999, "插件减免", "cut", "demo")
    raise_it = PriceChange(2, 999999, "插件加价", "raise", "demo")
    extra = PointsChange(7, "插件加分", "bonus", "demo")
    basket = Basket(
        lines("dental", "CHECK", "CLEAN"),
        TODAY,
        member(),
        price_changes=(change, raise_it),
        points_changes=(extra,),
    )
    quote = price(basket, DENTAL)
    assert [line.net_fen for line in quote.lines] == [0, 20000]
    assert quote.lines[0].steps[-1].rule == "demo:cut"
    assert quote.earn.points == 207


def test_not_applied_says_what_is_missing() -> None:
    short = coupon(level="order", amount_fen=5000, min_spend_fen=8000 + 3800)
    gone = coupon("c2", until=date(2026, 11, 20), amount_fen=100, items=ALL_ITEMS)
    last_day = coupon("c3", until=TODAY, amount_fen=100, items=ALL_ITEMS)
    quote = price(Basket(lines("dental", "CHECK"), TODAY, member(coupons=(short, gone, last_day))), DENTAL)
    hints = {no.rule: no.hint for no in quote.not_applied}
    assert hints["c1"] == "还差 38.00 元可用"
    assert hints["c2"] == "已于 2026-11-20 过期"
    assert quote.total_fen == 7900


def test_named_coupons_are_used_even_if_not_best() -> None:
    held = (coupon("small", level="order", amount_fen=100), coupon("big", level="order", amount_fen=900))
    basket = Basket(lines("dental", "CHECK"), TODAY, member(coupons=held))
    assert price(basket, DENTAL).total_fen == 7100
    assert price(replace(basket, coupons=("small",)), DENTAL).total_fen == 7900
    assert price(replace(basket, coupons=()), DENTAL).total_fen == 8000
    assert price(replace(basket, coupons=("none",)), DENTAL).not_applied[0].reason == "unknown"


def test_tie_keeps_the_coupon_that_expires_later() -> None:
    held = (
        coupon("later", level="order", amount_fen=900, until=date(2027, 9, 1)),
        coupon("sooner", level="order", amount_fen=900, until=date(2026, 12, 1)),
    )
    quote = price(Basket(lines("dental", "CHECK"), TODAY, member(coupons=held)), DENTAL)
    assert [use.coupon_id for use in quote.coupon_uses] == ["sooner"]


def test_coupon_goes_where_it_helps_most() -> None:
    held = coupon(amount_fen=20000, items=ItemScope(codes=frozenset({"WHITEN", "F-RESIN"})))
    payer = member(cards=(replace(family_card(), used={"card:card1:filling200:p1:2026-10-01": 1}),), coupons=(held,))
    quote = price(Basket(lines("dental", "F-RESIN", "WHITEN"), TODAY, payer), DENTAL)
    assert [line.net_fen for line in quote.lines] == [32000, 108000]


def test_more_than_eight_candidates_are_greedy_and_say_so() -> None:
    held = tuple(coupon(f"c{n}", level="order", amount_fen=100 * n, stackable=True) for n in range(1, 10))
    quote = price(Basket(lines("dental", "F-RESIN"), TODAY, member(coupons=held)), DENTAL)
    assert not quote.optimal
    assert quote.total_fen == 40000 - 4500


def test_rounding_is_a_step_of_its_own() -> None:
    rules = replace(DENTAL, rounding=replace(DENTAL.rounding, to_fen=100))
    line = BasketLine(1, replace(item("dental", "PASTE"), price_fen=3977))
    quote = price(Basket((line,), TODAY, member()), rules)
    assert quote.total_fen == 3900
    assert quote.lines[0].steps[-1].text == "抹零 0.77 元"


def test_json_round_trip_spelling_and_digest() -> None:
    quote = dental("F-RESIN", "CLEAN", tier="gold")
    assert from_json(json.loads(json.dumps(to_json(quote)))) == quote
    assert {"lines", "total_fen", "points_max", "points_value_fen", "not_applied", "optimal", "earn"} <= set(
        public_json(quote)
    )
    again = dental("F-RESIN", "CLEAN", tier="gold", points_available=100)
    assert again.digest == quote.digest
    assert dental("F-RESIN", "CLEAN", tier="silver").digest != quote.digest


def test_bad_quantity_line_and_person_are_named() -> None:
    for line, field in (
        (BasketLine(1, item("dental", "CHECK"), 0), "lines.1.qty"),
        (BasketLine(1, item("dental", "IMPLANT"), 51), "lines.1.qty"),
        (BasketLine(1, item("dental", "CHECK"), for_person="nobody"), "lines.1.for_member_id"),
    ):
        with pytest.raises(Invalid) as refusal:
            price(Basket((line,), TODAY, member()), DENTAL)
        assert refusal.value.errors[0].field == field


def test_birthday_factor_and_tier_multiplier_on_scope() -> None:
    tier = replace(PHARMACY.tiers[0], benefits=(MultiplierBenefit(15000, ItemScope(codes=frozenset({"BPM"}))),))
    rules = replace(PHARMACY, tiers=(tier, *PHARMACY.tiers[1:]))
    quote = price(Basket(lines("pharmacy", "MISC-100", "BPM"), TODAY, member()), rules)
    assert quote.earn.points == 100 + 402
