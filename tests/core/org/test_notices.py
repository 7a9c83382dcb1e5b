"""Notices: who is told of an approval and its outcome, the bell, reading, licences, purging, isolation."""

from __future__ import annotations

import datetime as dt
import json

import pytest
from sqlalchemy import select

from core.console.permissions import SWITCH
from core.kernel import clock
from core.kernel.i18n import in_locale
from core.kernel.plugin_health import Health
from core.kernel.tenancy import acting
from core.orders.granting import adjustments
from core.org import approvals, jobs, licences, notices
from core.org.models import Notification, Staff
from tests.core.desk.desk_kit import HX, Desk, plain, web_of
from tests.installation import at


@pytest.fixture
def app(installation):
    return web_of(installation)


@pytest.fixture
def desk(installation, app):
    return Desk(installation, app, installation.dental, "front_desk")


@pytest.fixture
def manager(installation, app):
    return Desk(installation, app, installation.dental, "manager")


def asked(installation, member, role="front_desk", delta=50):
    with acting(installation.actor(installation.dental, role)), installation.unit() as session:
        return approvals.ask(session, adjustments.KIND, {"person_id": str(member), "delta": delta}, "补录").id


def told(installation, role, house=None):
    house = house or installation.dental
    with acting(installation.actor(house, role)), installation.unit("read") as session:
        return [(n.text, n.read) for n in notices.newest(session)]


def test_those_who_may_decide_are_told_and_the_one_who_asked_hears_the_outcome(installation, desk, manager):
    member = desk.enrol()
    request_id = asked(installation, member)
    assert told(installation, "manager") == [("front_desk员 申请“积分调整”，等你审批。", False)]
    assert told(installation, "owner") == told(installation, "manager")
    assert told(installation, "front_desk") == []
    assert told(installation, "owner", installation.pharmacy) == []
    bell = manager.get("/").text
    assert "消息，1 条未读" in bell
    assert manager.post(f"/approvals/{request_id}/refuse", {"answer": "没有依据"}).status_code == 303
    assert told(installation, "front_desk") == [("manager员 拒绝了“积分调整”，点开看原因。", False)]
    # It is over: whoever else might have decided need not look any more.
    assert [read for _text, read in told(installation, "owner")] == [True]
    assert "消息，1 条未读" in desk.get("/").text
    assert "没有依据" not in json.dumps(_rows(installation), ensure_ascii=False)


def _rows(installation):
    with acting(installation.actor(installation.dental)), installation.unit("read") as session:
        return [(r.kind, r.params, r.link) for r in session.scalars(select(Notification))]


def test_what_is_approved_and_what_runs_out_is_told_too(installation, desk, manager):
    member = desk.enrol()
    with at("2026-11-20 10:00"):
        asked(installation, member)
    with acting(installation.actor(installation.dental)), installation.unit() as session:
        assert approvals.expire(session) == 1
    assert told(installation, "front_desk") == [("“积分调整”超过 24 小时没人审批，已失效。", False)]
    request_id = asked(installation, member, delta=60)
    assert manager.post(f"/approvals/{request_id}/approve", {"pin": "246802"}).status_code == 303
    assert told(installation, "front_desk")[0] == ("manager员 批准了“积分调整”，已经执行。", False)


def test_opening_one_marks_it_read_and_leads_there_and_anothers_is_absent(installation, desk, manager):
    request_id = asked(installation, desk.enrol())
    with acting(installation.actor(installation.dental, "manager")), installation.unit("read") as session:
        mine = notices.newest(session)[0].id
    assert desk.post(f"/notices/{mine}").status_code == 404
    answer = manager.post(f"/notices/{mine}")
    assert answer.location.endswith(f"/approvals/{request_id}")
    assert "条未读" not in manager.get("/").text
    assert manager.post("/notices/4611686018427387904").status_code == 404


