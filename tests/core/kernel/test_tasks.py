"""Tasks: slices are transactions, a killed one resumes, nobody does a slice twice, undo, retry, purge."""

from __future__ import annotations

import json

import pytest
from sqlalchemy import select

from core.kernel import audit, clock, task_parts, task_runner, tasks
from core.kernel.errors import Conflict, Invalid, NotFound
from core.kernel.models import AuditEntry, Task, TaskPart
from core.kernel.tasks import Kind
from core.kernel.tenancy import acting
from core.org.models import Staff
from tests.installation import at

SEEN: list[int] = []


class Killed(BaseException):
    """What SIGKILL looks like from inside: nothing after it runs."""


def step(session, task, _prepared):
    n = task.done + 1
    SEEN.append(n)
    task_parts.add(session, task, "rows", n, 1, json.dumps({"n": n}).encode())
    if tasks.params_of(task).get("die") == n and SEEN.count(n) == 1:
        raise Killed
    if tasks.params_of(task).get("bad") == n and SEEN.count(n) == 1:
        raise Invalid("坏了")
    task.done = n
    tasks.count(task, changed=1)
    return n < task.total


def undo(session, task):
    part = task_parts.first(session, task, "rows", "waiting")
    part.state = "undone"
    task.done += 1
    tasks.count(task, restored=1)
    return task_parts.first(session, task, "rows", "waiting") is not None


tasks.offer(Kind("probe.count", "数数", "clock", "people.edit", step, undo=undo, told=lambda task: f"数到 {task.done}"))


@pytest.fixture(autouse=True)
def _clean():
    SEEN.clear()


def ask(installation, **params):
    house = installation.dental
    with acting(installation.actor(house)), installation.unit() as session:
        return tasks.ask(session, "probe.count", "数数", params, total=5).id


def run(installation, task_id):
    task_runner.run(installation.runtime.db, installation.dental.franchise_id, task_id)


def read(installation, task_id):
    with acting(installation.actor(installation.dental)), installation.unit("read") as session:
        row = session.get(Task, task_id)
        session.expunge(row)
        return row


def test_a_task_runs_in_slices_and_says_where_it_is(any_installation):
    house = any_installation
    task_id = ask(house)
    db, fid = house.runtime.db, house.dental.franchise_id
    assert task_runner.advance(db, fid, task_id)
    half = read(house, task_id)
    assert (half.state, half.done, half.slices) == ("running", 1, 1)
    half.worked_ms, half.done = 1000, 2
    assert tasks.seconds_left(half) == 2
    run(house, task_id)
    done = read(house, task_id)
    assert (done.state, done.done, tasks.counts_of(done)) == ("done", 5, {"changed": 5})
    assert done.undo_until - done.ended_at == 24 * 3600_000
    with acting(house.actor(house.dental)), house.unit("read") as session:
        said = session.scalars(select(AuditEntry.action).where(AuditEntry.object_id == task_id).order_by(AuditEntry.id))
        assert list(said) == ["tasks.asked", "tasks.done"]


def test_a_killed_task_resumes_where_it_was_and_repeats_nothing_that_was_kept(any_installation):
    house = any_installation
    task_id = ask(house, die=3)
    with pytest.raises(Killed):
        run(house, task_id)
    assert read(house, task_id).done == 2
    with acting(house.actor(house.dental)), house.unit("read") as session:
        assert task_runner.left_behind(session) == []  # its lease still runs
    with at("2030-01-01 10:00"), acting(house.actor(house.dental)), house.unit("read") as session:
        assert task_runner.left_behind(session) == [task_id]
    run(house, task_id)
    assert read(house, task_id).state == "done"
    assert SEEN == [1, 2, 3, 3, 4, 5]
    with acting(house.actor(house.dental)), house.unit("read") as session:
        rows = session.scalars(select(TaskPart).where(TaskPart.task_id == task_id).order_by(TaskPart.number)).all()
        assert [json.loads(task_parts.read(row))["n"] for row in rows] == [1, 2, 3, 4, 5]


