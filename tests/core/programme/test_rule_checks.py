"""Each rule check fires on its example, in words with a case, and stays silent on the presets."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from types import SimpleNamespace

import pytest

from core.kernel.tenancy import acting
from core.programme import drafts
from core.programme.document import (
    DiscountBenefit,
    EarnRule,
    FreeUnits,
    ItemScope,
    Promotion,
    Reward,
    TenderRule,
    Threshold,
    When,
)
from core.programme.rule_checks import rule_checks
from tests.core.pricing.shop import programme

TODAY = date(2026, 11, 22)
ALL = ("dental", "pharmacy", "physio", "beauty")


def found(document):
    return [(one.field, one.message) for one in rule_checks(document, TODAY)]


@pytest.mark.parametrize("key", ALL)
def test_the_presets_are_silent(key):
    assert found(programme(key)) == []


def with_tiers(entries):
    base = programme("dental")
    names = ("甲", "乙", "丙")
    tiers = [base.tiers[0]]
    for n, entry in enumerate(entries):
        tiers.append(replace(base.tiers[1], code=f"t{n}", name=names[n], entry=entry, keep=None, benefits=()))
    return replace(base, tiers=tuple(tiers), promotions=())


@pytest.mark.parametrize(
    ("lower", "upper", "hidden"),
    [
        (Threshold(spend_fen=100_000), Threshold(spend_fen=100_000), True),
        (Threshold(spend_fen=100_000), Threshold(spend_fen=200_000), False),
        (Threshold(spend_fen=100_000, visits=5), Threshold(spend_fen=100_000), True),
        (Threshold(spend_fen=100_000), Threshold(visits=3), False),
        (Threshold(spend_fen=100_000), Threshold(spend_fen=50_000, visits=3, match="any"), True),
        (Threshold(spend_fen=100_000, visits=9, match="any"), Threshold(spend_fen=90_000), False),
        (Threshold(spend_fen=100_000, window_months=12), Threshold(spend_fen=100_000), True),
        (Threshold(spend_fen=100_000), Threshold(spend_fen=100_000, window_months=12), False),
    ],
)
def test_a_tier_that_nobody_stops_at(lower, upper, hidden):
    said = found(with_tiers([lower, upper]))
    assert [path for path, _text in said] == (["tiers.1.from"] if hidden else [])
    if hidden:
        assert "会直接成为乙" in said[0][1]


def with_promotions(*promotions):
    return replace(programme("dental"), promotions=promotions)


def test_a_promotion_that_never_happens():
    never = Promotion("a", When(weekday=frozenset({1}), start=TODAY, until=TODAY), pay_bp=9000)  # a Sunday
    assert [path for path, _t in found(with_promotions(never))] == ["promotions.0.when"]
    over = Promotion("b", When(until=TODAY - timedelta(days=1)), pay_bp=9000)
    assert [path for path, _t in found(with_promotions(over))] == ["promotions.0.when"]
    later = Promotion("c", When(start=TODAY + timedelta(days=500)), pay_bp=9000)
    assert found(with_promotions(later)) == []
    assert found(with_promotions(replace(over, enabled=False))) == []


def test_two_that_want_the_line_for_themselves():
    spring = Promotion("a", When(festival="spring"), name="春节", pay_bp=9000, exclusive=True)
    six = Promotion("b", When(day_of_month=frozenset({6})), name="会员日", pay_bp=8800, exclusive=True)
    said = found(with_promotions(spring, six))
    assert [path for path, _t in said] == ["promotions.1.priority"]
    assert "2027-02-06" in said[0][1], "the case names a day on which both hold"
    assert "“春节”和“会员日”" in said[0][1]
    assert found(with_promotions(spring, replace(six, priority=5))) == []
    apart = replace(six, items=ItemScope(codes=frozenset({"A"})))
    assert found(with_promotions(replace(spring, items=ItemScope(codes=frozenset({"B"}))), apart)) == []


def test_points_for_topping_up_and_again_for_spending_it():
    base = programme("dental")
    topup = EarnRule("topup", "paid", "充值积分", items=ItemScope(kinds=frozenset({"topup"})))
    said = found(replace(base, earn_rules=(*base.earn_rules, topup)))
    assert [path for path, _t in said] == ["earn_rules.1.items"]
    assert "积 1000 分" in said[0][1]
    once = replace(base.earn_rules[0], except_tenders=(*base.earn_rules[0].except_tenders, "stored_value"))
    assert found(replace(base, earn_rules=(once, topup))) == []


def test_rates_below_the_floor():
    half = Promotion("a", When(festival="spring"), pay_bp=6000, with_tier="stack")
    said = found(with_promotions(half))
    assert [path for path, _t in said] == ["promotions.0.pay_bp"]
    assert "钻石会员" in said[0][1]
    assert "480" in said[0][1], "60 % of 80 % of 1,000"
    assert found(with_promotions(replace(half, with_tier="best"))) == []
    base = programme("dental")
    cheap = replace(base.tiers[1], benefits=(DiscountBenefit(4000),))
    tiers = (base.tiers[0], cheap, *base.tiers[2:])
    assert "tiers.1.benefits.0.pay_bp" in [path for path, _t in found(replace(base, tiers=tiers))]


def test_points_that_give_half_the_money_back():
    base = programme("dental")
    assert "tender.fen_per_step" in [p for p, _t in found(replace(base, tender=TenderRule(100, 6000)))]
    assert found(replace(base, tender=TenderRule(100, 100))) == []


# -- what the law forbids: through the pharmacy's hook ---------------------------------------------------


@pytest.fixture
def pharmacy(installation):
    with acting(installation.actor(installation.pharmacy)):
        yield installation


def problems_of(house, document):
    from core.programme.vetoes import veto_problems

    with house.unit("read") as session:
        return [(one.severity, one.field, one.message) for one in veto_problems(session, document)]


def drug(house, *classes):
    import json

    from sqlalchemy import select

    from core.catalog.models import Item

    with house.unit("read") as session:
        for code, attributes in session.execute(select(Item.code, Item.attributes).order_by(Item.code)):
            if json.loads(attributes).get("pharmacy.rx_class") in classes:
                return code
    raise AssertionError(f"no {classes} in the catalogue")


def test_the_pharmacy_preset_gives_nothing_forbidden_away(pharmacy):
    assert problems_of(pharmacy, programme("pharmacy")) == []


@pytest.mark.parametrize("rx", ["Rx", "OTC-A"])
def test_a_drug_is_no_reward_and_not_given_away(pharmacy, rx):
    code = drug(pharmacy, rx)
    base = programme("pharmacy")
    said = problems_of(pharmacy, replace(base, rewards=(Reward("R-1", "药", "goods", 100, item=code),)))
    assert [(severity, field) for severity, field, _t in said] == [("error", "rewards.0.item")]
    assert "不得用积分换" in said[0][2]
    gift = Promotion("g", When(), free_units=FreeUnits(1, 1), items=ItemScope(codes=frozenset({code})))
    said = problems_of(pharmacy, replace(base, rewards=(), promotions=(gift,)))
    assert [(severity, field) for severity, field, _t in said] == [("error", "promotions.0.items")]
    allowed = drug(pharmacy, "OTC-B", "supplement", "device", "other")
    fine = replace(base, rewards=(Reward("R-1", "皂", "goods", 100, item=allowed),), promotions=())
    assert problems_of(pharmacy, fine) == []


def test_without_the_answer_nothing_is_published(pharmacy, monkeypatch):
    from core.kernel.runtime import runtime

    base = programme("pharmacy")
    monkeypatch.setattr(runtime().host, "call", lambda *a, **k: [SimpleNamespace(failed=True)])
    document = replace(base, rewards=(Reward("R-1", "皂", "goods", 100, item=drug(pharmacy, "OTC-B", "other")),))
    found = [field for _s, field, _t in problems_of(pharmacy, document)]
    assert "rewards.0.item" in found


def test_a_draft_with_a_forbidden_reward_cannot_be_read_as_a_programme(pharmacy):
    base = programme("pharmacy")
    bad = replace(base, rewards=(Reward("R-1", "药", "goods", 100, item=drug(pharmacy, "Rx")),))
    with pharmacy.unit() as session:
        reading = drafts.read(session, drafts.open_from(session, bad))
        assert reading.programme is None
        assert [one.field for one in reading.errors] == ["rewards.0.item"]
