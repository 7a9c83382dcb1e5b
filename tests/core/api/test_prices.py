"""The price table through the API: the same verbs, the same refusals (S2-25)."""

from __future__ import annotations

from tests.installation import at


def test_a_price_from_tomorrow_on(dental):
    with at("2026-11-22 10:00"):
        told = dental.ok("PUT", "/items/CHECK/prices", {"price_fen": 9000, "valid_from": "2026-11-23"})
        assert told == {
            "today_fen": 8000, "opening_fen": 8000,
            "prices": [{"valid_from": "2026-11-23", "store": None, "price_fen": 9000}],
        }  # fmt: skip
        line = {"lines": [{"item": "CHECK", "qty": 1}]}
        assert dental.ok("POST", "/quotes", line)["total_fen"] == 8000
    with at("2026-11-23 00:00"):
        assert dental.ok("POST", "/quotes", line)["total_fen"] == 9000
        assert dental.ok("GET", "/items/CHECK")["price_fen"] == 9000
        assert dental.ok("GET", "/items/CHECK/prices")["today_fen"] == 9000
        assert dental.refused("PUT", "/items/CHECK/prices", {"price_fen": 1, "valid_from": "2026-11-22"}) == (
            422, "invalid",
        )  # fmt: skip


def test_a_token_prices_only_its_own_store(dental):
    own = str(dental.house.store_id)
    body = {"price_fen": 7000, "valid_from": "2099-01-01"}
    assert dental.ok("PUT", "/items/CHECK/prices", {**body, "store": own})["prices"][0]["store"] == own
    other = str(dental.house.other_store_id)
    assert dental.refused("PUT", "/items/CHECK/prices", {**body, "store": other}) == (403, "other_store")
    foreign = str(dental.installation.pharmacy.store_id)
    assert dental.refused("PUT", "/items/CHECK/prices", {**body, "store": foreign}) == (404, "not_found")
    assert dental.refused("PUT", "/items/CHECK/prices", {**body, "price_fen": None}) == (422, "invalid")
