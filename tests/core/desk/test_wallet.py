"""Stored value at the desk: topped up and paid with at the till, refunded by formula, lost, limits, settlement (B54)."""

from __future__ import annotations

import re

import pytest

from core.kernel.tenancy import acting
from core.org.models import Store
from core.wallet import services
from tests.core.desk.desk_kit import PIN, alert, field, plain
from tests.core.wallet import kit
from tests.installation import at


@pytest.fixture
def shop(desk):
    with acting(desk.actor):
        kit.add_items(desk.installation)
    yield desk
    with acting(desk.actor):
        assert kit.problems(desk.installation) == []


def balance(shop, person):
    with acting(shop.actor):
        return kit.balance(shop.installation, person)


def test_b54_at_the_till_with_a_pin_refund_preview_and_closing(shop, sit):
    person = shop.enrol()
    top = shop.ring_up(person, "TOP1200", kind="wechat")
    done = plain(shop.get(f"/till?done={top.id}").text)
    assert "储值余额 1,200.00" in done
    assert "本金 1,000.00 · 赠金 200.00" in plain(shop.get(f"/members/{person}").text)
    refused = shop.post(f"/members/{person}/stored-value/pin", {"pin": "739146", "again": "739147"})
    assert (refused.status_code, "两次输入的密码不一样" in plain(refused.text)) == (422, True)
    assert shop.post(f"/members/{person}/stored-value/pin", {"pin": "739146", "again": "739146"}).status_code == 303
    shop.take(person)
    shop.add("CARE600")
    assert "可用储值付" in plain(shop.till())
    shop.post("/till/value", {"use": "1"})
    page = shop.till()
    assert "本金 500.00 · 赠金 100.00" in plain(page)
    assert "请会员输入 6 位储值密码" in plain(page)
    bare = shop.pay()
    assert (bare.status_code, "须会员确认" in alert(bare.text)) == (422, True)
    wrong = shop.pay(confirm_method="pin", member_pin="111222")
    assert (wrong.status_code, "储值密码不对" in alert(wrong.text)) == (403, True)
    paid = shop.pay(confirm_method="pin", member_pin="739146")
    assert paid.status_code == 303, alert(paid.text)
    order = shop.order_of(paid)
    assert order.earned_points == 500
    assert balance(shop, person) == (50_000, 10_000)
    receipt = plain(shop.get(f"/orders/{order.order_no}/receipt").text)
    assert "储值本金余额 500.00 储值赠金余额 100.00" in receipt
    path = f"/orders/{top.order_no}/refund"
    offered = plain(shop.get(path).text)
    for text in ("七日内无理由 ¥400.00", "门店的原因 ¥500.00", "顾客自己的原因 ¥400.00", "法释〔2025〕4 号"):
        assert text in offered
    asked = {"qty_1": "1", "formula_1": "operator", "payout": "bank", "payout_reference": "尾号 6688"}
    shown = shop.post(f"{path}/preview", asked).text
    assert "赠金 100.00 元收回" in plain(shown)
    assert field(shown, "payout") == "bank"
    values = {**asked, **{name: field(shown, name) for name in ("preview_id", "once")}}
    manager = {"number": shop.house.numbers["manager"], "pin": PIN}
    gone = shop.post(path, {**values, "qty_1": "1", "reason": "门店装修", **manager})
    assert gone.status_code == 303, alert(gone.text)
    assert balance(shop, person) == (0, 0)
    page = plain(shop.get(f"/members/{person}/stored-value").text)
    assert "按“门店的原因”退 500.00" in page
    assert shop.post(f"/members/{person}/stored-value/act", {"action": "close", "reason": "不来了"}).status_code == 303
    assert "已销户" in plain(shop.get(f"/members/{person}/stored-value").text)
    statement = plain(shop.get(f"/members/{person}/stored-value/statement").text)
    assert "储值合同" in statement
    assert "七日内可无理由" in statement


def test_five_wrong_pins_at_the_till_lock_it(shop):
    person = shop.enrol()
    shop.ring_up(person, "TOP1200")
    shop.post(f"/members/{person}/stored-value/pin", {"pin": "739146", "again": "739146"})
    shop.take(person)
    shop.add("CARE600")
    shop.post("/till/value", {"use": "1"})
    for _n in range(5):
        assert shop.pay(confirm_method="pin", member_pin="111222").status_code == 403
    locked = shop.pay(confirm_method="pin", member_pin="739146")
    assert (locked.status_code, "已锁定" in alert(locked.text)) == (429, True)
    assert shop.pay(confirm_method="staff_attested", attested="刘超明 11-22").status_code == 303