def test_two_runners_share_the_slices(any_installation):
    house = any_installation
    task_id = ask(house)
    db, fid = house.runtime.db, house.dental.franchise_id
    task_runner.begin(db, fid, task_id, 0)
    run(house, task_id)
    task_runner.settle()
    assert sorted(SEEN) == [1, 2, 3, 4, 5]
    assert read(house, task_id).state == "done"


def test_a_failed_task_says_why_and_goes_on_from_there(installation):
    task_id = ask(installation, bad=2)
    run(installation, task_id)
    failed = read(installation, task_id)
    assert (failed.state, failed.problem, failed.done) == ("failed", "坏了", 1)
    with acting(installation.actor(installation.dental)), installation.unit() as session:
        tasks.retry(session, tasks.get(session, task_id))
    run(installation, task_id)
    assert (read(installation, task_id).state, SEEN) == ("done", [1, 2, 2, 3, 4, 5])


def test_cancel_stops_and_undo_takes_back_what_was_done(installation):
    task_id = ask(installation)
    db, fid = installation.runtime.db, installation.dental.franchise_id
    task_runner.advance(db, fid, task_id)
    task_runner.advance(db, fid, task_id)
    actor = installation.actor(installation.dental)
    with acting(actor), installation.unit() as session:
        tasks.cancel(session, tasks.get(session, task_id))
        with pytest.raises(Conflict):
            tasks.cancel(session, tasks.get(session, task_id))
    assert not task_runner.advance(db, fid, task_id)
    with acting(actor), installation.unit() as session:
        tasks.undo(session, tasks.get(session, task_id))
    run(installation, task_id)
    over = read(installation, task_id)
    assert (over.state, tasks.counts_of(over)) == ("undone", {"changed": 2, "restored": 2})
    with acting(actor), installation.unit() as session, pytest.raises(Conflict):
        tasks.undo(session, tasks.get(session, task_id))


def test_no_undo_after_a_day_and_everything_is_wiped(installation):
    task_id = ask(installation)
    run(installation, task_id)
    actor = installation.actor(installation.dental)
    ended = clock.from_ms(read(installation, task_id).ended_at)
    from datetime import timedelta

    with clock.frozen_at(ended + timedelta(hours=25)), acting(actor), installation.unit() as session:
        task = tasks.get(session, task_id)
        assert not tasks.may_undo(task)
        assert task_runner.purge(session) == 1
        assert session.scalars(select(TaskPart)).all() == []
        assert session.get(Task, task_id) is not None
    with clock.frozen_at(ended + timedelta(days=31)), acting(actor), installation.unit() as session:
        assert task_runner.purge(session) == 1
        assert session.scalars(select(Task)).all() == []


def test_who_lost_the_permission_or_left_stops_the_task(installation):
    task_id = ask(installation)
    with acting(installation.actor(installation.dental)), installation.unit() as session:
        session.get(Task, task_id).staff_id = installation.dental.staff["auditor"]
    run(installation, task_id)
    assert read(installation, task_id).state == "failed"
    other = ask(installation)
    with acting(installation.actor(installation.dental)), installation.unit() as session:
        session.get(Task, other).staff_id = installation.dental.staff["manager"]
        session.get(Staff, installation.dental.staff["manager"]).active = False
    run(installation, other)
    assert "停用" in read(installation, other).problem
    assert SEEN == []


def test_a_task_is_its_askers_and_of_their_franchise(installation):
    task_id = ask(installation)
    with acting(installation.actor(installation.dental, "manager")), installation.unit("read") as session:
        with pytest.raises(NotFound):
            tasks.get(session, task_id)
        assert tasks.get(session, task_id, all_=True).id == task_id
    with (
        acting(installation.actor(installation.pharmacy)),
        installation.unit("read") as session,
        pytest.raises(NotFound),
    ):
        tasks.get(session, task_id, all_=True)


def test_what_a_task_is_asked_with_is_sealed(installation):
    task_id = ask(installation, secret="刘超明")
    with acting(installation.actor(installation.dental)), installation.unit("read") as session:
        row = session.get(Task, task_id)
        assert "刘超明".encode() not in bytes(row.params_sealed)
        entry = session.scalar(select(AuditEntry).where(AuditEntry.object_id == task_id))
        assert audit.detail_of(entry) == {"kind": "probe.count", "title": "数数"}
