"""The bonus for coming month after month, at the till: given once, taken back when a visit is refunded."""

from __future__ import annotations

from dataclasses import replace

import pytest
from sqlalchemy import select

from core.console import verification
from core.kernel.statements import Statements
from core.kernel.tenancy import acting
from core.ledger import services as ledger
from core.ledger.models import Transfer
from core.orders.models import Orders
from core.programme import services as programmes
from core.programme.document import Streak
from tests.installation import at

VISITS = ("2026-01-05", "2026-01-20", "2026-02-03", "2026-02-04", "2026-03-01", "2026-03-09")


@pytest.fixture()
def house(any_installation):
    with acting(any_installation.actor(any_installation.dental)):
        with at("2026-01-01 09:00"), any_installation.unit() as session:
            now = programmes.in_force(session)
            programmes.publish(session, replace(now, streaks=(Streak("three-months", "连续三个月", 3, 2, 500),)))
        yield any_installation


def come(house, member, *days):
    """Sell a cleaning (200 points) on each day; return the order numbers."""
    numbers = []
    for day in days:
        with at(f"{day} 10:00"):
            done = house.sell(member, "CLEAN")
            with house.unit("read") as session:
                numbers.append(session.get(Orders, done.order_id).order_no)
    return numbers


def points(house, member):
    with house.unit("read") as session:
        st = Statements(session, house.dental.franchise_id)
        return ledger.balance_of(st, "person", member, ledger.POINTS, member).balance


def bonuses(house, member):
    with house.unit("read") as session:
        return session.scalars(
            select(Transfer.amount).where(Transfer.person_id == member, Transfer.reason == "streak")
        ).all()


def enrol(house):
    with at("2026-01-01 10:00"):
        return house.enrol("刘超明", "13800005051")


def test_three_months_with_two_visits_give_the_bonus_once(house):
    member = enrol(house)
    come(house, member, *VISITS[:-1])
    assert bonuses(house, member) == []
    come(house, member, VISITS[-1], "2026-03-09", "2026-03-30", "2026-04-01", "2026-04-02")
    assert bonuses(house, member) == [500]
    assert points(house, member) == 10 * 200 + 500
    assert [r.name for r in verification.verify(house.runtime, freeze=False) if r.difference] == []


def test_two_payments_on_one_day_are_one_visit(house):
    member = enrol(house)
    come(house, member, "2026-01-05", "2026-01-05", *VISITS[2:])
    assert bonuses(house, member) == []


def test_a_refunded_visit_takes_the_bonus_back_and_all_refunds_lead_to_the_start(house):
    member = enrol(house)
    numbers = come(house, member, *VISITS)
    assert points(house, member) == 6 * 200 + 500
    with at("2026-03-10 10:00"):
        effects = house.refund(numbers[2], {1: 1})
        assert any("连续到店奖励 500 分" in one for one in effects.effects)
        assert points(house, member) == 5 * 200
        for number in (numbers[0], numbers[1], *numbers[3:]):
            assert not any("连续到店奖励" in one for one in house.refund(number, {1: 1}).effects), "taken back once"
        assert points(house, member) == 0
    assert [r.name for r in verification.verify(house.runtime, freeze=False) if r.difference] == []


def test_a_second_visit_of_the_day_keeps_the_bonus_when_one_is_refunded(house):
    member = enrol(house)
    come(house, member, *VISITS)
    (again,) = come(house, member, VISITS[-1])
    with at("2026-03-10 10:00"):
        house.refund(again, {1: 1})
    assert points(house, member) == 6 * 200 + 500
