"""Idempotency-Key: one effect however often a call is made (contract.md section 3)."""

from __future__ import annotations

import threading

import pytest
from sqlalchemy import text

from core.kernel.tenancy import acting
from core.org import franchises
from tests.core.api.conftest import ALL, Till, make_token, till_of


def ready(till):
    """Return a member and a quote over 80.00."""
    member = till.enrol("王芳", "13800001234")["id"]
    return member, till.quote(member, "CHECK")


def body_of(quote):
    return {"quote_id": quote["quote_id"], "tenders": [{"kind": "cash", "amount_fen": quote["total_fen"]}]}


def count(till, table):
    with till.installation.unit("read") as session:
        return session.execute(
            text(f"SELECT COUNT(*) FROM {table} WHERE franchise_id = :f"), {"f": till.house.franchise_id}
        ).scalar()


def test_the_same_key_and_body_replay_the_stored_answer(any_dental):
    till = any_dental
    member, quote = ready(till)
    first = till.call("POST", "/orders", body_of(quote), key="a")
    again = till.call("POST", "/orders", body_of(quote), key="a")
    assert (first.status_code, again.status_code) == (201, 201)
    assert again.get_json() == first.get_json()
    assert "Idempotent-Replayed" not in first.headers
    assert again.headers["Idempotent-Replayed"] == "true"
    assert till.points(member) == 80
    with acting(till.installation.actor(till.house)):
        assert count(till, "orders") == 1


def test_members_written_in_another_order_are_the_same_body(dental):
    _member, quote = ready(dental)
    body = body_of(quote)
    dental.call("POST", "/orders", body, key="a")
    turned = dict(reversed(body.items()))
    assert dental.call("POST", "/orders", turned, key="a").headers["Idempotent-Replayed"] == "true"


def test_another_body_or_another_order_under_the_key_is_refused(dental):
    member, quote = ready(dental)
    order = dental.pay(quote, key="a").get_json()
    other = dental.quote(member, "CHECK")
    assert dental.refused("POST", "/orders", body_of(other), key="a") == (422, "idempotency_mismatch")
    second = dental.pay(other, key="b").get_json()
    asked = {"lines": [{"line": 1, "qty": 1}], "reason": "顾客改期"}
    dental.ok("POST", f"/orders/{order['order_no']}/refunds", asked, key="r")
    assert dental.refused("POST", f"/orders/{second['order_no']}/refunds", asked, key="r") == (
        422,
        "idempotency_mismatch",
    )
    assert dental.ok("GET", f"/orders/{second['order_no']}")["refunded_fen"] == 0


@pytest.mark.parametrize("key", [None, "", "a" * 256, "a b", "键"])
def test_a_key_is_required_where_value_moves(dental, key):
    _member, quote = ready(dental)
    body = body_of(quote)
    if key == "键":
        key = key.encode().decode("latin-1")
    assert dental.refused("POST", "/orders", body, key=key) == (400, "idempotency_key_required")
    order = dental.pay(quote).get_json()
    asked = {"lines": [{"line": 1, "qty": 1}], "reason": "顾客改期"}
    path = f"/orders/{order['order_no']}/refunds"
    assert dental.refused("POST", path, asked, key=key) == (400, "idempotency_key_required")


def test_other_calls_accept_a_key(dental):
    holder = dental.ok("POST", "/members", {"name": "王芳"}, key="m")
    assert dental.ok("POST", "/members", {"name": "王芳"}, key="m") == holder
    assert dental.ok("POST", "/members", {"name": "王芳"})["id"] != holder["id"]
    consent = {"purpose": "profiling", "granted": True, "evidence": ""}
    path = f"/members/{holder['id']}/consents"
    assert dental.ok("POST", path, consent, key="c") == dental.ok("POST", path, consent, key="c")
    item = {"code": "NEW", "name": "新项目", "kind": "service", "price_fen": 100}
    assert dental.ok("POST", "/items", item, key="i") == dental.ok("POST", "/items", item, key="i")
    dental.sell(holder["id"], "CARD-FAMILY")
    card = dental.member(holder["id"])["cards"][0]
    path, lost = f"/cards/{card['id']}/actions", {"action": "report_lost", "reason": "挂失"}
    assert dental.ok("POST", path, lost, key="l")["status"] == "lost"
    assert dental.ok("POST", path, lost, key="l")["status"] == "lost"
    assert dental.refused("POST", path, lost) == (409, "card_state")


