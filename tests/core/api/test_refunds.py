"""Refunds through the API: preview equals effect, cumulative, limits and proofs."""

from __future__ import annotations

import itertools
import json

import pytest

from tests.installation import PIN

SAME = ("amount_fen", "tenders", "points", "lots", "coupons", "tier", "effects", "preview_id")


def test_the_preview_is_what_happens(any_dental):
    till = any_dental
    holder = till.enrol("刘超明", "13800005051")["id"]
    till.sell(holder, "CARD-FAMILY")
    order = till.sell(holder, "F-RESIN", ("CHECK", 2), "PASTE")
    before = till.ok("GET", f"/orders/{order['order_no']}")
    for asked in ({2: 1}, {1: 1, 2: 1}, {3: 1}):
        preview = till.preview(order["order_no"], asked)
        done = till.refunded(order["order_no"], asked, preview_id=preview["preview_id"])
        assert {k: done[k] for k in SAME} == {k: preview[k] for k in SAME}
    after = till.ok("GET", f"/orders/{order['order_no']}")
    assert before["refunds"] == []
    assert after["state"] == "refunded"
    assert after["refunded_fen"] == order["total_fen"]
    assert [r["effects"] for r in after["refunds"]][0]
    assert sum(r["amount_fen"] for r in after["refunds"]) == order["total_fen"]
    assert sum(r["points"]["taken"] for r in after["refunds"]) == order["earned_points"]
    assert till.points(holder) == 0


def test_a_preview_writes_nothing(dental):
    member = dental.enrol("王芳", "13800001234")["id"]
    order = dental.sell(member, "CLEAN")
    first = dental.preview(order["order_no"], {1: 1})
    assert dental.preview(order["order_no"], {1: 1})["preview_id"] == first["preview_id"]
    assert dental.points(member) == 200
    assert dental.ok("GET", f"/orders/{order['order_no']}")["refunded_fen"] == 0


@pytest.mark.parametrize("order_of", list(itertools.permutations([1, 2, 3]))[:4])
def test_any_sequence_ends_at_the_whole(dental, order_of):
    member = dental.enrol("王芳", "13800001234")["id"]
    dental.sell(member, ("WHITEN", 3))
    quote = dental.quote(member, "CHECK", "POLISH", ("PASTE", 3))
    order = dental.pay(
        quote, {"kind": "points", "amount_fen": 300, "points": 300},
        {"kind": "cash", "amount_fen": quote["total_fen"] - 300},
    ).get_json()  # fmt: skip
    before = dental.points(member)
    total = {"money": 0, "points": 0, "taken": 0}
    for line in order_of:
        for _piece in range(3 if line == 3 else 1):
            done = dental.refunded(order["order_no"], {line: 1})
            total["money"] += done["amount_fen"]
            total["points"] += done["points"]["returned"]
            total["taken"] += done["points"]["taken"]
    assert total == {"money": quote["total_fen"], "points": 300, "taken": order["earned_points"]}
    assert dental.points(member) == before + 300 - order["earned_points"]


def test_effects_that_moved_are_refused_with_the_new_preview(dental):
    member = dental.enrol("王芳", "13800001234")["id"]
    order = dental.sell(member, "CLEAN")
    preview = dental.preview(order["order_no"], {1: 1})
    quote = dental.quote(member, "CLEAN")
    dental.pay(quote, {"kind": "points", "amount_fen": 200, "points": 200}, {"kind": "cash", "amount_fen": 19800})
    answer = dental.refund(order["order_no"], {1: 1}, preview_id=preview["preview_id"])
    status, code, told = dental.problem(answer)
    assert (status, code) == (409, "refund_moved")
    assert told["preview"]["preview_id"] != preview["preview_id"]
    dental.refunded(order["order_no"], {1: 1}, preview_id=told["preview"]["preview_id"])


