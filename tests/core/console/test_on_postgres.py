"""The console on PostgreSQL with row-level security: what the chain reads and writes across franchises."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from core.console import audit_trail, chain, founding, jobs
from core.kernel import audit
from core.kernel.models import AuditEntry, PluginState
from core.kernel.tenancy import Actor, acting
from core.org import notices
from core.org.models import Franchise
from core.programme import services as programmes
from core.programme import templates
from tests.core.desk.desk_kit import HX, Desk, plain, web_of

pytestmark = pytest.mark.postgres


@pytest.fixture
def admin(pg_installation):
    return Desk(pg_installation, web_of(pg_installation), pg_installation.dental, "platform_admin")


def test_the_chain_counts_decides_and_founds_behind_the_wall(pg_installation, admin):
    i = pg_installation
    with acting(i.actor(i.pharmacy)):
        i.enrol("贺知章", "13800009999")
    assert admin.post("/console/chain/count").status_code == 303
    text = admin.get("/console/chain").text
    assert "乙药房" in text
    assert "贺知章" not in text
    with acting(i.actor(i.dental, "platform_admin")), i.unit("read") as session:
        rows, _more = chain.branches(session, chain.own_chain(session).id)
    assert {row.name: len(row.stores) for row in rows} == {"甲口腔": 2, "乙药房": 2}
    assert admin.post("/console/chain/plugins/pharmacy", {"allowed": "0"}).status_code == 303
    with acting(i.actor(i.pharmacy)), i.unit("read") as session:
        assert not session.scalar(select(PluginState.enabled).where(PluginState.key == "pharmacy"))
        written = session.scalars(select(AuditEntry.action).where(AuditEntry.action.like("console.%"))).all()
        assert written[-2:] == ["console.plugin.withdrawn", "console.plugin.disabled"]
    answer = admin.post(
        "/console/chain/templates", {"name": "药房标准", "source": f"franchise:{i.pharmacy.franchise_id}"}
    )
    assert answer.status_code == 303
    with acting(i.actor(i.dental)), i.unit("read") as session:
        _row, programme = templates.take(session, templates.offered(session)[0].id)
        assert programme.key == "pharmacy"
    made = founding.found(
        i.runtime, chain="测试连锁", name="丙口腔", owner="bing@example.com", store="一店", verticals=["dental"]
    )
    with acting(Actor(made.franchise_id)), i.unit("read") as session:
        assert programmes.in_force(session).key == "dental"
        assert session.get(Franchise, made.franchise_id).name == "丙口腔"


def test_trail_notices_and_palette_behind_the_wall(pg_installation, admin):
    i = pg_installation
    auditor = Desk(i, web_of(i), i.dental, "auditor")
    person = auditor.enrol()
    actor = i.actor(i.dental)
    with acting(actor):
        assert jobs.seal_audit(i.runtime, actor)["done"] > 0
        assert jobs.check_audit(i.runtime, actor)["failed"] == 0
        with i.unit() as session:
            notices.tell_holders(session, "console.plugins.switch", None, "plugin.isolated", {"key": "dental"})
        with i.unit("read") as session:
            assert audit.walk(session).problem == ""
            assert audit_trail.chain(session).last.problem == ""
    page = auditor.get(f"/console/audit?f.person={person}&f.day=7&f.action=people.person.enrolled")
    assert page.status_code == 200
    assert "新建会员" in plain(page.text)
    assert "消息，1 条未读" in admin.get("/").text
    assert "刘超明" in auditor.get("/search?q=lcm5051", headers=HX).text
