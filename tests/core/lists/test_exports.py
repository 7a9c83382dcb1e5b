"""Files of lists: what the view shows, masked, harmless, marked, capped, sealed, fetched by one person, gone after a day."""

from __future__ import annotations

import csv
import io
import json
import re
from datetime import timedelta

import pytest
from python_calamine import CalamineWorkbook
from sqlalchemy import select

from core.kernel import audit, clock, settings, task_runner
from core.kernel.models import AuditEntry, Task, TaskPart
from core.kernel.tenancy import acting
from core.lists import export_task, rules
from core.lists.settings import CAP_MANAGER
from core.org.models import ApprovalRequest
from core.people import services as people
from tests.installation import PIN

STATE = "c=name,phone,spent,occupation&sort=name"


@pytest.fixture(autouse=True)
def small_slices(monkeypatch):
    monkeypatch.setattr(export_task, "SLICE", 4)
    monkeypatch.setattr(export_task, "PIECE", 4000)
    yield
    task_runner.settle()


def export(desk, state=STATE, **form):
    answer = desk.post("/lists/members/export", {"s": state, "back": "/members", **form})
    task_runner.settle()
    return answer


def fetch(desk):
    centre = desk.get("/console/tasks").text
    found = re.search(r'href="(/console/tasks/\d+/file)"', centre)
    assert found, centre
    answer = desk.get(found.group(1))
    assert answer.status_code == 200
    return found.group(1), answer


def crowd(desk, n=10):
    return [desk.enrol(f"会员{i:02d}", f"138{i:08d}", occupation="教师") for i in range(n)]


def table(data: bytes) -> list[list[str]]:
    return list(csv.reader(io.StringIO(data.decode("utf-8-sig"))))


def test_a_csv_holds_the_rows_and_columns_of_the_view_in_its_order_masked_and_marked(sit):
    owner = sit("owner")
    crowd(owner)
    page = owner.get(f"/lists/members/export?s={STATE.replace('&', '%26').replace('=', '%3D')}").text
    assert ">10 <small>人" in page
    assert export(owner).status_code == 303
    _path, answer = fetch(owner)
    data = answer.get_data()
    assert data.startswith(b"\xef\xbb\xbf")
    rows = table(data)
    assert rows[0] == ["姓名", "手机", "累计消费", "职业"]
    assert [row[0] for row in rows[1:-1]] == [f"会员{i:02d}" for i in range(10)]
    assert rows[1][1:] == ["138****0000", "0.00", "教师"]
    assert "导出，仅限内部使用" in rows[-1][0]
    assert "001" in rows[-1][0]
    assert "甲口腔" in rows[-1][0]
    assert "filename*=UTF-8''%E4%BC%9A%E5%91%98-" in answer.headers["Content-Disposition"]


def test_a_filter_narrows_the_file(sit):
    owner = sit("owner")
    owner.enrol("甲", "13800000001", gender="male")
    owner.enrol("乙", "13800000002", gender="female")
    export(owner, "f.gender=female&c=name")
    assert [row[0] for row in table(fetch(owner)[1].get_data())[1:-1]] == ["乙"]


def test_an_xlsx_is_a_real_workbook_with_figures_as_figures(sit):
    owner = sit("owner")
    crowd(owner, 9)
    export(owner, format="xlsx")
    book = CalamineWorkbook.from_filelike(io.BytesIO(fetch(owner)[1].get_data()))
    rows = book.get_sheet_by_index(0).to_python()
    assert rows[0] == ["姓名", "手机", "累计消费", "职业"]
    assert rows[1] == ["会员00", "138****0000", 0.0, "教师"]
    assert len(rows) == 11
    assert "仅限内部使用" in rows[-1][0]


@pytest.mark.parametrize("text", ["=1+1", "+86", "-2+3", "@SUM(A1)", "\t=1", "＝1"])
def test_no_cell_is_a_formula(text):
    (line,) = csv.reader(io.StringIO(rules.csv_lines([[text, "-12.50", "1e5"]])))
    assert line == ["'" + text, "-12.50", "1e5"]


def test_whole_phones_want_permission_and_a_reason_and_are_told_to_the_trail(sit):
    owner, marketing = sit("owner"), sit("manager")
    crowd(owner, 2)
    refused = export(owner, full="1")
    assert refused.status_code == 422
    assert "用途" in refused.text
    export(owner, full="1", reason="寄送年度账单")
    path, answer = fetch(owner)
    assert table(answer.get_data())[1][1] == "13800000000"
    with acting(owner.actor), owner.installation.unit("read") as session:
        entries = session.scalars(select(AuditEntry).where(AuditEntry.action.like("lists.export.%"))).all()
        asked = audit.detail_of(entries[0])
        assert (asked["full"], asked["reason"], asked["rows"]) == (True, "寄送年度账单", 2)
        assert entries[-1].action == "lists.export.downloaded"
    assert marketing.get(path).status_code == 404, "a file is its asker's alone"
    assert sit("front_desk").get(path).status_code == 403
    assert sit("owner", owner.installation.pharmacy).get(path).status_code == 404


