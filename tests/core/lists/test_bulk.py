"""Changes to many rows: preview, exactly those that match, history of each, undo that spares what changed since."""

from __future__ import annotations

import re

import pytest
from sqlalchemy import func, select

from core.kernel import bulk, task_runner, tasks
from core.kernel.errors import Conflict, Forbidden, Invalid
from core.kernel.models import AuditEntry, Task
from core.kernel.tenancy import acting
from core.lists import bulk_task
from core.people import services as people
from core.people.models import Consent, PersonTag


def members(installation, house, n, **more):
    with acting(installation.actor(house)):
        return [installation.enrol(f"会员{i:03d}", f"139{i:08d}", **more) for i in range(n)]


def tagged(installation, house, tag):
    with acting(installation.actor(house)), installation.unit("read") as session:
        return set(session.scalars(select(PersonTag.person_id).where(PersonTag.tag == tag)))


def do(installation, action, state, ids, values, role="owner", **more):
    house = installation.dental
    with acting(installation.actor(house, role)), installation.unit() as session:
        task = bulk_task.ask(session, bulk.get("members", action), state, ids, dict(values), **more)
    task_runner.run(installation.runtime.db, house.franchise_id, task.id)
    return read(installation, task.id)


def read(installation, task_id):
    with acting(installation.actor(installation.dental)), installation.unit("read") as session:
        row = session.get(Task, task_id)
        session.expunge(row)
        return row


def undo(installation, task):
    with acting(installation.actor(installation.dental)), installation.unit() as session:
        tasks.undo(session, tasks.get(session, task.id))
    task_runner.run(installation.runtime.db, installation.dental.franchise_id, task.id)
    return tasks.counts_of(read(installation, task.id))


@pytest.fixture(autouse=True)
def small_parts(monkeypatch):
    monkeypatch.setattr(bulk_task, "PART", 3)
    monkeypatch.setattr(bulk_task, "GATHER", 5)


@pytest.fixture(autouse=True)
def lists_of_the_desk():
    from core import rooms

    rooms.blueprints()
    yield
    task_runner.settle()


def test_all_that_match_get_the_tag_once_each_with_history(any_installation):
    house = any_installation.dental
    ids = members(any_installation, house, 11, gender="female")
    members_abroad = members(any_installation, any_installation.pharmacy, 2, gender="female")
    with acting(any_installation.actor(house)), any_installation.unit() as session:
        people.add_tag(session, people.get(session, ids[0]), "怕疼")
    task = do(any_installation, "members.tag_add", {"f.gender": "female"}, None, {"tag": "怕疼"}, seen=11)
    assert (task.state, task.done, tasks.counts_of(task)) == ("done", 11, {"changed": 10, "unchanged": 1})
    assert tagged(any_installation, house, "怕疼") == set(ids)
    assert not tagged(any_installation, any_installation.pharmacy, "怕疼") & set(members_abroad)
    with acting(any_installation.actor(house)), any_installation.unit("read") as session:
        noted = session.scalars(select(AuditEntry.person_id).where(AuditEntry.action == "people.bulk.tag_added")).all()
        assert sorted(noted) == sorted(ids[1:]), "an entry for each member that changed, none for the one that had it"


def test_undo_restores_only_what_nobody_changed_since(any_installation):
    house = any_installation.dental
    ids = members(any_installation, house, 7)
    task = do(any_installation, "members.tag_add", {}, ids, {"tag": "回访"})
    with acting(any_installation.actor(house)), any_installation.unit() as session:
        person = people.get(session, ids[2])
        people.remove_tag(session, person, "回访")
        session.flush()
        people.add_tag(session, person, "回访")
    counts = undo(any_installation, task)
    assert (counts["restored"], counts["kept"]) == (6, 1)
    assert tagged(any_installation, house, "回访") == {ids[2]}
    over = read(any_installation, task.id)
    assert over.state == "undone"
    with acting(any_installation.actor(house)), any_installation.unit("read") as session:
        assert bulk_task.kept_ids(session, session.get(Task, task.id)) == [ids[2]]
        assert bulk_task.kept_names(session, session.get(Task, task.id)) == ["会员002"]


def test_taking_a_tag_off_and_back(any_installation):
    house = any_installation.dental
    ids = members(any_installation, house, 4)
    do(any_installation, "members.tag_add", {}, ids[:3], {"tag": "旧"})
    task = do(any_installation, "members.tag_remove", {}, ids, {"tag": "旧"})
    assert tasks.counts_of(task) == {"changed": 3, "unchanged": 1}
    assert tagged(any_installation, house, "旧") == set()
    assert undo(any_installation, task)["restored"] == 3
    assert tagged(any_installation, house, "旧") == set(ids[:3])


