"""The trail for people who read it: words for every action, filters, sealed detail, the state of the chain."""

from __future__ import annotations

import ast
import dataclasses
import re
from pathlib import Path

import pytest
from sqlalchemy import select, text

from core.console import audit_trail, jobs
from core.kernel import audit
from core.kernel.audit_words import words
from core.kernel.models import AuditBlock, AuditEntry
from core.kernel.tenancy import acting
from tests.core.desk.desk_kit import Desk, plain, web_of
from tests.installation import at

ROOT = Path(__file__).resolve().parents[3]
CODE = re.compile(r"[a-z_]+(\.[a-z_]+){1,2}")
RECORDERS = {"record", "insert", "_touch", "record_audit"}


@pytest.fixture
def app(installation):
    return web_of(installation)


@pytest.fixture
def auditor(installation, app):
    return Desk(installation, app, installation.dental, "auditor")


@pytest.fixture
def desk(installation, app):
    return Desk(installation, app, installation.dental, "front_desk")


# -- words -----------------------------------------------------------------------------------------


def recorded_actions():
    """Return every action that the code hands to the trail: literals, and both arms of a choice."""
    found = set()
    for path in sorted(ROOT.glob("core/**/*.py")):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        named = {}
        for node in ast.walk(tree):
            if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
                named.setdefault(node.targets[0].id, []).append(node.value)
        found |= set().union(*(_codes(value, named) for value in named.get("ACTION", [])), set())
        for node in ast.walk(tree):
            if not isinstance(node, ast.Call):
                continue
            name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
            owner = getattr(getattr(node.func, "value", None), "id", "")
            if name in RECORDERS and (owner == "audit" or name in {"_touch", "record_audit"}):
                for argument in node.args[1:4]:
                    found |= _codes(argument, named)
    return found


def _codes(node, named, depth=0):
    if isinstance(node, ast.Constant) and isinstance(node.value, str) and CODE.fullmatch(node.value):
        return {node.value}
    if isinstance(node, ast.IfExp):
        return _codes(node.body, named) | _codes(node.orelse, named)
    if isinstance(node, ast.Name) and depth < 2:
        return set().union(*(_codes(value, named, depth + 1) for value in named.get(node.id, [])))
    return set()


def test_every_action_that_the_code_records_has_words(app):
    actions = recorded_actions()
    assert len(actions) > 70, sorted(actions)
    assert {"orders.order.settled", "console.plugin.enabled", "imports.person.created", "staff.left"} <= actions
    assert sorted(one for one in actions if one not in words) == []
    for what in ("asked", "approved", "executed", "refused", "withdrawn", "expired", "failed"):
        assert f"org.approval.{what}" in words
    for what in ("report_lost", "freeze", "unfreeze", "replace", "renew"):
        assert f"cards.card.{what}" in words
    assert words.label("stores.changed") == "修改：门店"


# -- the list --------------------------------------------------------------------------------------


def rows(desk, query=""):
    body = desk.get(f"/console/audit{query}").text
    return re.findall(r'<a class="cell" href="/console/audit/(\d+)">([^<]+)</a>', body)


def test_who_did_what_when_in_words(installation, auditor, desk):
    person = desk.enrol()
    desk.ring_up(person, "F-RESIN")
    shown = [what for _id, what in rows(auditor)]
    assert "收款" in shown
    assert "新建会员" in shown
    text_of = plain(auditor.get("/console/audit").text)
    assert "front_desk员" in text_of
    assert "刘超明" not in text_of


def test_filters_by_who_what_record_member_and_day(installation, auditor, desk):
    with at("2026-11-02 09:00"), acting(desk.actor):
        person = installation.enrol("王早", "13800007777")
    desk.ring_up(person, "F-RESIN")
    assert {w for _i, w in rows(auditor, "?f.action=orders.order.settled")} == {"收款"}
    staff_id = installation.dental.staff["front_desk"]
    assert "收款" in {w for _i, w in rows(auditor, f"?f.staff={staff_id}")}
    assert rows(auditor, f"?f.staff={installation.dental.staff['clinician']}") == []
    day = [w for _i, w in rows(auditor, "?f.day=2026-11-02")]
    assert "新建会员" in day
    assert "收款" not in day
    assert "收款" in {w for _i, w in rows(auditor, "?f.day=today")}
    about = {w for _i, w in rows(auditor, f"?f.object=person:{person}")}
    assert "新建会员" in about
    assert "收款" not in about
    assert {"新建会员", "收款"} <= {w for _i, w in rows(auditor, f"?f.person={person}")}
    assert rows(auditor, "?f.day=x&f.object=y&f.person=z") == rows(auditor)


