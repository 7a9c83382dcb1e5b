"""Dates on which promotions hold: weekdays, days of the month, lunar days, festivals, birthdays."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import holidays
import pytest

from core.kernel.clock import business_date
from core.programme.recurrence import FESTIVALS, festival_day, is_active, is_birthday
from core.programme.rules import When


@pytest.mark.parametrize(
    ("festival", "day"),
    [
        ("spring", date(2027, 2, 6)),
        ("mid_autumn", date(2027, 9, 15)),
        ("national", date(2027, 10, 1)),
        ("qingming", date(2027, 4, 5)),
        ("dragon_boat", date(2027, 6, 9)),
        ("valentine", date(2027, 2, 14)),
    ],
)
def test_s4_33_festival_days(festival: str, day: date) -> None:
    assert festival_day(festival, 2027) == day


def test_agrees_with_the_holidays_library_for_ten_years() -> None:
    names = {"Dragon Boat Festival": "dragon_boat", "Tomb-Sweeping Day": "qingming"}
    found = 0
    for year in range(2021, 2031):
        for day, name in holidays.country_holidays("CN", years=year, language="en_US").items():
            if name in names:
                assert festival_day(names[name], year) == day
                found += 1
        spring = festival_day("spring", year)
        assert "Spring Festival" in holidays.country_holidays("CN", years=year, language="en_US")[spring]
    assert found == 20


def test_festival_lasts_its_days() -> None:
    when = When(festival="spring", days=7)
    first = date(2027, 2, 6)
    assert [is_active(when, first + timedelta(days=n)) for n in (-1, 0, 6, 7)] == [False, True, True, False]
    eve = When(festival="new_year", days=3, offset=-1)
    assert [
        is_active(eve, day) for day in (date(2026, 12, 30), date(2026, 12, 31), date(2027, 1, 2), date(2027, 1, 3))
    ] == [
        False,
        True,
        True,
        False,
    ]
    assert all(festival_day(festival, 2030).year == 2030 for festival in FESTIVALS)


def test_b52_member_day_solar_and_lunar_at_midnight() -> None:
    solar = When(day_of_month=frozenset({18}))
    before, after = (datetime(2026, 11, 18, 15, 59, tzinfo=UTC), datetime(2026, 11, 18, 16, 1, tzinfo=UTC))
    assert is_active(solar, business_date(before, "Asia/Shanghai"))
    assert not is_active(solar, business_date(after, "Asia/Shanghai"))
    lunar = When(lunar_day=frozenset({1, 15}))
    days = [date(2027, 2, 5), date(2027, 2, 6), date(2027, 2, 7), date(2027, 2, 20), date(2027, 2, 21)]
    assert [is_active(lunar, day) for day in days] == [False, True, False, True, False]


def test_all_given_parts_must_hold() -> None:
    when = When(
        weekday=frozenset({6}),
        day_of_month=frozenset({21}),
        start=date(2026, 11, 1),
        until=date(2026, 11, 21),
    )
    assert is_active(when, date(2026, 11, 21))
    assert not is_active(when, date(2026, 11, 14))
    assert not is_active(when, date(2026, 2, 21))
    assert is_active(When(), date(2026, 1, 1))


def test_birthdays_leap_day_and_lunar() -> None:
    leap = date(2000, 2, 29)
    assert is_birthday(leap, "solar", date(2026, 2, 28), "day")
    assert not is_birthday(leap, "solar", date(2028, 2, 28), "day")
    assert is_birthday(leap, "solar", date(2028, 2, 29), "day")
    assert is_birthday(leap, "solar", date(2026, 2, 1), "month")
    assert not is_birthday(None, "solar", date(2026, 2, 1), "month")
    spring_child = date(2000, 2, 5)  # first day of the first month
    assert is_birthday(spring_child, "lunar", date(2027, 2, 6), "day")
    assert is_birthday(spring_child, "lunar", date(2027, 2, 20), "month")
    assert not is_birthday(spring_child, "lunar", date(2027, 2, 5), "day")


def test_lunar_birthday_comes_once_a_lunar_year_even_on_a_thirtieth() -> None:
    for birth in (date(2001, 1, 23), date(2000, 2, 4), date(2001, 5, 25)):
        for year in range(2024, 2034):
            first = festival_day("spring", year)
            days = (festival_day("spring", year + 1) - first).days
            kept = [n for n in range(days) if is_birthday(birth, "lunar", first + timedelta(days=n), "day")]
            assert len(kept) == 1
