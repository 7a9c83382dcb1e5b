"""Contraindications and their windows (B41, B42), stages of hand-off (B35), follow-ups, the cycle (S3-26)."""

from __future__ import annotations

import random
from datetime import date, timedelta

import pytest

from core.sdk import AllergyView, MedicineView, SafetyView, condition_codes, substance_of
from plugins.beauty import contraindications as table
from plugins.beauty import stages
from plugins.beauty.attributes import CONSENT_OF, HARMLESS, NAMES


def test_b41_isotretinoin_stopped_92_days_before_an_ablative_laser_is_a_warning():
    told = {"isotretinoin": date(2026, 6, 1)}
    assert table.against("ablative_laser", told, date(2026, 9, 1)) == [
        table.Against("isotretinoin", table.MAJOR, 92, 183)
    ]
    assert table.against("ablative_laser", told, date(2026, 11, 30))[0].days == 182
    assert table.against("ablative_laser", told, date(2026, 12, 1)) == []
    assert table.against("laser", told, date(2026, 9, 1)) == []
    assert table.against("ablative_laser", told, date(2026, 9, 1), {"isotretinoin": 90}) == []


def test_b41_the_medicine_may_come_from_the_persons_facts():
    stopped = SafetyView(1, medicines=(MedicineView(("isotretinoin",), active=False, stopped=date(2026, 6, 1)),))
    [one] = table.against("ablative_laser", table.of_care(stopped), date(2026, 9, 1))
    assert (one.level, one.days) == (table.MAJOR, 92)
    taken = SafetyView(1, medicines=(MedicineView(("isotretinoin",)), *stopped.medicines))
    [one] = table.against("ablative_laser", table.of_care(taken), date(2099, 1, 1))
    assert one.days is None


def test_b42_pregnancy_blocks_botulinum():
    pregnant = SafetyView(1, condition_codes=frozenset({"pregnancy"}))
    [one] = table.against("botulinum", table.of_care(pregnant), date(2026, 9, 1))
    assert one.level == table.BLOCK
    assert table.against("care", table.of_care(pregnant), date(2026, 9, 1)) == []


def test_allergies_match_by_class_and_by_ingredient_and_the_gravest_comes_first():
    view = SafetyView(1, allergies=(AllergyView("class", "amide_local_anaesthetics", ""),))
    told = table.merged(table.of_care(view), {"supplements": None, "bee_venom": None})
    assert [(one.state, one.level) for one in table.against("filler", told, date(2026, 1, 1))] == [
        ("anaesthetic", table.BLOCK), ("supplements", table.MODERATE),
    ]  # fmt: skip
    assert [one.state for one in table.against("hyaluronidase", told, date(2026, 1, 1))] == [
        "anaesthetic", "bee_venom", "supplements",
    ]  # fmt: skip


def test_every_name_in_the_table_is_known():
    assert {procedure for _state, procedure in table.TABLE} <= set(NAMES) - HARMLESS
    assert set(table.FROM_CONDITION) <= set(condition_codes())
    for code in table.FROM_INGREDIENT:
        assert substance_of("ingredient", code), code
    for code in table.FROM_ALLERGY:
        assert substance_of("class", code) or substance_of("ingredient", code), code
    assert set(CONSENT_OF) == set(NAMES) - HARMLESS
    assert set(table.WINDOWS) == table.DATED <= set(table.STATES)


def test_a_state_told_twice_counts_from_the_later_day():
    one, other = {"tan": date(2026, 5, 1), "keloid": None}, {"tan": date(2026, 5, 20)}
    assert table.merged(one, other) == {"tan": date(2026, 5, 20), "keloid": None}
    assert table.merged(other, {"tan": None}) == {"tan": None}


def test_a_questionnaire_counts_thirty_days():
    asked = date(2026, 3, 1)
    assert table.is_current(asked, date(2026, 3, 31))
    assert not table.is_current(asked, date(2026, 4, 1))
    assert not table.is_current(None, asked)


def test_b35_hand_off_of_an_operation_at_the_end_of_january():
    done = date(2026, 1, 31)
    assert stages.stage_on(done, date(2026, 2, 27)) == stages.Stage("department", date(2026, 2, 28))
    assert stages.stage_on(done, date(2026, 2, 28)) == stages.Stage("consultant", date(2027, 1, 31))
    assert stages.stage_on(done, date(2027, 1, 30)).key == "consultant"
    assert stages.stage_on(done, date(2027, 1, 31)) == stages.Stage("service", None)


@pytest.mark.parametrize(
    ("day", "months", "then"),
    [
        (date(2024, 2, 29), 12, date(2025, 2, 28)),
        (date(2026, 12, 31), 2, date(2027, 2, 28)),
        (date(2026, 5, 15), 1, date(2026, 6, 15)),
    ],
)
def test_months_end_where_they_end(day, months, then):
    assert stages.add_months(day, months) == then


def test_stages_never_go_back_and_follow_ups_run_out():
    rng = random.Random(35)
    order = list(stages.STAGES)
    for _n in range(3000):
        done = date(2024, 1, 1) + timedelta(days=rng.randrange(1500))
        day = done + timedelta(days=rng.randrange(800))
        now, then = stages.stage_on(done, day), stages.stage_on(done, day + timedelta(days=rng.randrange(60)))
        assert order.index(now.key) <= order.index(then.key)
        assert now.changes_on is None or now.changes_on > day
        due = stages.next_due("surgery", done, day)
        assert due is None or due > day
    assert stages.follow_ups("botulinum", date(2026, 1, 31)) == [date(2026, 2, 1), date(2026, 2, 7), date(2026, 2, 14)]
    assert stages.next_due("botulinum", date(2026, 1, 31), date(2026, 2, 7)) == date(2026, 2, 14)
    assert stages.next_due("botulinum", date(2026, 1, 31), date(2026, 2, 20)) is None
    assert stages.follow_ups("care", date(2026, 1, 31)) == []


def test_the_expected_period():
    last = date(2026, 3, 1)
    assert stages.period_window(last, 28, date(2026, 3, 20)) == (date(2026, 3, 29), date(2026, 4, 4))
    assert stages.in_period(last, 28, date(2026, 3, 29))
    assert stages.in_period(last, 28, date(2026, 3, 3))
    assert not stages.in_period(last, 28, date(2026, 4, 5))
    assert stages.in_period(last, 28, date(2026, 4, 26))
