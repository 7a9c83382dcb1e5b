"""An order as programs see it: contract.md's spelling, steps and parts that add up, a masked receipt."""

from __future__ import annotations

import pytest

from core.kernel.tenancy import acting
from core.orders import reads
from core.orders.refunding import refunds
from core.orders.types import TenderRequest


@pytest.fixture
def told(installation):
    """Return a function giving the JSON of an order number."""

    def tell(order_no):
        with installation.unit("read") as session:
            return reads.order_json(session, refunds.find(session, order_no))

    with acting(installation.actor(installation.dental, "front_desk")):
        yield tell


def test_an_order_tells_lines_steps_tenders_balances_and_receipt(installation, told):
    person = installation.enrol("刘超明", "13800005051")
    installation.sell(person, "CARD-FAMILY")
    order = told(installation.sell(person, "F-RESIN").order_no)
    line = order["lines"][0]
    assert (line["list_fen"], line["net_fen"], line["for_member_id"]) == (40_000, 16_000, str(person))
    moves = [step for step in line["steps"] if step["before_fen"] != step["after_fen"]]
    assert [(s["before_fen"], s["after_fen"]) for s in moves] == [(40_000, 20_000), (20_000, 16_000)]
    assert (order["total_fen"], order["paid_fen"], order["owed_fen"], order["earned_points"]) == (
        16_000,
        16_000,
        0,
        160,
    )
    assert order["tenders"] == [
        {"kind": "cash", "amount_fen": 16_000, "points": 0, "refunded_fen": 0, "refunded_points": 0, "payment": None}
    ]
    assert order["balances"] == {
        "points": {"available": 160, "pending": 0, "debt": 0},
        "stored_value": {"principal_fen": 0, "bonus_fen": 0},
    }
    assert order["tier"]["code"] == "regular"
    receipt = order["receipt_text"]
    assert "刘*明" in receipt
    assert "138****5051" in receipt
    assert "13800005051" not in receipt
    assert "+160" in receipt
    assert all(reads_width(text) <= 44 for text in receipt.splitlines())


def reads_width(text: str) -> int:
    return sum(2 if ord(ch) > 0x2E7F else 1 for ch in text)


def test_a_refund_stands_with_its_order(installation, told):
    person = installation.enrol()
    number = installation.sell(person, ("PASTE", 2)).order_no
    installation.refund(number, {1: 1}, "拆封破损")
    order = told(number)
    assert (order["state"], order["refunded_fen"]) == ("part_refunded", 3_900)
    assert order["lines"][0]["refunded_qty"] == 1
    refund = order["refunds"][0]
    assert refund["lines"] == [{"line": 1, "qty": 1, "amount_fen": 3_900}]
    assert refund["points"]["taken"] == 39
    assert refund["reason"] == "拆封破损"


def test_what_points_take_is_told_dearest_first(installation, told):
    person = installation.enrol()
    order = told(installation.sell(person, "WHITEN").order_no)
    lines = order["receipt_text"].splitlines()
    assert [text for text in lines if text.startswith("可兑")] == [
        "可兑：口腔检查券（500 分）",
        "可兑：含氟牙膏（300 分）",
    ]


def test_a_sale_without_a_member_has_no_points_and_no_tier(installation, told):
    order = told(installation.sell(None, "PASTE", tenders=[TenderRequest("wechat", 3_900)]).order_no)
    assert (order["member_id"], order["tier"], order["earned_points"]) == (None, None, 0)
    assert "积分" not in order["receipt_text"]
