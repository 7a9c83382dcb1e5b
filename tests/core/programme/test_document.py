"""Reading, writing, hashing, checking programmes, and the presets against presets.md."""

from __future__ import annotations

import json
from copy import deepcopy
from dataclasses import replace

import jsonschema
import pytest
import yaml

from core.kernel.errors import Invalid
from core.programme.presets import load_items
from core.programme.rules import (
    BirthdayBenefit,
    CouponRule,
    DiscountBenefit,
    MultiplierBenefit,
    check,
    coupon_rule_from,
    coupon_rule_to,
    document_hash,
    dump,
    dump_yaml,
    parse,
    parse_yaml,
)
from core.programme.schema import SCHEMA_FILE, schema, schema_text
from tests.core.pricing.shop import KEYS, preset_items, programme

CONTRACT = """
programme: example
version: 7
points: {per_yuan: 1, rounding: floor, multipliers: best, expires: {months: 12}, notice_months: 1}
tiers:
  - {code: regular, name: 普通会员, from: {spend_fen: 0}}
  - {code: gold, name: 金卡, from: {spend_fen: 150000, window: {months: 12}}, keep: {spend_fen: 120000}, grace_days: 60,
     benefits: [{kind: discount, pay_bp: 8000, items: all}, {kind: multiplier, factor_bp: 20000}]}
earn_rules: [{code: base, on: paid, except_tenders: [points, insurance_pooled, insurance_personal]}]
promotions:
  - {code: member_day, when: {day_of_month: [8, 18, 28]}, factor_bp: 20000}
  - {code: spring, when: {festival: spring, days: 7}, pay_bp: 8000, items: all, with_tier: best}
card_products:
  - {code: CARD-FAMILY, name: 家庭卡, seats: 8, months: 12, benefits: [{kind: discount, pay_bp: 8000, items: {classes: [filling]}}],
     coupons: [{code: filling200, amount_fen: 20000, classes: [filling], limit: per_person_year}]}
tender: {points_step: 100, fen_per_step: 100, cap_bp: 3000}
rewards: [{code: check, name: 口腔检查, kind: coupon, points: 300}]
referral: {on: first_paid_order, referrer_points: 200, referee_points: 100, depth: 1, monthly_cap: 10}
"""


def test_the_contracts_example_is_read() -> None:
    example = parse_yaml(CONTRACT)
    assert (example.key, example.version) == ("example", 7)
    assert example.tiers[1].benefits == (DiscountBenefit(8000), MultiplierBenefit(20000))
    assert example.card_products[0].coupons[0].items.classes == {"filling"}
    assert example.referral is not None
    assert example.referral.referrer_points == 200


@pytest.mark.parametrize("text", [CONTRACT, *(dump_yaml(programme(key)) for key in KEYS)])
def test_export_import_export_is_identical(text: str) -> None:
    first = parse_yaml(text)
    exported = dump_yaml(first)
    again = parse_yaml(exported)
    assert dump_yaml(again) == exported
    assert again == replace(first, version=0)
    assert document_hash(again) == document_hash(first)
    assert "version" not in dump(first)


def test_hash_moves_with_content_not_with_spelling() -> None:
    base = programme("dental")
    assert document_hash(replace(base, version=9)) == document_hash(base)
    assert document_hash(replace(base, key="other")) != document_hash(base)
    reordered = dict(reversed(list(dump(base).items())))
    assert document_hash(parse(reordered)) == document_hash(base)


def test_schema_file_is_current_and_agrees_with_the_parser() -> None:
    assert SCHEMA_FILE.read_text(encoding="utf-8") == schema_text()
    jsonschema.Draft202012Validator.check_schema(schema())
    validator = jsonschema.Draft202012Validator(schema())
    for plain in (yaml.safe_load(dump_yaml(programme(key))) for key in KEYS):
        assert not list(validator.iter_errors(plain))
    for path, value in BROKEN:
        plain = _broken(path, value)
        if path not in BETWEEN:
            assert list(validator.iter_errors(plain)), path