def test_without_permission_there_is_no_file_and_no_button(sit):
    sit("owner").enrol()
    for role in ("front_desk", "clinician", "auditor"):
        desk = sit(role)
        assert "/lists/members/export" not in desk.get("/members").text
        assert export(desk).status_code == 403


def test_beyond_the_cap_somebody_else_must_agree_and_the_file_is_the_askers(sit):
    manager, owner = sit("manager"), sit("owner")
    crowd(owner, 6)
    with acting(owner.actor), owner.installation.unit() as session:
        settings.change(session, CAP_MANAGER, 5)
    refused = export(manager)
    assert refused.status_code == 403
    assert "提交审批" in refused.text
    answer = export(manager, ask="1", reason="年度对账")
    assert answer.status_code == 303
    with acting(owner.actor), owner.installation.unit("read") as session:
        request = session.scalar(select(ApprovalRequest))
        request_id, digest = request.id, request.payload_sha256
    assert "年度对账" in owner.get(f"/approvals/{request_id}").text
    assert manager.post(f"/approvals/{request_id}/approve", {"pin": PIN, "seen": digest}).status_code == 403
    done = owner.post(f"/approvals/{request_id}/approve", {"pin": PIN, "seen": digest})
    assert done.status_code == 303, done.text
    task_runner.work(owner.installation.runtime.db, owner.house.franchise_id)
    task_runner.settle()
    rows = table(fetch(manager)[1].get_data())
    assert len(rows) == 8
    assert "102" in rows[-1][0] or "101" in rows[-1][0], "marked with the asker, not the approver"
    with acting(owner.actor), owner.installation.unit("read") as session:
        assert session.scalar(select(ApprovalRequest.state)) == "executed"
        assert session.scalar(select(Task.staff_id)) == owner.house.staff["manager"]


def test_a_file_is_sealed_at_rest_and_gone_after_a_day(sit):
    owner = sit("owner")
    crowd(owner, 3)
    export(owner)
    path, _answer = fetch(owner)
    with acting(owner.actor), owner.installation.unit("read") as session:
        for part in session.scalars(select(TaskPart)):
            assert "会员".encode() not in bytes(part.data_sealed)
        ended = clock.from_ms(session.scalar(select(Task.ended_at)))
    with clock.frozen_at(ended + timedelta(hours=25)), acting(owner.actor), owner.installation.unit() as session:
        task_runner.purge(session)
    with acting(owner.actor), owner.installation.unit("read") as session:
        assert session.scalars(select(TaskPart)).all() == []
    assert owner.get(path).status_code == 404


def test_a_killed_export_goes_on_and_has_every_row_once(sit, monkeypatch):
    owner = sit("owner")
    crowd(owner, 11)
    monkeypatch.setattr(task_runner, "begin", lambda *_a, **_k: None)
    for format_ in ("csv", "xlsx"):
        export(owner, format=format_)
        with acting(owner.actor), owner.installation.unit("read") as session:
            task_id = session.scalar(select(Task.id).order_by(Task.id.desc()))
        db, fid = owner.installation.runtime.db, owner.house.franchise_id
        task_runner.advance(db, fid, task_id)
        task_runner.advance(db, fid, task_id)
        task_runner.advance(db, fid, task_id)
        export_task._built.clear()  # another process takes over
        task_runner.run(db, fid, task_id)
        with acting(owner.actor), owner.installation.unit("read") as session:
            task = session.get(Task, task_id)
            assert (task.state, task.done) == ("done", 11)
            session.expunge(task)
        with acting(owner.actor):
            data = b"".join(export_task.content(db, task))
        rows = (
            table(data)
            if format_ == "csv"
            else CalamineWorkbook.from_filelike(io.BytesIO(data)).get_sheet_by_index(0).to_python()
        )
        assert [row[0] for row in rows[1:-1]] == [f"会员{i:02d}" for i in range(11)]


def test_every_offered_list_can_be_written_without_a_request(any_installation):
    """The worker has no page: a cell that asks for one would stop every export of its list."""
    installation = any_installation
    from core import assembly
    from core.kernel.web import lists, offered
    from core.lists import exports

    assembly.web_app(installation.runtime)
    house = installation.dental
    with acting(installation.actor(house)):
        member = installation.enrol("刘超明", "13800005051")
        installation.sell(member, _item(installation))
        with installation.unit() as session:
            people.add_tag(session, people.get(session, member), "x")
        for one in offered.all_lists():
            if one.key == "segment_members":
                continue
            with installation.unit() as session:
                spec = one.make(session, {})
                c = ",".join(column.key for column in lists.permitted(spec))
                wanted = exports.Wanted(one.key, {"c": c})
                if not exports.rows_of(session, spec, wanted.state):
                    continue
                task_id = exports.ask(session, wanted).id
            task_runner.run(installation.runtime.db, house.franchise_id, task_id)
            with installation.unit("read") as session:
                task = session.get(Task, task_id)
                assert (task.state, task.problem) == ("done", None), one.key
                assert json.loads(task.params)["columns"]


def _item(installation):
    from core.catalog.models import Item

    with installation.unit("read") as session:
        return session.scalar(select(Item.code).where(Item.kind == "service").order_by(Item.price_fen).limit(1))
