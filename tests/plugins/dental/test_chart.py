"""The chart's verbs on both databases: append-only, voided once, scoped, sealed, audited, handed over."""

from __future__ import annotations

import random
import threading
from dataclasses import replace
from datetime import date, timedelta

import pytest
from sqlalchemy import func, select, update
from sqlalchemy.exc import DBAPIError

from core.kernel.errors import Conflict, Forbidden, Invalid, NotFound
from core.kernel.models import AuditEntry
from core.kernel.tenancy import acting
from plugins.dental import chart, fold, teeth
from plugins.dental.chart import Entry
from plugins.dental.models import DentalToothEvent

DAY = date(2026, 3, 2)


@pytest.fixture
def house(any_installation):
    with acting(any_installation.actor(any_installation.dental, "clinician")):
        yield any_installation


def test_events_are_noted_sealed_audited_and_read_again(house):
    member = house.enrol()
    with house.unit() as session:
        made = chart.note(session, member, [Entry("36", "caries", "o"), Entry("36", "filling", "O", fold.PLANNED)], DAY)
        assert [one.grade for one in made] == [2, 0]
    with house.unit("read") as session:
        tooth = fold.state(chart.events_of(session, member))["36"]
        assert (tooth.faces["O"].caries, tooth.faces["O"].mark) == (2, fold.PLANNED)
        row = session.scalars(select(DentalToothEvent)).first()
        assert b"caries" not in row.body_sealed
        entry = session.scalars(select(AuditEntry).where(AuditEntry.action == "dental.tooth.noted")).one()
        assert entry.person_id == member


@pytest.mark.parametrize(
    "entry",
    [Entry("19", "caries", "O"), Entry("36", "nothing"), Entry("36", "caries"), Entry("36", "caries", "I2"),
     Entry("36", "caries", "O", "elsewhere"), Entry("36", "missing", cause="bored"), Entry("36", "mobility", grade=4)],
)  # fmt: skip
def test_what_cannot_be_is_refused(entry):
    with pytest.raises(Invalid):
        chart.checked(entry, DAY)


def test_a_day_to_come_and_work_on_a_missing_tooth_are_refused_and_nothing_is_half_done(house):
    member = house.enrol()
    with house.unit() as session, pytest.raises(Invalid):
        chart.note(session, member, [Entry("36", "sound")], date(2999, 1, 1))
    with house.unit() as session:
        chart.note(session, member, [Entry("36", "missing", cause="caries")], DAY)
    with pytest.raises(Conflict) as refused, house.unit() as session:
        chart.note(session, member, [Entry("16", "sound"), Entry("36", "filling", "O", fold.DONE)], DAY)
    assert refused.value.code == "dental_tooth_missing"
    with house.unit() as session:
        assert len(chart.events_of(session, member)) == 1
        chart.note(session, member, [Entry("36", "implant", kind=fold.PLANNED)], DAY)


def test_an_event_is_taken_back_once_by_a_further_one(house):
    member = house.enrol()
    with house.unit() as session:
        [made] = chart.note(session, member, [Entry("36", "caries", "O")], DAY)
        chart.void(session, member, made.id)
    with house.unit() as session:
        events = chart.events_of(session, member)
        assert (len(events), fold.state(events)) == (2, {})
        with pytest.raises(Conflict):
            chart.void(session, member, made.id)
        with pytest.raises(NotFound):
            chart.void(session, member, events[1].id)


def test_taken_back_by_eight_at_once_it_is_taken_back_once(house):
    member = house.enrol()
    with house.unit() as session:
        [made] = chart.note(session, member, [Entry("36", "caries", "O")], DAY)
    actor, told = house.actor(house.dental, "clinician"), []

    def take():
        try:
            with acting(actor), house.unit() as session:
                chart.void(session, member, made.id)
            told.append("done")
        except Conflict as refused:
            told.append(refused.code)

    threads = [threading.Thread(target=take) for _n in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(told) == ["dental_event_void"] * 7 + ["done"]
    with house.unit("read") as session:
        assert len(chart.events_of(session, member)) == 2


@pytest.mark.parametrize("act", ["update", "delete"])
def test_the_database_refuses_to_change_or_delete_an_event(house, act):
    member = house.enrol()
    with house.unit() as session:
        chart.note(session, member, [Entry("36", "sound")], DAY)
    with pytest.raises(DBAPIError), house.unit() as session:
        if act == "update":
            session.execute(update(DentalToothEvent).values(noted_on=date(2020, 1, 1)))
        else:
            session.delete(session.scalars(select(DentalToothEvent)).one())
            session.flush()


def test_a_stranger_and_who_has_no_business_with_the_person_read_nothing(house):
    member = house.enrol()
    with house.unit() as session:
        chart.note(session, member, [Entry("36", "sound")], DAY)
        assert chart.opened(session, member).person_id == member
    with acting(house.actor(house.pharmacy, "clinician")), house.unit() as session:
        assert chart.events_of(session, member) == []
        with pytest.raises(NotFound):
            chart.opened(session, member)
    elsewhere = replace(house.actor(house.dental, "front_desk"), store_id=house.dental.other_store_id)
    with acting(elsewhere), house.unit() as session, pytest.raises(Forbidden) as refused:
        chart.opened(session, member)
    assert refused.value.code == "no_care_relation"


def test_two_records_of_one_person_become_one(house):
    one, other = house.enrol(), house.enrol("李雷", "13800005053")
    with house.unit() as session:
        chart.note(session, other, [Entry("36", "caries", "O")], DAY)
        assert chart.move(session, one, other) == 1
    with house.unit() as session:
        assert fold.state(chart.events_of(session, one))["36"].carious
        assert session.scalar(select(func.count(DentalToothEvent.id))) == 1


def test_the_stored_chart_is_the_chart_of_an_independent_list_at_every_date(house):
    """Random work of two months on both databases beside a plain list that knows nothing of tables."""
    member, rng, kept = house.enrol(), random.Random(5), []
    with house.unit() as session:
        for _n in range(120):
            on = DAY + timedelta(rng.randrange(60))
            live = fold.live(kept)
            if live and rng.random() < 0.2:
                gone = chart.void(session, member, rng.choice(live).id)
                kept = [one for one in kept if one.id != gone.id]
                continue
            code, fdi = rng.choice(list(fold.CODES)), rng.choice(teeth.PERMANENT[:12])
            try:
                kept += chart.note(session, member, [Entry(fdi, code, "B", rng.choice(["", fold.PLANNED]))], on)
            except Conflict:
                continue
    with house.unit("read") as session:
        events = chart.events_of(session, member)
    for day in range(-1, 61):
        on = DAY + timedelta(day)
        mouth = {}
        for one in sorted((x for x in kept if x.on <= on), key=lambda x: (x.on, x.id)):
            mouth[one.fdi] = fold.step(mouth.get(one.fdi, fold.NOTHING), one)
        assert fold.state(events, on) == mouth
