"""Lists in a real browser: choose all, look at the preview, do it, watch it, undo it, fetch a file, by one person's hands."""

from __future__ import annotations

import pytest

from core.kernel import task_runner
from core.kernel.tenancy import acting
from tests.core.desk.desk_kit import Desk

pytestmark = pytest.mark.browser


def test_choose_all_tag_them_undo_and_export(browser, served, installation):
    address, app = served
    owner = Desk(installation, app, installation.dental, "owner")
    with acting(owner.actor):
        for n in range(60):
            installation.enrol(f"会员{n:02d}", f"138{n:08d}", gender="female")
    context = browser.new_context(viewport={"width": 1366, "height": 768}, locale="zh-CN", base_url=address)
    context.set_default_timeout(30_000)
    context.add_cookies([{"name": "huike", "value": owner.client.get_cookie("huike").value, "url": address}])
    page = context.new_page()
    page.goto("/members?f.gender=female")
    assert page.locator("#bulk").is_hidden()
    page.locator("tbody input[data-pick]").nth(1).check()
    assert page.locator("#bulk [data-count]").inner_text() == "1"
    page.locator("[data-all]").check(force=True)
    assert page.locator("#bulk [data-count]").inner_text() == "60"
    page.get_by_role("button", name="加标签").click()
    page.locator("input[name='f.tag']").fill("怕疼")
    page.get_by_role("button", name="加标签：60 人").click()
    page.wait_for_url("**/console/tasks")
    task_runner.settle()
    page.wait_for_selector("text=改了 60 行")
    page.get_by_role("button", name="撤销").click()
    task_runner.settle()
    page.wait_for_selector("text=已恢复 60 行")
    page.goto("/members?f.gender=female")
    page.get_by_text("存为视图").click()
    page.get_by_label("视图名称").fill("女会员")
    page.get_by_role("button", name="保存视图").click()
    page.wait_for_selector(".vt .on >> text=女会员")
    page.get_by_role("link", name="导出").click()
    page.get_by_role("button", name="导出 60 人").click()
    page.wait_for_url("**/console/tasks")
    with page.expect_download() as waiting:
        page.get_by_role("link", name="下载").first.click()
    with open(waiting.value.path(), encoding="utf-8-sig") as file:
        lines = file.read().splitlines()
    assert len(lines) == 62
    assert "138****0000" in "".join(lines)
    context.close()
