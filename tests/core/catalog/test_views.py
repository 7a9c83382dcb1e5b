"""Items on screen: list, form with the plugins' fields, price table, stock; and who may not."""

from __future__ import annotations

import re

import pytest

from core.catalog import prices, services
from core.kernel.tenancy import acting
from tests.core.desk.desk_kit import alert, plain
from tests.installation import at

NEW = {"kind": "service", "code": "NANO", "name": "纳米树脂", "price_fen": "480", "active": "1"}


@pytest.fixture
def owner(sit):
    return sit("owner")


def item_of(owner, code):
    with acting(owner.actor), owner.installation.unit("read") as session:
        row = services.by_code(session, code)
        session.expunge_all()
        return row


def test_the_list_shows_todays_price_and_finds_by_initials(owner):
    with acting(owner.actor), owner.installation.unit() as session:
        prices.put(session, services.by_code(session, "CHECK"), 9_100)
    page = owner.get("/records/items/?q=kqjc")
    assert page.status_code == 200
    text = plain(page.text)
    assert "口腔检查" in text
    assert "91.00" in text
    assert "树脂充填" not in text
    assert "没有" in plain(owner.get("/records/items/?q=zzzz").text)


def test_an_item_is_added_with_the_fields_of_its_vertical(owner):
    form = owner.get("/records/items/add")
    assert "a.dental.category" in form.text
    answer = owner.post("/records/items/add", {**NEW, "a.dental.category": "filling", "points_fixed": "30"})
    assert answer.status_code == 303, alert(answer.text)
    row = item_of(owner, "NANO")
    assert (row.price_fen, row.points_fixed, row.initials) == (48_000, 30, "nmsz")
    assert services.attributes_of(row) == {"dental.category": "filling"}
    shown = plain(owner.get(answer.location).text)
    assert "纳米树脂" in shown
    assert "480.00" in shown


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"name": ""}, "name"), ({"code": "a b"}, "code"), ({"price_fen": "x"}, "price_fen"),
        ({"price_fen": ""}, "price_fen"), ({"price_fen": "-1"}, "price_fen"), ({"code": "CHECK"}, "code"),
        ({"points_fixed": "1.5"}, "points_fixed"), ({"kind": "course"}, "sessions"),
        ({"a.dental.category": "nothing"}, "a.dental.category"),
    ],
)  # fmt: skip
def test_a_wrong_form_says_where_and_keeps_what_was_typed(owner, wrong, field):
    answer = owner.post("/records/items/add", {**NEW, **wrong})
    assert answer.status_code in (409, 422)
    assert f'href="#{field}"' in answer.text
    assert 'aria-invalid="true"' in answer.text
    assert wrong.get("name", "纳米树脂") in answer.text


def test_an_item_is_changed_but_never_its_price_or_code(owner):
    row = item_of(owner, "CHECK")
    page = owner.get(f"/records/items/{row.id}/edit").text
    assert 'name="price_fen"' not in page
    version = re.search(r'name="version" value="(\d+)"', page).group(1)
    body = {
        "name": "口腔全面检查",
        "category": "检查",
        "version": version,
        "price_fen": "1",
        "code": "HACK",
        "active": "1",
    }
    assert owner.post(f"/records/items/{row.id}/edit", body).status_code == 303
    fresh = item_of(owner, "CHECK")
    assert (fresh.name, fresh.price_fen) == ("口腔全面检查", 8_000)
    stale = owner.post(f"/records/items/{row.id}/edit", body)
    assert stale.status_code == 409
    assert "刚被别人修改过" in plain(stale.text)


def test_the_price_table_on_screen(owner, sit):
    row = item_of(owner, "CHECK")
    with at("2026-11-22 10:00"):
        form = {"price": "95.50", "valid_from": "2026-11-23", "store": ""}
        assert owner.post(f"/records/items/{row.id}/prices", form).status_code == 303
        page = owner.get(f"/records/items/{row.id}")
        assert "未生效" in page.text
        desk = sit("front_desk")
        assert "80.00" in plain(desk.get("/till/items?q=CHECK").text)
        past = owner.post(f"/records/items/{row.id}/prices", {**form, "valid_from": "2026-11-21"})
        assert past.status_code == 422
        assert "不能改过去的价格" in plain(past.text)
        assert 'value="95.50"' in past.text
        withdraw = re.search(r'action="(/records/items/\d+/prices/\d+/withdraw)"', page.text).group(1)
    with at("2026-11-23 09:00"):
        owner, desk = sit("owner"), sit("front_desk")
        assert "95.50" in plain(desk.get("/till/items?q=CHECK").text)
        desk.add("CHECK")
        assert "95.50" in plain(desk.till())
        assert owner.post(withdraw).status_code == 409


def test_stock_of_goods(owner):
    row = item_of(owner, "PASTE")
    store = owner.house.store_id
    assert owner.post(f"/records/items/{row.id}/stock", {f"s_{store}": "24"}).status_code == 303
    with acting(owner.actor), owner.installation.unit("read") as session:
        assert services.stock_of(session, services.by_code(session, "PASTE"))[store] == 24
    wrong = owner.post(f"/records/items/{row.id}/stock", {f"s_{store}": "many"})
    assert wrong.status_code == 422
    assert 'value="many"' in wrong.text


def test_who_may_only_look_changes_nothing(owner, sit):
    row, desk = item_of(owner, "CHECK"), sit("front_desk")
    page = desk.get(f"/records/items/{row.id}")
    assert page.status_code == 200
    assert "记入价格表" not in page.text
    for path in ("edit", "prices", "stock"):
        assert desk.post(f"/records/items/{row.id}/{path}", {"price": "1", "name": "x"}).status_code == 403
    assert desk.post("/records/items/add", NEW).status_code == 403
    assert owner.get("/records/items/1").status_code == 404


def test_what_the_desk_says_when_it_sells_a_card_is_the_items_own(owner, sit):
    desk = sit("front_desk")
    desk.take(desk.enrol())
    assert "家里还有谁要看牙" in plain(desk.till())
    row = item_of(owner, "CARD-FAMILY")
    body = {"name": row.name, "category": row.category, "active": "1", "version": str(row.version),
            "desk_script": "先问家里几口人。\n一年有效。"}  # fmt: skip
    assert owner.post(f"/records/items/{row.id}/edit", body).status_code == 303
    desk.add("CARD-FAMILY")
    till = plain(desk.till())
    assert "先问家里几口人" in till
    assert "家里还有谁要看牙" not in till
