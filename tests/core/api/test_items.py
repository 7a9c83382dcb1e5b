"""The catalogue and quotes through the API."""

from __future__ import annotations

import json

import pytest

from core import rooms
from core.console import services as switchboard
from core.kernel.tenancy import acting
from core.org.models import Franchise
from tests.installation import PIN, at


def switch(till, key, on):
    with acting(till.installation.actor(till.house)), till.installation.unit() as session:
        switchboard.switch(session, till.installation.runtime.host, key, on)


@pytest.fixture
def demo(dental):
    """The dental till with tests/plugin_demo loaded and on."""
    runtime = dental.installation.runtime
    runtime.host.load("tests.plugin_demo")
    rooms.declare(runtime.host)
    with dental.installation.unit() as session:
        chain = session.get(Franchise, dental.house.franchise_id).chain_id
        switchboard.set_allowed(session, runtime.host, chain, "plugin_demo", True)
    switch(dental, "plugin_demo", True)
    return dental


def test_an_item_is_added_read_and_changed(dental):
    made = dental.ok("POST", "/items", {
        "code": "F-NANO", "name": "纳米树脂", "kind": "service", "price_fen": 48000, "category": "filling",
        "attributes": {"dental.category": "filling"},
    })  # fmt: skip
    assert made["version"] == 1
    assert dental.ok("GET", "/items/F-NANO") == made
    assert dental.quote(None, "F-NANO")["total_fen"] == 48000
    changed = dental.ok("PATCH", "/items/F-NANO", {"price_fen": 50000, "version": 1})
    assert (changed["price_fen"], changed["version"]) == (50000, 2)
    assert changed["attributes"] == {"dental.category": "filling"}
    status, code, told = dental.problem(dental.call("PATCH", "/items/F-NANO", {"price_fen": 1, "version": 1}))
    assert (status, code, told["version"]) == (409, "stale_version", 2)
    assert dental.refused("POST", "/items", {"code": "F-NANO", "name": "x", "kind": "goods", "price_fen": 1}) == (
        409,
        "duplicate_code",
    )
    assert dental.refused("GET", "/items/NOPE") == (404, "not_found")
    assert dental.refused("PATCH", "/items/NOPE", {"price_fen": 1}) == (404, "not_found")
    dental.ok("PATCH", "/items/F-NANO", {"active": False})
    status, code, told = dental.problem(dental.call("POST", "/quotes", {"lines": [{"item": "F-NANO", "qty": 1}]}))
    assert (status, code) == (422, "unknown_item")
    assert "F-NANO" in told["detail"]


def test_a_new_filling_takes_the_family_coupon(dental):
    """Which services take the coupon is the dental plugin's word: off, it does not."""
    dental.ok("POST", "/items", {
        "code": "F-NANO", "name": "纳米树脂", "kind": "service", "price_fen": 40000,
        "attributes": {"dental.category": "filling"},
    })  # fmt: skip
    holder = dental.enrol("刘超明")["id"]
    dental.sell(holder, "CARD-FAMILY")
    assert dental.quote(holder, "F-NANO")["total_fen"] == 16000
    switch(dental, "dental", False)
    assert dental.quote(holder, "F-NANO")["total_fen"] == 40000
    assert dental.ok("GET", "/items/F-NANO")["attributes"] == {}
    assert dental.ok("GET", "/whoami")["plugins"] == []
    attribute = {"attributes": {"dental.category": "filling"}}
    assert dental.refused("PATCH", "/items/F-NANO", attribute) == (422, "invalid")
    dental.ok("PATCH", "/items/F-NANO", {"name": "纳米"})
    switch(dental, "dental", True)
    assert dental.ok("GET", "/items/F-NANO")["attributes"] == {"dental.category": "filling"}


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"price_fen": -1}, "price_fen"), ({"price_fen": 10**8 + 1}, "price_fen"), ({"price_fen": 1.0}, "price_fen"),
        ({"price_fen": "100"}, "price_fen"), ({"price_fen": True}, "price_fen"), ({"code": "a b"}, "code"),
        ({"code": ""}, "code"), ({"kind": "drug"}, "kind"), ({"name": "  "}, "name"), ({"balance": 1}, "balance"),
        ({"attributes": {"dental.category": "moon"}}, "attributes.dental.category"),
        ({"attributes": {"pharmacy.rx_class": "rx"}}, "attributes.pharmacy.rx_class"),
        ({"attributes": {"no.such": 1}}, "attributes.no.such"), ({"sessions": -1}, "sessions"),
    ],
)  # fmt: skip
def test_a_wrong_field_of_an_item_is_named(dental, wrong, field):
    asked = {"code": "X", "name": "新", "kind": "service", "price_fen": 100, **wrong}
    status, code, told = dental.problem(dental.call("POST", "/items", asked))
    assert (status, code) == (422, "invalid")
    assert [e["field"] for e in told["errors"]] == [field]
    assert dental.refused("GET", "/items/X") == (404, "not_found")