def test_a_part_is_paid_with_stored_value_and_the_rest_in_money(shop):
    person = shop.enrol()
    shop.ring_up(person, "TOP1200")
    shop.take(person)
    shop.add("CARE600")
    shop.post("/till/value", {"use": "1", "value": "120"})
    page = shop.till()
    assert "本金 100.00 · 赠金 20.00" in plain(page)
    assert 'data-due="48000"' in page
    assert "confirm_method" not in page
    order = shop.order_of(shop.pay(kind="wechat"))
    assert order.earned_points == 580
    assert balance(shop, person) == (90_000, 18_000)
    page = plain(shop.get(f"/orders/{order.order_no}").text)
    assert "储值赠金" in page


def test_a_top_up_is_not_paid_with_stored_value_and_needs_a_member(shop):
    shop.add("TOP500")
    assert "是充值，请先查找或新建会员" in plain(shop.till())
    person = shop.enrol()
    shop.take(person)
    shop.pay(kind="wechat")
    shop.take(person)
    shop.add("TOP500")
    assert "可用储值付" not in plain(shop.till())
    refused = shop.pay(kind="insurance_personal")
    assert (refused.status_code, "充值只收真金白银" in alert(refused.text)) == (422, True)


def test_lost_refuses_at_the_till_and_goes_on_when_found(shop):
    person = shop.enrol()
    shop.ring_up(person, "TOP1200")
    act = f"/members/{person}/stored-value/act"
    assert shop.post(act, {"action": "report_lost", "reason": "手机丢了"}).status_code == 303
    shop.take(person)
    shop.add("CENT")
    page = plain(shop.till())
    assert "已挂失，不能使用" in page
    assert "可用储值付" not in page
    short = shop.post(act, {"action": "reopen", "reason": " "})
    assert (short.status_code, "请写明原因" in alert(short.text)) == (422, True)
    assert shop.post(act, {"action": "reopen", "reason": "核对了证件"}).status_code == 303
    assert "可用储值付" in plain(shop.till())


def test_a_large_top_up_refund_is_asked_for_and_done_by_the_approval(shop, sit):
    person = shop.enrol()
    with acting(shop.actor), shop.installation.unit() as unit:
        from core.kernel import settings
        from core.orders.settings import REFUND_PROOF_ABOVE

        settings.change(unit, REFUND_PROOF_ABOVE, 20_000)
    top = shop.ring_up(person, "TOP1200")
    path = f"/orders/{top.order_no}/refund"
    asked = {"qty_1": "1", "formula_1": "consumer", "payout": "bank", "payout_reference": "尾号 6688"}
    shown = shop.post(f"{path}/preview", asked).text
    values = {**asked, **{name: field(shown, name) for name in ("preview_id", "once")}}
    sent = shop.post(f"{path}/ask", {**values, "qty_1": "1", "reason": "顾客改约"})
    assert sent.status_code == 303, alert(sent.text)
    manager = sit("manager")
    request = re.search(r"/approvals/(\d+)", manager.get("/approvals").text).group(1)
    page = manager.get(f"/approvals/{request}").text
    seen = {name: field(page, name) for name in re.findall(r'name="(seen|payload_sha256)"', page)}
    done = manager.post(f"/approvals/{request}/approve", {**seen, "pin": PIN})
    assert done.status_code == 303, alert(done.text)
    assert balance(shop, person) == (0, 0)
    assert "按“顾客自己的原因”退 1,000.00" in plain(shop.get(f"/members/{person}/stored-value").text)


def test_limits_are_shown_with_their_source_and_changed(shop, sit):
    keeper = sit("rule_keeper")
    page = plain(keeper.get("/records/stored-value-limits").text)
    for text in ("记名卡本金余额上限", "单用途商业预付卡管理办法", "2012"):
        assert text in page
    path = "/records/stored-value-limits"
    assert keeper.post(path, {"key": "named_max_fen", "value": "3000", "reason": ""}).status_code == 303
    assert "比法定更严" in plain(keeper.get(path).text)
    refused = keeper.post(path, {"key": "named_max_fen", "value": "9000", "reason": "老板同意了"})
    assert (refused.status_code, "须由加盟主" in alert(refused.text)) == (403, True)
    assert keeper.post(path, {"key": "cooling_days", "value": "abc"}).status_code == 422
    owner = sit("owner")
    assert owner.post(path, {"key": "named_max_fen", "value": "9000", "reason": "医疗机构不适用"}).status_code == 303
    assert "比法定更宽" in plain(owner.get(path).text)
    assert owner.post(path, {"key": "named_max_fen", "act": "reset"}).status_code == 303
    assert shop.get(path).status_code == 403