def test_every_filter_walks_an_index(installation):
    queries = (
        "SELECT id FROM audit_entry WHERE franchise_id = 1 ORDER BY at DESC, id DESC LIMIT 51",
        "SELECT id FROM audit_entry WHERE franchise_id = 1 AND staff_id = 5 ORDER BY at DESC, id DESC LIMIT 51",
        "SELECT id FROM audit_entry WHERE franchise_id = 1 AND action = 'x' ORDER BY at DESC, id DESC LIMIT 51",
        "SELECT id FROM audit_entry WHERE franchise_id = 1 AND at BETWEEN 5 AND 9 ORDER BY at DESC, id DESC LIMIT 51",
    )
    with installation.runtime.db.engine.connect() as connection:
        for sql in queries:
            plan = " ".join(str(r[-1]) for r in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {sql}"))
            assert "SCAN" not in plan, plan
            assert "TEMP B-TREE" not in plan, plan


def test_another_franchise_and_those_without_the_right_see_nothing(installation, app, auditor, desk):
    desk.enrol()
    entry_id = rows(auditor)[0][0]
    there = Desk(installation, app, installation.pharmacy, "auditor")
    assert there.get(f"/console/audit/{entry_id}").status_code == 404
    assert there.post(f"/console/audit/{entry_id}").status_code == 404
    assert entry_id not in there.get("/console/audit").text
    for role in ("front_desk", "manager", "platform_admin"):
        assert Desk(installation, app, installation.dental, role).get("/console/audit").status_code == 403


# -- one entry -------------------------------------------------------------------------------------


def test_the_detail_is_sealed_until_opened_and_opening_is_written_down(installation, app, auditor, desk):
    order = desk.ring_up(desk.enrol(), "F-RESIN")
    entry_id = rows(auditor, "?f.action=orders.order.settled")[0][0]
    closed = plain(auditor.get(f"/console/audit/{entry_id}").text)
    assert order.order_no not in closed
    opened = plain(auditor.post(f"/console/audit/{entry_id}").text)
    assert f"订单号 {order.order_no}" in opened
    assert "合计 ¥400.00" in opened
    with acting(installation.actor(installation.dental)), installation.unit("read") as session:
        entry = session.scalar(select(AuditEntry).where(AuditEntry.action == "console.audit.opened"))
        assert (entry.object_id, entry.staff_id) == (int(entry_id), installation.dental.staff["auditor"])


def test_before_and_after_are_shown_as_changes():
    detail = {"before": {"a": 1, "price_fen": 100}, "after": {"a": 1, "price_fen": 250}, "key": "x"}
    changes, rest = audit_trail.split(detail)
    assert [(c.label, c.before, c.after) for c in changes] == [("价格", "¥1.00", "¥2.50")]
    assert rest == [("键", "x")]
    moved, _rest = audit_trail.split({"changed": {"name": ["甲", "乙"], "active": [True, False]}})
    assert [(c.label, c.before, c.after) for c in moved] == [("名称", "甲", "乙"), ("启用", "是", "否")]
    pair, rest = audit_trail.split({"from": "silver", "to": "gold", "cause": "order"})
    assert [(c.before, c.after) for c in pair] == [("silver", "gold")]
    assert rest == [("缘由", "order")]
    prices, _rest = audit_trail.split({"before_fen": 40000, "after_fen": 32000, "reason": ""})
    assert [(c.before, c.after) for c in prices] == [("¥400.00", "¥320.00")]


# -- the chain -------------------------------------------------------------------------------------


def seal(installation):
    actor = installation.actor(installation.dental)
    with acting(actor):
        return jobs.seal_audit(installation.runtime, actor)["done"]


def test_a_whole_chain_says_so_and_a_broken_one_is_red_with_the_row(installation, auditor, desk):
    desk.enrol()
    assert "还没有核对过" in plain(auditor.get("/console/audit").text)
    sealed = seal(installation)
    assert auditor.post("/console/audit/check").status_code == 303
    page = plain(auditor.get("/console/audit").text)
    assert f"完整 · {sealed} 条" in page
    assert "没有设置" in page
    entry_id = tamper(installation)
    auditor.post("/console/audit/check")
    text_of = auditor.get("/console/audit").text
    assert "第 1 个区块被改动过" in text_of
    assert f"/console/audit/{entry_id}" in text_of
    assert "操作日志不完整：第 1 个区块被改动过" in plain(auditor.get("/").text)
    actor = installation.actor(installation.dental)
    with acting(actor):
        assert jobs.check_audit(installation.runtime, actor)["failed"] == 1


def tamper(installation):
    """Rewrite an entry past the triggers, as somebody with the file could; return the block's first entry."""
    fid = installation.dental.franchise_id
    with installation.runtime.db.engine.begin() as connection:
        triggers = (
            connection.execute(
                text("SELECT name FROM sqlite_master WHERE type = 'trigger' AND tbl_name = 'audit_entry'")
            )
            .scalars()
            .all()
        )
        for name in triggers:
            connection.execute(text(f"DROP TRIGGER {name}"))
        last = "(SELECT MAX(last_id) FROM audit_block WHERE franchise_id = :f)"
        connection.execute(text(f"UPDATE audit_entry SET action = 'x.y' WHERE id = {last}"), {"f": fid})
        return connection.execute(text("SELECT first_id FROM audit_block WHERE franchise_id = :f"), {"f": fid}).scalar()


def test_a_walk_finds_missing_blocks_and_rows(installation, desk):
    desk.enrol()
    seal(installation)
    with acting(installation.actor(installation.dental)):
        with installation.unit() as session:
            for n in range(3):
                audit.record(session, "session.locked", "web_session", n + 1)
                session.flush()
                audit.seal(session)
        with installation.unit("read") as session:
            whole, newest = audit.walk(session), audit.walk(session, 2)
            assert (whole.problem, whole.blocks) == ("", audit.last_block(session).number)
            assert (newest.problem, newest.blocks, newest.from_block) == ("", 2, whole.blocks - 1)
    _past_triggers(installation, "audit_link", "DELETE FROM audit_link WHERE block = 2")
    with acting(installation.actor(installation.dental)), installation.unit("read") as session:
        assert (audit.walk(session).problem, audit.walk(session).block) == ("count", 2)
    _past_triggers(installation, "audit_block", "DELETE FROM audit_block WHERE number = 1")
    with acting(installation.actor(installation.dental)), installation.unit("read") as session:
        assert (audit.walk(session).problem, audit.walk(session).block) == ("missing", 1)
        assert session.scalar(select(AuditBlock.number).order_by(AuditBlock.number)) == 2


def _past_triggers(installation, table, sql):
    with installation.runtime.db.engine.begin() as connection:
        named = text("SELECT name FROM sqlite_master WHERE type = 'trigger' AND tbl_name = :t")
        for name in connection.execute(named, {"t": table}).scalars().all():
            connection.execute(text(f"DROP TRIGGER {name}"))
        connection.execute(text(sql))


def test_the_anchor_is_compared(installation, auditor, desk, tmp_path):
    desk.enrol()
    seal(installation)
    runtime = installation.runtime
    file = tmp_path / "anchor.txt"
    object.__setattr__(runtime, "environment", dataclasses.replace(runtime.environment, audit_anchor=str(file)))
    assert "一致，最新区块还没送出" in plain(auditor.get("/console/audit").text)
    with acting(installation.actor(installation.dental)), installation.unit("read") as session:
        block = audit.last_block(session)
        line = f"{installation.dental.franchise_id} {block.number} {bytes(block.head).hex()}\n"
    file.write_text(line, encoding="ascii")
    assert "外部锚点 一致" in plain(auditor.get("/console/audit").text)
    file.write_text(line.replace(line.split()[2][:4], "0000"), encoding="ascii")
    assert "与外部锚点不一致" in plain(auditor.get("/console/audit").text)
