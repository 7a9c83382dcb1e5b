"""Stored value in a browser (B54): top up, pay with a PIN, sign on the pad, preview a refund, close the account."""

from __future__ import annotations

import pytest

from core.kernel.tenancy import acting
from tests.core.desk.desk_kit import PIN
from tests.core.wallet import kit

pytestmark = pytest.mark.browser


def pay(page, wait):
    page.click("[data-paybtn]")
    page.wait_for_selector(f"text={wait}")


def test_top_up_pay_with_a_pin_preview_refund_and_close(page, desk, installation):
    with acting(desk.actor):
        kit.add_items(installation)
        with installation.unit() as session:
            from core.kernel import settings
            from core.orders.settings import REFUND_PROOF_ABOVE

            settings.change(session, REFUND_PROOF_ABOVE, 20_000)
    person = desk.enrol()
    desk.take(person)
    desk.add("TOP1200")
    page.goto("/till")
    pay(page, "储值余额")
    page.goto(f"/members/{person}/stored-value")
    page.fill("#pin", "739146")
    page.fill("#again", "739146")
    page.click("text=设置密码")
    page.wait_for_selector("text=储值密码已设好")
    desk.take(person)
    desk.add("CARE600")
    page.goto("/till")
    page.click("text=可用储值付")
    page.wait_for_selector("text=请会员输入 6 位储值密码")
    page.fill("input[name=member_pin]", "739146")
    pay(page, "本金 500.00 · 赠金 100.00")
    desk.take(person)
    desk.add("CARE600")
    page.goto("/till")
    page.click("text=可用储值付")
    pad = page.locator("[data-sign]")
    pad.scroll_into_view_if_needed()
    box = pad.bounding_box()
    page.mouse.move(box["x"] + 20, box["y"] + 20)
    page.mouse.down()
    for n in range(1, 8):
        page.mouse.move(box["x"] + 20 + n * 15, box["y"] + 20 + (n % 3) * 12)
    page.mouse.up()
    assert page.input_value("[data-sign-path]").count("L") >= 3
    assert page.is_checked("[data-sign-way]")
    pay(page, "已收款")
    with acting(desk.actor):
        assert kit.balance(installation, person) == (0, 0)
    order = desk.orders()[-1]
    manager = desk.house.numbers["manager"]
    page.goto(f"/orders/{order.order_no}/refund")
    page.select_option("select[name=qty_1]", "1")
    page.click("text=预览退款结果")
    page.wait_for_selector("text=储值退回账户：本金 500.00 元、赠金 100.00 元")
    page.locator("label:has(input[name=reason])").first.click()
    page.fill("input[name=number]", manager)
    page.fill("input[name=pin]", PIN)
    page.click("text=确认退款")
    page.wait_for_selector("text=已退款")
    top = desk.orders()[0]
    page.goto(f"/orders/{top.order_no}/refund")
    page.wait_for_selector("text=法释〔2025〕4 号")
    page.click("label.fmla:has(input[value=operator])")
    page.select_option("select[name=payout]", "bank")
    page.click("text=预览退款结果")
    page.wait_for_selector("text=赠金 100.00 元收回")
    page.fill("input[name=payout_reference]", "尾号 6688")
    page.locator("label:has(input[name=reason])").first.click()
    page.fill("input[name=number]", manager)
    page.fill("input[name=pin]", PIN)
    page.click("text=确认退款")
    page.wait_for_selector("text=已退款")
    page.goto(f"/members/{person}/stored-value")
    page.fill("#act-reason", "不来了")
    page.click("button[value=close]")
    page.wait_for_selector("text=已销户")
    assert page.complaints == []
