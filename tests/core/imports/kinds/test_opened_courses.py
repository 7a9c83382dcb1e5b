"""Courses brought along: sessions left and their worth, used like any other, taken back whole or not at all."""

from __future__ import annotations

import pytest

from core.courses import reads
from core.imports import control, services
from core.kernel.tenancy import acting
from tests.core.courses import kit
from tests.core.imports.kinds.openings import COURSES, Opener, course, phone
from tests.installation import at


@pytest.fixture(autouse=True)
def noon():
    with at("2026-11-22 12:00"):
        yield


@pytest.fixture
def any_opener(any_installation):
    made = Opener(any_installation, any_installation.dental, "courses")
    with acting(made.actor):
        kit.add_items(any_installation, valid_months="12")
    return made


@pytest.fixture
def opener(installation):
    made = Opener(installation, installation.dental, "courses")
    with acting(made.actor):
        kit.add_items(installation, valid_months="12")
    return made


def test_sessions_come_are_used_and_go_back_untouched(any_opener):
    office, house = any_opener, any_opener.installation
    rows = [
        course(phone(0), "MOXA10", "3", "10", "324.01", "2027-03-31"),
        course(phone(1), "艾灸十次疗程", "7", "10"),
        course(office.numbers[2], "moxa10", "1", "", "100"),
        course(phone(3), "MOXA10", "0"),
    ]
    batch, told = office.take(COURSES, *rows)
    assert told == {"created": 3, "unchanged": 1}
    assert office.sums() == {"sessions": 11}
    with acting(office.actor), office.unit() as session:
        row = services.get(session, batch)
        assert {one.unit.key: one.booked for one in control.lines(row, office.kind.booked(session, row))} == {
            "rows": 3, "sessions": 11, "paid": 42_401,
        }  # fmt: skip
    with acting(office.actor):
        [(first, [part])] = kit.of(house, office.people[0])
        assert (part.usable, first.paid_fen, str(first.expires_on)) == (3, 32_401, "2027-04-01")
        [(second, _parts)] = kit.of(house, office.people[1])
        assert (second.paid_fen, str(second.expires_on)) == (0, "2027-11-22")
        worths = [kit.use(house, first.id).value_fen for _n in range(2)]
        assert worths == [10_800, 10_801]
        assert office.verified() == []
    foreseen, done = office.take_back(batch)
    assert foreseen.reasons == (("之后用过或改过", 1),)
    assert (done.persons, done.stay) == (2, 1)
    with acting(office.actor):
        assert kit.of(house, office.people[1]) == []
        assert kit.left(house, first.id) == 1
        assert office.verified() == []


def test_bad_rows_and_another_file(opener):
    wrong = [
        (course(phone(0), "", "3"), ("item", "missing_item")),
        (course(phone(0), "MOXA10", ""), ("remaining", "missing_remaining")),
        (course(phone(0), "MOXA10", "11", "10"), ("remaining", "more_than_total")),
        (course(phone(0), "没有的", "1"), ("item", "unknown_course")),
        (course(phone(0), "MOXA10", "1", "", "", "2026-11-21"), ("until", "already_over")),
        (course("13700000000", "MOXA10", "1"), ("member", "no_member")),
    ]
    batch, told = opener.take(COURSES, *(one for one, _p in wrong), course(phone(0), "MOXA10", "4", "", "40"))
    assert told == {"failed": 6, "created": 1}
    problems = opener.problems(batch)
    assert [problems[2 + n] for n in range(6)] == [[p] for _one, p in wrong]
    assert all(line["原因"] and line["怎么改"] for line in opener.errors(batch))
    batch, told = opener.take(
        COURSES, course(phone(0), "MOXA10", "4", "", "40"), course(phone(0), "MOXA10", "5", "", "40"),
        course(phone(1), "MOXA10", "2"), course(phone(1), "MOXA10", "2"),
    )  # fmt: skip
    assert told == {"unchanged": 1, "failed": 1, "created": 1, "duplicate": 1}
    assert opener.problems(batch)[3] == [("remaining", "opened_before")]
    assert opener.sums() == {"sessions": 6}


def test_what_was_used_before_counts_into_the_total_and_into_nothing_else(opener):
    _batch, told = opener.take(COURSES, course(phone(0), "MOXA10", "4", "10"))
    assert told == {"created": 1}
    with acting(opener.actor), opener.unit("read") as session:
        [seen] = reads.of_member(session, opener.people[0])
        assert (seen.left, seen.total, seen.parts[0].total, seen.row.sessions) == (4, 10, 10, 4)
    assert opener.sums() == {"sessions": 4}
