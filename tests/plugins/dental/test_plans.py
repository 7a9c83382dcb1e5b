"""The plan: items, phases, the member's price, accepted, sent to the till with the tooth on the line; done by the chart."""

from __future__ import annotations

import re
import threading

import pytest
from sqlalchemy import select

from core.desk.models import HeldBasket
from core.kernel import clock
from core.kernel.errors import Conflict, Invalid
from core.kernel.models import AuditEntry
from core.kernel.tenancy import acting
from core.orders.models import Orders
from core.orders.sites import sites_of
from plugins.dental import chart, exams, fold, planned, plans
from plugins.dental.chart import Entry
from plugins.dental.models import DentalPlan
from tests.core.desk.desk_kit import field, plain

TWO = (
    Entry("36", "caries", "O"),
    Entry("36", "filling", "O", fold.PLANNED),
    Entry("14", "extraction", kind=fold.PLANNED),
)


@pytest.fixture
def dentist(sit):
    return sit("clinician")


def at(member):
    return f"/p/dental/members/{member}/plan"


def noted(dentist, member, *entries):
    with acting(dentist.actor), dentist.installation.unit() as session:
        return chart.note(session, member, list(entries))


def read(dentist, member):
    with acting(dentist.actor), dentist.installation.unit("read") as session:
        events = chart.events_of(session, member)
        return planned.plan_of(session, member, events, fold.state(events))


def act(dentist, member, verb, **more):
    page = dentist.get(at(member)).text
    sent = {"number": field(page, "number"), "act": verb, "item.36.filling": "F-RESIN", "phase.36.filling": "2", **more}
    return dentist.post(at(member), sent)


def family(dentist, desk, member):
    """Sell the family card: fillings at 80 %, a coupon of 200."""
    desk.ring_up(member, "CARD-FAMILY")


def test_the_plan_is_priced_with_the_members_rights_and_becomes_a_basket_at_the_till(dentist, desk):
    member = dentist.enrol()
    family(dentist, desk, member)
    noted(dentist, member, *TWO)
    assert act(dentist, member, "save").status_code == 303
    told = plain(dentist.get(at(member)).text)
    assert "400.00" in told
    assert "160.00" in told  # B01: 400 − 200, then 80 %
    assert "收款不等于做完" in told
    assert act(dentist, member, "send").status_code == 422  # nothing is accepted yet
    assert act(dentist, member, "accept", pick="36.filling").status_code == 303
    assert [(row.key, row.state) for row in read(dentist, member).rows] == [
        ("14.extraction", planned.OFFERED), ("36.filling", planned.ACCEPTED),
    ]  # fmt: skip
    assert act(dentist, member, "send").status_code == 303
    assert "F8" in desk.till()
    assert desk.post(f"/till/held/{held(desk)}/resume").status_code == 303
    page = desk.till()
    assert "36 O" in plain(page)
    assert "160.00" in page
    answer = desk.pay(desk.pay_form(page), kind="cash")
    assert answer.status_code == 303
    order = desk.order_of(answer)
    assert order.total_fen == 16_000
    with acting(desk.actor), desk.installation.unit("read") as session:
        assert sites_of(session, [order.id]) == {(order.id, 1): "36 O"}
        assert b"36 O" not in session.get(Orders, order.id).facts_sealed


def held(desk):
    with acting(desk.actor), desk.installation.unit("read") as session:
        return session.scalars(select(HeldBasket.id)).one()


def test_paid_is_not_done_and_the_chart_makes_it_done(dentist, desk):
    member = dentist.enrol()
    noted(dentist, member, *TWO)
    act(dentist, member, "accept", pick="36.filling")
    act(dentist, member, "send")
    assert {row.key: row.state for row in read(dentist, member).rows}["36.filling"] == planned.SENT
    noted(dentist, member, Entry("36", "filling", "O", fold.DONE))
    found = read(dentist, member)
    assert [row.key for row in found.rows] == ["14.extraction"]
    assert [(row.key, row.state) for row in found.done] == [("36.filling", planned.DONE)]
    assert "已完成" in plain(dentist.get(at(member)).text)
    noted(dentist, member, Entry("36", "filling", "M", fold.PLANNED))  # planned anew: nothing was accepted of that
    assert {row.key: row.state for row in read(dentist, member).rows}["36.filling"] == planned.OFFERED


