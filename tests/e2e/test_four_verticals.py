"""Four verticals on one member page: at most eight tabs, the allergy strip always in sight (acceptance 6)."""

from __future__ import annotations

import os

import pytest

from core.care import rules, services
from core.kernel.tenancy import acting
from tests.core.desk.desk_kit import Desk
from tests.verticals import all_on

pytestmark = pytest.mark.browser
IN_SIGHT = """() => [...document.querySelectorAll('.alh.bad')].some(one => {
    const box = one.getBoundingClientRect();
    return box.height > 0 && box.top >= 0 && box.bottom <= innerHeight && one.textContent.includes('青霉素类')
        && one.contains(document.elementFromPoint(box.left + box.width / 2, box.top + box.height / 2));
})"""


def shot(page, name):
    """Keep a picture where somebody asks for them."""
    if os.environ.get("SHOTS"):
        page.screenshot(path=f"{os.environ['SHOTS']}/four-{name}.png")


@pytest.fixture
def desk(installation, served):
    """The owner behind the scenes, who sees every tab; the page of this test is theirs."""
    all_on(installation, installation.dental)
    return Desk(installation, served[1], installation.dental, "owner")


def test_at_most_eight_tabs_and_the_strip_in_sight(page, desk):
    member = desk.enrol()
    with acting(desk.actor), desk.installation.unit() as session:
        services.note(session, member, rules.allergy(today=services.today(), code_kind="class", code="penicillins"))
    page.goto(f"/members/{member}")
    tabs = page.locator("nav.tabs > a, nav.tabs > details > summary")
    assert tabs.count() <= 8
    assert page.locator("nav.tabs > details > summary").inner_text().strip() == "更多"
    every = page.eval_on_selector_all("nav.tabs a", "links => links.map(a => a.textContent.trim())")
    assert set(every) >= {"时间线", "健康安全", "就诊记录", "牙科", "用药", "康复", "美容"}
    page.click("nav.tabs > details > summary")
    shot(page, "tabs")
    hidden = page.locator("nav.tabs > details a").last
    word = hidden.inner_text().strip()
    hidden.click()
    page.wait_for_selector(f"nav.tabs > a.on:text-is('{word}')")
    assert page.locator("nav.tabs > a, nav.tabs > details > summary").count() <= 8
    for key in ("timeline", "care.visits", "dental.person", "pharmacy.person", "physio.person", "beauty.person"):
        page.goto(f"/members/{member}?tab={key}")
        assert page.evaluate(IN_SIGHT), key
        page.mouse.wheel(0, 3000)
        page.wait_for_timeout(50)
        shot(page, key)
        assert page.evaluate(IN_SIGHT), f"{key}, at the end of the page"
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), key
    page.goto("/till")
    page.evaluate(
        """async ([person, token]) => fetch('/till/member', {method: 'POST', body: new URLSearchParams(
        {person_id: person, csrf_token: token})})""",
        [str(member), page.get_attribute("meta[name=csrf]", "content")],
    )
    page.goto("/till")
    shot(page, "till")
    assert page.evaluate(IN_SIGHT)