def test_value_of_one_legal_entity_used_in_another_is_settled_by_month(shop, sit):
    person = shop.enrol()
    house = shop.house
    with acting(shop.actor), shop.installation.unit() as unit:
        unit.get(Store, house.store_id).legal_entity = "甲公司"
        unit.get(Store, house.other_store_id).legal_entity = "乙公司"
    with at("2026-11-03 10:00"), acting(shop.actor):
        kit.top_up(shop.installation, person)
    there = shop.installation.actor(house, "owner")
    from dataclasses import replace

    with at("2026-11-04 10:00"), acting(replace(there, store_id=house.other_store_id)):
        kit.pay(shop.installation, person, "CARE600")
        order = kit.pay(shop.installation, person, "CARE600", stored=12_000)
        shop.installation.refund(order.order_no, {1: 1})
    owner = sit("owner")
    page = plain(owner.get("/settlement?month=2026-11").text)
    assert "乙公司 · 甲公司" in page or "甲公司 · 乙公司" in page
    assert "甲公司 欠 乙公司 500.00" in page
    assert "甲公司 付给 乙公司 ¥500.00" in page
    listed = plain(owner.get("/records/settlements/").text)
    assert "甲公司" in listed
    assert shop.get("/settlement").status_code == 403
    with acting(shop.actor), shop.installation.unit("read") as unit:
        account = services.of_person(unit, person)
        assert account.legal_entity == "甲公司"


def test_a_document_is_kept_sealed_and_never_shown(shop):
    person = shop.enrol()
    path = f"/members/{person}/stored-value/identity"
    wrong = shop.post(path, {"identity_kind": "id_card", "identity": "110101199003070000"})
    assert (wrong.status_code, "身份证号不对" in alert(wrong.text)) == (422, True)
    assert shop.post(path, {"identity_kind": "id_card", "identity": "11010519491231002X"}).status_code == 303
    page = shop.get(f"/members/{person}/stored-value").text
    assert "已登记身份证" in plain(page)
    assert "19491231" not in page


def test_a_foreign_members_account_is_absent(shop, sit, installation):
    person = shop.enrol()
    other = sit("owner", installation.pharmacy)
    for path in ("stored-value", "stored-value/statement"):
        assert other.get(f"/members/{person}/{path}").status_code == 404
    assert other.post(f"/members/{person}/stored-value/act", {"action": "close", "reason": "不来了"}).status_code == 404


def test_value_brought_along_goes_back_from_the_members_page(shop):
    person = shop.enrol()
    with acting(shop.actor):
        top_up = kit.bring(shop.installation, person, 8_000, 1_000)
    path = f"/members/{person}/stored-value/{top_up}/refund"
    assert path in shop.get(f"/members/{person}/stored-value").text
    offered = plain(shop.get(path).text)
    assert "门店的原因 ¥80.00" in offered
    chosen = {"formula_0": "operator", "payout": "bank"}
    shown = shop.post(f"{path}/preview", chosen)
    assert "账户减少：本金 · 赠金 80.00 · 10.00" in plain(shown.text)
    sent = {**chosen, "preview_id": field(shown.text, "preview_id"), "once": field(shown.text, "once")}
    bare = shop.post(path, {**sent, "reason": "疗效不满意"})
    assert (bare.status_code, "同名账户的参考号" in alert(bare.text)) == (422, True)
    assert balance(shop, person) == (8_000, 1_000)
    done = shop.post(path, {**sent, "reason": "疗效不满意", "payout_reference": "尾号 8841"})
    assert (done.status_code, balance(shop, person)) == (303, (0, 0))
    assert shop.post(path, {**sent, "reason": "疗效不满意", "payout_reference": "尾号 8841"}).status_code == 303
    assert "没有可退的了" in plain(shop.get(path).text), "once, however often it is sent"
