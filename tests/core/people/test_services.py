"""People: search tokens, phones, children, names of every kind."""

from __future__ import annotations

import datetime as dt

import pytest

from core.kernel.errors import Conflict, Invalid
from core.kernel.ids import new_id
from core.kernel.statements import Statements
from core.kernel.tenancy import acting
from core.people import rules, services
from core.people.services import NewPerson


@pytest.fixture
def house(any_installation):
    with acting(any_installation.actor(any_installation.dental)):
        yield any_installation


@pytest.mark.parametrize(
    ("typed", "phone"),
    [
        ("138 0000 5051", "13800005051"), ("１３８００００５０５１", "13800005051"), ("+86 13800005051", "13800005051"),
        ("13800005051.0", "13800005051"), ("+852 6123 4567", "+85261234567"), ("", None), (None, None),
    ],
)  # fmt: skip
def test_phones_are_normalised(typed, phone):
    assert rules.clean_phone(typed) == phone


@pytest.mark.parametrize("typed", ["123", "1380000505", "abc", "1" * 30, "12300005051"])
def test_phones_that_no_network_takes_are_refused_with_a_way_out(typed):
    with pytest.raises(Invalid) as refusal:
        rules.clean_phone(typed)
    assert refusal.value.errors[0].field == "phone"


@pytest.mark.parametrize(
    "query", ["zzw", "czw", "zengzhiwei", "cengzhi", "曾志伟", "志伟", "曾", "zzw5051", "曾5051", "5051", "13800005051"]
)
def test_every_reading_and_mix_finds(house, query):
    person = house.enrol("曾志伟", "13800005051")
    house.enrol("王芳", "13900001111")
    with house.unit("read") as session:
        assert [p.id for p in services.find(session, query)] == [person]


@pytest.mark.parametrize("name", ["𠮷野家", "阿卜杜拉·买买提", "O'Neil Smith", "李" * 60, "Ａlice 王"])
def test_names_of_every_kind_survive_and_are_found(house, name):
    person = house.enrol(name, "13800005051")
    with house.unit("read") as session:
        found = services.get(session, person)
        assert found.name == name
        assert person in [p.id for p in services.find(session, name.split("·")[0][:6])]


def test_control_characters_and_overrides_are_taken_out(house):
    person = house.enrol("王\u202e芳\x00\x07", "13800005051")
    with house.unit("read") as session:
        assert services.get(session, person).name == "王芳"


def test_a_foreign_phone_owner_is_named_only_by_mask(house):
    house.enrol("王芳芳", "13800005051")
    with pytest.raises(Conflict) as refusal:
        house.enrol("李四", "138-0000-5051")
    candidate = refusal.value.extra["candidates"][0]
    assert candidate["name"] == "王*芳"
    assert candidate["phone_masked"] == "138****5051"


def test_a_child_needs_a_guardian_and_is_found_through_them(house):
    mother = house.enrol("王芳", "13800005051")
    with house.unit() as session, pytest.raises(Invalid) as refusal:
        services.enrol(session, NewPerson("王小宝", birth_on=dt.date(2020, 5, 1)))
    assert refusal.value.code == "guardian_required"
    child = house.enrol("王小宝", None, contact_of=mother, birth_on=dt.date(2020, 5, 1))
    with house.unit("read") as session:
        assert [p.id for p in services.children_of(session, services.get(session, mother))] == [child]


def test_an_old_card_number_with_letters_outlives_an_edit(house):
    person = house.enrol("王芳", "13800005051")
    with house.unit() as session:
        st = Statements(session, house.dental.franchise_id)
        row = services.token_row(house.dental.franchise_id, person, "vip00123")
        st.insert("search_token", {**row, "id": new_id()})
    with house.unit() as session:
        found = services.get(session, person)
        services.change(session, found, found.version, {"name": "王芳芳"})
    with house.unit("read") as session:
        st = Statements(session, house.dental.franchise_id)
        kept = st.all("SELECT token FROM search_token WHERE franchise_id = ? AND person_id = ?",
                      [house.dental.franchise_id, person])  # fmt: skip
        assert ("vip00123",) in [tuple(row) for row in kept]
        assert [p.id for p in services.find(session, "wff")] == [person]
        assert services.find(session, "wf") != []


@pytest.mark.parametrize("number", ["vip00123", "a12", "7b-15", "12vip34", "会员007", "lcm5051x9"])
def test_a_number_of_letters_and_digits_is_found_as_a_whole(house, number):
    person = house.enrol("王芳", "13800005051")
    house.enrol("刘超明", "13800005052")
    with house.unit() as session:
        st = Statements(session, house.dental.franchise_id)
        row = services.token_row(house.dental.franchise_id, person, rules.card_key(number))
        st.insert("search_token", {**row, "id": new_id()})
    with house.unit("read") as session:
        for typed in (number, number.upper(), f" {number[:2]} {number[2:]} ", number[:-1]):
            assert [p.id for p in services.find(session, typed)] == [person], typed
        assert services.count_matching(session, number) == 1
        assert [p.name for p in services.find(session, "lcm5052")] == ["刘超明"]


def test_a_stale_change_is_refused_and_nothing_is_written(house):
    person = house.enrol("王芳", "13800005051")
    with house.unit() as session:
        found = services.get(session, person)
        services.change(session, found, found.version, {"occupation": "教师"})
    with house.unit() as session, pytest.raises(Conflict) as refusal:
        services.change(session, services.get(session, person), 1, {"occupation": "医生"})
    assert refusal.value.code == "stale_version"
    with house.unit("read") as session:
        assert services.get(session, person).occupation == "教师"


def test_two_franchises_may_know_the_same_phone(house):
    house.enrol("王芳", "13800005051")
    with acting(house.actor(house.pharmacy)):
        other = house.enrol("王芳", "13800005051")
        with house.unit("read") as session:
            assert [p.id for p in services.find(session, "13800005051")] == [other]
