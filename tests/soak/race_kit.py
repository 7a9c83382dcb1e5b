"""What the races of value share: what a race is, and how a worker trusts an earlier look."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any

from sqlalchemy import text

from core.catalog import services as catalog
from core.courses import services as courses
from core.kernel.statements import Statements
from core.kernel.tenancy import current_actor
from core.ledger import services as ledger
from core.orders import loading
from core.orders.quoting import quotes
from core.orders.types import BasketRequest, LineRequest
from core.org import business_day
from core.referrals import services as referrals
from tests.installation import Installation

# How long a control holds what it read: long enough for the other worker to read it too, on a busy machine.
PAUSE = 0.25
READ_BALANCE, LOAD, BOOK_ON, UPLINE = ledger.balance_of, loading.load, business_day.book_on, referrals._upline
TAKE_STOCK, PARTS_OF = catalog.take_stock, courses.parts_of
MOVE_ACCOUNT, MOVE_LOT = ledger._move_account, ledger._move_lot
Task = dict[str, Any]


@dataclass(frozen=True)
class Race:
    """A race: `fair` are the refusals of whoever is late, `all_win` says that nobody is."""

    prepare: Any
    situation: Any
    act: Any
    blind: Any
    effects: Any
    fair: frozenset[str]
    workers: int = 2
    all_win: bool = False
    may_refuse: bool = False


# -- helpers ---------------------------------------------------------------------------------------


def nothing(_house: Installation) -> None:
    """Prepare nothing."""


def count(house: Installation, sql: str, *params: Any) -> int:
    with house.unit("read") as session:
        row = Statements(session, house.dental.franchise_id).one(sql, [house.dental.franchise_id, *params])
    return int(row[0]) if row else 0


def st(session: Any) -> Statements:
    return Statements(session, current_actor().franchise_id)


def quote(house: Installation, member: int, *items: str) -> int:
    with house.unit() as session:
        row, _priced = quotes.store(session, BasketRequest(tuple(LineRequest(item) for item in items), member))
        return int(row.id)


def guards_off(session: Any) -> None:
    """Let the database believe what a blind worker writes."""
    if session.connection().dialect.name == "sqlite":
        session.execute(text("PRAGMA ignore_check_constraints=ON"))


def believe(balances: dict[tuple[str, str], Any]) -> None:
    """Let every later look at these accounts see what was read before, and write over what moved meanwhile."""

    def balance_of(st: Any, kind: str, owner: int, unit: str, person: Any = None, **more: Any) -> Any:
        found = None if more else balances.get((kind, unit))
        return found or READ_BALANCE(st, kind, owner, unit, person, **more)

    def move_account(st: Any, bal: Any, delta: int, debt: int) -> None:
        st.run("UPDATE account SET balance = ?, debt = ? WHERE franchise_id = ? AND id = ?",
               [bal.balance + delta, debt, st.franchise_id, bal.account_id])  # fmt: skip

    def move_lot(st: Any, bal: Any, lot_id: int, delta: int) -> None:
        left = next(lot.remaining for lot in bal.lots if lot.id == lot_id)
        st.run(
            "UPDATE lot SET remaining = ? WHERE franchise_id = ? AND id = ?", [left + delta, st.franchise_id, lot_id]
        )

    ledger.balance_of = balance_of  # type: ignore[assignment]
    ledger._move_account, ledger._move_lot = move_account, move_lot


def see_again() -> None:
    """End `believe`."""
    ledger.balance_of, ledger._move_account, ledger._move_lot = READ_BALANCE, MOVE_ACCOUNT, MOVE_LOT
    courses.parts_of = PARTS_OF


def look(session: Any, kind: str, owner: int, unit: str, person: int) -> Any:
    found = READ_BALANCE(st(session), kind, owner, unit, person)
    found.lots  # noqa: B018 (read now, as the fault would)
    return found


def late(act: Any, house: Installation, task: Task) -> None:
    """Act when the other has read and not yet written."""
    time.sleep(PAUSE / 2)
    act(house, task)
