"""The home page by role: what waits for each of them, birthdays by both calendars, the cost of a page."""

from __future__ import annotations

import datetime as dt

import pytest
from sqlalchemy import event

from core.desk.front import figures
from core.kernel import clock
from core.kernel.statements import Statements
from core.kernel.tenancy import acting
from core.orders.granting import adjustments
from core.org import approvals
from core.org.models import Staff
from core.people.models import Person
from core.programme import drafts
from core.programme import services as programmes
from tests.core.desk.desk_kit import Desk, plain, web_of

ROLES = ("owner", "manager", "front_desk", "clinician", "pharmacist", "rule_keeper", "auditor", "platform_admin")


@pytest.fixture
def app(installation):
    return web_of(installation)


@pytest.fixture
def desks(installation, app):
    return {role: Desk(installation, app, installation.dental, role) for role in ROLES}


def main_of(desk):
    return plain(desk.get("/").text.split('<main id="main"')[1].split("</main>")[0])


def test_every_role_has_a_page_and_only_its_own_cards(desks):
    shown = {role: main_of(desk) for role, desk in desks.items()}
    assert "今日数字" not in shown["front_desk"]
    assert "营业实收" in shown["manager"]
    assert "营业实收" not in shown["front_desk"]
    assert "最近的操作" in shown["auditor"]
    assert "我今天的项目" in desks["clinician"].get("/").text
    assert "测试连锁 2 个加盟主体" in shown["platform_admin"]
    assert "生日" not in shown["platform_admin"]
    assert all("暂时打不开" not in text for text in shown.values())


def test_approvals_wait_on_the_page_of_who_may_decide(installation, desks):
    member = desks["front_desk"].enrol()
    with acting(desks["front_desk"].actor), installation.unit() as session:
        approvals.ask(session, adjustments.KIND, {"person_id": str(member), "delta": 40}, "补录")
    for role in ("owner", "manager"):
        assert "有 1 条等你审批" in main_of(desks[role]), role
    assert "等你审批" not in main_of(desks["front_desk"])
    assert "等你审批" not in main_of(desks["clinician"])


def test_a_licence_that_ends_is_seen_by_its_holder_and_by_who_sees_the_staff(installation, desks):
    until = clock.today("Asia/Shanghai") + dt.timedelta(days=9)
    with acting(desks["owner"].actor), installation.unit() as session:
        session.get(Staff, installation.dental.staff["pharmacist"]).licence_until = until.isoformat()
    assert f"你的执业证快到期了 {until.isoformat()} 到期" in main_of(desks["pharmacist"])
    assert "1 人的执业证 30 天内到期 最早 pharmacist员" in main_of(desks["manager"])
    assert "执业证" not in main_of(desks["front_desk"])


def test_an_open_draft_waits_for_who_may_publish(installation, desks):
    assert "草稿" not in main_of(desks["rule_keeper"])
    with acting(desks["owner"].actor), installation.unit() as session:
        drafts.open_from(session, programmes.in_force(session), "试")
    assert "会员方案有一份没发布的草稿" in main_of(desks["rule_keeper"])
    assert "草稿" not in main_of(desks["manager"])


def test_birthdays_by_the_calendar_each_keeps(installation, desks):
    """2027-02-06 is the first day of the lunar year; 1990-01-27 was one too (S0-10, S4-18)."""
    today = dt.date(2027, 2, 6)
    with acting(desks["owner"].actor):
        solar = installation.enrol("甲太阳", "13800001001", birth_on=dt.date(1991, 2, 6))
        lunar = installation.enrol("乙月亮", "13800001002", birth_on=dt.date(1990, 1, 27), birth_calendar="lunar")
        other = installation.enrol("丙月亮", "13800001003", birth_on=dt.date(1991, 2, 6), birth_calendar="lunar")
        with installation.unit() as session:
            for person_id in (solar, lunar, other):
                session.get(Person, person_id).last_visit_at = 1
        with installation.unit("read") as session:
            assert {p.id for p in figures.birthdays(session, today)} == {solar, lunar}


def statements(installation, desk):
    seen = []
    run = Statements.run

    def counted(st, sql, params=()):
        seen.append(sql)
        return run(st, sql, params)

    def heard(_connection, _cursor, sql, _parameters, _context, _many):
        seen.append(sql)

    engine = installation.runtime.db.engine
    Statements.run = counted
    event.listen(engine, "before_cursor_execute", heard)
    try:
        desk.get("/")
    finally:
        Statements.run = run
        event.remove(engine, "before_cursor_execute", heard)
    return [sql for sql in seen if not sql.startswith(("BEGIN", "PRAGMA", "SAVEPOINT", "RELEASE", "ROLLBACK"))]


@pytest.mark.parametrize(("role", "most"), [("manager", 40), ("front_desk", 16), ("platform_admin", 10)])
def test_the_page_costs_the_same_however_much_happened(installation, desks, role, most):
    desk = desks[role]
    desk.get("/")
    before = statements(installation, desk)
    assert len(before) <= most, len(before)
    person = desks["front_desk"].enrol()
    for _n in range(3):
        desks["front_desk"].ring_up(person, "F-RESIN")
    assert len(statements(installation, desk)) <= len(before) + 2
