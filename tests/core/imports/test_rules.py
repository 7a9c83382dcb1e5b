"""Headings, value maps and the cleaning of a row."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.imports import rules
from core.imports.cleaning import Cleaner, parse_day
from core.imports.rules import ColumnMap
from core.kernel.errors import Invalid
from core.people.rules import card_key
from tests.core.imports import lists
from tests.core.imports.kit import row

TODAY = date(2026, 11, 21)
TIERS = [("regular", "普通会员"), ("silver", "银卡"), ("gold", "金卡")]


def cleaner(mapping: ColumnMap | None = None) -> Cleaner:
    return Cleaner(lists.HEADINGS, mapping or rules.guess(lists.HEADINGS), TIERS, TODAY)


def cleaned(**cells):
    found, problems = cleaner().clean(2, row(**{"name": "王小明", **cells}))
    return found, [(p[0], p[1]) for p in problems]


@pytest.mark.parametrize(
    ("heading", "key"),
    [
        ("姓名", "name"), ("会员姓名", "name"), ("Name", "name"), ("手机号码", "phone"), ("手机（必填）", "phone"), ("Mobile Phone", "phone"),
        ("出生日期", "birth"), ("公历/农历", "calendar"), ("会员级别", "tier"), ("卡号", "card"), ("监护人手机", "guardian"),
        ("推荐人", "referrer"), ("单位", "company"), ("E-mail", "email"), ("電子郵件", "email"), ("备注：", "note"), ("余额", None),
    ],
)  # fmt: skip
def test_headings_name_fields(heading, key):
    assert rules.field_of(heading) == key


def test_every_heading_of_the_list_is_guessed_and_a_kept_preset_goes_first():
    assert set(rules.guess(lists.HEADINGS).columns) == set(rules.BY_KEY)
    kept = rules.guess(
        ("客户", "电话", "备用电话"), {"columns": {"name": "客户", "phone": "备用电话"}, "tiers": {"VIP": "gold"}}
    )
    assert kept.columns == {"name": "客户", "phone": "备用电话"}
    assert kept.tiers == {"vip": "gold"}


@pytest.mark.parametrize(
    ("word", "code"),
    [
        ("金卡", "gold"),
        ("VIP", "gold"),
        ("ＶＩＰ", "gold"),
        ("gold", "gold"),
        ("银", "silver"),
        ("普通", "regular"),
        ("", ""),
        ("超级", None),
    ],
)
def test_words_of_other_systems_mean_tiers(word, code):
    assert rules.tier_of(word, TIERS, {}) == code


def test_the_own_value_map_goes_before_every_guess():
    assert rules.tier_of("VIP", TIERS, {"vip": "silver"}) == "silver"
    assert rules.tier_of("超级", TIERS, {"超级": ""}) == ""


def test_a_mapping_that_does_not_fit_names_every_field_at_fault():
    wrong = ColumnMap({"phone": "手机", "card": "手机", "note": "没有这列"}, {"x": "nowhere"}, {"y": "robot"})
    with pytest.raises(Invalid) as refusal:
        rules.check_mapping(wrong, lists.HEADINGS, ["regular"])
    assert {e.field for e in refusal.value.errors} == {
        "column.name",
        "column.card",
        "column.note",
        "tier.x",
        "gender.y",
    }
    with pytest.raises(Invalid, match="没有名为“points”的字段"):
        rules.read_mapping({"columns": {"points": "积分"}})


@pytest.mark.parametrize(
    ("typed", "day"),
    [
        ("1990/5/2", date(1990, 5, 2)), ("1990-05-02", date(1990, 5, 2)), ("19900502", date(1990, 5, 2)),
        ("1990年5月2日", date(1990, 5, 2)), ("1990.5.2", date(1990, 5, 2)), ("１９９０年５月２日", date(1990, 5, 2)),
        ("1990-05-02 00:00:00", date(1990, 5, 2)), ("32995", date(1990, 5, 2)), ("32995.0", date(1990, 5, 2)),
        ("1990-02-30", None), ("1990", None), ("去年", None), ("60", None), ("0", None), ("5/2/1990", None),
    ],
)  # fmt: skip
def test_dates_as_people_and_spreadsheets_write_them(typed, day):
    found = parse_day(typed)
    assert found == day or (typed == "1990" and found == date(1905, 6, 12))


@pytest.mark.parametrize(
    ("typed", "phone"),
    [
        ("13800005051", "13800005051"), ("１３８００００５０５１", "13800005051"), ("138 0000 5051", "13800005051"),
        ("138-0000-5051", "13800005051"), ("+86 13800005051", "13800005051"), ("13800005051.0", "13800005051"),
        ("'13800005051", "13800005051"), ("1.3800005051E+10", "13800005051"), ("+85291234567", "+85291234567"),
    ],
)  # fmt: skip
def test_phones_as_spreadsheets_write_them(typed, phone):
    found, problems = cleaned(phone=typed)
    assert not problems
    assert found.phone == phone


@pytest.mark.parametrize("typed", ["1.38E+10", "1.38e10", "1.380000505E+10", "１．３８Ｅ＋１０"])
def test_a_phone_that_lost_its_digits_is_reported_never_made_up(typed):
    assert cleaned(phone=typed) == (None, [("phone", "lost_digits")])


@pytest.mark.parametrize(
    ("cells", "problem"),
    [
        ({"name": ""}, ("name", "missing_name")), ({"name": "很" * 61}, ("name", "too_long")),
        ({"phone": "12345"}, ("phone", "bad_phone")), ({"phone": "无"}, ("phone", "bad_phone")),
        ({"birth": "1990-13-45"}, ("birth", "bad_date")), ({"birth": "2090-01-01"}, ("birth", "future_birth")),
        ({"birth": "1899-12-31"}, ("birth", "too_early")), ({"gender": "甲"}, ("gender", "bad_gender")),
        ({"calendar": "火星历"}, ("calendar", "bad_calendar")), ({"email": "某某.com"}, ("email", "bad_email")),
        ({"email": "a@b"}, ("email", "bad_email")), ({"tier": "超级会员"}, ("tier", "unknown_tier")),
        ({"tags": "长" * 41}, ("tags", "too_long")), ({"address": "路" * 301}, ("address", "too_long")),
        ({"tags": "、".join(f"标{n}" for n in range(21))}, ("tags", "too_many_tags")),
        ({"guardian": "123"}, ("guardian", "bad_phone")), ({"name": "王\ufffd"}, ("name", "bad_text")),
    ],
)  # fmt: skip
def test_bad_cells_name_their_field(cells, problem):
    assert cleaned(**cells) == (None, [problem])


def test_all_problems_of_a_row_are_told_at_once():
    _found, problems = cleaned(name="", phone="12345", birth="x", gender="y")
    assert {code for _field, code in problems} == {"missing_name", "bad_phone", "bad_date", "bad_gender"}


def test_a_good_row_is_cleaned():
    found, problems = cleaned(
        name=" 阿卜杜拉·买买提\u202e ",
        gender="女士",
        birth="1990/5/2",
        calendar="农历",
        tags="怕疼；老客户,怕疼",
        note="=1+1",
        card="VIP 00123",
    )
    assert not problems
    assert (found.name, found.gender, found.birth_calendar) == ("阿卜杜拉·买买提", "female", "lunar")
    assert (found.tags, found.note) == (("怕疼", "老客户"), "=1+1")
    assert card_key(found.card) == "vip00123"


def test_names_of_sixty_characters_and_rare_ones_pass():
    for name in ("很" * 60, "𠮷田美子", "Anna-Maria O'Neill"):
        found, problems = cleaned(name=name)
        assert (found.name, problems) == (name, [])


@given(st.lists(st.text(max_size=80), min_size=16, max_size=16))
def test_no_row_whatever_it_holds_stops_an_import(cells):
    found, problems = cleaner().clean(2, cells)
    assert (found is None) == bool(problems)
    for field, _code, argument in problems:
        assert field in rules.BY_KEY
        # Problems are stored in the open: they must not carry a cell.
        assert argument is None or isinstance(argument, int)
