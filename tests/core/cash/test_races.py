"""Two at once, on both databases: a sale while a shift or a day is being closed, two closes of one shift.

Each race has its control: the same with what was read in one unit used in a later one, which must show the damage.
"""

from __future__ import annotations

import threading
import time

import pytest
from sqlalchemy.exc import DatabaseError

from core.cash import services, verify
from core.kernel.errors import Refusal
from core.orders.selling import till_entries
from core.org import business_day

PAUSE = 0.4


def wrong(drawer):
    with drawer.as_("owner"), drawer.i.unit("read") as s:
        return [name for name, found in verify.check(s, drawer.h.franchise_id) if found]


def together(*works):
    """Run the works at once and return what each came to: ok, the code of a refusal, or the error's name."""
    results = [""] * len(works)

    def run(n, work):
        try:
            work()
            results[n] = "ok"
        except Refusal as refusal:
            results[n] = refusal.code
        except DatabaseError as failure:
            results[n] = type(failure).__name__

    threads = [threading.Thread(target=run, args=(n, work)) for n, work in enumerate(works)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    return results


@pytest.fixture
def slow_sale(monkeypatch):
    """Let a sale pause after it found its shift; the event says that it did."""
    found = threading.Event()

    def finder(st, drawer):
        shift_id = services.shift_of_sale(st, drawer)
        found.set()
        time.sleep(PAUSE)
        return shift_id

    monkeypatch.setattr(till_entries, "_finders", [finder])
    return found


def test_a_sale_while_the_shift_is_closed_is_within_its_count(any_drawer, slow_sale):
    shift = any_drawer.open(0)

    def close():
        assert slow_sale.wait(30)
        any_drawer.close(shift, 900, "少一元")

    assert together(lambda: any_drawer.sell(1_000), close) == ["ok", "ok"]
    row = any_drawer.shift(shift)
    assert (row.expected_fen, row.difference_fen) == (1_000, -100)
    assert wrong(any_drawer) == []


def test_control_a_sale_that_trusts_an_earlier_look_breaks_the_count(any_drawer, monkeypatch):
    shift = any_drawer.open(0)
    monkeypatch.setattr(till_entries, "_finders", [lambda _st, _drawer: shift])
    any_drawer.close(shift, 0)
    any_drawer.sell(1_000)
    assert wrong(any_drawer) == ["cash.shifts_add_up"]


def test_two_closes_of_one_shift_make_one(any_drawer):
    shift = any_drawer.open(0)
    done = together(*[lambda n=n: any_drawer.close(shift, n, "数了") for n in (100, 200)])
    assert sorted(done) == ["ok", "shift_closed"]
    assert any_drawer.shift(shift).difference_fen in (100, 200)


def test_control_a_close_that_trusts_an_earlier_look_is_refused_by_the_database(any_drawer, monkeypatch):
    shift = any_drawer.open(0)

    def unheld(session, shift_id, _version=None):
        return services.get(session, shift_id)

    monkeypatch.setattr(services, "_held_open", unheld)
    assert any_drawer.close(shift, 100, "数了") == (0, 100)
    (second,) = together(lambda: any_drawer.close(shift, 200, "数了"))
    assert second.endswith("Error")
    assert any_drawer.shift(shift).difference_fen == 100


def test_two_openings_make_one_shift(any_drawer):
    assert sorted(together(any_drawer.open, any_drawer.open)) == ["ok", "shift_open"]


def test_a_sale_while_the_day_is_closed_stays_in_the_day(any_drawer, monkeypatch):
    day = any_drawer.today()
    seen = any_drawer.see(day).digest()
    asked, book_on = threading.Event(), business_day.book_on

    def slow(st, at=None):
        on = book_on(st, at)
        asked.set()
        time.sleep(PAUSE)
        return on

    monkeypatch.setattr(business_day, "book_on", slow)

    def close():
        assert asked.wait(30)
        any_drawer.close_day(day, seen=seen)

    assert together(lambda: any_drawer.sell(1_000), close) == ["ok", "stale_version"]
    assert [one.net_fen for one in any_drawer.see(day).sums] == [1_000]
    any_drawer.close_day(day)
    assert wrong(any_drawer) == []


def test_control_a_sale_that_trusts_an_earlier_day_breaks_the_close(any_drawer, monkeypatch):
    day = any_drawer.today()
    any_drawer.sell(500)
    any_drawer.close_day(day)
    monkeypatch.setattr(business_day, "book_on", lambda _st, _at=None: day)
    any_drawer.sell(1_000)
    assert wrong(any_drawer) == ["cash.days_add_up"]
