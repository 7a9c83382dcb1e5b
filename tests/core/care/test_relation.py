"""The way around the glass: a relation that the reader made alone reads, but is shown, told and reviewed (C16)."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select, update

from core.care import access, need, relation, rules, services, visits
from core.care.models import HealthGlass
from core.kernel import clock
from core.kernel.errors import Forbidden
from core.kernel.tenancy import acting
from core.orders.models import Orders
from core.org.models import Notification
from core.people.models import Person
from tests.core.care.kit import Desk, plant
from tests.core.desk.desk_kit import plain


@pytest.fixture
def house(any_installation):
    return any_installation


def stranger(house):
    """Somebody with facts who was never at this store."""
    with acting(house.actor(house.dental)):
        person = house.enrol()
        plant(house, person)
        with house.unit() as session:
            session.execute(update(Person).where(Person.id == person).values(joined_at=1, store_id=None))
    return person


def how(house, person, role="clinician"):
    with acting(house.actor(house.dental, role)), house.unit("read") as session:
        return relation.of(session, person)


def opened(house, person, role="clinician"):
    with acting(house.actor(house.dental, role)), house.unit() as session:
        doctor = house.dental.staff["clinician"]
        return visits.open_visit(session, person, practitioner_id=doctor).id


def looks(house):
    with acting(house.actor(house.dental)), house.unit("read") as session:
        rows = session.scalars(select(HealthGlass).order_by(HealthGlass.id)).all()
        session.expunge_all()
        return rows


def read(house, person):
    with acting(house.actor(house.dental, "clinician")), house.unit() as session:
        need.check_need(session, person, "test")


def review(house, ruling, remark=""):
    [row] = [one for one in looks(house) if one.reviewed_at is None]
    with acting(house.actor(house.dental, "owner")), house.unit() as session:
        access.review(session, row.id, ruling, remark)


def test_what_the_reader_makes_alone_is_self_made_and_what_others_make_is_given(house):
    person = stranger(house)
    assert how(house, person) == ""
    with pytest.raises(Forbidden):
        read(house, person)
    visit = opened(house, person)
    assert how(house, person) == relation.SELF_MADE
    assert how(house, person, "owner") == relation.GIVEN  # for everybody else the clinician's visit stands
    with acting(house.actor(house.dental, "clinician")), house.unit() as session:
        visits.drop(session, visit)
    assert how(house, person) == ""  # thrown away, it was none
    opened(house, person, "owner")
    assert how(house, person) == relation.GIVEN


def test_a_fact_noted_about_anybody_is_no_key(house):
    person = stranger(house)
    with acting(house.actor(house.dental, "clinician")), house.unit() as session:
        services.note(session, person, rules.allergy(today=services.today(), text="随便记一条"))
    assert how(house, person) == relation.SELF_MADE


def test_the_till_s_money_stands_for_a_relation_and_money_given_back_does_not(house):
    """An order of the clinician's own: for nothing it is self-made, with money given, refunded self-made again."""
    person = stranger(house)
    with acting(house.actor(house.dental, "clinician")):
        house.sell(person, "CLEAN")
    assert how(house, person) == relation.GIVEN
    with acting(house.actor(house.dental)), house.unit() as session:
        session.execute(update(Orders).where(Orders.person_id == person).values(refunded_fen=Orders.paid_fen))
    assert how(house, person) == relation.SELF_MADE
    with acting(house.actor(house.dental, "front_desk")):
        house.sell(person, "CLEAN")
    assert how(house, person) == relation.GIVEN


def test_one_row_waits_however_often_it_is_read_and_its_review_decides(house):
    person = stranger(house)
    opened(house, person)
    for _n in range(3):
        read(house, person)
    [row] = looks(house)
    assert (row.reason_code, row.reads, row.due_at - row.opened_at) == ("self_made", 3, 259_200_000)
    with acting(house.actor(house.dental, "clinician")), house.unit("read") as session:
        assert access.open_glass(session, person) is None  # it opens nothing by itself
    with acting(house.actor(house.dental)), house.unit("read") as session:
        told = session.scalars(select(Notification.staff_id).where(Notification.kind == access.LOOKED)).all()
        assert house.dental.staff["owner"] in told and house.dental.staff["clinician"] not in told
    review(house, "not_justified", "没有就诊安排")
    assert how(house, person) == ""
    with pytest.raises(Forbidden):
        read(house, person)
    with clock.frozen_at(clock.now() + timedelta(minutes=5)):
        opened(house, person)  # trying again is a new row
        read(house, person)
        assert len(looks(house)) == 2
        review(house, "justified")
        assert how(house, person) == relation.GIVEN  # somebody else stands for it
        read(house, person)
        assert len(looks(house)) == 2
    with clock.frozen_at(clock.now() + timedelta(days=92)):
        assert how(house, person) == ""


def test_a_relation_that_somebody_else_made_leaves_no_row(house):
    person = stranger(house)
    with acting(house.actor(house.dental, "front_desk")):
        house.sell(person, "CLEAN")
    opened(house, person)
    read(house, person)
    assert looks(house) == []


def test_the_pages_say_so_and_nobody_waits(installation):
    desk, person = Desk(installation), stranger(installation)
    doctor = desk.client("clinician")
    words = "这位会员是你自己接诊的"
    assert "癫痫" not in doctor.get(f"/members/{person}/health").text
    made = doctor.post(f"/members/{person}/visits", data={"kind": "first"})
    assert made.status_code == 303
    for path in (
        made.location.replace("http://localhost", ""),
        f"/members/{person}/health",
        f"/members/{person}/visits",
    ):
        answer = doctor.get(path)
        assert answer.status_code == 200 and words in answer.text, path
    assert words in doctor.get(f"/members/{person}?tab=care.visits").text
    assert words not in desk.client("front_desk").get(f"/members/{person}").text
    owner = desk.client("owner")
    listed = plain(owner.get("/care/reviews").text)
    assert "自建接诊关系" in listed and "打开了 3 次页面" in listed and "没有收费" in listed
    with acting(installation.actor(installation.dental, "front_desk")):
        installation.sell(person, "CLEAN")
    assert words not in doctor.get(f"/members/{person}/health").text
    assert len(looks(installation)) == 1
