"""Rewards over the API (contract.md sections 4 and 5): the catalogue, B13, points and cash, once, only one's own."""

from __future__ import annotations

import pytest

from core.kernel.tenancy import acting
from core.programme.document import Reward
from tests.core.rewards import kit
from tests.installation import at


@pytest.fixture
def shop(dental):
    with at("2026-03-10 12:00"):
        with acting(dental.installation.actor(dental.house)):
            kit.open_shop(
                dental.installation, Reward("R-MIX", "足浴包换购", "goods", 100, cash_fen=2_000, item="FOOT-PACK")
            )
        yield dental


@pytest.fixture
def member(shop):
    return shop.enrol("王芳", "13800001234")["id"]


def give(shop, member, points):
    with acting(shop.installation.actor(shop.house)):
        kit.give(shop.installation, int(member), points)


def problems(shop):
    with acting(shop.installation.actor(shop.house)):
        return kit.problems(shop.installation)


def redeem(shop, member, reward, qty=1, key="", **more):
    return shop.ok(
        "POST", f"/members/{member}/redemptions", {"reward": reward, "qty": qty, **more},
        key=key or f"{reward}-{qty}-{len(more)}",
    )  # fmt: skip


def test_the_catalogue_says_what_can_be_had(shop, member):
    items = {one["code"]: one for one in shop.ok("GET", "/rewards")["items"]}
    assert items["R-C10"] == {"code": "R-C10", "name": "10 元券", "kind": "coupon", "points": 100, "cash_fen": 0}
    assert items["R-FOOT"]["stock"] == 2
    assert items["R-MIX"]["cash_fen"] == 2_000
    give(shop, member, 150)
    mine = {one["code"]: one for one in shop.ok("GET", f"/rewards?member_id={member}")["items"]}
    assert (mine["R-C10"]["state"], mine["R-C10"]["gap"]) == ("can", 0)
    assert (mine["R-C50"]["state"], mine["R-C50"]["gap"], mine["R-C50"]["reason"]) == ("lacks", 350, "还差 350 分")
    assert shop.refused("GET", "/rewards?member_id=4611686018427387904") == (404, "not_found")


def test_b13_over_the_api(shop, member):
    give(shop, member, 1_200)
    assert redeem(shop, member, "R-WAIST")["balances"]["points"]["available"] == 400
    head = redeem(shop, member, "R-HEAD")
    assert [(one["item"], one["remaining"]) for one in head["courses"]] == [("HEAD", 1)]
    done = redeem(shop, member, "R-C10")
    assert done["balances"]["points"] == {"available": 0, "pending": 0, "debt": 0}
    assert (done["state"], done["points"], done["kind"]) == ("fulfilled", 100, "coupon")
    [coupon] = done["coupons"]
    assert (coupon["code"], coupon["valid_from"], coupon["state"]) == ("C10", "2026-03-11", "open")
    told = shop.ok("GET", f"/members/{member}")
    mine = next(one for one in told["coupons"] if one["id"] == coupon["id"])
    assert mine["valid_from"] == "2026-03-11"
    assert {one["item"] for one in told["courses"]} == {"WAIST", "HEAD"}
    rows = shop.ok("GET", f"/members/{member}/ledger?unit=points")["items"]
    assert [(row["reason"], row["amount"], row["balance_after"]) for row in rows] == [
        ("reward", -100, 0), ("reward", -300, 100), ("reward", -800, 400), ("earn", 1_200, 1_200),
    ]  # fmt: skip
    assert problems(shop) == []


def test_a_redemption_is_done_once_for_a_key(shop, member):
    give(shop, member, 300)
    path, body = f"/members/{member}/redemptions", {"reward": "R-C10", "qty": 1}
    first, again = shop.call("POST", path, body, key="same"), shop.call("POST", path, body, key="same")
    assert again.headers["Idempotent-Replayed"] == "true"
    assert again.get_json() == first.get_json()
    assert shop.refused("POST", path, {**body, "qty": 2}, key="same") == (422, "idempotency_mismatch")
    assert shop.refused("POST", path, body)[0] == 400
    assert shop.refused("POST", path, {"reward": "R-C50", "qty": 1}, key="k2") == (422, "not_enough_points")
    assert shop.refused("POST", path, {"reward": "NOPE", "qty": 1}, key="k3") == (422, "unknown_reward")
    assert shop.refused("POST", path, {"reward": "R-C10", "qty": 0}, key="k4")[0] == 422
    assert shop.refused("POST", path, {"reward": "R-C10", "what": 1}, key="k5")[0] == 422


