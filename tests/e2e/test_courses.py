"""A session is used in at most four keys once the member is loaded, and taken back with one press (ux 2.2)."""

from __future__ import annotations

import pytest

from core.kernel.tenancy import acting
from tests.core.courses import kit

pytestmark = pytest.mark.browser


class Keys:
    """The keyboard, counted."""

    def __init__(self, page):
        self.page, self.pressed = page, 0

    def press(self, key):
        self.pressed += 1
        self.page.keyboard.press(key)


def test_three_keys_use_a_session_and_one_press_takes_it_back(page, desk, installation):
    with acting(desk.actor):
        kit.add_items(installation)
    person = desk.enrol()
    desk.ring_up(person, "MOXA10")
    desk.take(person)
    page.goto("/till")
    page.wait_for_selector("[data-burn]")
    keys = Keys(page)
    keys.press("Shift+F2")
    page.wait_for_selector("input[name=pick]:focus")
    keys.press("Enter")
    page.wait_for_selector("select[data-performer]:focus")
    keys.press("Enter")
    page.wait_for_url("**/till")
    assert keys.pressed <= 4
    assert "已核销 艾灸，还剩 9 次" in page.inner_text("[data-toast]")
    page.locator("[data-toast] button").click()
    page.wait_for_selector("text=已撤销这次核销，还剩 10 次")
    with acting(desk.actor):
        [(course, [part])] = kit.of(installation, person)
        assert part.usable == 10
    assert len(page.complaints) == 0
