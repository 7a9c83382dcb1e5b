"""Conditions over whom a member brought (S3-16)."""

from __future__ import annotations

from dataclasses import replace

import pytest

from core.cards import rights
from core.kernel import clock
from core.kernel.errors import Invalid
from core.kernel.statements import Statements
from core.kernel.tenancy import acting
from core.people import services as people
from core.programme import conditions as lang
from core.programme import services as programmes
from core.programme.rules import Privilege
from tests.core.referrals import kit


def at_least_three(fact):
    return lang.parse({"fact": fact, "op": "ge", "value": 3})


def rights_of(house, person):
    with house.unit("read") as session:
        programme = programmes.in_force(session)
        st = Statements(session, house.dental.franchise_id)
        today = clock.today("Asia/Shanghai")
        row = people.get(session, person)
        return [one.code for one in rights.service_rights_of(session, st, programme, row, today)]


def test_s3_16_three_who_bought_give_a_right_three_heads_do_not(any_installation):
    house = any_installation
    with acting(house.actor(house.dental)):
        with house.unit() as session:
            right = Privilege("guest", "贵宾休息室", at_least_three("referrals_bought"))
            programmes.publish(session, replace(programmes.in_force(session), privileges=(right,)))
        a = kit.enrol(house, "刘超明", phone="13800005051")
        brought = [kit.enrol(house, "新人", a, f"1380000600{n}") for n in range(3)]
        orders = [house.sell(one, "CHECK") for one in brought[:2]]
        assert rights_of(house, a) == []
        house.sell(brought[2], "CHECK")
        assert rights_of(house, a) == ["guest"]
        house.refund(orders[0].order_no, {1: 1})
        assert rights_of(house, a) == []


def test_the_count_of_heads_enters_no_programme(installation):
    house = installation
    with acting(house.actor(house.dental)), house.unit() as session:
        right = Privilege("guest", "贵宾休息室", at_least_three("referrals"))
        with pytest.raises(Invalid) as refused:
            programmes.publish(session, replace(programmes.in_force(session), privileges=(right,)))
        assert "只数人头" in refused.value.errors[0].message
