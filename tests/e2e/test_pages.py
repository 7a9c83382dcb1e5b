"""Every page of the desk in both themes and sizes: axe, sideways scroll, requests, weight (acceptance 11)."""

from __future__ import annotations

import re

import pytest

from tests.core.desk.desk_kit import Desk

pytestmark = pytest.mark.browser

WEIGHT = """() => performance.getEntriesByType('resource').reduce((sum, e) => sum + e.transferSize, 0)
  + performance.getEntriesByType('navigation')[0].transferSize"""


@pytest.fixture
def pages(desk):
    """The addresses of the desk's pages over a family that visited."""
    person = desk.enrol()
    desk.ring_up(person, "CARD-FAMILY")
    order = desk.ring_up(person, "F-RESIN", "PASTE")
    pack = desk.ring_up(person, "PKG-CARE").order_no
    course = re.search(r"/members/courses/(\d+)", desk.get(f"/members/{person}").text).group(1)
    card = re.search(r"/cards/(\d+)/family", desk.get(f"/members/{person}").text).group(1)
    desk.take(person)
    desk.add("F-RESIN")
    no = order.order_no
    return [
        f"/members/{person}/courses/use", f"/members/courses/{course}", f"/orders/{pack}/refund", "/records/courses/",
        "/", "/till", "/find?q=lcm", "/members", "/members?f.card=yes", "/members/new", f"/members/{person}",
        f"/members/{person}?tab=orders", f"/members/{person}?tab=points", f"/members/{person}?tab=dental.person",
        f"/members/{person}/edit", f"/cards/{card}/family", "/orders", f"/orders/{no}", f"/orders/{no}/refund",
        f"/orders/{no}/receipt", "/segments/", "/segments/new", "/tags", "/tags/new", "/gradings",
        "/members?f.card=yes&sort=joined&c=name,phone,birth", "/lists/members/export?s=sort%3Drecent", "/console/tasks",
        f"/history/person/{person}", "/records/stores/", "/records/staff/",
    ]  # fmt: skip


def watch(page, path: str, asked: set[str], found: list) -> None:
    """Note what a page asks for and complains of."""
    page.on("request", lambda one: asked.add(one.url))
    page.on("console", lambda one: found.append((path, one.text)) if one.type == "error" else None)


@pytest.mark.parametrize(("theme", "width", "height"), [("light", 1366, 768), ("dark", 390, 844)])
def test_every_page_is_clean(browser, served, installation, pages, theme, width, height):
    axe = pytest.importorskip("axe_playwright_python.sync_playwright").Axe()
    address, app = served
    manager = Desk(installation, app, installation.dental, "manager")
    context = browser.new_context(viewport={"width": width, "height": height}, base_url=address, locale="zh-CN")
    context.add_cookies(
        [
            {"name": "huike", "value": manager.client.get_cookie("huike").value, "url": address},
            {"name": "huike-ui", "value": f"{theme}|compact|zh_CN", "url": address},
        ]
    )
    found = []
    for path in pages:
        page = context.new_page()
        asked: set[str] = set()
        watch(page, path, asked, found)
        page.goto(path)
        found += [(path, rule["id"]) for rule in axe.run(page).response["violations"]]
        if page.evaluate("() => document.documentElement.scrollWidth > innerWidth"):
            found.append((path, "scrolls sideways"))
        if len(asked) > 6:
            found.append((path, sorted(asked)))
        if page.evaluate(WEIGHT) > 75_000:
            found.append((path, "too heavy"))
        page.close()
    context.close()
    assert found == []
