"""Expected cash against an independent model; counting, ticking, blockers."""

from __future__ import annotations

import random
from datetime import date

import pytest

from core.cash import rules
from core.kernel.errors import Invalid, Refusal

DRAWER = frozenset({"cash"})


def test_b51():
    entries = [rules.Entry("cash", 16_000), rules.Entry("cash", 3_900), rules.Entry("cash", -3_900)]
    assert rules.expected(50_000, entries, [], DRAWER) == 66_000


@pytest.mark.parametrize("seed", range(20))
def test_expected_is_what_an_imaginary_drawer_holds(seed):
    rng = random.Random(seed)
    drawer = float_fen = rng.randrange(100_000)
    entries, moves = [], []
    for _n in range(rng.randrange(200)):
        act, fen = rng.choice(("sale", "refund", "in", "out")), rng.randrange(1, 50_000)
        if act in ("sale", "refund"):
            kind = rng.choice(("cash", "wechat", "bank"))
            entries.append(rules.Entry(kind, fen if act == "sale" else -fen))
            if kind == "cash":
                drawer = drawer + fen if act == "sale" else drawer - fen
        else:
            moves.append(rules.Move(act, fen))
            drawer = drawer + fen if act == "in" else drawer - fen
    assert rules.expected(float_fen, entries, moves, DRAWER) == drawer


def test_notes_and_coins_are_summed():
    assert rules.count_of({10_000: 6, 5_000: 1, 500: 1, 50: 1, 10: 3}) == 65_580
    with pytest.raises(Invalid):
        rules.count_of({300: 1})
    with pytest.raises(Invalid):
        rules.count_of({100: -1})


def test_sums_by_way_to_pay():
    found = rules.sums_of([rules.Entry("cash", 5), rules.Entry("bank", 7), rules.Entry("cash", -2)])
    assert [(s.kind, s.received_fen, s.refunded_fen, s.net_fen) for s in found] == [
        ("bank", 7, 0, 7),
        ("cash", 5, 2, 3),
    ]


def test_a_tick_without_a_sum_means_as_the_books_say():
    one = rules.TenderSum("bank", 700, 100)
    (line,) = rules.ticked([one], {"bank": rules.Tick(True, None, "别的话")}, {})
    assert (line.counted_fen, line.difference_fen, line.reason) == (600, 0, "")


def test_blockers_are_said_together():
    blockers = rules.Blockers(["张三", "李四"], date(2026, 11, 20))
    with pytest.raises(Refusal) as refused:
        rules.refuse_blocked(blockers)
    assert len(refused.value.errors) == 3
    rules.refuse_blocked(rules.Blockers())


def test_seen_figures_have_an_identity():
    one = rules.DaySeen([rules.TenderSum("cash", 5, 0)], [(1, 0)])
    assert one.digest() == rules.DaySeen([rules.TenderSum("cash", 5, 0)], [(1, 0)]).digest()
    assert one.digest() != rules.DaySeen([rules.TenderSum("cash", 5, 0)], [(1, 7)]).digest()