def test_the_catalogue_is_walked_by_pages_and_searched(pharmacy):
    seen, cursor = [], ""
    while cursor is not None:
        page = pharmacy.ok("GET", f"/items?limit=50{'&cursor=' + cursor if cursor else ''}")
        seen += [item["code"] for item in page["items"]]
        cursor = page["next_cursor"]
    assert len(seen) == len(set(seen)) > 50
    assert seen == sorted(seen)
    assert "BOX-SPRING" in seen
    assert pharmacy.ok("GET", "/items?q=BOX-SPRING")["items"][0]["code"] == "BOX-SPRING"
    assert pharmacy.refused("GET", "/items?limit=201") == (422, "invalid")
    assert pharmacy.refused("GET", "/items?cursor=x") == (422, "invalid")


def test_stock_is_a_number_per_store(dental, installation):
    here, there = str(installation.dental.store_id), str(installation.dental.other_store_id)
    assert dental.ok("GET", "/items/PASTE/stock") == {here: 0, there: 0}
    assert dental.ok("PUT", "/items/PASTE/stock", {here: 5}) == {here: 5, there: 0}
    order = dental.sell(None, ("PASTE", 3))
    assert dental.ok("GET", "/items/PASTE/stock")[here] == 2
    dental.refunded(order["order_no"], {1: 2})
    assert dental.ok("GET", "/items/PASTE/stock")[here] == 4
    assert dental.refused("PUT", "/items/PASTE/stock", {there: 5}) == (403, "other_store")
    foreign = str(installation.pharmacy.store_id)
    for nobody in (foreign, "1"):
        assert dental.refused("PUT", "/items/PASTE/stock", {nobody: 5}) == (404, "not_found")
    for wrong in ({here: -1}, {here: "5"}, {here: 1.5}, {here: True}, {"x": 1}, {}):
        assert dental.refused("PUT", "/items/PASTE/stock", wrong) == (422, "invalid")


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"lines": []}, "lines"),
        ({"lines": [{"item": "CHECK", "qty": 0}]}, "lines.0.qty"),
        ({"lines": [{"item": "CHECK", "qty": 10000}]}, "lines.0.qty"),
        ({"lines": [{"item": "CHECK", "qty": "1"}]}, "lines.0.qty"),
        ({"lines": [{"item": "CHECK"}]}, "lines.0.qty"),
        ({"lines": [{"item": "CHECK", "qty": 1, "discount": 5}]}, "lines.0.discount"),
        ({"lines": [{"item": "CHECK", "qty": 1, "performer": "999"}]}, "lines.0.performer"),
        ({"lines": [{"item": "CHECK", "qty": 1}], "coupons": "all"}, "coupons"),
        ({"lines": [{"item": "CHECK", "qty": 1}], "total_fen": 1}, "total_fen"),
        ({"lines": [{"item": "CHECK", "qty": 1}] * 101}, "lines"),
    ],
)
def test_a_wrong_basket_is_named(dental, wrong, field):
    status, code, told = dental.problem(dental.call("POST", "/quotes", wrong))
    assert (status, code) == (422, "invalid")
    assert [e["field"] for e in told["errors"]] == [field]


def test_persons_of_a_basket_must_be_ours(dental, pharmacy):
    theirs = pharmacy.enrol("外人")["id"]
    for nobody in (theirs, "1"):
        for basket in ({"member_id": nobody}, {"lines": [{"item": "CHECK", "qty": 1, "for_member_id": nobody}]}):
            asked = {"lines": [{"item": "CHECK", "qty": 1}], **basket}
            assert dental.refused("POST", "/quotes", asked) == (404, "not_found")


def test_coupons_are_chosen_or_left(dental):
    holder = dental.enrol("刘超明")["id"]
    dental.sell(holder, "CARD-FAMILY")
    coupon = dental.member(holder)["coupons"][0]["id"]
    assert dental.quote(holder, "F-RESIN", coupons=[])["total_fen"] == 32000
    assert dental.quote(holder, "F-RESIN", coupons=[coupon])["total_fen"] == 16000
    assert dental.quote(holder, "F-RESIN", coupons="auto")["total_fen"] == 16000


def test_performers_are_named_by_number(dental):
    doctor = dental.house.numbers["clinician"]
    line = {"item": "CHECK", "qty": 1, "performer": doctor, "seller": str(dental.house.staff["front_desk"])}
    order = dental.sell(None, line)
    from core.orders.models import OrderLine

    with acting(dental.installation.actor(dental.house)), dental.installation.unit("read") as session:
        row = session.query(OrderLine).filter(OrderLine.orders_id == int(order["id"])).one()
        assert (row.performer_id, row.seller_id) == (dental.house.staff["clinician"], dental.house.staff["front_desk"])