def test_reserve_confirm_and_take_back(shop, member):
    give(shop, member, 500)
    held = redeem(shop, member, "R-FOOT", hold=True)
    assert (held["state"], held["balances"]["points"]["available"]) == ("reserved", 300)
    assert held["reserved_until"] == "2026-03-10T04:15:00Z"
    path = f"/redemptions/{held['id']}"
    assert shop.ok("POST", path, {"action": "confirm", "handed_over": False}, key="c1")["state"] == "confirmed"
    assert shop.ok("POST", path, {"action": "fulfil"}, key="f1")["state"] == "fulfilled"
    back = shop.ok("POST", path, {"action": "cancel", "reason": "不合适"}, key="x1")
    assert (back["state"], back["balances"]["points"]["available"]) == ("cancelled", 500)
    assert shop.refused("POST", path, {"action": "cancel"}, key="x2") == (409, "already_cancelled")
    assert shop.ok("GET", "/items/FOOT-PACK/stock")[str(shop.house.store_id)] == 2
    with at("2026-03-10 12:16"):
        late = redeem(shop, member, "R-FOOT", key="h2", hold=True)
    with at("2026-03-10 12:40"):
        assert shop.ok("GET", f"/redemptions/{late['id']}")["state"] == "expired"
        refused = shop.refused("POST", f"/redemptions/{late['id']}", {"action": "confirm"}, key="c2")
        assert refused == (409, "reservation_over")
    assert shop.refused("GET", "/redemptions/4611686018427387904") == (404, "not_found")


def test_points_and_cash_buy_what_costs_30(shop, member):
    """S2-05: 100 points + 20.00 for an item of 30.00; its refund gives both back."""
    give(shop, member, 100)
    path, body = f"/members/{member}/redemptions", {"reward": "R-MIX", "qty": 1}
    status, code, told = shop.problem(shop.call("POST", path, body, key="m1"))
    assert (status, code, told["cash_fen"]) == (422, "reward_needs_payment", 2_000)
    assert shop.refused("POST", path, {**body, "tenders": [{"kind": "cash", "amount_fen": 1_900}]}, key="m2") == (
        422, "tenders_mismatch",
    )  # fmt: skip
    done = redeem(shop, member, "R-MIX", tenders=[{"kind": "cash", "amount_fen": 2_000}])
    order = shop.ok("GET", f"/orders/{done['order_no']}")
    assert (order["total_fen"], order["list_fen"], order["earned_points"]) == (2_000, 3_000, 20)
    assert done["balances"]["points"]["available"] == 20
    assert shop.ok("GET", "/items/FOOT-PACK/stock")[str(shop.house.store_id)] == 1
    assert shop.refused("POST", f"/redemptions/{done['id']}", {"action": "cancel"}, key="x1") == (
        409, "cancel_by_refund",
    )  # fmt: skip
    back = shop.refunded(done["order_no"], {1: 1})
    assert "“足浴包换购”的 100 分退回原来的批次。" in back["effects"]
    assert shop.ok("GET", f"/redemptions/{done['id']}")["state"] == "cancelled"
    assert shop.ok("GET", f"/members/{member}")["points"]["available"] == 100
    assert shop.ok("GET", "/items/FOOT-PACK/stock")[str(shop.house.store_id)] == 2
    assert problems(shop) == []


def test_points_and_cash_without_stock_or_points_move_nothing(shop, member):
    path, body = f"/members/{member}/redemptions", {"reward": "R-MIX", "qty": 3}
    cash = {"tenders": [{"kind": "cash", "amount_fen": 6_000}]}
    assert shop.refused("POST", path, {**body, **cash}, key="n1") == (409, "out_of_stock")
    one = {"reward": "R-MIX", "qty": 1, "tenders": [{"kind": "cash", "amount_fen": 2_000}]}
    assert shop.refused("POST", path, one, key="n2") == (422, "not_enough_points")
    assert shop.ok("GET", "/items/FOOT-PACK/stock")[str(shop.house.store_id)] == 2
    assert problems(shop) == []
