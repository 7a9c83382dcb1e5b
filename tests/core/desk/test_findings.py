"""Findings at the till: acknowledged, released by PIN and reason, or never; and a plugin that fails."""

from __future__ import annotations

import re
import types

import pytest

from core.hooktypes import Alert, Check
from core.kernel.plugins import hookimpl
from core.kernel.tenancy import acting
from tests.core.desk.desk_kit import PIN, alert, plain


@pytest.fixture
def finding(installation):
    """Return a function that makes every basket with a paste give a finding of a severity."""

    def make(severity, override="care.override.major"):
        module = types.ModuleType("checks")

        @hookimpl
        def checkout_checks(ctx, basket):
            return [
                Check("test.paste", severity, "对薄荷过敏", line.line, override)
                for line in basket.lines
                if line.code == "PASTE"
            ]

        module.checkout_checks = checkout_checks
        installation.runtime.host.register_core("checks", module)

    return make


def button(page: str) -> str:
    return page[page.index("data-paybtn") :][:200]


def path_of(page: str, verb: str) -> str:
    return re.search(rf'action="(/till/findings/\w+/{verb})"', page).group(1)


def test_a_moderate_finding_wants_an_acknowledgement(desk, finding):
    finding("moderate")
    desk.add("PASTE")
    page = desk.till()
    assert "第 1 行有提示未处理，先处理才能收款" in plain(page)
    assert "disabled" in button(page)
    assert desk.pay().status_code == 422
    desk.post(path_of(page, "ack"))
    page = desk.till()
    assert "disabled" not in button(page)
    order = desk.order_of(desk.pay(desk.pay_form(page)))
    assert "对薄荷过敏" in plain(desk.get(f"/orders/{order.order_no}").text)


def test_a_major_finding_is_released_by_name_pin_and_reason_once(desk, finding, installation, sit):
    finding("major")
    desk.add("PASTE")
    page = desk.till()
    path = path_of(page, "override")
    numbers = installation.dental.numbers
    wrong = desk.post(path, {"number": numbers["manager"], "pin": "000001", "reason": "已人工核对无误"})
    assert "工号或 PIN 不对" in alert(wrong.text)
    assert wrong.status_code == 401
    short = desk.post(path, {"number": numbers["manager"], "pin": PIN, "reason_text": "行"})
    assert "至少 4 个字" in plain(short.text)
    desk_itself = desk.post(path, {"number": numbers["front_desk"], "pin": PIN, "reason": "已人工核对无误"})
    assert desk_itself.status_code == 403
    assert "没有放行这条提示的权限" in plain(desk_itself.text)
    assert "disabled" in button(desk.till())
    assert desk.post(path, {"number": numbers["manager"], "pin": PIN, "reason": "已人工核对无误"}).status_code == 303
    page = desk.till()
    assert "manager员 已放行：已人工核对无误" in plain(page)
    order = desk.order_of(desk.pay(desk.pay_form(page)))
    shown = plain(desk.get(f"/orders/{order.order_no}").text)
    assert "manager员 放行 · 已人工核对无误" in shown
    assert "放行过安全提示 1 单" in plain(sit("manager").get("/").text)


def test_a_release_dies_with_any_change_of_the_basket(desk, finding, installation):
    finding("major")
    desk.add("PASTE")
    path = path_of(desk.till(), "override")
    desk.post(path, {"number": installation.dental.numbers["manager"], "pin": PIN, "reason": "已人工核对无误"})
    assert "disabled" not in button(desk.till())
    desk.add("CLEAN")
    assert "disabled" in button(desk.till())


def test_five_wrong_pins_lock_the_pin(desk, finding, installation):
    finding("major")
    desk.add("PASTE")
    path = path_of(desk.till(), "override")
    form = {"number": installation.dental.numbers["manager"], "reason": "已人工核对无误"}
    for _n in range(5):
        desk.post(path, {**form, "pin": "000001"})
    locked = desk.post(path, {**form, "pin": PIN})
    assert locked.status_code == 429
    assert "disabled" in button(desk.till())


def test_a_contraindication_cannot_be_released(desk, finding):
    finding("contraindicated")
    desk.add("PASTE")
    page = desk.till()
    assert "此项不能放行" in plain(page)
    assert "override" not in page
    assert desk.pay().status_code == 422


def test_info_stops_nothing(desk, finding):
    finding("info")
    desk.add("PASTE")
    page = desk.till()
    assert "对薄荷过敏" in page
    assert desk.pay(desk.pay_form(page)).status_code == 303


def test_warnings_about_a_person_stand_at_till_and_member_page(desk, installation):
    module = types.ModuleType("alerts")

    @hookimpl
    def person_alerts(ctx, person):
        return [Alert("test.allergy", "major", "青霉素过敏")]

    module.person_alerts = person_alerts
    installation.runtime.host.register_core("alerts", module)
    person = desk.enrol()
    desk.take(person)
    assert "青霉素过敏" in plain(desk.till())
    assert "青霉素过敏" in plain(desk.get(f"/members/{person}").text)


def test_a_broken_plugin_panel_takes_nothing_with_it(desk, installation, monkeypatch):
    from plugins.dental import rules

    person = desk.enrol()
    monkeypatch.setattr(rules, "dental_history", lambda recent: 1 / 0)
    answer = desk.get(f"/members/{person}?tab=dental.person")
    assert answer.status_code == 200
    text = plain(answer.text)
    assert "这个面板暂时不可用" in text
    assert re.search(r"编号 \w{4}", text)
    assert "刘超明" in text
    with acting(desk.actor):
        assert desk.get(f"/members/{person}").status_code == 200