BROKEN: list[tuple[str, object]] = [
    ("tiers.1.benefits.0.pay_bp", 12000),
    ("tiers.1.benefits.0.kind", "present"),
    ("tiers.1.colour", "red"),
    ("tiers.1.from.spend_fen", "3000"),
    ("tiers.1.from.window", {"years": 1}),
    ("points.per_yuan", True),
    ("points.expires", 12),
    ("points.notice_months", 12),
    ("tender.points_step", 0),
    ("referral.depth", 3),
    ("rewards.0.kind", "money"),
    ("rewards.1.coupon", "NOPE"),
    ("card_products.1.coupons.0.amount_fen", 0),
    ("card_products.1.seats", 0),
    ("tiers.0.from.spend_fen", 5),
    ("tiers.2.from", {"spend_fen": 1, "window": {"months": 12}}),
    ("tiers.1.code", "regular"),
    ("promotions", [{"code": "x", "when": {"festival": "easter"}, "pay_bp": 1}]),
    ("promotions", [{"code": "x", "when": {"from": "2027-02-01", "until": "2027-01-01"}, "pay_bp": 1}]),
    ("promotions", [{"code": "x", "when": {}, "pay_bp": 1, "tiers": ["nobody"]}]),
    ("promotions", [{"code": "x", "when": {}}]),
    ("promotions", [{"code": "base", "when": {}, "pay_bp": 1}]),
]
BETWEEN = {
    "points.notice_months",
    "rewards.1.coupon",
    "tiers.0.from.spend_fen",
    "tiers.2.from",
    "tiers.1.code",
    "promotions",
}
FIELDS = {
    "tiers.1.code": "tiers.1.code",
    "promotions": "promotions",
    "points.expires": "points.expires",
}


def _broken(path: str, value: object) -> dict:
    plain = deepcopy(dump(programme("dental")))
    *steps, last = path.split(".")
    place: object = plain
    for step in steps:
        place = place[int(step)] if isinstance(place, list) else place[step]  # type: ignore[index]
    place[last] = value  # type: ignore[index]
    return plain


@pytest.mark.parametrize(("path", "value"), BROKEN)
def test_every_fault_names_its_path_in_chinese(path: str, value: object) -> None:
    with pytest.raises(Invalid) as refusal:
        parse(_broken(path, value))
    error = refusal.value.errors[0]
    assert error.field.startswith(path) or path.startswith(error.field)
    assert error.field in error.message
    assert any("\u4e00" <= sign <= "\u9fff" for sign in error.message)


def test_all_faults_are_told_at_once() -> None:
    plain = _broken("points.per_yuan", -1)
    plain["tender"]["cap_bp"] = 99999
    del plain["tiers"][0]["name"]
    with pytest.raises(Invalid) as refusal:
        parse(plain)
    assert {error.field for error in refusal.value.errors} == {
        "points.per_yuan",
        "tender.cap_bp",
        "tiers.0.name",
    }


def test_text_that_is_no_yaml_names_the_line() -> None:
    with pytest.raises(Invalid, match="第 2 行"):
        parse_yaml("programme: x\n tiers: [")
    with pytest.raises(Invalid):
        parse_yaml("- a\n- b")


def test_warnings_do_not_stop_but_are_told() -> None:
    base = programme("dental")
    free = replace(base.tiers[1], benefits=(DiscountBenefit(0),))
    found = check(replace(base, tiers=(base.tiers[0], free, *base.tiers[2:])))
    assert [problem.severity for problem in found] == ["warning"]
    missing = check(base, frozenset({"CHECK"}))
    assert {problem.field for problem in missing} >= {"rewards.0.item", "card_products.1.code"}


def test_coupon_terms_round_trip() -> None:
    rule = CouponRule("c", "券", "order", amount_fen=500, min_spend_fen=100, valid_days=30)
    assert coupon_rule_from(json.loads(json.dumps(coupon_rule_to(rule)))) == rule
    with pytest.raises(Invalid):
        coupon_rule_from({"code": "c", "amount_fen": 5, "pay_bp": 5})


@pytest.mark.parametrize("key", KEYS)
def test_presets_are_sound_against_their_items(key: str) -> None:
    assert check(programme(key), frozenset(preset_items(key))) == []
    card = programme(key).free_card()
    assert card is not None


