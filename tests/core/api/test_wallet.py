"""Stored value over the API (contract.md section 4, B54): top up, pay, refund both ways, lost; only one's own."""

from __future__ import annotations

import json

import pytest

ITEMS = (
    {"code": "TOP1200", "name": "充值 1,000 送 200", "kind": "topup", "price_fen": 100_000, "bonus_fen": 20_000},
    {"code": "CARE600", "name": "护理", "kind": "service", "price_fen": 60_000},
)
SAID = {"method": "staff_attested", "evidence": "本人在场"}


@pytest.fixture
def shop(dental):
    for item in ITEMS:
        dental.ok("POST", "/items", item)
    return dental


def order(shop, member, item, kind, **more):
    quote = shop.ok("POST", "/quotes", {"member_id": member, "lines": [{"item": item, "qty": 1}]})
    return {"quote_id": quote["quote_id"], "tenders": [{"kind": kind, "amount_fen": quote["total_fen"]}], **more}


def buy(shop, member, item, kind, key, **more):
    return shop.ok("POST", "/orders", order(shop, member, item, kind, **more), key=key)


def test_b54_over_the_api(shop):
    member = shop.enrol("王芳", "13800001234")["id"]
    top = buy(shop, member, "TOP1200", "wechat", "t1")
    assert top["balances"]["stored_value"] == {"principal_fen": 100_000, "bonus_fen": 20_000}
    assert top["earned_points"] == 0
    asked = order(shop, member, "CARE600", "stored_value")
    assert shop.refused("POST", "/orders", asked, key="p0") == (422, "confirmation_required")
    paid = shop.ok("POST", "/orders", {**asked, "confirmation": SAID}, key="p1")
    [tender] = paid["tenders"]
    assert (tender["kind"], tender["amount_fen"]) == ("stored_value", 60_000)
    assert (tender["principal_fen"], tender["bonus_fen"]) == (50_000, 10_000)
    assert paid["earned_points"] == 500
    assert "储值本金余额" in paid["receipt_text"]
    assert shop.ok("GET", f"/members/{member}")["stored_value"] == {"principal_fen": 50_000, "bonus_fen": 10_000}
    path = f"/orders/{top['order_no']}/refunds"
    shown = shop.ok("POST", f"{path}/preview", {"lines": [{"line": 1, "qty": 1}]})
    [told] = shown["stored_value"]["top_ups"]
    assert {one["formula"]: one["amount_fen"] for one in told["formulas"]} == {
        "seven_day": 40_000, "operator": 50_000, "consumer": 40_000,
    }  # fmt: skip
    chosen = {
        "lines": [{"line": 1, "qty": 1, "formula": "operator"}],
        "payout": {"kind": "bank", "reference": "尾号6688"},
    }
    shown = shop.ok("POST", f"{path}/preview", chosen)
    body = json.dumps({**chosen, "reason": "门店装修", "preview_id": shown["preview_id"]}).encode()
    done = shop.ok("POST", path, body, key="r1", X_Staff_Proof=shop.proof("refund", body))
    assert (done["amount_fen"], done["tenders"][0]["kind"]) == (50_000, "bank")
    state = shop.ok("GET", f"/members/{member}/stored-value")
    assert (state["principal_fen"], state["bonus_fen"], state["top_ups"][0]["state"]) == (0, 0, "refunded")
    rows = shop.ok("GET", f"/members/{member}/ledger?unit=principal")["items"]
    assert [(row["reason"], row["amount"], row["balance_after"]) for row in rows] == [
        ("refund", -50_000, 0), ("spend", -50_000, 50_000), ("topup", 100_000, 100_000),
    ]  # fmt: skip