def test_every_save_is_a_revision_sealed_and_audited_and_a_stale_one_is_refused(dentist):
    member = dentist.enrol()
    noted(dentist, member, *TWO)
    old = field(dentist.get(at(member)).text, "number")
    assert act(dentist, member, "save").status_code == 303
    stale = dentist.post(at(member), {"number": old, "act": "save", "item.36.filling": "F-TEMP"})
    assert stale.status_code == 409
    assert act(dentist, member, "save", **{"item.36.filling": "NOTHING"}).status_code == 422
    with acting(dentist.actor), dentist.installation.unit("read") as session:
        rows = session.scalars(select(DentalPlan)).all()
        assert [row.number for row in rows] == [1]
        assert b"F-RESIN" not in rows[0].body_sealed
        audited = session.scalars(select(AuditEntry).where(AuditEntry.action == "dental.plan.saved")).one()
        assert audited.person_id == member


def test_a_changed_item_is_accepted_anew_and_one_without_item_cannot_be(dentist):
    member = dentist.enrol()
    noted(dentist, member, *TWO)
    act(dentist, member, "accept", pick="36.filling")
    act(dentist, member, "save", **{"item.36.filling": "F-TEMP"})
    rows = {row.key: row for row in read(dentist, member).rows}
    assert (rows["36.filling"].state, rows["36.filling"].item.code) == (planned.OFFERED, "F-TEMP")
    assert rows["14.extraction"].item is None  # the preset sells no extraction
    answer = act(dentist, member, "accept", pick="14.extraction")
    assert answer.status_code == 422
    assert "14 还没有选项目" in plain(answer.text)


def test_two_who_save_at_once_make_one_revision_and_records_are_handed_over(any_installation):
    house = any_installation
    with acting(house.actor(house.dental, "clinician")):
        one, other = house.enrol(), house.enrol("李雷", "13800005053")
        for member in (one, other):
            with house.unit() as session:
                chart.note(session, member, list(TWO), clock.today(house.actor(house.dental).tz))
                events = chart.events_of(session, member)
                seen = planned.plan_of(session, member, events, fold.state(events))
                plans.choose(session, member, seen, {"36.filling": ("F-RESIN", 2)}, 0)
                with pytest.raises(Conflict):
                    plans.choose(session, member, seen, {"36.filling": ("F-TEMP", 1)}, 0)
        with house.unit() as session:
            assert plans.move(session, one, other) == 1
        with house.unit() as session:
            events = chart.events_of(session, one)
            seen = planned.plan_of(session, one, events, fold.state(events))
            assert plans.choose(session, one, seen, {}, 1).number == 2
            with pytest.raises(Invalid):
                plans.send(session, one, seen)


def test_who_may_not_write_decides_nothing(dentist, sit):
    member = dentist.enrol()
    noted(dentist, member, *TWO)
    owner, desk = sit("owner"), sit("front_desk")
    page = owner.get(at(member)).text
    assert not re.search(r'name="act"', page)
    assert owner.post(at(member), {"number": "0", "act": "save"}).status_code == 403
    assert desk.get(at(member)).status_code == 403


def test_sent_by_six_at_once_it_is_one_basket_and_begun_by_six_it_is_one_examination(any_installation):
    house = any_installation
    actor, told, begun = house.actor(house.dental, "clinician"), [], []
    with acting(actor):
        member = house.enrol()
        with house.unit() as session:
            chart.note(session, member, list(TWO))
            events = chart.events_of(session, member)
            seen = plans.choose(
                session, member, planned.plan_of(session, member, events, fold.state(events)),
                {"36.filling": ("F-RESIN", 1)}, 0,
            )  # fmt: skip
            plans.accept(session, member, seen, ["36.filling"])

    def press():
        try:
            with acting(actor), house.unit() as session:
                begun.append(exams.begin(session, member))
            with acting(actor), house.unit() as session:
                events = chart.events_of(session, member)
                plans.send(session, member, planned.plan_of(session, member, events, fold.state(events)))
            told.append("sent")
        except (Conflict, Invalid) as refused:
            told.append(refused.code)

    threads = [threading.Thread(target=press) for _n in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert told.count("sent") == 1
    assert set(told) <= {"sent", "stale", "invalid"}
    assert len(told) == 6
    assert len(set(begun)) == 1
    with acting(actor), house.unit("read") as session:
        assert len(session.scalars(select(HeldBasket.id)).all()) == 1