def test_the_bell_shows_the_newest_and_the_page_all_of_them(installation, manager):
    staff_id = installation.dental.staff["manager"]
    with acting(installation.actor(installation.dental)), installation.unit() as session:
        for n in range(notices.SHOWN + 5):
            notices.tell(session, [staff_id], "import.finished", {"rows": n + 1, "failed": 0})
    bell = manager.get("/notices", headers=HX).text
    assert "<html" not in bell
    assert bell.count('class="ntb"') == 8
    first = manager.get("/notices").text
    assert first.count('class="ntb"') == notices.SHOWN
    assert "导入完成：55 行全部成功。" in first
    older = first.split('rel="next"')[0].rsplit('href="', 1)[1].split('"')[0]
    assert manager.get(older).text.count('class="ntb"') == 5
    assert manager.post("/notices/read").status_code == 303
    assert "全部标为已读" not in manager.get("/notices").text.split('<main id="main"')[1].split("<section")[0]


def test_a_licence_is_told_of_once_to_its_holder_and_to_who_keeps_the_staff(installation):
    actor = installation.actor(installation.dental)
    today = clock.today(actor.tz)
    with acting(actor), installation.unit() as session:
        row = session.get(Staff, installation.dental.staff["pharmacist"])
        row.licence_until = (today + dt.timedelta(days=20)).isoformat()
        other = session.get(Staff, installation.dental.staff["clinician"])
        other.licence_until = (today + dt.timedelta(days=40)).isoformat()
    with acting(actor):
        counts = jobs.keep_notices(installation.runtime, actor)
        again = jobs.keep_notices(installation.runtime, actor)
    assert (counts["done"], again["done"]) == (2, 0)
    day = (today + dt.timedelta(days=20)).isoformat()
    assert told(installation, "pharmacist") == [(f"pharmacist员 的执业证 {day} 到期，请尽快更新。", False)]
    assert told(installation, "owner") == told(installation, "pharmacist")
    assert told(installation, "clinician") == []
    with acting(actor), installation.unit("read") as session:
        assert [one.id for one in licences.ending(session, today)] == [installation.dental.staff["pharmacist"]]


def test_old_notices_go_after_ninety_days(installation):
    actor = installation.actor(installation.dental)
    staff_id = installation.dental.staff["manager"]
    with acting(actor):
        for day in ("2026-05-01 10:00", "2026-11-20 10:00"):
            with at(day), installation.unit() as session:
                notices.tell(session, [staff_id], "import.finished", {"rows": 1, "failed": 0})
        with at("2026-11-22 10:00"), installation.unit() as session:
            assert notices.purge(session) == 1
    assert len(told(installation, "manager")) == 1


def test_an_isolated_hook_is_told_once_a_day_to_those_who_switch(installation):
    health = Health()
    fid = installation.dental.franchise_id
    for _n in range(5):
        health.failed("dental", "checkout_checks", "ValueError @ x", 10, fid)
    db = installation.runtime.db
    assert notices.tell_isolations(db, health, SWITCH) == 2  # the owner and the platform's administrator
    for _n in range(3):
        health.failed("dental", "checkout_checks", "ValueError @ x", 10, fid)
    assert notices.tell_isolations(db, health, SWITCH) == 0
    text, _read = told(installation, "owner")[0]
    assert "插件“牙科”的“结算检查”出错已隔离" in text
    assert told(installation, "manager") == []


def test_a_notice_of_a_room_that_is_gone_still_opens(installation, manager):
    staff_id = installation.dental.staff["manager"]
    with acting(installation.actor(installation.dental)), installation.unit() as session:
        notices.tell(session, [staff_id], "vet.gone", endpoint="vet.nowhere", link={"id": 1})
    assert "vet.gone" in plain(manager.get("/notices").text)
    with acting(installation.actor(installation.dental, "manager")), installation.unit("read") as session:
        row = notices.newest(session)[0]
    assert manager.post(f"/notices/{row.id}").location.endswith("/notices")


def test_a_long_task_is_told_once_in_the_readers_language(installation):
    staff_id = installation.dental.staff["manager"]
    with acting(installation.actor(installation.dental)), installation.unit() as session:
        for _n in range(2):
            notices.tell_finished(
                session, staff_id, "导出等级变动名单", done=7, failed=2, endpoint="org.notices", about="task:1"
            )
    assert told(installation, "manager") == [("“导出等级变动名单”已结束：成功 7 项，未成功 2 项。", False)]
    with in_locale("en"):
        assert told(installation, "manager") == [
            ("“Exported a list of tier changes” is over: 7 done, 2 failed.", False)
        ]
