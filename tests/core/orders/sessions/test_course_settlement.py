"""Sessions used at another legal entity than the seller's: one line each way, by pair and month (architecture 2)."""

from __future__ import annotations

import random

import pytest
from sqlalchemy import text

from core.console import verification
from core.courses import services as courses
from core.kernel.tenancy import acting
from core.orders.sessions import burn
from core.orders.types import TenderRequest
from core.org.models import Store
from core.wallet import settlement
from tests.core.courses import kit
from tests.installation import at

STEPS = 120


@pytest.fixture
def house(any_installation):
    one = any_installation
    with at("2026-03-10 10:00"), acting(one.actor(one.dental)):
        kit.add_items(one)
        with one.unit() as session:
            session.get(Store, one.dental.store_id).legal_entity = "甲公司"
            session.get(Store, one.dental.other_store_id).legal_entity = "乙公司"
        yield one


def buy(house):
    person = house.enrol("刘超明")
    house.sell(person, "MOXA10", tenders=[TenderRequest("wechat", 108_000)])
    return person, kit.of(house, person)[-1][0].id


def owed(house, month="2026-03"):
    with house.unit("read") as session:
        return [(one.first, one.second, one.owed, one.due, one.lines) for one in settlement.statement(session, month)]


def problems(house):
    return [row.name for row in verification.verify(house.runtime, freeze=False) if row.difference]


def use(house, course_id):
    with house.unit() as session:
        return burn.burn(session, course_id, burn.Burning()).use_id


def test_a_use_elsewhere_is_owed_and_its_undo_takes_it_back(house):
    _person, course = buy(house)
    use(house, course)
    assert owed(house) == [], "at the seller's own store nothing is owed"
    elsewhere = house.actor(house.dental).at_store(house.dental.other_store_id)
    with acting(elsewhere):
        use_id = use(house, course)
        assert owed(house) == [("乙公司", "甲公司", 0, 10_800, 1)]
        with house.unit() as session:
            session.get(Store, house.dental.other_store_id).legal_entity = "丙公司"
        with house.unit() as session:
            burn.undo(session, course, use_id, "点错了疗程")
    assert owed(house) == [("乙公司", "甲公司", 0, 0, 2)], "by the entities of the use, whoever owns the store now"
    assert problems(house) == []


def test_any_sequence_owes_what_stands(house):
    dice = random.Random(7)
    course = buy(house)[1]
    here = house.actor(house.dental)
    stores = {house.dental.store_id: "甲公司", house.dental.other_store_id: "乙公司"}
    live: dict[int, tuple[str, int]] = {}
    for _step in range(STEPS):
        store = dice.choice(list(stores))
        with acting(here.at_store(store)):
            if live and (len(live) == 10 or dice.random() < 0.45):
                use_id = dice.choice(list(live))
                with house.unit() as session:
                    burn.undo(session, course, use_id, "点错了疗程", approved=True)
                del live[use_id]
            else:
                with house.unit() as session:
                    done = burn.burn(session, course, burn.Burning())
                live[done.use_id] = (stores[store], done.value_fen)
        away = sum(fen for served, fen in live.values() if served == "乙公司")
        pairs = owed(house)
        assert sum(due for _a, _b, _owed, due, _n in pairs) == away
    assert problems(house) == []


def test_what_was_sold_before_goes_by_its_store_and_is_not_compared(house):
    course = buy(house)[1]
    with house.unit() as session:
        session.execute(text("UPDATE course SET legal_entity = NULL"))
    with acting(house.actor(house.dental).at_store(house.dental.other_store_id)):
        use(house, course)
    assert owed(house) == [("乙公司", "甲公司", 0, 10_800, 1)]
    with house.unit("read") as session:
        assert courses.get(session, course).legal_entity is None
    assert problems(house) == []
