"""B36, S3-22: one contact a day; a superior's reason passes it, an emergency always does, the same text never."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.contact.budget import CARE, EMERGENCY, KINDS, MARKETING, NOTICE, Contact, refused

DAY = date(2026, 11, 21)
CALL = Contact(DAY, CARE, "李咨询", "术后第 3 天")


def code(wanted, *had, **more):
    found = refused(wanted, had, **more)
    return found.code if found else ""


def test_b36_the_second_contact_of_a_day_is_refused_and_told_who_and_what():
    found = refused(Contact(DAY, CARE, "王护士", "换药"), [CALL])
    assert found is not None
    assert (found.code, found.status) == ("contacted_today", 409)
    assert "李咨询" in found.message
    assert "术后第 3 天" in found.message
    assert code(Contact(DAY + timedelta(days=1), CARE, "王护士", "换药"), CALL) == ""


def test_b36_a_superior_s_reason_passes_it_and_nobody_else_s():
    again = Contact(DAY, CARE, "王护士", "换药")
    assert code(again, CALL, reason="客人要求下午再打", superior=True) == ""
    assert code(again, CALL, reason="客人要求下午再打") == "contacted_today"
    assert code(again, CALL, reason=" ", superior=True) == "contacted_today"


def test_b36_an_emergency_is_always_let_through_and_takes_nobody_s_place():
    wound = Contact(DAY, EMERGENCY, "王护士", "伤口渗血")
    assert code(wound, CALL) == ""
    assert code(CALL, wound) == ""


@pytest.mark.parametrize(("days", "expected"), [(6, "contacted_same_text"), (7, "")])
def test_the_same_text_is_not_sent_twice_in_seven_days_for_no_reason(days, expected):
    first = Contact(DAY, MARKETING, "系统", "双十一", "nov11")
    again = Contact(DAY + timedelta(days=days), MARKETING, "系统", "双十一", "nov11")
    assert code(again, first, reason="老板要求", superior=True) == expected
    assert code(Contact(again.on, MARKETING, "系统", "别的", "other"), first) == ""


CONTACTS = st.builds(
    Contact, st.integers(0, 9).map(lambda n: DAY + timedelta(days=n)), st.sampled_from(sorted(KINDS)),
    st.just("甲"), st.just("乙"), st.sampled_from(["", "a", "b"]),
)  # fmt: skip


@given(st.lists(CONTACTS, max_size=30))
def test_whoever_asks_first_a_member_hears_of_the_house_once_a_day(wishes):
    made: list[Contact] = []
    for one in wishes:
        if refused(one, made) is None:
            made.append(one)
    calm = [one for one in made if one.kind != EMERGENCY]
    assert len({one.on for one in calm}) == len(calm)
    for n, one in enumerate(calm):
        for other in calm[:n]:
            assert not (one.template and one.template == other.template and abs(one.on - other.on).days < 7)
    assert [one for one in wishes if one.kind == EMERGENCY] == [one for one in made if one.kind == EMERGENCY]
    assert {NOTICE, CARE} <= set(KINDS)
