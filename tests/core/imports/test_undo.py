"""Undo of a batch, pause and cancel, and what is wiped when."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select

from core.console import verification
from core.imports import jobs, runner, services, undo
from core.imports.models import ImportRow
from core.kernel import clock
from core.kernel.errors import Conflict
from core.kernel.tenancy import acting
from core.people import services as people
from core.people.models import Person
from tests.core.imports import lists
from tests.core.imports.kit import row


def take_back(office, batch):
    with acting(office.actor), office.unit("write") as session:
        undo.begin(session, services.get(session, batch))
    runner.take_back(office.db, office.actor, batch)
    with acting(office.actor), office.unit() as session:
        return undo.done(session, services.get(session, batch))


def effect(office, batch):
    with acting(office.actor), office.unit() as session:
        return undo.effect(session, services.get(session, batch))


def test_an_undo_takes_everybody_out_and_the_list_may_come_again(any_office):
    rows, want = lists.members(600)
    data = lists.as_csv(rows)
    batch = any_office.check(data)
    any_office.run(batch)
    foreseen = effect(any_office, batch)
    done = take_back(any_office, batch)
    assert (done.persons, done.changes, done.stay) == (want["created"], 0, 0)
    assert foreseen == done
    assert any_office.members() == 0
    assert any_office.batch(batch).state == "undone"
    assert [r.difference for r in verification.verify(any_office.installation.runtime) if r.difference] == []
    assert any_office.take_in(data)["created"] == want["created"]


def test_an_undo_leaves_no_personal_data_of_a_wrong_list(office):
    batch = office.check(
        lists.as_csv(
            [row(name="外人甲", phone="13800000001", address="别家路1号", birth="1990-05-02", tags="怕疼")], "utf-8"
        )
    )
    office.run(batch)
    take_back(office, batch)
    with acting(office.actor), office.unit() as session:
        person = session.scalars(select(Person)).one()
        assert (person.name, person.phone, person.address, person.birth_on) == ("（已撤销的导入）", None, None, None)
        assert people.find(session, "外人甲") == []
        assert people.tags_of(session, person) == []
        assert all(one.cells_sealed is None for one in session.scalars(select(ImportRow)))


def test_who_was_used_since_stays(office):
    batch = office.check(lists.as_csv([
        row(name="买过", phone="13800000001"), row(name="改过", phone="13800000002"), row(name="带人", phone="13800000003"),
        row(name="没动", phone="13800000004"), row(name="同意", phone="13800000005"),
    ], "utf-8"))  # fmt: skip
    office.run(batch)
    with acting(office.actor):
        ids = {name: office.find(name).id for name in ("买过", "改过", "带人", "同意")}
        office.installation.sell(ids["买过"], "MISC-100")
        with office.unit("write") as session:
            person = people.get(session, ids["改过"])
            people.change(session, person, person.version, {"occupation": "教师"})
            people.consent(session, people.get(session, ids["同意"]), "membership", granted=True)
        office.installation.enrol("新来的", "13800000009", referrer_no=office.find("带人").member_no)
    foreseen = effect(office, batch)
    assert (foreseen.persons, foreseen.stay) == (1, 4)
    assert take_back(office, batch) == foreseen
    assert office.members() == 5


def test_changes_are_taken_back_unless_somebody_changed_them_since(office):
    office.take_rows(
        row(name="王小明", phone="13800000001", occupation="教师", birth="1990-05-02"),
        row(name="李萍", phone="13800000002"),
    )
    batch = office.check(lists.as_csv([
        row(name="王小明", phone="13800000001", occupation="工程师", birth="1991-01-01", address="新路1号", tags="老客户", card="N00001"),
        row(name="李萍", phone="13800000002", occupation="医生"),
    ], "utf-8"))  # fmt: skip
    assert office.run(batch)["updated"] == 2
    with acting(office.actor), office.unit("write") as session:
        person = people.find(session, "李萍")[0]
        people.change(session, person, person.version, {"company": "第一医院"})
    foreseen = effect(office, batch)
    assert (foreseen.persons, foreseen.changes, foreseen.stay) == (0, 1, 1)
    assert take_back(office, batch) == foreseen
    person = office.find("王小明")
    assert (person.occupation, person.birth_on.isoformat(), person.address) == ("教师", "1990-05-02", None)
    with acting(office.actor), office.unit() as session:
        assert people.tags_of(session, people.get(session, person.id)) == []
        assert people.find(session, "N00001") == []
    assert office.find("李萍").occupation == "医生"


def test_after_a_day_there_is_no_undo(office):
    batch = office.check(lists.as_csv([row(name="王小明", phone="13800000001")], "utf-8"))
    office.run(batch)
    with clock.frozen_at(clock.now() + timedelta(hours=25)), acting(office.actor), office.unit("write") as session:
        found = services.get(session, batch)
        assert not undo.may_undo(found)
        with pytest.raises(Conflict, match="24 小时") as refusal:
            undo.begin(session, found)
        assert refusal.value.code == "undo_too_late"
    assert office.members() == 1


def test_a_cancelled_run_takes_back_what_it_did_and_runs_no_more(office):
    rows, _want = lists.members(1500)
    batch = office.check(lists.as_csv(rows))
    office.start(batch)

    def pause(_position):
        with acting(office.actor), office.unit("write") as session:
            services.pause(session, services.get(session, batch))

    runner.run(office.db, office.actor, batch, pause)
    assert office.members() > 400
    take_back(office, batch)
    assert office.members() == 0
    assert office.batch(batch).state == "cancelled"
    with acting(office.actor), office.unit("write") as session, pytest.raises(Conflict):
        services.start(session, services.get(session, batch))


def test_cells_are_wiped_when_nobody_needs_them_any_more(office):
    office.take_rows(row(name="王小明", phone="13800000001"))
    batch = office.check(
        lists.as_csv([row(name="王小明", phone="13800000001", occupation="教师"), row(name="坏", phone="1")], "utf-8")
    )
    office.run(batch)
    left = office.check(lists.as_csv([row(name="没执行")], "utf-8"))

    def kept(days):
        with clock.frozen_at(clock.now() + timedelta(days=days)), acting(office.actor):
            jobs.clean_up(office.installation.runtime, office.actor)
            with office.unit() as session:
                rows = session.scalars(select(ImportRow).where(ImportRow.cells_sealed.is_not(None)))
                return sorted((one.import_batch_id, one.number) for one in rows)

    assert kept(0) == sorted([(batch, 2), (batch, 3), (left, 2)])
    assert kept(2) == sorted([(batch, 3), (left, 2)])
    assert kept(31) == []
    assert office.batch(left).state == "cancelled"
