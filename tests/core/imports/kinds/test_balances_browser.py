"""Opening balances through the wizard in a real browser: control totals typed, a difference, the run, the undo."""

from __future__ import annotations

import os
import re

import pytest

from tests.core.imports import lists
from tests.core.imports.kinds.openings import BALANCES, Opener, balance, phone
from tests.core.imports.test_browser import dry_run, look, page  # noqa: F401
from tests.e2e.conftest import served  # noqa: F401

pytestmark = pytest.mark.browser


def test_balances_through_the_wizard_in_both_themes_and_widths(page, installation):  # noqa: F811
    shots = os.environ.get("IMPORT_SHOTS")
    office = Opener(installation, installation.pharmacy)
    rows = [
        balance(phone(0), "1,200", "2036-03-31", "3,500.00", "350"),
        balance(office.numbers[1], "860", "2036-03-31", "5,200.00", "", ""),
        balance(phone(2), "75"),
        balance("13700000000", "40", "2036-03-31"),
    ]
    page.goto("/imports/new?kind=balances")
    look(page, "balances-1-kinds", shots)
    page.set_input_files(
        "#file", {"name": "期初余额.csv", "mimeType": "text/csv", "buffer": lists.as_csv(rows, "gb18030", BALANCES)}
    )
    page.get_by_role("button", name="上传并对应列").click()
    page.wait_for_selector("h1:has-text('对应列')")
    page.fill("[id='control.points']", "2175")
    page.fill("[id='control.principal']", "八千七")
    page.get_by_role("button", name="试运行，不写入").click()
    page.wait_for_selector("text=请写数字")
    assert page.input_value("[id='control.points']") == "2175"
    page.fill("[id='control.principal']", "8,700.00")
    dry_run(page)
    assert page.get_by_text("控制总数不符，不能执行").count() == 1
    assert page.get_by_role("button", name=re.compile("^入账")).count() == 0
    look(page, "balances-2-differs", shots)
    page.get_by_role("button", name="返回对应列").click()
    page.wait_for_selector("h1:has-text('对应列')")
    page.fill("[id='control.points']", "2135")
    look(page, "balances-3-mapping", shots)
    page.fill("[id='control.points']", "2135")
    page.fill("[id='control.principal']", "8700")
    dry_run(page)
    look(page, "balances-4-checked", shots)
    assert page.get_by_text("需要留意的行").count() == 1
    page.get_by_role("button", name="入账 3 行余额").click()
    page.wait_for_selector("h1:has-text('导入结果')")
    look(page, "balances-5-result", shots)
    assert office.sums() == {"points": 2135, "principal": 870_000, "bonus": 35_000}
    page.get_by_role("link", name=re.compile("撤销本批")).click()
    look(page, "balances-6-undo", shots)
    page.get_by_role("button", name="收回本批 3 行").click()
    page.wait_for_selector("text=收回了 3 行余额")
    look(page, "balances-7-undone", shots)
    assert office.sums() == {}
