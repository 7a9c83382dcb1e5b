"""Shifts at the API's door: B51, once only, whose, the day that is closed."""

from __future__ import annotations

import json

import pytest

from core.cash import days, rules
from core.kernel import clock
from core.kernel.tenancy import acting
from core.org.models import Store
from tests.core.api.conftest import make_token, till_of
from tests.installation import PIN, at


@pytest.fixture
def desk(dental):
    dental.role = "front_desk"
    return dental


def opened(till, float_fen=50_000, key="open"):
    return till.ok("POST", "/shifts", {"float_fen": float_fen}, key=key)


def sale(till, fen, kind="cash"):
    """Sell something and return its order number; the price is the item's own share of a split payment."""
    quote = till.quote(None, "ORTHO")
    rest = quote["total_fen"] - fen
    answer = till.pay(quote, {"kind": kind, "amount_fen": fen}, {"kind": "bank", "amount_fen": rest})
    assert answer.status_code == 201, answer.get_data(as_text=True)
    return answer.get_json()["order_no"]


def test_b51(any_dental):
    till = any_dental
    till.role = "front_desk"
    shift = opened(till)
    assert (shift["state"], shift["expected_fen"], shift["float_fen"]) == ("open", None, 50_000)
    sale(till, 16_000)
    second = sale(till, 3_900)
    assert till.refund(second, {1: 1}).status_code == 201
    closed = till.ok("POST", f"/shifts/{shift['id']}/close", {"counted_fen": 65_500, "reason": "找零有误"}, key="c")
    assert (closed["expected_fen"], closed["difference_fen"], closed["counted_fen"]) == (66_000, -500, 65_500)
    assert (closed["state"], closed["reason"]) == ("closed", "找零有误")


def test_both_calls_happen_once(desk):
    first = opened(desk)
    again = desk.call("POST", "/shifts", {"float_fen": 50_000}, key="open")
    assert again.headers["Idempotent-Replayed"] == "true"
    assert again.get_json() == first
    assert desk.refused("POST", "/shifts", {"float_fen": 1}, key="open") == (422, "idempotency_mismatch")
    assert desk.refused("POST", "/shifts", {"float_fen": 1}) == (400, "idempotency_key_required")
    status, code, told = desk.problem(desk.call("POST", "/shifts", {"float_fen": 1}, key="other"))
    assert (status, code, told["shift_id"]) == (409, "shift_open", first["id"])
    close = f"/shifts/{first['id']}/close"
    done = desk.ok("POST", close, {"counted_fen": 50_000}, key="c")
    replayed = desk.call("POST", close, {"counted_fen": 50_000}, key="c")
    assert replayed.get_json() == done
    assert desk.refused("POST", close, {"counted_fen": 50_000}, key="d") == (409, "shift_closed")


def test_a_difference_asks_why_and_keeps_the_count(desk):
    shift = opened(desk)
    close = f"/shifts/{shift['id']}/close"
    status, code, told = desk.problem(desk.call("POST", close, {"counted_fen": 49_000}, key="a"))
    assert (status, code) == (422, "difference_needs_reason")
    assert (told["expected_fen"], told["difference_fen"]) == (50_000, -1_000)
    assert desk.call("POST", close, {"counted_fen": 49_000}, key="a").headers["Idempotent-Replayed"] == "true"
    desk.ok("POST", close, {"counted_fen": 49_500, "reason": "少五元"}, key="b")
    with acting(desk.installation.actor(desk.house)), desk.installation.unit("read") as s:
        from core.cash.models import Shift

        row = s.get(Shift, int(shift["id"]))
        assert (row.first_counted_fen, row.counts) == (49_000, 2)


def test_a_large_difference_wants_a_second_person(desk):
    shift = opened(desk)
    close = f"/shifts/{shift['id']}/close"
    body = json.dumps({"counted_fen": 30_000, "reason": "少了"}).encode()
    assert desk.refused("POST", close, body, key="a") == (403, "difference_needs_proof")
    own = desk.proof("approve", body, role="front_desk")
    assert desk.refused("POST", close, body, key="a", X_Staff_Proof=own) == (403, "approval_self")
    done = desk.ok("POST", close, body, key="a", X_Staff_Proof=desk.proof("approve", body, role="manager"))
    assert done["difference_fen"] == -20_000


def test_whose_shift_may_be_closed(desk, pharmacy, installation, web):
    shift = opened(desk)
    close = f"/shifts/{shift['id']}/close"
    assert pharmacy.refused("POST", close, {"counted_fen": 50_000}, key="a") == (404, "not_found")
    desk.role = "pharmacist"
    assert desk.refused("POST", close, {"counted_fen": 50_000}, key="b") == (403, "shift_not_yours")
    desk.role = "clinician"
    assert desk.refused("POST", close, {"counted_fen": 50_000}, key="b") == (403, "forbidden")
    desk.role = "manager"
    assert desk.ok("POST", close, {"counted_fen": 50_000}, key="b")["difference_fen"] == 0
    narrow = till_of(installation, web, installation.dental, ("members",))
    assert narrow.refused("POST", "/shifts", {"float_fen": 1}, key="n") == (403, "scope_missing")
    assert make_token(installation, installation.dental)
    assert PIN


@pytest.mark.parametrize("body", [{}, {"float_fen": -1}, {"float_fen": "1"}, {"float_fen": 1, "x": 1}])
def test_a_malformed_float_is_refused(desk, body):
    assert desk.refused("POST", "/shifts", body, key="k") == (422, "invalid")


def close_day(till, on):
    with acting(till.installation.actor(till.house, "manager")):
        with till.installation.unit("read") as s:
            day = days.see(s, s.get(Store, till.house.store_id), on)
            seen, kinds = day.digest(), [one.kind for one in day.sums]
        with till.installation.unit() as s:
            days.close(s, till.house.store_id, on, {kind: rules.Tick(True) for kind in kinds}, seen)


def test_backdating_stops_at_the_last_closed_day(desk):
    with at("2026-11-21 20:00"):
        close_day(desk, clock.today("Asia/Shanghai"))
    with at("2026-11-22 12:00"):
        asked = {"member_id": None, "lines": [{"item": "CHECK", "qty": 1}]}
        early = {**asked, "occurred_at": "2026-11-20T04:00:00Z"}
        assert desk.refused("POST", "/quotes", early) == (422, "day_closed")
        quote = desk.ok("POST", "/quotes", asked)
        late = desk.pay(quote, occurred_at="2026-11-20T04:00:00Z")
        assert desk.problem(late)[:2] == (422, "day_closed")
        same = desk.ok("POST", "/quotes", {**asked, "occurred_at": "2026-11-21T04:00:00Z"})
        order = desk.pay(same, occurred_at="2026-11-21T04:00:00Z").get_json()
        assert order["order_no"].startswith("20261122-")
