"""The shell in a real browser: the palette by keyboard, the bell, help, the sheet, enabling in four clicks."""

from __future__ import annotations

import pytest

from core.console import services
from core.kernel.tenancy import acting
from core.orders.granting import adjustments
from core.org import approvals
from core.org.models import Franchise
from tests.core.desk.desk_kit import Desk

pytestmark = pytest.mark.browser


@pytest.fixture
def owner(installation, served):
    """The owner of the dental franchise behind the scenes."""
    return Desk(installation, served[1], installation.dental, "owner")


@pytest.fixture
def owners_page(browser, served, owner):
    """A page of the owner's browser."""
    address, _app = served
    context = browser.new_context(viewport={"width": 1366, "height": 768}, locale="zh-CN", base_url=address)
    context.add_cookies([{"name": "huike", "value": owner.client.get_cookie("huike").value, "url": address}])
    opened = context.new_page()
    yield opened
    context.close()


def test_a_vertical_is_enabled_in_four_clicks_from_home(owners_page, installation):
    """Acceptance 5: settings, verticals, the switch, enable; then its menu is there without a restart."""
    page, clicks = owners_page, 0
    page.goto("/")
    with installation.unit() as session:
        chain_id = session.get(Franchise, installation.dental.franchise_id).chain_id
        services.set_allowed(session, installation.runtime.host, chain_id, "physio", True)
    for selector in (
        "nav.rail a[data-go=settings]",
        "nav.subnav a[href='/console/plugins']",
        "a.swl[href*='key=physio']",
        "#preview button.p",
    ):
        page.click(selector)
        clicks += 1
        page.wait_for_load_state("networkidle")
    assert clicks <= 4
    assert "已启用：康复" in page.inner_text("#toasts")
    assert "停用康复后会收起" in page.inner_text("#preview")


def test_the_palette_finds_and_opens_by_keyboard_alone(page, desk):
    person = desk.enrol()
    page.goto("/")
    page.keyboard.press("Control+k")
    page.wait_for_selector("#palette[open] [data-hit]")
    asked = []
    page.on("request", lambda one: asked.append(one.url) if "/search" in one.url else None)
    page.keyboard.type("lcm5051", delay=20)
    page.keyboard.press("Enter")  # before the answer is there: the first row of exactly this text is taken
    page.wait_for_url(f"**/members/{person}")
    assert 1 <= len(asked) <= 3, "typed fast, it asks once, not once a key"
    assert asked[-1].endswith("q=lcm5051")


def test_the_palette_walks_with_arrows_and_sells_to_who_was_found(page, desk):
    desk.enrol()
    page.goto("/")
    page.keyboard.press("Control+k")
    page.keyboard.type("lcm")
    page.wait_for_selector("#palette [data-q=lcm] [data-hit]")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    assert "开单" in page.evaluate("document.activeElement.innerText")
    page.keyboard.press("Enter")
    page.wait_for_url("**/till")
    assert "刘超明" in page.inner_text("#till")


def test_the_bell_fetches_its_notices_when_it_opens_and_leads_there(browser, served, installation, desk):
    member = desk.enrol()
    with acting(desk.actor), installation.unit() as session:
        row = approvals.ask(session, adjustments.KIND, {"person_id": str(member), "delta": 40}, "补录")
        request_id = row.id
    address, app = served
    manager = Desk(installation, app, installation.dental, "manager")
    context = browser.new_context(viewport={"width": 390, "height": 844}, locale="zh-CN", base_url=address)
    context.add_cookies([{"name": "huike", "value": manager.client.get_cookie("huike").value, "url": address}])
    page = context.new_page()
    page.goto("/")
    page.click(".bell > summary")
    page.click(".bell .ntb")
    page.wait_for_url(f"**/approvals/{request_id}")
    assert page.locator(".bell .dot").inner_text() == "1"  # read, yet it still waits for a decision
    context.close()


@pytest.mark.parametrize(("theme", "width", "height"), [("light", 1366, 768), ("dark", 390, 844)])
def test_every_page_and_open_state_is_clean(browser, served, installation, owner, theme, width, height):
    axe = pytest.importorskip("axe_playwright_python.sync_playwright").Axe()
    address, app = served
    admin = Desk(installation, app, installation.dental, "platform_admin")
    found = []
    pages = {
        owner: ["/notices", "/search?q=li", "/console/audit", "/console/plugins", "/console/plugins/dental/settings"],
        admin: ["/", "/console/chain", "/console/chain/plugins", "/console/chain/templates",
                "/console/chain/franchises/new", f"/console/chain/franchises/{installation.pharmacy.franchise_id}"],
    }  # fmt: skip
    for desk, paths in pages.items():
        context = browser.new_context(viewport={"width": width, "height": height}, base_url=address, locale="zh-CN")
        context.add_cookies(
            [
                {"name": "huike", "value": desk.client.get_cookie("huike").value, "url": address},
                {"name": "huike-ui", "value": f"{theme}|compact|zh_CN", "url": address},
            ]
        )
        page = context.new_page()
        for path in paths:
            asked = set()
            page.on("request", lambda one, asked=asked: asked.add(one.url))
            page.goto(path)
            page.wait_for_load_state("networkidle")
            found += [(path, rule["id"]) for rule in axe.run(page).response["violations"]]
            if page.evaluate("() => document.documentElement.scrollWidth > innerWidth"):
                found.append((path, "scrolls sideways"))
            if len(asked) > 6:
                found.append((path, sorted(asked)))
        page.goto("/console/plugins")
        for opener in (".bell > summary", ".hlp > summary"):
            page.click(opener)
            page.wait_for_load_state("networkidle")
            found += [(opener, rule["id"]) for rule in axe.run(page).response["violations"]]
            page.keyboard.press("Escape")
        page.keyboard.press("?")
        found += [("?", rule["id"]) for rule in axe.run(page).response["violations"]]
        page.keyboard.press("Escape")
        page.keyboard.press("Control+k")
        page.wait_for_selector("#palette[open] [data-hit]")
        found += [("palette", rule["id"]) for rule in axe.run(page).response["violations"]]
        context.close()
    assert found == []


def test_on_a_phone_the_menu_of_a_group_shows_where_one_is(owners_page):
    owners_page.set_viewport_size({"width": 390, "height": 844})
    for path in ("/settings", "/console/audit", "/programme/"):
        owners_page.goto(path)
        here = owners_page.locator("nav.subnav .on").bounding_box()
        assert here["x"] >= 0, path
        assert here["x"] + here["width"] <= 390, path
