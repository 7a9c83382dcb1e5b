"""Invoices at the till, on the order's page, in the lists and over the API: one service, two doors."""

from __future__ import annotations

from tests.core.api.conftest import api_app, till_of
from tests.core.desk.desk_kit import alert, plain


def test_from_the_till_to_the_red_letter(sit):
    desk = sit("front_desk")
    order = desk.ring_up(desk.enrol(), "CHECK", "CHECK", kind="wechat")
    done = desk.get(f"/till?done={order.id}")
    assert "顾客要发票" in plain(done.text)
    path = f"/orders/{order.order_no}/invoice"
    assert desk.post(path, {"act": "request", "title": "杭州某某科技有限公司"}).status_code == 303
    assert "待开票" in plain(desk.get(f"/orders/{order.order_no}").text)
    wrong = desk.post(path, {"act": "issue", "number": "12"})
    assert wrong.status_code == 422
    assert "发票号码应为" in alert(wrong.text)
    assert desk.post(path, {"act": "issue", "number": "24332000000012345678"}).status_code == 303
    listed = plain(desk.get("/orders?f.invoice=issued").text)
    assert order.order_no in listed
    assert order.order_no not in plain(desk.get("/orders?f.invoice=requested").text)
    shown = desk.post(f"/orders/{order.order_no}/refund/preview", {"qty_1": "1"})
    assert "红字发票" in plain(shown.text)
    assert "desk.invoice_act" not in plain(sit("auditor").get(f"/orders/{order.order_no}").text)
    assert sit("auditor").post(path, {"act": "withdraw"}).status_code == 403


def test_over_the_api(installation):
    till = till_of(installation, api_app(installation), installation.dental)
    order = till.sell(None, "CHECK")
    assert order["invoice"]["state"] == "none"
    path = f"/orders/{order['order_no']}/invoice"
    asked = till.ok("POST", path, {"action": "request", "title": "张三"})
    assert (asked["invoice"]["state"], asked["invoice"]["amount_fen"]) == ("requested", 8_000)
    issued = till.ok("POST", path, {"action": "issue", "number": "12345678"})
    assert issued["invoice"]["number"] == "12345678"
    assert till.refused("POST", path, {"action": "withdraw"}) == (409, "invoice_state")
    refunded = till.refund(order["order_no"], {1: 1}).get_json()
    assert any("发票 12345678" in one for one in refunded["effects"])
    assert till.ok("GET", f"/orders/{order['order_no']}")["invoice"]["state"] == "voided"
