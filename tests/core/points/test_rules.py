"""Points arithmetic: expiry, notices, tenders, multipliers, parts, cumulative refunds."""

from __future__ import annotations

import random
from datetime import date
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.kernel.errors import Invalid
from core.points.rules import (
    EarnLine,
    EarnSource,
    TenderLimit,
    earn,
    effective_factor,
    expires_on,
    extended,
    notice_on,
    reversal_target,
    tender_limit,
    tender_value,
)
from core.programme.rules import TenderRule

PHARMACY = TenderRule(100, 100)


def test_b19_b20_expiry_and_notice() -> None:
    assert expires_on(date(2025, 3, 1), 12) == date(2026, 3, 1)
    assert expires_on(date(2024, 2, 29), 12) == date(2025, 2, 28)
    assert expires_on(date(2025, 3, 1), 24) == date(2027, 3, 1)
    assert expires_on(date(2025, 3, 1), None) is None
    assert notice_on(date(2026, 3, 1), 1) == date(2026, 2, 1)
    assert notice_on(date(2026, 3, 31), 1) == date(2026, 2, 28)
    assert extended(date(2026, 1, 31), 1) == date(2026, 2, 28)


def test_b10_tender_limit() -> None:
    assert tender_limit(PHARMACY, 2200, 10**6) == TenderLimit(2200, 2200, "balance")
    assert tender_limit(PHARMACY, 250, 10**6) == TenderLimit(200, 200, "balance")
    assert tender_limit(PHARMACY, 99, 10**6) == TenderLimit(0, 0, "balance")
    assert tender_limit(TenderRule(100, 100, 3000), 9999, 1000) == TenderLimit(300, 300, "cap")
    assert tender_limit(None, 9999, 1000) == TenderLimit(0, 0, "off")
    assert tender_limit(PHARMACY, -50, 1000).points == 0


def test_tender_value_wants_whole_steps() -> None:
    assert tender_value(PHARMACY, 2200) == 2200
    for points in (0, -100, 250):
        with pytest.raises(Invalid) as refusal:
            tender_value(PHARMACY, points)
        assert refusal.value.errors[0].field == "points"


def test_multipliers_best_sum_product() -> None:
    factors = (("gold", 20000), ("festival", 30000))
    assert [Fraction(*effective_factor(factors, how)) for how in ("best", "sum", "product")] == [3, 4, 6]
    assert effective_factor((), "product") == (1, 1)


def test_parts_name_the_multiplier_that_made_them() -> None:
    source = EarnSource("base", 1, 100, (("gold", 20000), ("spring", 30000)), "sum")
    earned = earn([EarnLine(1, 23840, (source,))], {1: {"cash": 23840}})
    assert earned.points == 953
    assert [(part.rule, part.points) for part in earned.parts] == [
        ("base", 238),
        ("gold", 238),
        ("spring", 477),
    ]


def test_one_lot_for_each_rule_and_expiry() -> None:
    short = EarnSource("short", 1, 100, expires_months=6)
    long = EarnSource("base", 1, 100, expires_months=12)
    earned = earn([EarnLine(1, 150, (long, short)), EarnLine(2, 150, (long,))], {1: {"cash": 150}, 2: {"cash": 150}})
    assert [(lot.rule, lot.points, lot.expires_months) for lot in earned.lots] == [
        ("base", 3, 12),
        ("short", 1, 6),
    ]


def test_points_and_bonus_never_earn_whatever_the_rule_says() -> None:
    line = EarnLine(1, 1000, (EarnSource("base", 1, 100),))
    assert earn([line], {1: {"points": 500, "stored_bonus": 300, "cash": 200}}).points == 2


def _source(number: int, rng: random.Random) -> EarnSource:
    factors = tuple((f"m{n}", rng.choice((10000, 12000, 15000, 30000))) for n in range(rng.randrange(3)))
    return EarnSource(
        f"r{number}",
        rng.randrange(1, 4),
        rng.choice((100, 300)),
        factors,
        rng.choice(("best", "sum", "product")),
    )


@given(st.integers(0, 10**9), st.integers(1, 5))
def test_parts_sum_refunds_end_exact_and_more_money_never_earns_less(seed: int, count: int) -> None:
    rng = random.Random(seed)
    lines = [EarnLine(n, rng.randrange(1, 10**6), (_source(1, rng), _source(2, rng))) for n in range(count)]
    paid = {line.line: {"cash": line.net_fen} for line in lines}
    full = earn(lines, paid)
    assert sum(part.points for part in full.parts) == full.points == sum(lot.points for lot in full.lots)
    booked = {(lot.rule, lot.expires_months): lot.points for lot in full.lots}
    before = full.points
    for _ in range(4):
        line = rng.choice(lines)
        paid[line.line]["cash"] = rng.randrange(paid[line.line]["cash"] + 1)
        remaining = earn(lines, paid)
        assert 0 <= remaining.points <= before
        before = remaining.points
        for key, points in reversal_target(booked, remaining).items():
            booked[key] -= points
    for key, points in reversal_target(booked, earn(lines, {})).items():
        booked[key] -= points
    assert not any(booked.values())


def test_refunding_one_line_leaves_another_rules_points_alone() -> None:
    """I30: the points of the line that stays are not touched."""
    fixed = EarnLine(1, 12000, (EarnSource("project", 100, 12000),))
    plain = EarnLine(2, 5000, (EarnSource("base", 1, 100),))
    full = earn([fixed, plain], {1: {"cash": 12000}, 2: {"cash": 5000}})
    rest = earn([fixed, plain], {1: {"cash": 12000}})
    booked = {(lot.rule, lot.expires_months): lot.points for lot in full.lots}
    assert reversal_target(booked, rest) == {("base", None): 50}