def test_lines_and_pieces_that_are_not_there(dental):
    member = dental.enrol("王芳", "13800001234")["id"]
    order = dental.sell(member, ("CHECK", 2))
    path = f"/orders/{order['order_no']}/refunds"
    for lines in ([{"line": 2, "qty": 1}], [{"line": 1, "qty": 3}], [{"line": 1, "qty": 1}] * 2):
        asked = {"lines": lines, "reason": "退"}
        assert dental.refused("POST", path, asked, key="k") == (422, "invalid")
        assert dental.refused("POST", f"{path}/preview", {"lines": lines}) == (422, "invalid")
    assert dental.refused("POST", path, {"lines": [{"line": 1, "qty": 1}], "reason": "  "}, key="k") == (422, "invalid")
    dental.refunded(order["order_no"], {1: 2})
    again = {"lines": [{"line": 1, "qty": 1}], "reason": "退"}
    assert dental.refused("POST", path, again, key="k2") == (422, "invalid")
    assert dental.refused("POST", "/orders/20990101-01-0001/refunds", again, key="k3") == (404, "not_found")


def test_a_large_refund_wants_the_pin_of_someone_who_may(dental):
    member = dental.enrol("王芳", "13800001234")["id"]
    order = dental.sell(member, "WHITEN")
    path = f"/orders/{order['order_no']}/refunds"
    body = json.dumps({"lines": [{"line": 1, "qty": 1}], "reason": "退款"}).encode()
    dental.role = "front_desk"
    assert dental.refused("POST", path, body, key="a") == (403, "refund_needs_proof")
    mine = dental.proof("refund", body, role="front_desk")
    assert dental.refused("POST", path, body, key="a", X_Staff_Proof=mine) == (403, "refund_forbidden")
    for_other = dental.proof("refund", b"{}", role="manager")
    assert dental.refused("POST", path, body, key="a", X_Staff_Proof=for_other) == (401, "proof_invalid")
    for_price = dental.proof("price", body, role="manager")
    assert dental.refused("POST", path, body, key="a", X_Staff_Proof=for_price) == (401, "proof_invalid")
    assert dental.ok("GET", f"/orders/{order['order_no']}")["refunded_fen"] == 0
    good = dental.proof("refund", body, role="manager")
    assert dental.ok("POST", path, body, key="a", X_Staff_Proof=good)["amount_fen"] == 128000
    replayed = dental.call("POST", path, body, key="a", X_Staff_Proof=good)
    assert replayed.headers["Idempotent-Replayed"] == "true"


def test_an_order_of_another_store_is_not_refunded_here(dental, installation):
    from core.kernel.tenancy import acting
    from core.org import tokens
    from tests.core.api.conftest import ALL

    order = dental.sell(None, "PASTE")
    with acting(installation.actor(installation.dental)), installation.unit() as session:
        dental.token = tokens.create(session, installation.dental.other_store_id, ALL)
    answer = dental.refund(order["order_no"], {1: 1})
    assert dental.problem(answer)[:2] == (403, "other_store")


def test_wrong_pins_lock(dental):
    payload = "0" * 64
    asked = {"staff": dental.house.numbers["manager"], "pin": "000000", "purpose": "refund", "payload_sha256": payload}
    for _try in range(5):
        assert dental.refused("POST", "/staff/proofs", asked) == (401, "unauthorized")
    answer = dental.call("POST", "/staff/proofs", {**asked, "pin": PIN})
    status, _code, told = dental.problem(answer)
    assert status == 429
    assert int(answer.headers["Retry-After"]) == told["retry_after"] <= 900
    other = {**asked, "staff": dental.house.numbers["owner"], "pin": PIN}
    assert dental.ok("POST", "/staff/proofs", other)["proof"]
    assert dental.refused("POST", "/staff/proofs", {**asked, "staff": "999"}) == (401, "unauthorized")
    assert dental.refused("POST", "/staff/proofs", {**other, "purpose": "win"}) == (422, "invalid")
    assert dental.refused("POST", "/staff/proofs", {**other, "payload_sha256": "xyz"}) == (422, "invalid")
