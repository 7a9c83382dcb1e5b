"""The palette: members, orders, items, pages, settings, acts; rights, other franchises, statements, look-ups."""

from __future__ import annotations

import re

import pytest
from sqlalchemy import event

from core.kernel.statements import Statements
from core.kernel.web.shortcuts import shortcut_groups
from tests.core.desk.desk_kit import HX, Desk, plain, web_of


@pytest.fixture
def app(installation):
    return web_of(installation)


@pytest.fixture
def desk(installation, app):
    return Desk(installation, app, installation.dental, "front_desk")


def found(desk, text):
    """Return {group: [titles]} as the dialog shows them."""
    body = desk.get("/search", query_string={"q": text}, headers=HX).text
    groups = {}
    for label, rows in re.findall(r'<section aria-label="([^"]+)">(.*?)</section>', body, re.S):
        titles = re.findall(r'data-hit>.*?<span class="grow">([^<]*)</span>', rows, re.S)
        groups[label] = titles
    return groups


def test_members_are_found_by_any_mix_and_their_phones_are_masked(desk):
    desk.enrol()
    for typed in ("刘超明", "lcm", "5051", "lcm5051", "刘5051"):
        assert found(desk, typed)["会员"] == ["刘超明", "为 刘超明 开单"], typed
    body = desk.get("/search?q=lcm", headers=HX).text
    assert "138****5051" in body
    assert "13800005051" not in body
    assert found(desk, "@lcm").keys() == {"会员"}


def test_an_order_is_found_by_its_number_and_only_by_who_may_see_it(installation, app, desk):
    order = desk.ring_up(desk.enrol(), "F-RESIN")
    assert found(desk, order.order_no)["订单"] == [order.order_no]
    assert found(desk, "#" + order.order_no.lower()).keys() == {"订单"}
    there = Desk(installation, app, installation.pharmacy, "owner")
    assert "订单" not in found(there, order.order_no)
    keeper = Desk(installation, app, installation.dental, "rule_keeper")
    assert "订单" not in found(keeper, order.order_no)


def test_another_franchises_members_and_items_are_not_found(installation, app, desk):
    desk.enrol()
    there = Desk(installation, app, installation.pharmacy, "owner")
    assert "会员" not in found(there, "lcm")
    assert "项目" in found(desk, "F-RESIN")
    assert "项目" not in found(there, "F-RESIN")


def test_pages_and_acts_by_word_pinyin_and_initials_as_the_role_may(installation, app, desk):
    owner = Desk(installation, app, installation.dental, "owner")
    assert "业态与插件" in found(owner, "插件")["页面"]
    assert "操作日志" in found(owner, "czrz")["页面"]
    assert "会员方案" in found(owner, "huiyuanfangan")["页面"]
    assert "新建会员" in found(desk, ">xinjian")["操作"]
    assert "操作日志" not in str(found(desk, "czrz"))
    everything = found(desk, "")
    assert "开单" in everything["操作"]
    assert "启用或停用业态" not in everything["操作"]


def test_the_platforms_administrator_finds_pages_but_no_person(installation, app, desk):
    desk.enrol()
    admin = Desk(installation, app, installation.dental, "platform_admin")
    assert "会员" not in found(admin, "lcm")
    assert "连锁总览" in found(admin, "连锁")["页面"]


def test_it_is_a_page_of_its_own_without_scripts(desk):
    desk.enrol()
    text = desk.get("/search?q=lcm").text
    assert "<html" in text
    assert 'name="q" value="lcm"' in text
    assert "刘超明" in plain(text)
    sell = re.search(r'action="(/till/member)".*?name="person_id" value="(\d+)"', text, re.S)
    assert desk.post(sell.group(1), {"person_id": sell.group(2)}).status_code == 303
    assert "刘超明" in desk.till()
    nothing = plain(desk.get("/search?q=没有这个词儿").text)
    assert "没有找到“没有这个词儿”" in nothing


def statements(installation, desk, text, plans=None):
    """Return the statements of one request; those of the ORM with their parameters go into `plans`."""
    seen = []
    plans = [] if plans is None else plans
    run = Statements.run

    def counted(st, sql, params=()):
        seen.append(sql)
        return run(st, sql, params)

    def heard(_connection, _cursor, sql, parameters, _context, _many):
        seen.append(sql)
        plans.append((sql, parameters))

    engine = installation.runtime.db.engine
    Statements.run = counted
    event.listen(engine, "before_cursor_execute", heard)
    try:
        desk.get("/search", query_string={"q": text}, headers=HX)
    finally:
        Statements.run = run
        event.remove(engine, "before_cursor_execute", heard)
    return [sql for sql in seen if not sql.startswith(("BEGIN", "PRAGMA", "SAVEPOINT", "RELEASE"))]


def test_a_keystroke_costs_the_same_however_many_there_are(installation, desk):
    desk.enrol()
    statements(installation, desk, "lcm")  # a process reads the programme once
    one = len(statements(installation, desk, "lcm"))
    for n in range(12):
        desk.enrol("刘超明", f"1380000{6000 + n}")
    assert len(statements(installation, desk, "lcm")) == one
    assert one <= 16, one


def test_each_source_walks_an_index(installation, desk):
    """The plans of the statements a keystroke costs name an index; none walks persons, tokens or orders."""
    order = desk.ring_up(desk.enrol(), "F-RESIN")
    queries = []
    statements(installation, desk, "lcm", queries)
    statements(installation, desk, order.order_no, queries)
    with installation.runtime.db.engine.connect() as connection:
        for sql, params in queries:
            if not sql.startswith("SELECT"):
                continue
            plan = " ".join(str(r[-1]) for r in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {sql}", params))
            for table in ("person", "search_token", "orders", "card_seat"):
                assert not re.search(rf"SCAN {table}\b", plan), (sql, plan)
    assert any("orders" in sql for sql, _params in queries)


def test_the_sheet_and_the_scripts_speak_of_the_same_keys(desk):
    text = desk.get("/till").text
    sheet = text.split('id="keys"')[1]
    shown = dict(re.findall(r'data-goto="(\w+)" data-last="(\w)"', sheet))
    declared = {s.goto: s.keys.split()[-1].lower() for g in shortcut_groups() for s in g.lines if s.goto}
    assert shown.items() <= declared.items()
    assert shown["till"] == "c"
    assert "reports" not in shown  # no such menu group yet: the sheet promises nothing
    for group in shortcut_groups():
        assert plain(group.title) in plain(sheet)
