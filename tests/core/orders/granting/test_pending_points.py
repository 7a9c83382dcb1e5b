"""Points that become available later: at the sale, in a refund, by the job, on the page and in the API (S6)."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest
from sqlalchemy import text

from core.console import verification
from core.kernel.statements import Statements
from core.kernel.tenancy import acting
from core.ledger import pending, services
from core.orders import jobs, reads
from core.orders.refunding import refunds
from core.orders.types import TenderRequest
from core.points import extension
from core.programme import services as programmes
from core.programme.document import Extension
from core.rewards.jobs import extend_by_rule
from tests.core.rewards import kit
from tests.installation import at


@pytest.fixture
def house(any_installation):
    with at("2026-03-10 10:00"), acting(any_installation.actor(any_installation.dental)):
        yield any_installation


def publish(house, **more):
    with house.unit("read") as session:
        points = programmes.in_force(session).points
    kit.publish(house, *kit.REWARDS, points=replace(points, **more))


def has(house, person, on):
    with house.unit("read") as session:
        st = Statements(session, house.dental.franchise_id)
        return services.available_of(st, [person], "points", on)[person], pending.of(st, person)


def sold(house, person, qty=2):
    return house.sell(person, ("CHECK", qty), tenders=[TenderRequest("wechat", 8_000 * qty)]).order_no


def run(house):
    return jobs.open_points(house.runtime, house.actor(house.dental))["done"]


def problems(house):
    return [row.name for row in verification.verify(house.runtime, freeze=False) if row.difference]


def test_earned_points_wait_and_open_once(house):
    publish(house, pending_days=7)
    person = house.enrol("刘超明")
    no = sold(house, person)
    assert has(house, person, date(2026, 3, 10)) == ((0, 0), [(date(2026, 3, 17), 160)])
    with house.unit("read") as session:
        told = reads.order_json(session, refunds.find(session, no))
    assert told["balances"]["points"] == {"available": 0, "pending": 160, "debt": 0}
    assert "2026-03-17 起可用" in told["receipt_text"]
    with at("2026-03-16 23:00"):
        assert run(house) == 0
    with at("2026-03-17 00:10"):
        assert run(house) == 1
        assert run(house) == 0
        assert has(house, person, date(2026, 3, 17)) == ((160, 0), [])
        assert has(house, person, date(2027, 3, 9))[0] == (160, 0), "a year from the day it was earned"
        assert has(house, person, date(2027, 3, 10))[0] == (0, 0)
        assert house.refund(no, {1: 2}).points_taken == 160
        assert has(house, person, date(2026, 3, 17)) == ((0, 0), [])
    assert problems(house) == []


def test_a_refund_takes_what_waits_first(house):
    person = house.enrol("刘超明")
    sold(house, person)
    publish(house, pending_days=7)
    no = sold(house, person)
    effects = house.refund(no, {1: 1})
    assert (effects.points_taken, effects.points_debt) == (80, 0)
    assert has(house, person, date(2026, 3, 10)) == ((160, 0), [(date(2026, 3, 17), 80)])
    publish(house, pending_days=0)
    assert house.refund(no, {1: 1}).points_taken == 80, "by the rule of the sale"
    assert has(house, person, date(2026, 3, 10)) == ((160, 0), [])
    assert problems(house) == []


def test_a_debt_is_settled_when_points_open(house):
    person = house.enrol("刘超明")
    first = sold(house, person)
    with house.unit() as session:
        st = Statements(session, house.dental.franchise_id)
        balance = services.balance_of(st, "person", person, "points", person)
        services.redeem(st, balance, "points", 160, services.Posting(date(2026, 3, 10), 1, "test", 1))
    house.refund(first, {1: 2})
    publish(house, pending_days=1)
    sold(house, person, 3)
    assert has(house, person, date(2026, 3, 10)) == ((0, 160), [(date(2026, 3, 11), 240)])
    with at("2026-03-11 09:00"):
        assert run(house) == 1
        assert has(house, person, date(2026, 3, 11)) == ((80, 0), [])
    assert problems(house) == []


def test_s2_13_a_bonus_instead_of_a_longer_life_once_in_its_months(house):
    publish(house, extension=Extension(1, 500, 50))
    person, small = house.enrol("刘超明"), house.enrol("李娜", "13800002222")
    kit.give(house, person, 300, date(2026, 4, 1))
    kit.give(house, person, 200, date(2026, 4, 3))
    kit.give(house, small, 499, date(2026, 4, 1))
    with at("2026-03-24 09:00"):
        assert extend_by_rule(house.runtime) == 0
    with at("2026-03-27 09:00"):
        assert extend_by_rule(house.runtime) == 1
        assert extend_by_rule(house.runtime) == 0
        assert kit.lots(house, person) == [(date(2026, 4, 1), 300), (date(2026, 4, 3), 200), (date(2027, 3, 27), 50)]
        assert kit.lots(house, small) == [(date(2026, 4, 1), 499)]
    with house.unit("read") as session:
        given = session.execute(text("SELECT points, balance FROM lot_bonus")).all()
        trail = session.execute(text("SELECT COUNT(*) FROM audit_entry WHERE action = 'points.bonus_given'")).scalar()
        assert [tuple(row) for row in given] == [(50, 500)]
        assert trail == 1
        assert [lot.to_on for lot in extension.lots_of(session, person)][0] is not None, "by hand it may live longer"
    assert problems(house) == []
