"""The report of overrides: what came up, what was let pass, by whom; a rule nearly always let pass is marked."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import func, select, text

from core.care import services as care
from plugins.pharmacy import books, duties, seen
from plugins.pharmacy.models import PharmacySeen
from tests.core.desk.desk_kit import Desk, plain, web_of
from tests.installation import at

IBUPROFEN, PARACETAMOL, COLD = "D0033", "D0035", "D0048"


def reported(house, store=None, days=0):
    with house.unit("read") as session:
        today = care.today()
        made = seen.report(session, today - timedelta(days=days), today, store)
        return {one.code: (one.seen, one.passed) for one in made.rules}, made


def rows(house):
    with house.unit("read") as session:
        return session.scalar(select(func.count(PharmacySeen.id)))


def warned(house):
    member = house.member()
    house.takes(member, "warfarin")
    return member


def test_what_came_up_counts_once_a_day_and_what_was_passed_by_whom(pharmacy):
    with at("2026-11-02 10:00"):
        first, second = warned(pharmacy), warned(pharmacy)
        with pharmacy.as_("pharmacist"), pharmacy.unit() as session:
            books.sign_on(session)
        for _again in range(3):
            pharmacy.findings(first, IBUPROFEN)
        assert reported(pharmacy)[0] == {"pharmacy.interaction": (1, 0)}
        pharmacy.sell(second, IBUPROFEN, override=True)
        found, made = reported(pharmacy)
        assert found == {"pharmacy.interaction": (2, 1)}
        assert made.rules[0].share_bp == 5000
        assert made.staff == [(pharmacy.house.pharmacy.staff["pharmacist"], "pharmacy.interaction", 1)]
        assert reported(pharmacy, pharmacy.house.pharmacy.store_id)[0] == found
        assert reported(pharmacy, 1)[0] == {}
        pharmacy.findings(None, PARACETAMOL, COLD)
        assert reported(pharmacy)[0]["pharmacy.duplicate"] == (1, 0), "without a member too"
    with at("2026-11-03 10:00"):
        assert reported(pharmacy)[0] == {}
        pharmacy.findings(first, IBUPROFEN)
        assert reported(pharmacy, days=1)[0]["pharmacy.interaction"] == (3, 1)
        with pharmacy.unit() as session:
            duties.merge(session, first, second)
        assert reported(pharmacy, days=1)[0]["pharmacy.interaction"] == (2, 1)
        with pharmacy.unit() as session:
            duties.erase(session, first)
        assert rows(pharmacy) == 1


@pytest.mark.parametrize(
    ("came", "passed", "look"), [(29, 29, False), (30, 27, False), (30, 28, True), (30, 40, True), (0, 5, False)]
)
def test_more_than_nine_of_ten_of_thirty_want_a_look(came, passed, look):
    assert seen.RuleShare("pharmacy.interaction", came, passed).look is look


def test_two_tills_that_see_the_same_write_it_once(pharmacy):
    values = [{
        "franchise_id": pharmacy.house.pharmacy.franchise_id, "on": care.today(), "person_id": 7, "rule": "pharmacy.age",
        "store_id": pharmacy.house.pharmacy.store_id, "item_code": "X",
    }]  # fmt: skip
    for _twice in range(2):
        with pharmacy.unit() as session:
            seen._write(session, values)
    assert rows(pharmacy) == 1


def test_a_preview_at_the_till_is_counted_and_the_page_says_so(embedded):
    member, house = warned(embedded), embedded.house
    app = web_of(house)
    desk = {role: Desk(house, app, house.pharmacy, role) for role in ("front_desk", "manager")}
    assert "这段时间没有要放行的提示" in plain(desk["manager"].get("/p/pharmacy/overrides").text)
    desk["front_desk"].take(member)
    desk["front_desk"].add(IBUPROFEN)
    desk["front_desk"].till()
    assert rows(embedded) == 1, "looking at the basket only reads; it is written right after"
    shown = plain(desk["manager"].get("/p/pharmacy/overrides").text)
    assert "相互作用" in shown
    with embedded.unit() as session:
        for n in range(31):
            session.add(PharmacySeen(
                on=care.today(), store_id=house.pharmacy.store_id, person_id=n + 1, rule="pharmacy.allergy", item_code="X",
            ))  # fmt: skip
    assert "过敏" in plain(desk["manager"].get("/p/pharmacy/overrides").text)
    assert desk["front_desk"].get("/p/pharmacy/overrides").status_code == 403
    assert desk["manager"].get("/p/pharmacy/overrides?since=2020-01-01&until=2026-01-01").status_code == 422
    assert desk["manager"].get("/p/pharmacy/overrides?since=never").status_code == 422


def test_a_note_that_cannot_be_written_never_loses_the_basket(embedded, monkeypatch):
    member, house = warned(embedded), embedded.house
    desk = Desk(house, web_of(house), house.pharmacy, "front_desk")

    def broken(session, _values):
        session.execute(text("INSERT INTO no_such_table VALUES (1)"))

    monkeypatch.setattr(seen, "_write", broken)
    desk.take(member)
    desk.add(IBUPROFEN)
    shown = desk.get("/till")
    assert shown.status_code == 200
    assert "相互作用" in plain(shown.text)
    assert rows(embedded) == 0
    monkeypatch.undo()
    assert desk.get("/till").status_code == 200
    assert rows(embedded) == 1, "the next look writes it"
