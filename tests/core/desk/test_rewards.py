"""The rewards desk as a browser without scripts uses it: choose, see the lots, redeem, reserve, take back, extend."""

from __future__ import annotations

import html
import re
from datetime import date

import pytest

from core.catalog import services as catalog
from core.kernel.tenancy import acting
from core.programme.document import Reward
from core.rewards import jobs
from tests.core.desk.desk_kit import alert, field, plain
from tests.core.rewards import kit
from tests.installation import at


@pytest.fixture
def shop(installation, desk):
    with at("2026-03-10 12:00"):
        with acting(desk.actor):
            kit.open_shop(installation, Reward("R-MIX", "足浴包换购", "goods", 100, cash_fen=2_000, item="FOOT-PACK"))
        yield desk


@pytest.fixture
def member(shop):
    person = shop.enrol("王芳", "13800001234")
    with acting(shop.actor):
        kit.give(shop.installation, person, 150, date(2026, 6, 1))
        kit.give(shop.installation, person, 1_050, date(2026, 9, 1))
    return person


def seen(shop, person):
    with acting(shop.actor):
        return kit.points(shop.installation, person)[0]


def take(shop, person, code, **more):
    page = shop.get(f"/rewards/{person}?reward={code}").text
    form = {"once": field(page, "once"), "reward": code, "qty": field(page, "qty"), **more}
    return shop.post(f"/rewards/{person}", form)


def undo_of(shop, page):
    return html.unescape(re.search(r'action="(/rewards/redemptions/\d+/cancel)"', page).group(1))


def test_the_page_says_what_can_be_had_and_what_is_missing(shop, member):
    text = plain(shop.get(f"/rewards/{member}").text)
    assert "可用积分 1,200" in text
    assert "本店 2 件" in text
    assert re.search(r"另付 ¥?20.00", text)
    assert "150 分 2026-06-01 到期" in text.replace("2026年6月1日", "2026-06-01")
    empty = shop.enrol("李娜", "13800002222")
    assert "还差 300 分" in plain(shop.get(f"/rewards/{empty}").text)
    assert "还没有选会员" in plain(shop.get("/rewards").text)


def test_what_is_shown_before_is_what_is_taken(shop, member):
    text = plain(shop.get(f"/rewards/{member}?reward=R-HEAD").text)
    assert "−150，剩 0" in text
    assert "−150，剩 900" in text
    assert "兑换后可用 900" in text
    answer = take(shop, member, "R-HEAD")
    assert answer.status_code == 303
    assert seen(shop, member) == 900
    page = shop.get(answer.location).text
    assert "已兑换“头部按摩一次”，用 300 分，还剩 900 分。" in plain(page)
    assert shop.post(undo_of(shop, page)).status_code == 303
    assert seen(shop, member) == 1_200


def test_the_same_page_redeems_once(shop, member):
    page = shop.get(f"/rewards/{member}?reward=R-C10").text
    form = {"once": field(page, "once"), "reward": "R-C10", "qty": "1"}
    assert shop.post(f"/rewards/{member}", form).status_code == 303
    assert shop.post(f"/rewards/{member}", form).status_code == 303
    assert seen(shop, member) == 1_100


def test_reserve_then_confirm_then_hand_over(shop, member):
    page = shop.get(take(shop, member, "R-FOOT", act="hold").location).text
    assert "另有 200 分预留中" in plain(page)
    [row] = rows(shop)
    assert shop.post(f"/rewards/redemptions/{row.id}/step", {"handed": "0"}).status_code == 303
    assert "待交付" in plain(shop.get(f"/rewards/redemptions/{row.id}").text)
    assert shop.post(f"/rewards/redemptions/{row.id}/step", {"act": "fulfil"}).status_code == 303
    again = shop.post(f"/rewards/redemptions/{row.id}/step", {"act": "fulfil"})
    assert (again.status_code, "没有等着交付的礼品" in plain(again.text)) == (409, True)


def rows(shop):
    with acting(shop.actor):
        return kit.redemptions(shop.installation)


