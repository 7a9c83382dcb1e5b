"""Later payments with stored value: drawn, confirmed, earned and given back as at a sale (B53, B54)."""

from __future__ import annotations

import random
from datetime import UTC, datetime

import pytest

from core.catalog import services as catalog
from core.kernel import clock, settings
from core.kernel.errors import Refusal
from core.kernel.tenancy import acting
from core.orders import reads
from core.orders.quoting import quotes
from core.orders.refunding import refunds
from core.orders.selling import payments, settle
from core.orders.settings import REFUND_PROOF_ABOVE
from core.orders.types import BasketRequest, LineRequest, TenderRequest
from core.people.models import Person
from tests.core.wallet import kit

ROUNDS, STEPS = 14, 10


@pytest.fixture
def house(any_installation):
    one = any_installation
    with clock.frozen_at(datetime(2026, 3, 10, 2, 0, tzinfo=UTC)), acting(one.actor(one.dental)):
        kit.add_items(one)
        with one.unit() as session:
            for code, price in (("A", 1), ("B", 999), ("C", 12_345)):
                catalog.add(session, code, code, "service", price)
        yield one


def owe(house, person, *lines, now=0):
    """Sell lines, `now` in cash, the rest owed."""
    with house.unit() as session:
        quote, priced = quotes.store(session, BasketRequest(tuple(LineRequest(*line) for line in lines), person))
    with house.unit() as session:
        tenders = [TenderRequest("cash", now)] * bool(now)
        return settle.settle(session, quote.id, tenders, allow_debt=True).order_no, priced.quote.total_fen


def pay(house, order_no, fen, kind="stored_value", confirmation=kit.ATTESTED):
    with house.unit() as session:
        return payments.pay(session, order_no, [TenderRequest(kind, fen)], confirmation=confirmation)


def told(house, order_no):
    with house.unit("read") as session:
        return reads.order_json(session, refunds.find(session, order_no))


def test_b53_the_rest_is_paid_with_stored_value_and_comes_back(house):
    person = house.enrol("王芳", "13800001234")
    kit.top_up(house, person)
    no, _total = owe(house, person, ("CARE600",), now=10_000)
    with pytest.raises(Refusal) as refused:
        pay(house, no, 50_001, confirmation=None)
    assert refused.value.code in ("tenders_mismatch", "confirmation_required")
    with house.unit() as session:
        settings.change(session, "wallet.confirm_above_fen", 10_000)
    with pytest.raises(Refusal) as refused:
        pay(house, no, 50_000, confirmation=None)
    assert refused.value.code == "confirmation_required"
    payment = pay(house, no, 48_000)
    assert payment.points == 400, "of 400 principal and 80 bonus only the principal earns"
    assert kit.balance(house, person) == (60_000, 12_000)
    seen = told(house, no)
    stored = [one for one in seen["tenders"] if one["kind"] == "stored_value"]
    assert [(one["amount_fen"], one["principal_fen"], one["bonus_fen"], one["payment"]) for one in stored] == [
        (48_000, 40_000, 8_000, 1)
    ]
    assert seen["owed_fen"] == 2_000
    with house.unit("read") as session:
        assert session.get(Person, person).spent_fen == 50_000, "what came in, without the bonus"
    house.refund(no, {1: 1})
    assert kit.balance(house, person) == (100_000, 20_000)
    with house.unit("read") as session:
        assert session.get(Person, person).spent_fen == 0
    assert kit.problems(house) == []


def test_a_lost_or_short_account_pays_nothing(house):
    person = house.enrol("王芳", "13800001234")
    no, _total = owe(house, person, ("CARE600",), now=10_000)
    with pytest.raises(Refusal) as refused:
        pay(house, no, 1_000)
    assert refused.value.code == "not_enough_stored_value"
    assert told(house, no)["owed_fen"] == 50_000
    with pytest.raises(Refusal), house.unit() as session:
        payments.pay(session, no, [TenderRequest("stored_bonus", 100)], confirmation=kit.ATTESTED)
    assert kit.problems(house) == []


def test_any_mixture_of_payments_and_refunds_ends_to_the_fen(house):
    """Sales left open, paid with cash and stored value in turns, refunded in between: all comes back in the end."""
    dice = random.Random(54)
    person = house.enrol("王芳", "13800001234")
    for code in ("TOP1200", "TOP500"):
        kit.top_up(house, person, code)
    start = kit.balance(house, person)
    with house.unit() as session:
        settings.change(session, REFUND_PROOF_ABOVE, 10**8)
    for _round in range(ROUNDS):
        lines = [(dice.choice("ABC"), dice.choice((1, 2, 3, 5))) for _n in range(dice.choice((1, 2, 3)))]
        no, _total = owe(house, person, *lines)
        left = {n: qty for n, (_code, qty) in enumerate(lines, 1)}
        for _step in range(STEPS):
            owed = told(house, no)["owed_fen"]
            if owed and dice.random() < 0.6:
                amount = min(dice.choice((1, 7, 333, 5_000, owed)), owed)
                pay(house, no, amount, dice.choice(("stored_value", "stored_value", "cash")))
            elif any(left.values()) and dice.random() < 0.7:
                n = dice.choice([n for n, qty in left.items() if qty])
                qty = dice.randint(1, left[n])
                house.refund(no, {n: qty})
                left[n] -= qty
            check(house, person, no, start)
        if any(left.values()):
            house.refund(no, {n: qty for n, qty in left.items() if qty})
        seen = told(house, no)
        assert seen["refunded_fen"] == seen["paid_fen"]
        assert kit.balance(house, person) == start
    assert kit.problems(house) == []


def check(house, person, no, start):
    """What is missing from the account is what the order holds of it."""
    held = [0, 0]
    for one in told(house, no)["tenders"]:
        if one["kind"] == "stored_value":
            held[0] += one["principal_fen"]
            held[1] += one["bonus_fen"]
    back = sum(one["refunded_fen"] for one in told(house, no)["tenders"] if one["kind"] == "stored_value")
    now = kit.balance(house, person)
    assert sum(start) - sum(now) == sum(held) - back
