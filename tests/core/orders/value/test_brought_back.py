"""Stored value that was brought along goes back by the same lawful formulas, without an order (S17, C1, C4)."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from core.kernel import settings
from core.kernel.errors import Conflict, NotFound, Refusal
from core.kernel.tenancy import acting
from core.orders.models import TillEntry
from core.orders.settings import REFUND_PROOF_ABOVE
from core.orders.value import brought_back
from core.wallet.giving_back import Payout
from core.wallet.models import TopUp, TopUpRefund
from tests.core.wallet import kit
from tests.installation import at

BANK = Payout("bank", "尾号 6688 流水 20261122")


@pytest.fixture()
def house(any_installation):
    with at("2026-11-22 10:00"), acting(any_installation.actor(any_installation.dental)):
        kit.add_items(any_installation)
        yield any_installation
        assert kit.problems(any_installation) == []


def give(house, person, top_up, formula="operator", payout=BANK, **more):
    with house.unit() as session:
        shown = brought_back.preview(session, person, top_up, formula)
    with house.unit() as session:
        return brought_back.give_back(
            session, person, top_up, formula, payout, "顾客搬家", preview_id=shown.digest(), **more
        )


def test_what_is_left_of_a_brought_top_up_goes_back_and_is_counted_with_the_day(house):
    person = house.enrol("刘超明", "13800005051")
    top_up = kit.bring(house, person, 20_000, 4_000)
    kit.pay(house, person, "CARE600", stored=12_000)
    assert kit.balance(house, person) == (10_000, 2_000)
    with house.unit() as session:
        shown = brought_back.preview(session, person, top_up)
    assert {one["formula"]: (one["amount_fen"], one["allowed"]) for one in shown.told["formulas"]} == {
        "seven_day": (8_000, False), "operator": (10_000, True), "consumer": (8_000, True),
    }  # fmt: skip
    assert shown.told["formula"] == "consumer", "the member's own reasons are the usual ones"
    done = give(house, person, top_up)
    assert (done.plan.fen, kit.balance(house, person)) == (10_000, (0, 0))
    with house.unit("read") as session:
        [entry] = session.scalars(select(TillEntry).where(TillEntry.source_kind == "value_back"))
        [kept] = session.scalars(select(TopUpRefund))
        assert (entry.kind, entry.amount_fen, entry.source_id) == ("bank", -10_000, kept.id)
        assert (kept.refund_id, kept.formula, kept.reference) == (kept.id, "operator", BANK.reference)
        assert session.get(TopUp, top_up).state == "refunded"
    with pytest.raises(Refusal) as again:
        give(house, person, top_up)
    assert again.value.code == "top_up_used_up"


def test_the_law_says_how_the_money_leaves_and_a_moved_account_stops_it(house):
    person, other = house.enrol("刘超明", "13800005051"), house.enrol("林若兰", "13900008888")
    top_up = kit.bring(house, person, 20_000)
    for payout, code in ((Payout(), "payout_required"), (Payout("cash"), "payout_not_cash")):
        with pytest.raises(Refusal) as refused:
            give(house, person, top_up, payout=payout)
        assert refused.value.code == code
    with pytest.raises(NotFound):
        give(house, other, top_up)
    with house.unit() as session:
        shown = brought_back.preview(session, person, top_up, "operator")
    kit.pay(house, person, "CARE600", stored=15_000)
    with pytest.raises(Conflict) as moved, house.unit() as session:
        brought_back.give_back(session, person, top_up, "operator", BANK, "顾客搬家", preview_id=shown.digest())
    assert (moved.value.code, kit.balance(house, person)) == ("value_back_moved", (5_000, 0))
    assert give(house, person, top_up, payout=Payout("cash")).plan.fen == 5_000, "up to 100 yuan may go in cash"


def test_what_an_order_sold_is_refunded_there(house):
    person = house.enrol("刘超明", "13800005051")
    kit.top_up(house, person)
    with house.unit("read") as session:
        [top_up] = session.scalars(select(TopUp.id))
    with pytest.raises(Conflict) as refused:
        give(house, person, top_up)
    assert (refused.value.code, kit.balance(house, person)) == ("top_up_sold_here", (100_000, 20_000))


def test_above_the_limit_somebody_who_may_has_to_confirm(house):
    person = house.enrol("刘超明", "13800005051")
    top_up = kit.bring(house, person, 300_000)
    with house.unit() as session:
        settings.change(session, REFUND_PROOF_ABOVE, 50_000)
    with pytest.raises(Refusal) as refused:
        give(house, person, top_up)
    assert (refused.value.code, refused.value.status) == ("refund_needs_proof", 403)
    assert kit.balance(house, person) == (300_000, 0)
