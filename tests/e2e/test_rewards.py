"""The rewards desk by keyboard: found, walked with arrows, laid out, redeemed, undone; and with a thumb on a phone."""

from __future__ import annotations

import pytest

from core.kernel.tenancy import acting
from tests.core.rewards import kit

pytestmark = pytest.mark.browser


@pytest.fixture
def member(installation, desk):
    person = desk.enrol("王芳", "13800001234")
    with acting(desk.actor):
        kit.open_shop(installation)
        kit.give(installation, person, 700)
    return person


def test_redeemed_by_keyboard_and_undone(page, desk, member):
    page.goto("/rewards")
    page.locator("#find").focus()
    page.keyboard.type("1234")
    page.keyboard.press("Enter")
    page.wait_for_url(f"**/rewards/{member}")
    assert page.evaluate("document.activeElement.textContent").strip().startswith("颈椎枕")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowLeft")
    chosen = page.evaluate("document.activeElement.getAttribute('href')").split("reward=")[1]
    assert chosen == "R-C50"
    page.keyboard.press("Enter")
    page.wait_for_url("**reward=R-C50")
    assert "兑换后可用" in page.locator(".rwside").inner_text()
    page.keyboard.press("Enter")
    page.wait_for_url(f"**/rewards/{member}")
    assert "已兑换“50 元券”，用 500 分，还剩 200 分。" in page.locator("[data-toast]").inner_text()
    assert desk.points(member) == 200
    page.locator("[data-toast] button").click()
    page.wait_for_load_state("networkidle")
    assert desk.points(member) == 700


def test_on_a_phone_the_member_stands_above_the_cards(page, member):
    page.set_viewport_size({"width": 390, "height": 844})
    page.goto(f"/rewards/{member}?reward=R-FOOT")
    assert not page.evaluate("document.documentElement.scrollWidth > innerWidth")
    side, cards = page.locator(".rwside").bounding_box(), page.locator(".rws").bounding_box()
    assert side["y"] + side["height"] <= cards["y"]
    page.get_by_role("button", name="兑换，扣 200 分").click()
    page.wait_for_load_state("networkidle")
    assert "已完成" in page.locator("main").inner_text()
