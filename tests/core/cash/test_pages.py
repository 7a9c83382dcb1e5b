"""The pages of the drawer and the day, as a browser without scripts would use them (B51 through the screen)."""

from __future__ import annotations

import re

import pytest
from sqlalchemy import select

from core.cash.models import DayClose, Shift
from core.cash.settings import SHIFT_REQUIRED
from core.kernel import clock, settings
from core.kernel.tenancy import acting
from tests.core.cash.conftest import Drawer
from tests.core.desk.desk_kit import Desk, alert, field, plain, web_of
from tests.installation import PIN


@pytest.fixture
def web(installation):
    return web_of(installation)


@pytest.fixture
def desk(installation, web):
    return Desk(installation, web, installation.dental, "front_desk")


@pytest.fixture
def sit(installation, web):
    return lambda role, house=None: Desk(installation, web, house or installation.dental, role)


def shift_of(desk):
    with acting(desk.actor), desk.installation.unit("read") as s:
        row = s.scalar(select(Shift).order_by(Shift.id.desc()).limit(1))
        s.expunge_all()
        return row


def close(desk, counted, **more):
    row = shift_of(desk)
    return desk.post(f"/cash/shifts/{row.id}/close", {"counted": counted, "version": row.version, **more})


def test_b51_through_the_screen(desk, installation):
    drawer = Drawer(installation)
    assert "抽屉里的备用金" in desk.get("/cash").text
    assert desk.post("/cash/open", {"float": "500"}).status_code == 303
    drawer.sell(16_000)
    second = drawer.sell(3_900)
    drawer.refund(second)
    page = plain(desk.get("/cash").text)
    assert "660" not in page  # the count is blind
    asked = close(desk, "655")
    assert asked.status_code == 422
    assert "清点比账面少 5.00 元（应有 660.00 元）" in alert(asked.text)
    assert field(asked.text, "counted") == "655.00"
    done = close(desk, field(asked.text, "counted"), told="1", reason="找零有误", once=field(asked.text, "once"))
    assert done.status_code == 303
    result = plain(desk.get(done.location).text)
    for words in ("应有现金 660.00", "清点现金 655.00", "现金退款 −39.00", "原因 找零有误", "短少"):
        assert words in result
    assert shift_of(desk).counts == 1


def test_notes_and_coins_without_scripts(desk):
    desk.post("/cash/open", {"float": "500"})
    row = shift_of(desk)
    answer = desk.post(f"/cash/shifts/{row.id}/close", {"n_10000": "4", "n_5000": "2", "version": row.version})
    assert answer.status_code == 303
    assert shift_of(desk).difference_fen == 0


def test_a_sum_that_does_not_fit_the_pieces_is_told(desk):
    desk.post("/cash/open", {"float": "500"})
    answer = close(desk, "450", n_10000="5")
    assert answer.status_code == 422
    assert "张数合计 ¥500.00" in answer.text
    assert 'value="5"' in answer.text
    assert close(desk, "").status_code == 422
    assert close(desk, "4x").status_code == 422
    assert shift_of(desk).closed_at is None


def test_counting_again_is_seen(desk, sit):
    desk.post("/cash/open", {"float": "500"})
    close(desk, "490")
    close(desk, "495")
    assert close(desk, "500").status_code == 303
    row = shift_of(desk)
    assert (row.first_counted_fen, row.counted_fen, row.counts) == (49_000, 50_000, 3)
    assert "第一次清点 490.00" in plain(sit("manager").get(f"/cash/shifts/{row.id}").text)


def test_a_large_difference_is_confirmed_by_pin(desk, installation):
    desk.post("/cash/open", {"float": "500"})
    asked = close(desk, "300")
    assert "店长工号" in asked.text
    wrong = close(desk, "300", told="1", reason="原因不明", number=installation.dental.numbers["manager"], pin="000000")
    assert wrong.status_code in (401, 422)
    done = close(desk, "300", told="1", reason="原因不明", number=installation.dental.numbers["manager"], pin=PIN)
    assert done.status_code == 303
    assert shift_of(desk).approved_by == installation.dental.staff["manager"]


def test_a_large_difference_may_be_asked_for(desk, sit):
    desk.post("/cash/open", {"float": "500"})
    row = shift_of(desk)
    answer = desk.post(f"/cash/shifts/{row.id}/ask", {"counted": "300", "reason": "原因不明", "told": "1"})
    assert answer.status_code == 303
    assert "交班差额" in sit("manager").get("/approvals").text


def test_putting_in_and_taking_out(desk):
    desk.post("/cash/open", {"float": "500"})
    assert desk.post("/cash/move", {"code": "petty", "amount": "3", "reason": "买水"}).status_code == 303
    refused = desk.post("/cash/move", {"code": "petty", "amount": "3"})
    assert refused.status_code == 422
    assert "请写明用途" in refused.text
    page = plain(desk.get("/cash").text)
    assert "零星支出 · 买水 −3.00" in page


