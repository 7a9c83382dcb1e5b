"""Two at once: the tenth reward of a month is given once, a first order rewards once, circles close for nobody (B38)."""

from __future__ import annotations

import threading
import time

import pytest
from sqlalchemy import func, select

from core.kernel.errors import Refusal
from core.kernel.statements import Statements
from core.kernel.tenancy import acting
from core.programme.rules import Referral as Rule
from core.referrals import services
from core.referrals.models import Referral
from tests.core.referrals import kit


def at_once(house, *acts):
    """Run acts in threads of their own, by turns at two stores: one store's order numbers would queue them.

    Return the codes of what was refused.
    """
    home, gate, refused = house.actor(house.dental), threading.Barrier(len(acts)), []
    stores = (house.dental.store_id, house.dental.other_store_id)

    def run(act, n):
        with acting(home.at_store(stores[n % 2])):
            gate.wait()
            try:
                act()
            except Refusal as refusal:
                refused.append(refusal.code)

    threads = [threading.Thread(target=run, args=(act, n)) for n, act in enumerate(acts)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return refused


def slow(monkeypatch):
    """Let time pass between the count of the month and what is written from it."""
    real = services._upline

    def waiting(*args):
        found = real(*args)
        time.sleep(0.2)
        return found

    monkeypatch.setattr(services, "_upline", waiting)


def two_first_orders(house):
    """Bring a referrer to one below the cap of two and return the acts of two first orders by others."""
    kit.publish(house, Rule("first_paid_order", 200, 0, monthly_cap=2))
    a = kit.enrol(house, "刘超明", phone="13800005051")
    members = [kit.enrol(house, "新人", a, f"138000060{n:02d}") for n in range(3)]
    house.sell(members[0], "CHECK")
    return a, [lambda m=m: house.sell(m, "CHECK") for m in members[1:]]


def test_two_first_orders_at_the_cap_give_one_reward(any_installation, monkeypatch):
    house = any_installation
    with acting(house.actor(house.dental)):
        a, acts = two_first_orders(house)
        slow(monkeypatch)
        assert at_once(house, *acts) == []
        assert kit.points(house, a) == [400]
        assert kit.problems(house) == []


@pytest.mark.postgres
def test_control_without_locks_one_of_them_fails_or_the_cap_does(pg_installation, monkeypatch):
    house = pg_installation
    with acting(house.actor(house.dental)):
        a, acts = two_first_orders(house)
        slow(monkeypatch)
        monkeypatch.setattr(Statements, "lock", lambda *_args: None)
        refused = at_once(house, *acts)
        monkeypatch.undo()
        assert refused or kit.points(house, a) == [600]


def test_two_registrations_at_the_cap_give_one_reward(any_installation, monkeypatch):
    house = any_installation
    with acting(house.actor(house.dental)):
        kit.publish(house, Rule("registration", 100, monthly_cap=2))
        a = kit.enrol(house, "刘超明", phone="13800005051")
        kit.enrol(house, "新人", a, "13800006000")
        slow(monkeypatch)
        assert at_once(house, *(lambda n=n: kit.enrol(house, "新人", a, f"1380000601{n}") for n in range(2))) == []
        assert kit.points(house, a) == [200]
        assert kit.problems(house) == []


def test_two_orders_of_one_member_reward_once(any_installation, monkeypatch):
    house = any_installation
    with acting(house.actor(house.dental)):
        kit.publish(house, kit.FIRST_ORDER)
        a = kit.enrol(house, "刘超明", phone="13800005051")
        b = kit.enrol(house, "王芳", a, "13800005052")
        slow(monkeypatch)
        assert at_once(house, *(lambda: house.sell(b, "CHECK") for _n in range(2))) == []
        assert kit.given(house, a) == [(1, 200, False)]
        assert kit.problems(house) == []


def test_a_circle_does_not_close_from_several_sides_at_once(any_installation):
    house = any_installation
    with acting(house.actor(house.dental)):
        kit.publish(house, kit.FIRST_ORDER)
        ring = [kit.enrol(house, "新人", phone=f"1380000600{n}") for n in range(4)]
        acts = [lambda n=n: kit.attach(house, ring[n], ring[(n + 1) % 4]) for n in range(4)]
        assert at_once(house, *acts) == ["referrer_cycle"]
        with house.unit("read") as session:
            assert session.scalar(select(func.count(Referral.id))) == 3
        assert kit.problems(house) == []
