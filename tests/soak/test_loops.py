"""A short share of the search for a profitable loop, and that it finds the ones that are built in."""

from __future__ import annotations

from dataclasses import replace

import pytest

from core.courses import rules as course_rules
from core.ledger import rules as ledger_rules
from core.orders import rules as order_rules
from core.wallet import rules as wallet_rules
from tests.model.loop_driver import LoopDriver
from tests.soak.loops import Profit, search


def test_no_pure_loop_pays():
    assert search(1500, seed=0) == 1500


def test_no_loop_through_the_services_pays(installation):
    LoopDriver(installation, 1).walk(14, verify_every=14)


@pytest.mark.postgres
def test_no_loop_through_the_services_pays_on_postgres(pg_installation):
    LoopDriver(pg_installation, 2).walk(6, verify_every=6)


def bonus_is_paid_out(patch):
    plain = wallet_rules.results

    def results(used):
        return [replace(one, fen=one.fen + used.left_bonus) for one in plain(used)]

    patch.setattr(wallet_rules, "results", results)


def earned_points_stay(patch):
    patch.setattr(ledger_rules, "claw_back", lambda *args: ledger_rules.Taking((), 0))


def debt_is_forgotten(patch):
    plain = ledger_rules.claw_back
    patch.setattr(ledger_rules, "claw_back", lambda *args: replace(plain(*args), missing=0))


def uses_are_worth_nothing(patch):
    patch.setattr(course_rules, "next_value", lambda open_fen, left: 0)


def each_refund_pays_a_fen_more(patch):
    plain = order_rules.money_back

    def money_back(*args):
        back = plain(*args)
        return replace(back, by_tender={number: fen + 1 for number, fen in back.by_tender.items()})

    patch.setattr(order_rules, "money_back", money_back)


FAULTS = (
    bonus_is_paid_out, earned_points_stay, debt_is_forgotten, uses_are_worth_nothing, each_refund_pays_a_fen_more,
)  # fmt: skip


@pytest.mark.parametrize("fault", FAULTS)
def test_a_loop_that_pays_is_found(monkeypatch, fault):
    fault(monkeypatch)
    with pytest.raises((Profit, ValueError)):
        search(1500, seed=0)
