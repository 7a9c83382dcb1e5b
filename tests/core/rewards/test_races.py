"""Two at once, on both databases: the last piece, the last points, one reservation confirmed and let go.

Each of the limited things has its control: the same with its guard taken out, which must show the damage.
"""

from __future__ import annotations

import pytest
from sqlalchemy import select

from core.catalog import services as catalog
from core.kernel.errors import Refusal
from core.kernel.statements import Statements
from core.kernel.tenancy import acting
from core.ledger import services as ledger
from core.ledger.models import Lot
from core.rewards import handing
from tests.core.cash.test_races import together
from tests.core.rewards import kit


@pytest.fixture
def shop(any_installation):
    with acting(any_installation.actor(any_installation.dental)):
        kit.open_shop(any_installation, stock=1)
        yield any_installation


@pytest.fixture
def members(shop):
    found = [shop.enrol("王芳", "13800001234"), shop.enrol("李娜", "13800002222")]
    for one in found:
        kit.give(shop, one, 200)
    return found


def as_desk(shop, act):
    def work():
        with acting(shop.actor(shop.dental)):
            act()

    return work


def both(shop, *acts):
    return sorted(together(*[as_desk(shop, act) for act in acts]))


def test_the_last_piece_goes_to_one(shop, members):
    told = both(shop, *[lambda one=one: kit.take(shop, one, "R-FOOT") for one in members])
    assert told == ["ok", "out_of_stock"]
    assert kit.stock(shop, "FOOT-PACK") == 0
    assert sorted(kit.points(shop, one)[0] for one in members) == [0, 200]
    assert kit.problems(shop) == []


def test_control_stock_without_its_gate_promises_a_piece_twice(shop, members, monkeypatch):
    def like_a_sale(st, item_id, store_id, pieces):
        catalog.move_stock(st, item_id, store_id, -pieces)
        return True

    monkeypatch.setattr(handing.catalog, "take_stock", like_a_sale)
    assert both(shop, *[lambda one=one: kit.take(shop, one, "R-FOOT") for one in members]) == ["ok", "ok"]
    assert len(kit.redemptions(shop)) == 2, "one piece was there"


def test_the_last_points_are_spent_once(shop, members):
    acts = [lambda: kit.take(shop, members[0], "R-C10", 2), lambda: kit.take(shop, members[0], "R-C10", 2, hold=True)]
    assert both(shop, *acts) == ["not_enough_points", "ok"]
    assert kit.points(shop, members[0]) == (0, 0)
    assert kit.problems(shop) == []


def test_control_points_by_an_earlier_look_are_refused_by_the_database(shop, members, monkeypatch):
    """Blind to what moved meanwhile, the second redemption would take what is gone: a lot never goes below nothing."""

    def blind_lot(st, _balance, lot_id, delta):
        st.run(
            "UPDATE lot SET remaining = remaining + ? WHERE franchise_id = ? AND id = ?",
            [delta, st.franchise_id, lot_id],
        )

    def blind_account(st, balance, delta, debt):
        st.run(
            "UPDATE account SET balance = balance + ?, debt = ? WHERE franchise_id = ? AND id = ?",
            [delta, debt, st.franchise_id, balance.account_id],
        )

    with shop.unit("read") as session:
        lot = session.scalar(select(Lot.id).where(Lot.person_id == members[0]))
    monkeypatch.setattr(ledger, "_move_lot", blind_lot)
    monkeypatch.setattr(ledger, "_move_account", blind_account)
    monkeypatch.setattr(Statements, "lock", lambda *_a: None)
    monkeypatch.setattr(ledger, "choose", lambda _balance, amount, *_day: (ledger.rules.Take(lot, amount),))

    def blind():
        try:
            kit.take(shop, members[0], "R-C10", 2)
        except Refusal:
            raise
        except Exception as failure:  # the driver's own, of either database
            raise Refusal(str(failure), code="constraint") from None

    assert both(shop, blind, blind) == ["constraint", "ok"]


def test_a_reservation_is_confirmed_or_let_go_never_both(shop, members):
    held = kit.take(shop, members[0], "R-FOOT", hold=True)
    told = both(
        shop, lambda: kit.act(shop, "confirm", held), lambda: kit.act(shop, "cancel", held, "不要了")
    )  # fmt: skip
    [row] = kit.redemptions(shop)
    # Taken back after it was confirmed is a fair end too: both were done, one after the other.
    assert (told, row.state) in (
        (["ok", "reservation_over"], "cancelled"), (["ok", "ok"], "cancelled"),
    )  # fmt: skip
    assert kit.points(shop, members[0]) == (200, 0)
    assert kit.stock(shop, "FOOT-PACK") == 1
    assert kit.problems(shop) == []
