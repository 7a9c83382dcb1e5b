"""The wizard with a list of staff in a real browser: the kinds, the mapping, the result, both themes and widths."""

from __future__ import annotations

import os
import re

import pytest

from core.imports import kinds
from tests.core.imports import lists
from tests.core.imports.kinds.kit import Bureau
from tests.core.imports.test_browser import dry_run, look, page  # noqa: F401
from tests.e2e.conftest import served  # noqa: F401

pytestmark = pytest.mark.browser
HEADINGS = ("工号", "姓名", "门店", "角色", "执照种类", "执照编号", "执照有效期", "入职日期")
ROWS = [
    ["201", "王芳", "一店", "前台", "", "", "", "2024-03-01"],
    ["202", "李思远", "02", "医生", "执业医师", "110410000012345", "2027-12-31", "2021-06-15"],
    ["203", "张晓琳", "一店", "药师", "执业药师", "20190512", "2026-12-20", "2020-01-02"],
    ["204", "赵建国", "02", "店长", "", "", "", "2019-09-09"],
    ["101", "manager员", "02", "店长", "", "", "", ""],
    ["205", "周鹏", "88", "前台", "", "", "", ""],
    ["206", "吴磊", "一店", "洗碗工", "", "", "", ""],
    ["201", "王芳芳", "一店", "前台", "", "", "", ""],
]


def test_a_list_of_staff_goes_through_the_wizard_in_both_themes_and_widths(page, installation):  # noqa: F811
    shots = os.environ.get("IMPORT_SHOTS")
    office = Bureau(installation, installation.pharmacy, "staff")
    page.goto("/imports/new?kind=staff")
    look(page, "staff-1-kinds", shots)
    # By keyboard: the kinds are one group of choices.
    page.focus("#kind-people")
    page.keyboard.press("ArrowDown")
    assert page.evaluate("document.querySelector('[name=kind]:checked').value") == "items"
    page.keyboard.press("ArrowDown")
    page.set_input_files(
        "#file", {"name": "员工名单.csv", "mimeType": "text/csv", "buffer": lists.as_csv(ROWS, "gb18030", HEADINGS)}
    )
    page.get_by_role("button", name="上传并对应列").click()
    page.wait_for_selector("h1:has-text('对应列')")
    look(page, "staff-2-mapping", shots)
    dry_run(page)
    look(page, "staff-3-checked", shots)
    page.get_by_role("button", name=re.compile("执行导入 5 位员工")).click()
    page.wait_for_selector("h1:has-text('导入结果')")
    look(page, "staff-4-result", shots)
    with page.expect_download() as fetched:
        page.get_by_role("button", name="下载一次性密码").click()
    with open(fetched.value.path(), encoding="utf-8-sig") as lines:
        assert len(lines.read().strip().splitlines()) == 5
    page.reload()
    assert page.get_by_role("button", name="下载一次性密码").count() == 0
    page.get_by_role("link", name=re.compile("撤销本批")).click()
    look(page, "staff-5-undo", shots)
    page.goto("/imports/")
    look(page, "staff-6-list", shots)
    assert [kind.key for kind in kinds.ALL.values()][:2] == ["people", "items"]
    assert office.kind.key == "staff"
