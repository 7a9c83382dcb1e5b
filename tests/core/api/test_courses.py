"""Courses over the API (contract.md section 4): sell, use, undo, refund a part; once, and only one's own."""

from __future__ import annotations

import json

import pytest

ITEMS = (
    {"code": "MOXA", "name": "艾灸", "kind": "service", "price_fen": 12_000},
    {"code": "MOXA10", "name": "艾灸十次", "kind": "course", "price_fen": 108_000, "sessions": 10,
     "attributes": {"core.session_of": "MOXA", "core.valid_months": "12"}},
    {"code": "PLAIN3", "name": "三次卡", "kind": "course", "price_fen": 100, "sessions": 3},
)  # fmt: skip


@pytest.fixture
def shop(dental):
    for item in ITEMS:
        dental.ok("POST", "/items", item)
    return dental


def course_of(shop, item="MOXA10"):
    member = shop.enrol("王芳", "13800001234")["id"]
    order = shop.sell(member, item)
    [course] = shop.ok("GET", f"/members/{member}")["courses"]
    assert order["courses"] == [course]
    return member, order, course


def test_sale_use_undo_and_the_members_answer(shop):
    member, order, course = course_of(shop)
    assert (course["item"], course["remaining"], course["total"]) == ("MOXA10", 10, 10)
    assert "剩 10 / 10 次" in order["receipt_text"]
    used = shop.ok("POST", f"/courses/{course['id']}/uses", {"performer": shop.house.numbers["clinician"]}, key="u1")
    assert (used["value_fen"], used["course"]["remaining"], used["for_member_id"]) == (10_800, 9, member)
    assert used["performer"] == "clinician员"
    path = f"/courses/{course['id']}/uses/{used['id']}/undo"
    assert shop.ok("POST", path, {}, key="x1")["course"]["remaining"] == 10
    assert shop.refused("POST", path, {}, key="x2") == (409, "already_undone")
    [told] = shop.ok("GET", f"/courses/{course['id']}")["uses"]
    assert told["undone"] is True
    rows = shop.ok("GET", f"/members/{member}/ledger?unit=sessions")["items"]
    assert [(row["reason"], row["amount"], row["balance_after"]) for row in rows] == [
        ("restore", 1, 10), ("use", -1, 9), ("sale", 10, 10),
    ]  # fmt: skip


def test_a_use_is_done_once_for_a_key(shop):
    _member, _order, course = course_of(shop)
    path = f"/courses/{course['id']}/uses"
    first = shop.call("POST", path, {}, key="same")
    again = shop.call("POST", path, {}, key="same")
    assert again.headers["Idempotent-Replayed"] == "true"
    assert again.get_json() == first.get_json()
    assert shop.refused("POST", path, {"performer": "1"}, key="same") == (422, "idempotency_mismatch")
    assert shop.refused("POST", path, {})[0] == 400
    assert shop.ok("GET", f"/courses/{course['id']}")["remaining"] == 9


def test_none_left_says_so(shop):
    _member, _order, course = course_of(shop, "PLAIN3")
    values = [shop.ok("POST", f"/courses/{course['id']}/uses", {}, key=f"k{n}")["value_fen"] for n in range(3)]
    assert sum(values) == 100
    answer = shop.call("POST", f"/courses/{course['id']}/uses", {}, key="k9")
    assert shop.problem(answer)[:2] == (409, "no_sessions_left")


def test_a_part_of_a_course_is_refunded(shop):
    member, order, course = course_of(shop)
    asked = {"lines": [{"line": 1, "qty": 1, "sessions": 4}]}
    shown = shop.ok("POST", f"/orders/{order['order_no']}/refunds/preview", asked)
    assert (shown["amount_fen"], shown["courses"][0]["sessions"], shown["courses"][0]["remaining"]) == (43_200, 4, 6)
    body = json.dumps({**asked, "reason": "改期", "preview_id": shown["preview_id"]}).encode()
    proof = shop.proof("refund", body)
    done = shop.ok("POST", f"/orders/{order['order_no']}/refunds", body, key="r1", X_Staff_Proof=proof)
    assert done["amount_fen"] == 43_200
    [left] = shop.ok("GET", f"/members/{member}")["courses"]
    assert (left["remaining"], left["total"]) == (6, 6)
    rest = shop.refunded(order["order_no"], {1: 1})
    assert rest["amount_fen"] == 64_800
    assert shop.ok("GET", f"/members/{member}")["courses"] == []
    assert shop.ok("GET", f"/orders/{order['order_no']}")["state"] == "refunded"


def test_another_franchise_knows_nothing_of_it(shop, pharmacy):
    _member, _order, course = course_of(shop)
    for method, path in (("GET", ""), ("POST", "/uses"), ("POST", "/uses/1/undo")):
        body = {} if method == "POST" else None
        assert pharmacy.refused(method, f"/courses/{course['id']}{path}", body, key="f")[0] == 404
        assert pharmacy.refused(method, f"/courses/abc{path}", body, key="g")[0] == 404


def test_a_confirmation_that_is_not_in_use_is_refused(shop):
    _member, _order, course = course_of(shop)
    body = {"confirmation": {"method": "rotating_qr", "evidence": "x"}}
    assert shop.refused("POST", f"/courses/{course['id']}/uses", body, key="c") == (422, "confirmation_not_allowed")


def test_a_quote_pays_a_line_with_sessions(shop):
    member, _order, course = course_of(shop)
    quote = shop.quote(member, "MOXA", "PASTE", courses=[{"course_id": course["id"], "line": 1}])
    assert [line["net_fen"] for line in quote["lines"]] == [0, 3_900]
    answer = shop.pay(quote, confirmation={"method": "signature", "evidence": "单 1"})
    assert answer.status_code == 201, answer.get_data(as_text=True)
    told = shop.ok("GET", f"/courses/{course['id']}")
    assert (told["remaining"], told["uses"][0]["confirmation"]) == (9, "signature")
    wrong = {"member_id": member, "lines": [{"item": "MOXA", "qty": 1}]}
    assert shop.refused("POST", "/quotes", {**wrong, "courses": [{"course_id": course["id"], "line": 2}]})[0] == 422
    assert shop.refused("POST", "/quotes", {**wrong, "courses": [{"course_id": "1", "line": 1}]})[0] == 404
    many = {"member_id": member, "lines": [{"item": "MOXA", "qty": 11}]}
    asked = {**many, "courses": [{"course_id": course["id"], "line": 1}]}
    assert shop.refused("POST", "/quotes", asked) == (409, "no_sessions_left")
