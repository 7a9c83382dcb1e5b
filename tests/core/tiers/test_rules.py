"""Tier standing: the worked cases and the properties I37-I39."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import date, timedelta

import pytest

from core.programme.rules import Threshold, Tier
from core.tiers.rules import (
    Held,
    Override,
    QualifyingEvent,
    gap,
    keep_gap,
    standing,
    window_start,
)
from tests.core.pricing.shop import programme

PHARMACY = programme("pharmacy").tiers
DENTAL = programme("dental").tiers
DAY = timedelta(days=1)


def spent(on: date, yuan: int, **more: object) -> QualifyingEvent:
    return QualifyingEvent(on, spend_fen=yuan * 100, visits=1 if yuan > 0 else -1, **more)  # type: ignore[arg-type]


def test_b08_path_of_tiers() -> None:
    events: list[QualifyingEvent] = []
    after = []
    for number, yuan in enumerate((200, 300, 400, 600, 100)):
        events.append(spent(date(2026, 1, 1) + number * DAY, yuan))
        after.append(standing(events, PHARMACY, events[-1].on).tier)
    assert after == ["regular", "silver", "silver", "gold", "gold"]
    assert standing(events, PHARMACY, date(2066, 1, 1)).tier == "gold"
    assert standing(events, PHARMACY, date(2066, 1, 1)).until is None


@pytest.mark.parametrize(("fen", "tier"), [(49999, "regular"), (50000, "silver"), (150000, "gold")])
def test_s4_16_thresholds_to_the_fen(fen: int, tier: str) -> None:
    assert standing([QualifyingEvent(date(2026, 1, 1), spend_fen=fen)], PHARMACY, date(2026, 1, 1)).tier == tier


def test_window_edges_follow_points_expiry() -> None:
    assert window_start(date(2026, 2, 28), 12) == date(2025, 3, 1)
    assert window_start(date(2026, 3, 1), 12) == date(2025, 3, 2)
    assert window_start(date(2025, 2, 28), 12) == date(2024, 3, 1)
    events = [spent(date(2025, 3, 1), 2000), spent(date(2026, 2, 28), 1000)]
    assert standing(events, DENTAL, date(2026, 2, 28)).tier == "silver"
    events[1] = spent(date(2026, 3, 1), 1000)
    assert standing(events, DENTAL, date(2026, 3, 1)).tier == "regular"


def test_upgrade_at_once_downgrade_after_period_and_grace() -> None:
    events = [spent(date(2025, 1, 10), 3000)]
    days = {
        date(2025, 1, 9): ("regular", False),
        date(2025, 1, 10): ("silver", False),
        date(2026, 1, 9): ("silver", False),
        date(2026, 1, 10): ("silver", False),
    }
    # the year that is reviewed still contains the purchase, so a first period is always followed by a second
    for day, (tier, grace) in days.items():
        found = standing(events, DENTAL, day)
        assert (found.tier, found.in_grace) == (tier, grace)
    review = date(2027, 1, 10)
    assert standing(events, DENTAL, review - DAY).until == review - DAY
    in_grace = standing(events, DENTAL, review)
    assert (in_grace.tier, in_grace.in_grace, in_grace.until) == ("silver", True, review + 59 * DAY)
    assert standing(events, DENTAL, review + 59 * DAY).tier == "silver"
    assert standing(events, DENTAL, review + 60 * DAY).tier == "regular"


def test_keep_condition_met_within_grace_goes_on_without_a_gap() -> None:
    events = [spent(date(2025, 1, 10), 3000), spent(date(2027, 2, 20), 2400)]
    assert standing(events, DENTAL, date(2027, 2, 19)).in_grace
    kept = standing(events, DENTAL, date(2027, 2, 20))
    assert (kept.tier, kept.in_grace, kept.since, kept.until) == (
        "silver",
        False,
        date(2025, 1, 10),
        date(2028, 1, 9),
    )
    too_late = [events[0], spent(date(2027, 3, 11), 2400)]
    assert standing(too_late, DENTAL, date(2027, 3, 11)).tier == "regular"


def test_fall_to_qualified_and_one_down() -> None:
    events = [spent(date(2025, 1, 10), 30000)]
    fallen = date(2027, 1, 10) + 60 * DAY
    assert standing(events, DENTAL, fallen - DAY).tier == "diamond"
    assert standing(events, DENTAL, fallen).tier == "regular"
    gentle = tuple(replace(tier, fall="one_down") if tier.code != "regular" else tier for tier in DENTAL)
    assert standing(events, gentle, fallen).tier == "gold"
    assert standing(events, gentle, date(2028, 5, 10)).tier == "silver"
    assert standing(events, gentle, date(2030, 1, 1)).tier == "regular"


def test_s15_refund_inside_and_outside_the_cooling_days() -> None:
    sale = spent(date(2026, 1, 10), 10000, source="order")
    early = [sale, spent(sale.on, -10000, booked_on=date(2026, 2, 9), source="order")]
    assert standing(early, DENTAL, date(2026, 2, 8)).tier == "gold"
    assert standing(early, DENTAL, date(2026, 2, 9)).tier == "regular"
    late = [sale, spent(sale.on, -10000, booked_on=date(2026, 2, 10), source="order")]
    found = standing(late, DENTAL, date(2026, 2, 10))
    assert (found.tier, found.at_risk) == ("gold", True)
    assert standing(late, DENTAL, date(2027, 1, 10)).in_grace
    assert standing(late, DENTAL, date(2027, 3, 11)).tier == "regular"


def test_b17_two_payments_on_a_day_are_one_visit_and_a_refunded_one_leaves_it() -> None:
    tiers = programme("physio").tiers
    day = date(2026, 1, 1)
    events = [spent(day + n * DAY, 10) for n in range(11)] + [spent(day, 10)]
    assert standing(events, tiers, day + 30 * DAY).tier == "regular"
    assert standing([*events, spent(day, -10, booked_on=day + DAY)], tiers, day + 30 * DAY).tier == "regular"
    twelfth = spent(day + 20 * DAY, 10)
    assert standing([*events, twelfth], tiers, day + 20 * DAY).tier == "silver"


def test_any_and_all_of_several_metrics() -> None:
    base = Tier("base", "基", Threshold(spend_fen=0))
    either = Tier("up", "升", Threshold(spend_fen=10000, visits=3, match="any"))
    both = Tier("up", "升", Threshold(spend_fen=10000, visits=3, match="all"))
    events = [spent(date(2026, 1, 1), 100)]
    assert standing(events, (base, either), date(2026, 1, 1)).tier == "up"
    assert standing(events, (base, both), date(2026, 1, 1)).tier == "base"


def test_override_counts_in_its_dates_and_freezes_nothing() -> None:
    events = [spent(date(2026, 3, 1), 3000)]
    override = Override("diamond", date(2026, 2, 1), date(2026, 4, 30))
    assert standing(events, DENTAL, date(2026, 1, 31), override=override).tier == "regular"
    inside = standing(events, DENTAL, date(2026, 4, 30), override=override)
    assert (inside.tier, inside.computed, inside.overridden) == ("diamond", "silver", True)
    assert standing(events, DENTAL, date(2026, 5, 1), override=override).tier == "silver"


def test_held_tier_lives_for_a_period() -> None:
    held = Held("gold", date(2026, 1, 1))
    assert standing([], DENTAL, date(2026, 12, 31), held).tier == "gold"
    assert standing([], DENTAL, date(2027, 3, 2), held).tier == "regular"


def test_gap_to_next_and_to_keep() -> None:
    events = [spent(date(2026, 1, 1), 2000)]
    missing = gap(events, DENTAL, date(2026, 6, 1), "regular")
    assert missing is not None
    assert (missing.tier, missing.needs[0].missing, missing.window_months) == ("silver", 100000, 12)
    assert gap(events, DENTAL, date(2026, 6, 1), "diamond") is None
    keep = keep_gap(events, DENTAL[1], date(2026, 12, 1), date(2026, 6, 1))
    assert keep is not None
    assert keep.needs[0].missing == 40000
    assert keep_gap(events, PHARMACY[1], date(2026, 12, 1), date(2026, 6, 1)) is None


def _history(rng: random.Random) -> list[QualifyingEvent]:
    events = []
    for number in range(rng.randrange(12)):
        on = date(2024, 1, 1) + rng.randrange(1000) * DAY
        yuan = rng.choice((50, 900, 1600, 3000, 10000))
        events.append(spent(on, yuan, source=str(number)))
        if rng.random() < 0.3:
            events.append(spent(on, -yuan, booked_on=on + rng.randrange(90) * DAY, source=str(number)))
    return events


def _rank(events: list[QualifyingEvent], tiers: tuple[Tier, ...], day: date) -> int:
    return [tier.code for tier in tiers].index(standing(events, tiers, day).tier)


@pytest.mark.parametrize("fall", ["to_qualified", "one_down"])
def test_i37_i38_i39_for_random_histories(fall: str) -> None:
    tiers = tuple(replace(tier, fall=fall) if tier.code != "regular" else tier for tier in DENTAL)
    for seed in range(120):
        rng = random.Random(seed)
        events = _history(rng)
        shuffled = rng.sample(events, len(events))
        extra = spent(date(2024, 1, 1) + rng.randrange(1000) * DAY, rng.choice((10, 800, 3000)))
        target = rng.choice(events) if events else extra
        refund = replace(
            target, spend_fen=-abs(target.spend_fen), visits=-1, booked_on=target.on + rng.randrange(60) * DAY
        )
        for day in (date(2024, 1, 1) + n * 97 * DAY for n in range(18)):
            rank = _rank(events, tiers, day)
            known = [event for event in events if event.known_on <= day]
            assert rank == _rank(shuffled, tiers, day) == _rank(known, tiers, day)
            assert _rank([*events, extra], tiers, day) >= rank
            assert _rank([*events, refund], tiers, day) <= rank
            outside = Override("diamond", day + DAY, None)
            assert standing(events, tiers, day, override=outside) == standing(events, tiers, day)


def test_i39_no_fall_before_period_end_and_grace_without_refunds() -> None:
    for seed in range(40):
        rng = random.Random(seed)
        events = [event for event in _history(rng) if event.spend_fen > 0]
        previous = 0
        upgraded = date(2024, 1, 1)
        for day in (date(2024, 1, 1) + n * DAY for n in range(0, 1500, 5)):
            rank = _rank(events, DENTAL, day)
            if rank > previous:
                upgraded = day
            if rank < previous:
                assert day >= upgraded + timedelta(days=365 + 60 - 5)
            previous = rank


# -- windows that lie fixed ---------------------------------------------------------------------------------

JOINED = date(2025, 3, 20)


def yearly(kind: str, months: int = 12, **more) -> tuple[Tier, ...]:
    gold = Tier("gold", "金卡", Threshold(spend_fen=100_000, window_months=months, window_kind=kind), **more)  # type: ignore[arg-type]
    return Tier("regular", "普通", Threshold(spend_fen=0)), gold


def held(tiers, events, day: date) -> str:
    return standing(events, tiers, day, joined_on=JOINED).tier


def test_a_calendar_window_begins_again_with_the_year() -> None:
    tiers = yearly("calendar")
    split = [QualifyingEvent(date(2025, 12, 31), spend_fen=60_000), QualifyingEvent(date(2026, 1, 1), spend_fen=60_000)]
    assert held(tiers, split, date(2026, 1, 1)) == "regular"
    inside = [
        QualifyingEvent(date(2026, 1, 1), spend_fen=60_000),
        QualifyingEvent(date(2026, 12, 31), spend_fen=60_000),
    ]
    assert held(tiers, inside, date(2026, 12, 30)) == "regular"
    assert held(tiers, inside, date(2026, 12, 31)) == "gold"


def test_reached_in_a_calendar_year_it_lasts_that_year_and_the_next() -> None:
    tiers = yearly("calendar")
    events = [QualifyingEvent(date(2026, 5, 10), spend_fen=100_000)]
    found = standing(events, tiers, date(2026, 6, 1), joined_on=JOINED)
    assert (found.tier, found.since, found.until) == ("gold", date(2026, 5, 10), date(2026, 12, 31))
    assert held(tiers, events, date(2027, 1, 1)) == "gold"
    assert held(tiers, events, date(2027, 12, 31)) == "gold"
    assert held(tiers, events, date(2028, 1, 1)) == "regular"


def test_an_anniversary_window_begins_on_the_day_of_joining() -> None:
    tiers = yearly("anniversary")
    split = [QualifyingEvent(date(2026, 3, 19), spend_fen=60_000), QualifyingEvent(date(2026, 3, 20), spend_fen=60_000)]
    assert held(tiers, split, date(2026, 3, 20)) == "regular"
    inside = [
        QualifyingEvent(date(2026, 3, 20), spend_fen=60_000),
        QualifyingEvent(date(2027, 3, 19), spend_fen=60_000),
    ]
    assert held(tiers, inside, date(2027, 3, 19)) == "gold"
    assert held(tiers, inside, date(2028, 3, 19)) == "gold"
    assert held(tiers, inside, date(2028, 3, 20)) == "regular"


def test_a_quarter_and_its_grace() -> None:
    tiers = yearly("calendar", 3, grace_days=10)
    events = [QualifyingEvent(date(2026, 2, 1), spend_fen=100_000)]
    assert held(tiers, events, date(2026, 6, 30)) == "gold"
    assert standing(events, tiers, date(2026, 7, 5), joined_on=JOINED).in_grace
    assert held(tiers, events, date(2026, 7, 10)) == "gold"
    assert held(tiers, events, date(2026, 7, 11)) == "regular"
    again = [*events, QualifyingEvent(date(2026, 7, 8), spend_fen=100_000)]
    assert held(tiers, again, date(2026, 7, 11)) == "gold"


def test_what_is_missing_counts_only_the_window_that_runs() -> None:
    tiers = yearly("calendar")
    events = [QualifyingEvent(date(2025, 11, 1), spend_fen=90_000), QualifyingEvent(date(2026, 2, 1), spend_fen=30_000)]
    found = gap(events, tiers, date(2026, 3, 1), "regular", JOINED)
    assert found is not None
    assert found.needs[0].missing == 70_000