def test_out_of_stock_and_foreign_rows(shop, member, sit, installation):
    with acting(shop.actor), installation.unit() as unit:
        catalog.set_stock(unit, catalog.by_code(unit, "FOOT-PACK"), {shop.house.store_id: 0})
    assert "本店没有库存" in plain(shop.get(f"/rewards/{member}").text)
    answer = shop.post(f"/rewards/{member}", {"once": "x", "reward": "R-FOOT", "qty": "1"})
    assert answer.status_code == 409
    assert "没有库存" in alert(answer.text)
    away = sit("front_desk", installation.pharmacy)
    assert away.get(f"/rewards/{member}").status_code == 404
    take(shop, member, "R-C10")
    assert away.get(f"/rewards/redemptions/{rows(shop)[0].id}").status_code == 404
    assert sit("rule_keeper").get("/rewards").status_code == 403


def test_points_and_cash_at_the_desk(shop, member):
    page = shop.get(f"/rewards/{member}?reward=R-MIX").text
    answer = take(shop, member, "R-MIX", kind="cash", amount=field(page, "amount"))
    assert answer.status_code == 303
    [order] = shop.orders()
    assert order.total_fen == 2_000
    assert "在订单上退款" in plain(shop.get(f"/rewards/redemptions/{rows(shop)[0].id}").text)


def test_another_day_is_asked_for_and_done_by_a_second_person(shop, member, sit):
    take(shop, member, "R-C10")
    [row] = rows(shop)
    with at("2026-03-11 10:00"):
        path = f"/rewards/redemptions/{row.id}/cancel"
        refused = shop.post(path, {"reason": "点错了"})
        assert (refused.status_code, "须店长批准" in plain(refused.text)) == (403, True)
        asked = shop.post(path, {"reason": "点错了", "act": "ask"})
        assert asked.status_code == 303
        manager = sit("manager")
        page = manager.get(asked.location).text
        assert "退回积分" in plain(page)


def test_a_members_lots_are_extended_once_by_a_manager(shop, member, sit):
    manager = sit("manager")
    page = manager.get(f"/members/{member}/lots").text
    path = re.search(rf'action="(/members/{member}/lots/\d+/extend)"', page).group(1)
    assert shop.post(path, {"reason": "来不及"}).status_code == 403
    assert manager.post(path, {"reason": "会员来不及用"}).status_code == 303
    with acting(shop.actor):
        assert kit.lots(shop.installation, member)[0] == (date(2026, 7, 1), 150)
        assert kit.problems(shop.installation) == []
    again = manager.post(path, {"reason": "再延"})
    assert (again.status_code, "不能再延" in plain(again.text)) == (409, True)
    assert "延期过 1 次" in plain(manager.get(f"/members/{member}/lots").text)


def test_the_member_page_and_the_till_lead_to_the_desk(shop, member):
    take(shop, member, "R-FOOT")
    page = shop.get(f"/members/{member}").text
    assert f'href="/rewards/{member}"' in page
    assert "兑换 · 足浴包" in plain(page)
    shop.take(member)
    assert f'href="/rewards/{member}"' in shop.till()
    found = shop.get("/find?q=王芳", headers={"HX-Request": "true", "HX-Current-URL": "http://localhost/rewards"})
    assert f'href="/rewards/{member}"' in found.text


def test_what_looks_odd_is_listed_and_looked_at(shop, member, sit):
    owner = sit("owner")
    sold = shop.ring_up(member, "HEAD")
    take(shop, member, "R-C10")
    with acting(shop.actor):
        shop.installation.refund(sold.order_no, {1: 1})
    page = owner.get("/points/anomalies").text
    assert "兑换“10 元券”后退款，扣回 98 分" in plain(page)
    key = field(page, "key")
    assert owner.post("/points/anomalies", {"key": key, "note": "", "days": "30"}).status_code == 422
    assert owner.post("/points/anomalies", {"key": key, "note": "顾客换项目", "days": "30"}).status_code == 303
    assert "核对：顾客换项目" in plain(owner.get("/points/anomalies").text)
    auditor = sit("auditor")
    assert auditor.get("/points/anomalies").status_code == 200
    assert auditor.post("/points/anomalies", {"key": key, "note": "看过"}).status_code == 403
    assert shop.get("/points/anomalies").status_code == 403


def test_notices_show_at_the_member(shop, member):
    with at("2026-05-02 10:00"):
        with acting(shop.actor):
            told = jobs.expiry_notices(shop.installation.runtime, shop.actor)
        assert told == {"done": 0, "skipped": 1, "failed": 0}
        text = plain(shop.get(f"/members/{member}/lots").text)
        assert "没有可用的提醒模板" in text
        assert "没有提醒：缺模板" in text