def test_a_price_is_overridden_by_the_pin_of_someone_who_may(dental):
    line = {"item": "WHITEN", "qty": 1, "price_fen": 100000, "price_reason": "店庆"}
    quote = dental.quote(None, line)
    assert quote["total_fen"] == 100000
    dental.role = "front_desk"
    body = json.dumps({"quote_id": quote["quote_id"], "tenders": [{"kind": "cash", "amount_fen": 100000}]}).encode()
    assert dental.refused("POST", "/orders", body, key="a") == (403, "price_override_forbidden")
    wrong = dental.proof("price", body, role="manager")
    assert dental.refused("POST", "/orders", body, key="a", X_Staff_Proof=wrong) == (403, "price_override_forbidden")
    good = dental.proof("price", body, role="owner")
    assert dental.ok("POST", "/orders", body, key="a", X_Staff_Proof=good)["total_fen"] == 100000
    dental.role = "owner"
    again = dental.quote(None, line)
    assert dental.problem(dental.pay(again))[:2] == (403, "price_override_forbidden")


def test_a_moved_price_is_refused_with_the_new_quote(dental):
    member = dental.enrol("王芳")["id"]
    quote = dental.quote(member, "CHECK", ("PASTE", 2))
    dental.ok("PATCH", "/items/CHECK", {"price_fen": 9000})
    status, code, told = dental.problem(dental.pay(quote))
    assert (status, code) == (409, "stale_quote")
    fresh = told["quote"]
    assert fresh["quote_id"] != quote["quote_id"]
    assert fresh["total_fen"] == quote["total_fen"] + 1000
    assert "request" not in told
    assert dental.pay(fresh).status_code == 201


def test_a_quote_lives_thirty_minutes(dental):
    with at("2026-11-21 10:00"):
        quote, other = dental.quote(None, "CHECK"), dental.quote(None, "CHECK")
    with at("2026-11-21 10:29"):
        assert dental.pay(quote).status_code == 201
    with at("2026-11-21 10:30"):
        assert dental.problem(dental.pay(other))[:2] == (409, "quote_expired")


def test_a_visit_is_rung_up_late(dental):
    with at("2026-11-18 10:00"):
        member = dental.enrol("王芳")["id"]
    with at("2026-11-21 09:00"):
        quote = dental.quote(member, "CLEAN", occurred_at="2026-11-18T10:00:00Z")
        order = dental.pay(quote, occurred_at="2026-11-18T10:00:00Z").get_json()
        assert order["business_date"] == "2026-11-18"
        assert dental.member(member)["points"]["expiring"] == [{"on": "2027-11-18", "points": 200}]
        for wrong in ("2026-11-18T00:59:59Z", "2026-11-21T01:00:01Z"):
            assert dental.problem(dental.pay(quote, occurred_at=wrong))[:2] == (422, "invalid")
            line = {"lines": [{"item": "CLEAN", "qty": 1}], "occurred_at": wrong}
            assert dental.refused("POST", "/quotes", line) == (422, "invalid")


def test_findings_block_until_someone_who_may_lets_them_pass(demo):
    demo.ok("POST", "/items", {
        "code": "RED", "name": "红", "kind": "service", "price_fen": 10000, "attributes": {"plugin_demo.colour": "red"},
    })  # fmt: skip
    quote = demo.quote(demo.enrol("王芳")["id"], "RED")
    finding = quote["findings"][0]
    assert (finding["code"], finding["severity"], finding["line"]) == ("plugin_demo.red", "major", 1)
    assert "clinician" in finding["overridable_by"]
    status, code, told = demo.problem(demo.pay(quote))
    assert (status, code) == (422, "blocked")
    assert told["findings"] == [finding]
    reason = "医生已当面核对"
    payload = f"{quote['quote_id']}|{finding['id']}|{reason}".encode()
    without = {"finding": finding["id"], "reason": reason}
    assert demo.problem(demo.pay(quote, overrides=[without]))[:2] == (401, "proof_invalid")
    desk = demo.proof("override", payload, role="front_desk", pin=PIN)
    assert demo.problem(demo.pay(quote, overrides=[{**without, "proof": desk}]))[:2] == (403, "override_forbidden")
    doctor = demo.proof("override", payload, role="clinician")
    order = demo.pay(quote, overrides=[{**without, "proof": doctor}])
    assert order.status_code == 201
    assert order.get_json()["findings"][0]["overridden_by"] == "clinician员"
