"""The last 100.00 and eight tills, on both databases; the control shows what the locks and guards are for."""

from __future__ import annotations

import threading

import pytest
from sqlalchemy.exc import DatabaseError

from core.kernel import clock
from core.kernel.errors import Refusal
from core.kernel.statements import Statements
from core.kernel.tenancy import acting
from core.ledger import services as ledger
from core.orders.quoting import quotes
from core.orders.selling import settle
from core.orders.types import BasketRequest, LineRequest, TenderRequest
from core.orders.value import stored_value
from core.wallet import services
from tests.core.wallet import kit
from tests.soak.races import _blind_account, _blind_lot

TILLS = 8


@pytest.fixture
def shop(any_installation):
    with acting(any_installation.actor(any_installation.dental)):
        kit.add_items(any_installation)
        member = any_installation.enrol("王芳", "13800001234")
        kit.top_up(any_installation, member)
        kit.pay(any_installation, member, "CARE600", "CARE600", stored=110_000)
        assert sum(kit.balance(any_installation, member)) == 10_000
        yield any_installation, member


def quoted(house, member):
    with house.unit() as session:
        return quotes.store(session, BasketRequest((LineRequest("CARE600"),), member))[0].id


TENDERS = [TenderRequest("stored_value", 10_000), TenderRequest("cash", 50_000)]


def test_eight_tills_spend_the_last_100_once(shop):
    house, member = shop
    ids = [quoted(house, member) for _n in range(TILLS)]
    start, answers = threading.Barrier(TILLS), []

    def till(quote_id):
        start.wait(30)
        with acting(house.actor(house.dental)):
            for _try in range(4):
                try:
                    with house.unit() as session:
                        settle.settle(session, quote_id, TENDERS)
                    answers.append("ok")
                except Refusal as refusal:
                    answers.append(refusal.code)
                except DatabaseError:
                    continue  # the databases ask for another try; the edges do the same
                return

    threads = [threading.Thread(target=till, args=(one,)) for one in ids]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(120)
    assert sorted(answers) == ["not_enough_stored_value"] * (TILLS - 1) + ["ok"]
    assert kit.balance(house, member) == (0, 0)
    assert kit.problems(house) == []


def test_control_two_tills_that_trust_an_earlier_look_spend_it_twice(shop, monkeypatch):
    house, member = shop
    plans = []
    for quote_id in (quoted(house, member), quoted(house, member)):
        with house.unit() as session:
            row = quotes.get(session, quote_id)
            priced = settle.price_basket(session, quotes.request_of(row))
            tenders, drawing = stored_value.prepare(session, priced, TENDERS, None)
            plan = settle.make_plan(priced, row.id, tenders, [])
            plan.drawing = drawing
            st = Statements(session, house.dental.franchise_id)
            seen = {
                unit: ledger.balance_of(st, services.OWNER, drawing.account_id, unit, member)
                for unit in (services.PRINCIPAL, services.BONUS)
            }
            for one in seen.values():
                one.lots  # noqa: B018 (read now, as the fault would)
            plans.append((plan, seen))
    monkeypatch.setattr(ledger, "_move_account", _blind_account)
    monkeypatch.setattr(ledger, "_move_lot", _blind_lot)
    fresh = ledger.balance_of
    for plan, seen in plans:
        monkeypatch.setattr(
            ledger, "balance_of",
            lambda st, kind, owner, unit, person=None, seen=seen: seen[unit]
            if kind == services.OWNER else fresh(st, kind, owner, unit, person),
        )  # fmt: skip
        with house.unit() as session:
            settle.post(session, plan)
    assert clock.now_ms()
    assert {one.name.split("@")[0] for one in kit.problems(house)} >= {"ledger.lot_is_its_uses"}
