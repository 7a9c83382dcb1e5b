"""The odontogram in a real browser: seven keystrokes, three clicks, no page load, axe, phone (issue 5, line 3)."""

from __future__ import annotations

import pytest

from core.kernel.tenancy import acting
from plugins.dental import chart, exams, fold, perio, perio_board
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


def test_keys_and_chips_keep_the_forms_date_and_note(page, desk, member):
    for key in "36o":
        page.keyboard.press(key)
    page.wait_for_selector("#dental-tooth h2:text-is('36')")
    page.click("#dental-tooth .fold summary")
    page.fill("#noted", "2026-01-05")
    page.fill("#note", "冷诊敏感")
    page.click("[data-code=caries]")
    page.wait_for_selector("[data-fdi='36'][aria-label*='龋']")
    assert page.input_value("#noted") == "2026-01-05"
    assert page.input_value("#note") == ""
    page.locator("#dental-tooth h2").click()
    for key in "pf":
        page.keyboard.press(key)
    page.wait_for_selector("[data-fdi='36'][aria-label*='计划']")
    with acting(desk.actor), desk.installation.unit("read") as session:
        found = [(one.code, one.on.isoformat(), one.note) for one in chart.events_of(session, member)]
    assert found == [("caries", "2026-01-05", "冷诊敏感"), ("filling", "2026-01-05", "")]


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


def test_a_perio_examination_is_entered_by_keyboard_alone(page, desk, member):
    """Upper jaw, cheek side and back on the palate side of the right: flags, margin, ten and more, skipping, saving."""
    with acting(desk.actor), desk.installation.unit() as session:
        chart.note(session, member, [chart.Entry("18", "missing", cause="perio")])
    page.goto(f"/p/dental/members/{member}/perio")
    page.get_by_role("button", name="开始今天的检查").focus()
    page.keyboard.press("Enter")
    page.wait_for_selector("#pgrid .px.at")
    page.evaluate("window.kept = 1")
    assert page.inner_text("#perio-where").startswith("17 上颌颊侧 远中")
    for key in [*"5", " ", *"34", *"-26s", *"+2", *"3", "m", "2", "k"]:  # 17, then 16 up to its last site, 15 left out
        page.keyboard.press(key)
    typed = "t" + "3" * 13 + "4" * 8  # the rest one digit a tooth: 14 to 28 and back to 21
    page.keyboard.type(typed)
    page.keyboard.press("Enter")
    page.wait_for_selector("#perio:not([data-saving])")
    assert page.locator(".pt.bad").count() == 0
    assert page.evaluate("window.kept") == 1, "the page was loaded anew"
    with acting(desk.actor), desk.installation.unit("read") as session:
        [exam] = exams.exams_of(session, member)
    side = {fdi: perio_board.text_of(exam.teeth[fdi], fdi, "B") for fdi in ("17", "16", "14", "28")}
    assert side == {"17": "5b 3 4", "16": "6s/-2 12 3", "14": "3 3 3", "28": "3 3 3"}
    assert exam.teeth["16"].mobility == 2
    assert exam.teeth["15"].skipped
    assert perio_board.text_of(exam.teeth["28"], "28", "L") == "3 3 3"
    assert perio_board.text_of(exam.teeth["21"], "21", "L") == "4 4 4"
    sums = perio.figures(exam.teeth)
    assert page.inner_text("#perio-sum .big2 >> nth=0") == perio_board.percent(sums.bleeding_bp)
    axe = pytest.importorskip("axe_playwright_python.sync_playwright").Axe()
    found = []
    for size in ({"width": 1366, "height": 768}, {"width": 390, "height": 844}):
        page.set_viewport_size(size)
        for query in ("", "?as=form"):
            page.goto(f"/p/dental/members/{member}/perio{query}")
            found += [
                (query, rule["id"], rule["nodes"][0]["html"][:120]) for rule in axe.run(page).response["violations"]
            ]
            assert page.evaluate("document.documentElement.scrollWidth") <= size["width"], query
    assert found == []