def test_a_business_refusal_is_stored_and_a_passing_one_is_not(dental):
    _member, quote = ready(dental)
    wrong = {**body_of(quote), "tenders": [{"kind": "cash", "amount_fen": 1}]}
    first = dental.call("POST", "/orders", wrong, key="w")
    again = dental.call("POST", "/orders", wrong, key="w")
    assert dental.problem(first)[:2] == dental.problem(again)[:2] == (422, "tenders_mismatch")
    assert again.get_json() == first.get_json()
    assert again.headers["Idempotent-Replayed"] == "true"
    broken = {**body_of(quote), "extra": 1}
    assert dental.refused("POST", "/orders", broken, key="x") == (422, "invalid")
    assert dental.call("POST", "/orders", body_of(quote), key="x").status_code == 201


def test_a_moved_price_is_not_stored_under_the_key(dental):
    member, quote = ready(dental)
    dental.ok("PATCH", "/items/CHECK", {"price_fen": 9000})
    assert dental.refused("POST", "/orders", body_of(quote), key="k") == (409, "stale_quote")
    dental.ok("PATCH", "/items/CHECK", {"price_fen": 8000})
    assert dental.call("POST", "/orders", body_of(quote), key="k").status_code == 201
    assert dental.points(member) == 80


def test_a_frozen_franchise_may_try_again_with_the_same_key(dental):
    _member, quote = ready(dental)
    with acting(dental.installation.actor(dental.house)), dental.installation.unit() as session:
        franchises.freeze(session, "核对不符")
    assert dental.refused("POST", "/orders", body_of(quote), key="k") == (423, "frozen")
    with acting(dental.installation.actor(dental.house)), dental.installation.unit() as session:
        franchises.resume(session, "已更正")
    assert dental.call("POST", "/orders", body_of(quote), key="k").status_code == 201


def test_keys_of_another_store_or_franchise_do_not_collide(dental, pharmacy, installation):
    _member, quote = ready(dental)
    first = dental.pay(quote, key="same").get_json()
    theirs = pharmacy.pay(pharmacy.quote(None, "MISC-100"), key="same")
    assert theirs.status_code == 201
    assert "Idempotent-Replayed" not in theirs.headers
    assert theirs.get_json()["id"] != first["id"]


def test_eight_concurrent_twins_make_one_order(any_dental):
    till = any_dental
    member, quote = ready(till)
    body, answers = body_of(quote), []
    gate = threading.Barrier(8)
    app, token = till.client.application, make_token(till.installation, till.house, ALL)

    def twin():
        mine = Till(till.installation, till.house, app.test_client(), token)
        gate.wait()
        answers.append(mine.call("POST", "/orders", body, key="twin"))

    threads = [threading.Thread(target=twin) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert {a.status_code for a in answers} == {201}
    assert len({a.get_json()["order_no"] for a in answers}) == 1
    assert sum("Idempotent-Replayed" not in a.headers for a in answers) == 1
    assert till.points(member) == 80


def test_one_quote_settles_once_whatever_the_keys(any_dental):
    till = any_dental
    _member, quote = ready(till)
    assert till.pay(quote, key="one").status_code == 201
    assert till.problem(till.pay(quote, key="two"))[:2] == (409, "quote_used")


def test_a_store_sees_only_its_own_quotes(installation, web, dental):
    _member, quote = ready(dental)
    other = till_of(installation, web, installation.dental)
    with acting(installation.actor(installation.dental)), installation.unit() as session:
        from core.org import tokens

        other.token = tokens.create(session, installation.dental.other_store_id, ALL)
    assert other.refused("POST", "/orders", body_of(quote), key="k") == (404, "not_found")