def test_a_stale_page_is_told(desk):
    desk.post("/cash/open", {"float": "500"})
    row = shift_of(desk)
    desk.post("/cash/move", {"code": "change", "amount": "10"})
    answer = desk.post(f"/cash/shifts/{row.id}/close", {"counted": "500", "version": row.version})
    assert answer.status_code == 409
    assert "请核对后重新清点" in answer.text


def test_the_state_stands_at_the_rail_and_the_till(desk, sit):
    assert "没有开班" in plain(desk.get("/").text)
    desk.post("/cash/open", {"float": "500"})
    assert re.search(r"\d\d:\d\d 开班", plain(desk.get("/").text))
    assert re.search(r"\d\d:\d\d 开班", plain(desk.till()))
    assert "/cash/days" in sit("auditor").get("/").text
    assert 'href="/cash"' not in sit("clinician").get("/").text


def test_cash_without_a_shift_leads_to_opening_one(desk, installation):
    with acting(installation.actor(installation.dental)), installation.unit() as s:
        settings.change(s, SHIFT_REQUIRED, True)
    desk.add("CHECK")
    refused = desk.pay(kind="cash")
    assert refused.status_code == 422
    assert "你还没有开班，不能收现金" in refused.text
    assert 'href="/cash"' in refused.text
    assert desk.pay(kind="wechat").status_code == 303


def today():
    return clock.today("Asia/Shanghai").isoformat()


def day_form(text):
    kinds = re.findall(r'name="tick_([a-z_]+)"', text)
    form = {"store": field(text, "store"), "seen": field(text, "seen")}
    return form | {f"counted_{kind}": "" for kind in kinds} | {f"tick_{kind}": "1" for kind in kinds}


def test_a_day_is_ticked_closed_and_printed(desk, sit, installation):
    drawer = Drawer(installation)
    desk.post("/cash/open", {"float": "500"})
    drawer.sell(16_000)
    drawer.sell(8_800, "bank")
    boss = sit("manager")
    page = boss.get(f"/cash/days/{today()}").text
    assert "front_desk员 的班还没交" in page
    close(desk, "660")
    page = boss.get(f"/cash/days/{today()}").text
    form = day_form(page)
    missing = boss.post(f"/cash/days/{today()}/close", {k: v for k, v in form.items() if k != "tick_bank"})
    assert missing.status_code == 422
    assert "“银行卡”还没核对打勾" in missing.text
    unexplained = boss.post(f"/cash/days/{today()}/close", {**form, "counted_bank": "80"})
    assert "“银行卡”与账面不符" in unexplained.text
    done = boss.post(f"/cash/days/{today()}/close", {**form, "counted_bank": "80", "reason_bank": "终端少一笔"})
    assert done.status_code == 303
    shown = plain(boss.get(done.location).text)
    assert "更正记在下一个营业日" in shown
    assert "终端少一笔" in shown
    sheet = plain(boss.get(f"/cash/days/{today()}/sheet").text)
    assert "248.00" in sheet
    assert "店长签字" in sheet
    assert "−8.00" in plain(boss.get(f"/cash/days/{today()}/sheet?w=80").text)
    assert today() in boss.get("/cash/days?f.gap=1").text
    assert sit("auditor").get(done.location).status_code == 200


def test_a_sheet_of_an_open_day_is_absent(sit):
    assert sit("manager").get(f"/cash/days/{today()}/sheet").status_code == 404
    assert sit("manager").get("/cash/days/2026-99-99").status_code == 404


def test_figures_that_moved_are_shown_again(sit, installation):
    drawer, boss = Drawer(installation), sit("manager")
    drawer.sell(1_000)
    form = day_form(boss.get(f"/cash/days/{today()}").text)
    drawer.sell(1_000)
    moved = boss.post(f"/cash/days/{today()}/close", form)
    assert moved.status_code == 409
    assert "20.00" in moved.text
    assert boss.post(f"/cash/days/{today()}/close", day_form(moved.text)).status_code == 303
    with acting(boss.actor), installation.unit("read") as s:
        assert s.scalar(select(DayClose.received_fen)) == 2_000


def test_who_sees_what(desk, sit, installation):
    desk.post("/cash/open", {"float": "500"})
    row = shift_of(desk)
    assert desk.get("/cash/days").status_code == 403
    assert desk.get("/cash/shifts").status_code == 403
    assert sit("clinician").get("/cash").status_code == 403
    assert sit("manager", installation.pharmacy).get(f"/cash/shifts/{row.id}").status_code == 404
    assert sit("auditor").get(f"/cash/shifts/{row.id}").status_code == 200
    assert sit("auditor").post(f"/cash/shifts/{row.id}/close", {"counted": "500"}).status_code == 403
    store = installation.pharmacy.store_id
    assert sit("manager").get(f"/cash/days/{today()}?store={store}").status_code == 404
    boss = sit("manager")
    assert close(boss, "500").status_code == 303


def test_orders_after_the_close_stand_under_the_next_day(sit, installation):
    drawer, boss = Drawer(installation), sit("manager")
    early = drawer.sell(1_000)
    drawer.close_day()
    late = drawer.sell(2_000)
    page = boss.get("/orders").text
    assert late in page
    assert early not in page
    assert early in boss.get(f"/orders?on={today()}").text
