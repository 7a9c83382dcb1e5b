"""Streaks as arithmetic (S2-03, B16, B17): three months with two visit days each, windows never overlap."""

from __future__ import annotations

import random
from datetime import date, timedelta

from core.points.streaks import Given, broken, due


def days(*months):
    """Visit days of 2026: `(month, day…)` each."""
    return [date(2026, month, day) for month, *those in months for day in those]


def walk(visits, months=3, needed=2):
    """Return the days on which a bonus falls due when visits come one after the other."""
    given = []
    for n, day in enumerate(visits):
        if due(visits[: n + 1], given, day, months, needed):
            given.append(Given(n, day))
    return [one.on for one in given]


def test_january_to_march_twice_each_is_due_on_the_second_visit_of_march():
    visits = days((1, 5, 20), (2, 3, 4), (3, 1, 9, 30))
    assert walk(visits) == [date(2026, 3, 9)]


def test_a_month_with_one_visit_starts_anew_and_the_next_window_does_not_overlap():
    visits = days((1, 5, 20), (2, 3), (3, 1, 9), (4, 2, 3), (5, 8, 11), (6, 1, 2), (7, 1, 2), (8, 4, 6))
    assert walk(visits) == [date(2026, 5, 11), date(2026, 8, 6)]


def test_two_payments_on_one_day_are_one_visit():
    visits = days((1, 5, 5), (2, 3, 4), (3, 1, 9))
    assert walk(visits) == []


def test_the_turn_of_a_year_is_one_month_further():
    visits = [date(2026, 11, 1), date(2026, 11, 2), date(2026, 12, 1), date(2026, 12, 31), date(2027, 1, 1),
              date(2027, 1, 31)]  # fmt: skip
    assert walk(visits) == [date(2027, 1, 31)]


def test_a_bonus_stands_only_with_all_its_visits():
    visits = days((1, 5, 20), (2, 3, 4), (3, 1, 9))
    given = [Given(1, date(2026, 3, 9))]
    assert broken(visits, given, 3, 2) == []
    assert broken([*visits, date(2026, 6, 1)], given, 3, 2) == []
    for gone in visits:
        assert broken([day for day in visits if day != gone], given, 3, 2) == given


def test_no_month_is_paid_for_twice_however_one_comes():
    rng = random.Random(4)
    for _n in range(300):
        visits = sorted(date(2026, 1, 1) + timedelta(days=rng.randrange(365)) for _v in range(rng.randrange(60)))
        months, needed = rng.choice((1, 2, 3)), rng.choice((1, 2, 3))
        found = walk(visits, months, needed)
        spans = [{day.month - back for back in range(months)} for day in found]
        assert sum(map(len, spans)) == len(set().union(*spans)), (visits, found)
        for span in spans:
            assert all(len({day for day in visits if day.month == month}) >= needed for month in span)