def test_presets_hold_the_numbers_of_the_table() -> None:
    dental, pharmacy, physio, beauty = (programme(key) for key in KEYS)

    def entries(of, metric):
        return [(tier.code, getattr(tier.entry, metric)) for tier in of.tiers]

    def pays(of):
        return [next((b.pay_bp for b in tier.benefits if isinstance(b, DiscountBenefit)), 10000) for tier in of.tiers]

    assert entries(dental, "spend_fen") == [
        ("regular", 0),
        ("silver", 300000),
        ("gold", 1000000),
        ("diamond", 3000000),
    ]
    assert pays(dental) == [10000, 9000, 8500, 8000]
    assert entries(pharmacy, "spend_fen") == [
        ("regular", 0),
        ("silver", 50000),
        ("gold", 150000),
        ("platinum", 500000),
    ]
    assert pays(pharmacy) == [10000] * 4
    assert entries(physio, "visits") == [("regular", 0), ("silver", 12), ("gold", 24)]
    assert pays(physio) == [10000, 9500, 9000]
    assert entries(beauty, "topup_fen") == [
        ("regular", 0),
        ("silver", 300000),
        ("gold", 500000),
        ("platinum", 2000000),
    ]
    assert pays(beauty) == [10000, 9500, 9000, 8500]
    assert [of.points.per_yuan for of in (dental, pharmacy, physio, beauty)] == [1, 1, 0, 1]
    assert [of.tender is not None for of in (dental, pharmacy, physio, beauty)] == [True, True, False, False]
    rewards = {reward.code: reward.points for of in (dental, pharmacy, physio, beauty) for reward in of.rewards}
    assert rewards == {
        "R-PASTE": 300, "R-CHECK": 500, "R-CLEAN": 1500, "R-VITC": 800, "R-BPM": 9000, "R-TCM": 2000,
        "R-HEAD": 300, "R-WAIST": 800, "R-C10": 100, "R-C50": 500, "R-FOOT": 200, "R-PILLOW": 600, "R-MASK": 800,
    }  # fmt: skip
    assert physio.streaks[0].points == 500
    assert beauty.stored_value is not None
    assert beauty.stored_value.max_card_fen == 500000
    family = dental.card_product("CARD-FAMILY")
    assert family is not None
    assert (family.seats, family.months, family.coupons[0].amount_fen) == (8, 12, 20000)
    month = [b for b in pharmacy.tiers[1].benefits if isinstance(b, BirthdayBenefit)]
    assert pharmacy.coupon(month[0].coupon or "").amount_fen == 1000  # type: ignore[union-attr]
    day = [b for b in physio.tiers[0].benefits if isinstance(b, BirthdayBenefit)]
    assert day[0].points == 100
    assert not any(one.enabled for one in pharmacy.promotions if one.code == "member-day")


def test_preset_items_carry_fixed_codes_and_prices() -> None:
    prices = {code: item.price_fen for key in KEYS for code, item in preset_items(key).items()}
    wanted = {
        "F-RESIN": 40000, "F-BASIC": 22000, "F-TEMP": 15000, "CLEAN": 20000, "CHECK": 8000, "POLISH": 6000,
        "PKG-CARE": 19900, "WHITEN": 128000, "IMPLANT": 2000000, "ORTHO": 1800000, "RETAINER": 80000, "PASTE": 3900,
        "CARD-FAMILY": 19900, "BOX-SPRING": 29800, "MISC-100": 10000, "MOXA": 12000, "ACU": 29800, "HEAD": 9800,
        "WAIST": 26000, "COURSE-MOXA10": 108000, "COURSE-ACU10": 268000, "HYDRA": 98000, "LASER": 128000,
        "CARE": 15800, "MASK": 15800, "TOPUP-3000": 300000, "TOPUP-5000": 500000,
    }  # fmt: skip
    assert {code: prices.get(code) for code in wanted} == wanted
    assert preset_items("beauty")["TOPUP-5000"].bonus_fen == 30000
    assert dict(preset_items("dental")["PKG-CARE"].includes) == {"CLEAN": 1, "CHECK": 1, "POLISH": 1}


def test_pharmacy_shelf_keeps_the_classes_and_rewards_are_lawful() -> None:
    shelf = preset_items("pharmacy")
    classes = [item.attributes.get("pharmacy.rx_class") for item in shelf.values()]
    assert [classes.count(kind) for kind in ("Rx", "OTC-A", "OTC-B", "supplement", "device")] == [
        151,
        46,
        14,
        7,
        8,
    ]
    j01 = [item for item in shelf.values() if str(item.attributes.get("pharmacy.atc", "")).startswith("J01")]
    assert len(j01) == 19
    for reward in programme("pharmacy").rewards:
        if reward.item:
            assert shelf[reward.item].attributes["pharmacy.rx_class"] not in ("Rx", "OTC-A")


def test_item_faults_name_their_path() -> None:
    with pytest.raises(Invalid) as refusal:
        load_items("items: [{code: A, name: 甲, kind: thing, price_fen: 1}, {code: A, name: 乙, kind: goods}]")
    assert {error.field for error in refusal.value.errors} == {"items.0.kind", "items.1.price_fen"}
    with pytest.raises(Invalid, match="items.1.code"):
        load_items("code,name,kind,price_fen\nA,甲,goods,1\nA,乙,goods,2\n")
