"""The end of a day by keyboard alone: open a shift, count, say why, close; tick the ways to pay and close the day."""

from __future__ import annotations

import re

from tests.core.cash.conftest import Drawer
from tests.core.desk.desk_kit import Desk


def tab_to(page, name):
    """Press Tab until the field or button of that name has the focus."""
    for _n in range(60):
        if page.evaluate("name => document.activeElement.name === name", name):
            return
        page.keyboard.press("Tab")
    raise AssertionError(f"no way to {name} by Tab")


def test_the_whole_close_without_a_mouse(installation, served, desk, page):
    drawer = Drawer(installation)
    page.goto("/cash")
    page.keyboard.type("500")
    page.keyboard.press("Enter")
    page.wait_for_selector("[data-faces]")
    drawer.sell(16_000)
    page.keyboard.type("6")  # 6 × 100
    page.keyboard.press("Tab")
    page.keyboard.type("1")  # 1 × 50
    assert page.input_value("[name=counted]") == "650.00"
    page.keyboard.press("Enter")
    page.wait_for_selector("text=清点比账面少 10.00 元")
    page.keyboard.press("Space")
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile(r"/cash/shifts/\d+$"))
    assert "−¥10.00" in page.inner_text("#toasts")

    boss = Desk(installation, served[1], installation.dental, "manager")
    page.context.clear_cookies()
    page.context.add_cookies([{"name": "huike", "value": boss.client.get_cookie("huike").value, "url": served[0]}])
    page.goto(f"/cash/days/{drawer.today()}")
    tab_to(page, "tick_cash")
    page.keyboard.press("Space")
    page.keyboard.press("Enter")
    page.wait_for_selector("text=这一天不能再改")
    assert drawer.see().closed is not None
