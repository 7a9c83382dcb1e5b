"""What holds for every basket: 500 random ones in CI, 10,000 under ./dev soak."""

from __future__ import annotations

import random
from dataclasses import replace

import pytest

from core.points.rules import earn, reversal_target
from core.pricing.rules import TenderIn, by_kind, earn_for, price, remaining_row, spread
from tests.core.pricing import checker
from tests.core.pricing.shop import random_basket, random_coupon, random_programme

CI, SOAK = 500, 10_000


def _shape(seed: int) -> None:
    rng = random.Random(seed)
    basket, rules = random_basket(rng), random_programme(rng)
    quote = price(basket, rules)
    assert sum(line.net_fen for line in quote.lines) == quote.total_fen
    for line in quote.lines:
        assert 0 <= line.net_fen <= line.list_fen
        running = line.list_fen
        for step in line.steps:
            assert step.before_fen == running
            running = step.after_fen
        assert running == line.net_fen
    assert sum(part.points for part in quote.earn.parts) == quote.earn.points
    assert sum(lot.points for lot in quote.earn.lots) == quote.earn.points
    assert quote == price(basket, rules)


def _against_checker(seed: int) -> None:
    rng = random.Random(seed)
    basket, rules = random_basket(rng), random_programme(rng)
    quote = price(basket, rules)
    assert quote.optimal
    assert quote.total_fen == checker.best_total(basket, rules)
    assert quote.earn.points == checker.points_of(basket, rules, [line.net_fen for line in quote.lines])


def _more_coupons_never_dearer(seed: int) -> None:
    rng = random.Random(seed)
    basket, rules = random_basket(rng, coupons=5), random_programme(rng)
    assert basket.payer is not None
    more = replace(basket.payer, coupons=(*basket.payer.coupons, random_coupon(rng, 99)))
    assert price(replace(basket, payer=more), rules).total_fen <= price(basket, rules).total_fen


def _tenders(rng: random.Random, total: int) -> list[TenderIn]:
    kinds = ["points", "insurance_pooled", "stored_value", "cash"]
    cuts = sorted(rng.randrange(total + 1) for _ in range(3))
    amounts = [high - low for low, high in zip([0, *cuts], [*cuts, total], strict=True)]
    return [TenderIn(kind, amount) for kind, amount in zip(kinds, amounts, strict=True)]


def _split_and_refund(seed: int) -> None:
    rng = random.Random(seed)
    basket, rules = random_basket(rng), random_programme(rng)
    quote = price(basket, rules)
    due = {line.line: line.net_fen for line in quote.lines}
    tenders = _tenders(rng, quote.total_fen)
    matrix = spread(due, tenders)
    for line, fen in due.items():
        assert sum(matrix[line].values()) == fen
    for position, tender in enumerate(tenders):
        assert sum(row.get(position, 0) for row in matrix.values()) == tender.amount_fen
    earned = earn_for(quote, tenders, matrix)

    cash = tenders[3].amount_fen
    part = rng.randrange(cash + 1)
    parted = [*tenders[:3], TenderIn("cash", part), TenderIn("wechat", cash - part)]
    assert earn_for(quote, parted, spread(due, parted)).points == earned.points

    _refund_in_steps(rng, quote, tenders, matrix, earned)


def _refund_in_steps(rng, quote, tenders, matrix, earned) -> None:
    qty = {line.line: line.qty for line in quote.lines}
    left, rows = dict(qty), {line: dict(row) for line, row in matrix.items()}
    booked = {(lot.rule, lot.expires_months): lot.points for lot in earned.lots}
    while any(left.values()):
        line = rng.choice([one for one, pieces in left.items() if pieces])
        left[line] -= rng.randrange(1, left[line] + 1)
        stays = remaining_row(matrix[line], qty[line], left[line])
        for key, fen in rows[line].items():
            assert 0 <= stays.get(key, 0) <= fen
        rows[line] = stays
        remaining = earn(quote.earn_lines, by_kind(rows, tenders))
        for key, points in reversal_target(booked, remaining).items():
            booked[key] -= points
        assert {key: points for key, points in booked.items() if points} == {
            (lot.rule, lot.expires_months): lot.points for lot in remaining.lots
        }
    assert not any(any(row.values()) for row in rows.values())
    assert not any(booked.values())


CHECKS = [_shape, _more_coupons_never_dearer, _split_and_refund]


@pytest.mark.parametrize("check", CHECKS)
def test_holds_for_random_baskets(check) -> None:
    for seed in range(CI):
        check(seed)


def test_equals_the_independent_checker_and_brute_force() -> None:
    for seed in range(CI // 2):
        _against_checker(seed)


@pytest.mark.soak
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("check", [*CHECKS, _against_checker])
def test_holds_for_ten_thousand_baskets(check) -> None:
    for seed in range(SOAK):
        check(seed)
