"""The odontogram in a real browser: seven keystrokes, three clicks, no page load, axe, phone (issue 5, line 3)."""

from __future__ import annotations

import pytest

from core.kernel.tenancy import acting
from plugins.dental import chart, fold
from tests.core.desk.desk_kit import Desk

pytestmark = pytest.mark.browser
SAID = "36 左下第一磨牙：龋（牙本质） 咬合面；计划充填 咬合面"


@pytest.fixture
def desk(installation, served):
    """The dentist behind the scenes; the page of this test is theirs."""
    return Desk(installation, served[1], installation.dental, "clinician")


@pytest.fixture
def member(page, desk):
    found = desk.enrol()
    page.goto(f"/p/dental/members/{found}")
    page.evaluate("window.kept = 1")
    return found


def events(desk, member):
    with acting(desk.actor), desk.installation.unit("read") as session:
        return [(one.fdi, one.code, one.kind, one.surfaces, one.grade) for one in chart.events_of(session, member)]


def saved(page):
    page.wait_for_selector(f"[data-fdi='36'][aria-label='{SAID}']")
    assert page.evaluate("window.kept") == 1, "the page was loaded anew"


def test_caries_and_a_plan_in_seven_keystrokes(page, desk, member):
    keys = list("36oc2pf")
    assert len(keys) <= 7
    for key in keys:
        page.keyboard.press(key)
    saved(page)
    wanted = [("36", "caries", fold.CONDITION, "O", 2), ("36", "filling", fold.PLANNED, "O", 0)]
    assert events(desk, member) == wanted
    page.keyboard.press("ArrowRight")
    page.wait_for_selector("#dental-tooth h2:text-is('37')")
    page.keyboard.press("Control+z")
    page.wait_for_function(
        "() => !document.querySelector('[data-fdi=\"36\"]').getAttribute('aria-label').includes('计划')"
    )
    assert len(events(desk, member)) == 3


def test_caries_and_a_plan_in_three_clicks(page, desk, member):
    page.click("[data-fdi='36'] polygon[data-s='O']")
    page.click("[data-code=caries]")
    page.click("[data-plan=filling]")
    saved(page)
    assert len(events(desk, member)) == 2


def test_axe_finds_nothing_and_a_phone_never_scrolls_sideways(page, desk, member):
    axe = pytest.importorskip("axe_playwright_python.sync_playwright").Axe()
    with acting(desk.actor), desk.installation.unit() as session:
        for entry in (chart.Entry("36", "caries", "O"), chart.Entry("18", "missing"), chart.Entry("14", "crown")):
            chart.note(session, member, [entry])
    found = []
    for theme in ("light", "dark"):
        for size in ({"width": 1366, "height": 768}, {"width": 390, "height": 844}):
            page.set_viewport_size(size)
            for query in ("?tooth=36&s=O", "?as=table", "/plan"):
                page.goto(f"/p/dental/members/{member}{query}")
                page.evaluate(f"document.documentElement.dataset.theme = '{theme}'")
                found += [(query, theme, rule["id"], rule["nodes"][0]["html"][:120])
                          for rule in axe.run(page).response["violations"]]  # fmt: skip
                assert page.evaluate("document.documentElement.scrollWidth") <= size["width"], query
    assert found == []