def test_a_consent_is_only_ever_withdrawn_and_undo_spares_who_spoke_since(any_installation):
    house = any_installation.dental
    ids = members(any_installation, house, 4)
    with acting(any_installation.actor(house)), any_installation.unit() as session:
        for person_id in ids[:3]:
            people.consent(session, people.get(session, person_id), "marketing_sms", granted=True, evidence="签字")
    with pytest.raises(Invalid):
        do(any_installation, "members.consent_withdraw", {}, ids, {"purpose": "marketing_sms"})
    with pytest.raises(Invalid):
        do(any_installation, "members.consent_withdraw", {}, ids, {"purpose": "health"}, reason="不该给的")
    task = do(any_installation, "members.consent_withdraw", {}, ids, {"purpose": "marketing_sms"}, reason="投诉太多")
    assert tasks.counts_of(task) == {"changed": 3, "unchanged": 1}
    assert standing(any_installation) == {}
    with acting(any_installation.actor(house)), any_installation.unit() as session:
        people.consent(session, people.get(session, ids[1]), "marketing_sms", granted=False, evidence="本人来电")
    counts = undo(any_installation, task)
    assert (counts["restored"], counts["kept"]) == (2, 1)
    assert set(standing(any_installation)) == {ids[0], ids[2]}


def standing(installation):
    with acting(installation.actor(installation.dental)), installation.unit("read") as session:
        newest = select(func.max(Consent.id)).where(Consent.purpose == "marketing_sms").group_by(Consent.person_id)
        rows = session.scalars(select(Consent).where(Consent.id.in_(newest), Consent.granted.is_(True)))
        return {row.person_id: row.id for row in rows}


def test_a_list_that_moved_since_the_preview_is_shown_again(any_installation):
    members(any_installation, any_installation.dental, 3)
    with pytest.raises(Conflict) as refused:
        do(any_installation, "members.tag_add", {}, None, {"tag": "怕疼"}, seen=2)
    assert refused.value.code == "bulk_moved"
    with pytest.raises(Forbidden):
        do(any_installation, "members.tag_add", {}, None, {"tag": "怕疼"}, role="auditor")


def test_a_killed_change_resumes_and_tags_each_once(any_installation):
    house = any_installation.dental
    ids = members(any_installation, house, 10)
    with acting(any_installation.actor(house)), any_installation.unit() as session:
        task_id = bulk_task.ask(session, bulk.get("members", "members.tag_add"), {}, None, {"tag": "续"}).id
    db, fid = any_installation.runtime.db, house.franchise_id
    for _n in range(5):
        task_runner.advance(db, fid, task_id)
    half = read(any_installation, task_id)
    assert half.state == "running"
    assert 0 < half.done < 10
    with acting(any_installation.actor(house)), any_installation.unit() as session:
        session.get(Task, task_id).lease_until = 0  # its process is gone
    assert task_runner.work(db, fid) == 1
    task_runner.settle()
    assert read(any_installation, task_id).state == "done"
    assert tagged(any_installation, house, "续") == set(ids)
    with acting(any_installation.actor(house)), any_installation.unit("read") as session:
        n = session.scalar(
            select(func.count()).select_from(AuditEntry).where(AuditEntry.action == "people.bulk.tag_added")
        )
        assert n == 10


def test_on_screen_preview_run_and_undo_from_the_task_centre(installation, monkeypatch):
    from tests.core.desk.desk_kit import Desk, web_of

    owner = Desk(installation, web_of(installation), installation.dental, "owner")
    ids = members(installation, installation.dental, 60, gender="male")
    body = owner.get("/members?f.gender=male").text
    assert "选中全部 60 人" in body
    state = re.search(r'id="bulk".*?name="s" value="([^"]*)"', body, re.S).group(1).replace("&amp;", "&")
    form = {"act": "members.tag_add", "all": "1", "s": state, "back": "/members?f.gender=male"}
    page = owner.post("/lists/members/bulk", form).text
    assert ">60 <small>人" in page
    assert "会员000" in page
    assert not tagged(installation, installation.dental, "老客"), "a preview changes nothing"
    empty = owner.post("/lists/members/bulk/run", {**form, "seen": "60", "f.tag": ""})
    assert empty.status_code == 422
    assert "请填写标签" in empty.text
    done = owner.post("/lists/members/bulk/run", {**form, "seen": "60", "f.tag": "老客"})
    assert done.status_code == 303
    task_runner.settle()
    assert tagged(installation, installation.dental, "老客") == set(ids)
    centre = owner.get("/console/tasks").text
    assert "加标签 · 会员" in centre
    assert "改了 60 行" in centre
    task_id = re.search(r"/console/tasks/(\d+)/undo", centre).group(1)
    assert owner.post(f"/console/tasks/{task_id}/undo").status_code == 303
    task_runner.settle()
    assert tagged(installation, installation.dental, "老客") == set()
    assert "已恢复 60 行" in owner.get("/console/tasks").text
    few = owner.post("/lists/members/bulk", {**form, "all": "", "id": [str(ids[0]), "x", "4611686018427387904"]})
    assert ">1 <small>人" in few.text
    stranger = Desk(installation, web_of(installation), installation.dental, "front_desk")
    assert stranger.post(f"/console/tasks/{task_id}/undo").status_code == 404
    assert task_id not in stranger.get("/console/tasks").text