def test_a_payment_goes_back_to_its_lots(shop):
    member = shop.enrol("王芳", "13800001234")["id"]
    buy(shop, member, "TOP1200", "wechat", "t1")
    paid = buy(shop, member, "CARE600", "stored_value", "p1", confirmation=SAID)
    body = json.dumps({"lines": [{"line": 1, "qty": 1}], "reason": "改期"}).encode()
    path = f"/orders/{paid['order_no']}/refunds"
    done = shop.ok("POST", path, body, key="r1", X_Staff_Proof=shop.proof("refund", body))
    assert done["tenders"] == [
        {"kind": "stored_value", "amount_fen": 60_000, "points": 0, "principal_fen": 50_000, "bonus_fen": 10_000,
         "route": "same", "paid_by": "stored_value"}
    ]  # fmt: skip
    assert done["stored_value"]["returned"] == {"principal_fen": 50_000, "bonus_fen": 10_000, "grace_fen": 0}
    assert shop.ok("GET", f"/members/{member}")["stored_value"] == {"principal_fen": 100_000, "bonus_fen": 20_000}


def test_lost_and_found(shop):
    member = shop.enrol("王芳", "13800001234")["id"]
    buy(shop, member, "TOP1200", "wechat", "t1")
    path = f"/members/{member}/stored-value/actions"
    lost = shop.ok("POST", path, {"action": "report_lost", "reason": "来电挂失"})
    assert lost["state"] == "lost"
    asked = order(shop, member, "CARE600", "stored_value", confirmation=SAID)
    assert shop.refused("POST", "/orders", asked, key="p1") == (409, "stored_value_lost")
    assert shop.refused("POST", path, {"action": "close", "reason": "不来了"}) == (409, "stored_value_state")
    assert shop.ok("POST", path, {"action": "reopen", "reason": "核对了证件"})["state"] == "open"


def test_five_wrong_pins_lock_the_pin_and_not_the_member(shop):
    member = shop.enrol("王芳", "13800001234")["id"]
    buy(shop, member, "TOP1200", "wechat", "t1")
    from core.kernel.tenancy import acting
    from core.wallet import pins

    with acting(shop.installation.actor(shop.house)), shop.installation.unit() as session:
        pins.put(session, int(member), "739146", "739146")
    wrong = order(shop, member, "CARE600", "stored_value", confirmation={"method": "pin", "evidence": "111222"})
    for n in range(5):
        answer = shop.call("POST", "/orders", wrong, key=f"w{n}")
        assert shop.problem(answer)[:2] == (403, "member_pin_wrong")
        assert "person" not in answer.get_json()
    right = {**wrong, "confirmation": {"method": "pin", "evidence": "739146"}}
    assert shop.refused("POST", "/orders", right, key="r1") == (429, "member_pin_locked")
    assert shop.ok("POST", "/orders", {**wrong, "confirmation": SAID}, key="r2")["paid_fen"] == 60_000


def test_value_brought_along_goes_back_once(shop):
    from core.kernel.tenancy import acting
    from tests.core.wallet import kit

    member = shop.enrol("王芳", "13800001234")["id"]
    with acting(shop.installation.actor(shop.house)):
        top_up = kit.bring(shop.installation, int(member), 8_000, 1_000)
    path = f"/members/{member}/stored-value/top-ups/{top_up}/refunds"
    shown = shop.ok("POST", f"{path}/preview", {"formula": "operator"})
    body = {
        "formula": "operator", "payout": {"kind": "bank", "reference": "尾号 8841"}, "reason": "顾客搬家",
        "preview_id": shown["preview_id"],
    }  # fmt: skip
    first = shop.ok("POST", path, body, key="b1")
    assert (first["amount_fen"], first["principal_fen"], first["bonus_fen"]) == (8_000, 8_000, 1_000)
    assert shop.ok("POST", path, body, key="b1") == first
    assert shop.refused("POST", path, body, key="b2") == (409, "top_up_used_up")
    sold = buy(shop, member, "TOP1200", "wechat", "t1")
    [own] = [one for one in shop.ok("GET", f"/members/{member}/stored-value")["top_ups"] if one["state"] == "open"]
    other = f"/members/{member}/stored-value/top-ups/{own['id']}/refunds/preview"
    assert shop.refused("POST", other, {}) == (409, "top_up_sold_here")
    assert sold["paid_fen"] == 100_000
