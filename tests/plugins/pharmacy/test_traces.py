"""S4-43: one item one code, noted at dispensing, found again."""

from __future__ import annotations

import pytest

from core.kernel.errors import NotFound, Refusal
from plugins.pharmacy import traces
from tests.core.desk.desk_kit import Desk, plain, web_of

FIRST, SECOND, THIRD = "81000000000000000001", "81000000000000000002", "81000000000000000003"


def line_of(house):
    with house.unit("read") as session:
        return traces.today(session)[0].line.line_id


def noted(house, line, text):
    with house.unit() as session:
        return traces.note(session, line, text)


def refused(house, line, text):
    with pytest.raises(Refusal) as found:
        noted(house, line, text)
    return found.value.code


def test_a_code_a_piece_and_none_twice(pharmacy):
    member = pharmacy.member()
    pharmacy.sell(member, ("D0035", 2))
    first = line_of(pharmacy)
    assert refused(pharmacy, first, f"{FIRST} {SECOND} {THIRD}") == "invalid"
    assert refused(pharmacy, first, "短") == "invalid"
    assert noted(pharmacy, first, f" {FIRST},{SECOND}\n{FIRST} ") == 2
    assert refused(pharmacy, first, THIRD) == "invalid", "every piece has one"
    pharmacy.sell(member, "D0035")
    assert refused(pharmacy, line_of(pharmacy), SECOND) == "pharmacy_trace_twice"
    with pharmacy.unit("read") as session:
        [latest, before] = traces.today(session)
        assert (latest.missing, before.missing, before.codes) == (1, 0, (FIRST, SECOND))
        assert traces.find(session, FIRST.lower()).person_id == member
        assert traces.find(session, THIRD) is None
    with pytest.raises(NotFound):
        noted(pharmacy, 999, THIRD)


def test_at_the_page_and_who_sees_whom(embedded):
    member = embedded.member()
    embedded.sell(member, "D0035")
    app = web_of(embedded.house)
    desk = Desk(embedded.house, app, embedded.house.pharmacy, "front_desk")
    page = plain(desk.get("/p/pharmacy/traces").text)
    assert "对乙酰氨基酚片" in page and "王芳" not in page
    line = line_of(embedded)
    wrong = desk.post(f"/p/pharmacy/traces/{line}", {"codes": "短"})
    assert wrong.status_code == 422 and 'value="短"' in wrong.text
    assert desk.post(f"/p/pharmacy/traces/{line}", {"codes": FIRST}).status_code == 303
    seen = plain(desk.get(f"/p/pharmacy/traces?q={FIRST}").text)
    assert "已登记" in seen and "王芳" not in seen
    manager = Desk(embedded.house, app, embedded.house.pharmacy, "manager")
    assert "王芳" in plain(manager.get(f"/p/pharmacy/traces?q={FIRST}").text)
    assert "没有登记过" in plain(manager.get(f"/p/pharmacy/traces?q={THIRD}").text)
