"""Acceptance 2 in a real browser: the wizard from the file to the result, light and dark, wide and narrow."""

from __future__ import annotations

import gzip
import os
import re
from pathlib import Path

import pytest

from core.imports import runner, services
from core.kernel.tenancy import acting
from tests.core.desk.desk_kit import secret_of
from tests.core.imports import lists
from tests.core.imports.kit import Office, row
from tests.e2e.conftest import served  # noqa: F401

pytestmark = pytest.mark.browser
KINDS = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@pytest.fixture
def page(browser, served, installation):  # noqa: F811
    """The pharmacy's owner at a browser; console errors, foreign requests and violations of axe fail the test."""
    address, _app = served
    context = browser.new_context(viewport={"width": 1366, "height": 768}, locale="zh-CN", base_url=address)
    context.set_default_timeout(20_000)
    secret = secret_of(installation, installation.pharmacy, "owner")
    context.add_cookies([{"name": "huike", "value": secret, "url": address}])
    opened = context.new_page()
    complaints: list[str] = []
    opened.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
    opened.on("pageerror", lambda problem: complaints.append(str(problem)))
    opened.on(
        "request", lambda asked: None if asked.url.startswith((address, "data:")) else complaints.append(asked.url)
    )
    yield opened
    context.close()
    runner.settle()
    assert [text for text in complaints if "status of 4" not in text] == []


def look(page, where: str, shots=None) -> None:
    """Check a page in both themes and at both widths: axe, no sideways scroll; keep pictures where asked."""
    from axe_playwright_python.sync_playwright import Axe

    address = page.url
    for width in (1366, 390):
        page.set_viewport_size({"width": width, "height": 768 if width > 400 else 844})
        for theme in ("light", "dark"):
            if not shots and (width > 400) != (theme == "light"):
                continue  # two of the four are enough, unless pictures are wanted
            page.context.add_cookies([{"name": "huike-ui", "value": f"{theme}|compact|zh_CN", "url": address}])
            page.goto(address)
            page.wait_for_load_state("networkidle") if "progress" not in where else page.wait_for_timeout(300)
            assert page.evaluate("document.documentElement.scrollWidth") <= width, (where, width)
            found = Axe().run(page).response["violations"]
            assert [(v["id"], [n["target"] for n in v["nodes"]][:3]) for v in found] == [], (where, width, theme)
            if shots:
                page.screenshot(path=f"{shots}/imports-{where}-{width}-{theme}.png", full_page=width == 390)
    page.set_viewport_size({"width": 1366, "height": 768})
    page.context.add_cookies([{"name": "huike-ui", "value": "light|compact|zh_CN", "url": address}])


def pick(page, name: str, data: bytes, kind: str = "text/csv") -> None:
    page.goto("/imports/")
    page.get_by_role("link", name=re.compile("导入(第)?一份名单")).first.click()
    page.set_input_files("#file", {"name": name, "mimeType": kind, "buffer": data})
    page.get_by_role("button", name="上传并对应列").click()
    page.wait_for_selector("text=试运行，不写入")


def dry_run(page) -> None:
    page.get_by_role("button", name="试运行，不写入").click()
    page.wait_for_selector("h1:has-text('试运行结果')", timeout=60_000)


def figures(page) -> dict[str, int]:
    """Return the figures of the page."""
    found = {}
    for box in page.query_selector_all("dl.kpis > div"):
        word, value = box.query_selector("dt").inner_text(), box.query_selector("dd").inner_text()
        found[word] = int(re.sub(r"[^\d]", "", value))
    return found


def test_ten_thousand_rows_through_the_wizard_csv_then_xlsx(page, installation):
    rows, want = lists.members(10_000)
    told = {"新增": want["created"], "更新": 0, "未变": 0, "重复": want["duplicate"], "错误": want["failed"]}
    pick(page, "老系统导出.csv", lists.as_csv(rows))
    assert "GB18030（自动识别）" in page.inner_text("main")
    dry_run(page)
    assert figures(page) == told
    with page.expect_download() as download:
        page.get_by_role("link", name="CSV", exact=True).click()
    errors = Path(download.value.path()).read_text(encoding="utf-8-sig")
    assert len(errors.splitlines()) == 1 + want["failed"] + want["duplicate"]
    page.get_by_role("button", name=re.compile("执行导入")).click()
    # Leave and return: the work goes on.
    page.goto("/imports/")
    page.get_by_role("link", name="老系统导出.csv").click()
    page.wait_for_selector("h1:has-text('导入结果')", timeout=120_000)
    assert figures(page) == told
    office = Office(installation, installation.pharmacy)
    assert office.members() == want["created"]
    pick(page, "同一份.xlsx", lists.as_xlsx(rows), KINDS)
    dry_run(page)
    assert figures(page) == told | {"新增": 0, "未变": want["created"]}
    page.get_by_role("button", name=re.compile("执行导入")).click()
    page.wait_for_selector("h1:has-text('导入结果')", timeout=120_000)
    assert office.members() == want["created"]


def test_a_bomb_and_a_formula_do_no_harm(page, installation):
    from tests.core.imports.test_readers import bomb_of

    page.goto("/imports/new")
    page.set_input_files("#file", {"name": "炸弹.xlsx", "mimeType": KINDS, "buffer": bomb_of(224)})
    page.get_by_role("button", name="上传并对应列").click()
    page.wait_for_selector("text=解压后过大")
    pick(page, "公式.csv", lists.as_csv([row(name="王小明", phone="13800000001", note="=HYPERLINK(1)")], "utf-8"))
    dry_run(page)
    page.get_by_role("button", name=re.compile("执行导入")).click()
    page.wait_for_selector("text=已全部导入")
    assert Office(installation, installation.pharmacy).find("王小明").name == "王小明"


def test_every_page_of_the_wizard_is_right_in_both_themes_and_widths(page, installation):
    shots = os.environ.get("IMPORT_SHOTS")
    office = Office(installation, installation.pharmacy)
    rows, _want = lists.members(1500)
    page.goto("/imports/")
    look(page, "0-empty", shots)
    page.goto("/imports/new")
    look(page, "1-upload", shots)
    pick(page, "老系统导出.csv", lists.as_csv(rows))
    assert len(gzip.compress(page.request.get(page.url).body())) < 30_000
    look(page, "2-mapping", shots)
    dry_run(page)
    look(page, "3-checked", shots)
    batch = int(re.search(r"/imports/(\d+)", page.url).group(1))
    office.start(batch)

    def pause(_position):
        with acting(office.actor), office.unit("write") as session:
            services.pause(session, services.get(session, batch))

    runner.run(office.db, office.actor, batch, pause)
    page.goto(f"/imports/{batch}")
    look(page, "4-paused", shots)
    with acting(office.actor), office.unit("write") as session:
        services.resume(session, services.get(session, batch))
    page.goto(f"/imports/{batch}")
    look(page, "5-progress", shots)
    runner.run(office.db, office.actor, batch)
    page.wait_for_selector("h1:has-text('导入结果')")
    look(page, "6-result", shots)
    page.goto(f"/imports/{batch}/undo")
    look(page, "7-undo", shots)
    page.get_by_role("button", name=re.compile("撤销本批")).click()
    page.wait_for_selector("text=已撤销", timeout=60_000)
    look(page, "8-undone", shots)
    page.goto("/imports/")
    look(page, "9-list", shots)
