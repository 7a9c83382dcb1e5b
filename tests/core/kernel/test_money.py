"""Fen: rounding, sharing, reading, showing; and days."""

from __future__ import annotations

from datetime import date
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.kernel.days import add_months, year_start
from core.kernel.errors import Invalid
from core.kernel.money import half_up, parse_yuan, pay_share, show_yuan, split_largest_remainder


@pytest.mark.parametrize(
    ("num", "den", "want"), [(5, 2, 3), (-5, 2, -3), (4, 3, 1), (0, 7, 0), (29800 * 8000, 10000, 23840)]
)
def test_half_up(num: int, den: int, want: int) -> None:
    assert half_up(num, den) == want


def test_half_up_wants_a_positive_denominator() -> None:
    with pytest.raises(ValueError, match="denominator"):
        half_up(1, 0)


def test_pay_share() -> None:
    assert pay_share(40000, 8000) == 32000
    assert pay_share(1, 5000) == 1


@given(st.integers(-(10**9), 10**9), st.lists(st.integers(0, 10**8), min_size=1, max_size=12))
def test_shares_sum_and_stay_within_one(total: int, weights: list[int]) -> None:
    if not any(weights):
        weights[0] = 1
    parts = split_largest_remainder(total, weights)
    assert sum(parts) == total
    for part, weight in zip(parts, weights, strict=True):
        assert abs(part - Fraction(total * weight, sum(weights))) < 1


def test_ties_go_to_the_larger_weight_then_the_earlier() -> None:
    assert split_largest_remainder(1, [1, 1]) == [1, 0]
    assert split_largest_remainder(2, [1, 3]) == [0, 2]
    assert split_largest_remainder(0, [0, 0]) == [0, 0]
    with pytest.raises(ValueError, match="nothing"):
        split_largest_remainder(1, [0])
    with pytest.raises(ValueError, match="negative"):
        split_largest_remainder(1, [2, -1])


@given(st.integers(-(10**12), 10**12))
def test_shown_and_read_again(fen: int) -> None:
    assert parse_yuan(show_yuan(fen)) == fen


@pytest.mark.parametrize(
    ("text", "fen"), [("1,234.56", 123456), (" ￥12.5 ", 1250), ("１２．５", 1250), ("0", 0), ("-3", -300)]
)
def test_amounts_people_type(text: str, fen: int) -> None:
    assert parse_yuan(text) == fen


@pytest.mark.parametrize("text", ["", "abc", "1.234", "NaN", "Infinity", "1e-9"])
def test_no_amount_is_refused_with_its_field(text: str) -> None:
    with pytest.raises(Invalid) as refusal:
        parse_yuan(text, "price")
    assert refusal.value.errors[0].field == "price"


def test_months_and_years() -> None:
    assert add_months(date(2024, 2, 29), 12) == date(2025, 2, 28)
    assert add_months(date(2026, 1, 31), 1) == date(2026, 2, 28)
    assert add_months(date(2026, 3, 31), -1) == date(2026, 2, 28)
    assert year_start(date(2024, 2, 29), date(2025, 2, 28)) == date(2025, 2, 28)
    assert year_start(date(2026, 5, 1), date(2026, 4, 1)) == date(2026, 5, 1)
    assert year_start(date(2020, 5, 1), date(2026, 4, 30)) == date(2025, 5, 1)
