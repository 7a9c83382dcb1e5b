"""Points set aside for a while: available → held, then given back or spent (loyalty S23).

Who holds something back neither loses nor gains by it: what is given back goes to the very lots it came from, with
the end they have (also when that day is over by then), and what is spent is spent from these lots.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from core.ledger import services
from core.ledger.rules import Take

if TYPE_CHECKING:
    from core.kernel.statements import Statements
    from core.ledger.services import Balance, Posting

HELD = "held"
HOLD, RELEASE, MATURE = "hold", "release", "mature"
INTERNAL = (HOLD, RELEASE, MATURE)
"""Reasons of movements between a person's own accounts: what they have altogether stays."""


def hold(st: Statements, balance: Balance, unit: str, amount: int, posting: Posting) -> int:
    """Set `amount` aside, soonest expiry first, and return the transfer's id.

    Raises Refusal `points_in_debt`, `not_enough_points` as a redemption does.
    """
    takes = services.choose(balance, amount, posting.business_on)
    held = _held(st, balance, unit)
    ends = (balance.account_id, held.account_id)
    transfer_id = services.move(st, ends, balance.person_id, unit, amount, posting, HOLD)
    services._book_takes(st, balance, transfer_id, takes)
    services._move_account(st, balance, -amount, 0)
    services._open_lot(st, held, transfer_id, amount, 0, posting, HOLD, None, None)
    services._move_account(st, held, amount, 0)
    return transfer_id


def release(st: Statements, balance: Balance, unit: str, hold_id: int, posting: Posting) -> int:
    """Give what a hold set aside back to its lots and return the transfer's id; a debt made meanwhile is settled."""
    held, uses = _held(st, balance, unit), services._uses_of(st, hold_id)
    amount = sum(gave for _lot, gave in uses)
    ends = (held.account_id, balance.account_id)
    transfer_id = services.move(st, ends, balance.person_id, unit, amount, posting, RELEASE, reverses_id=hold_id)
    services._book_takes(st, held, transfer_id, [Take(_lot_of(st, hold_id), amount)])
    services._move_account(st, held, -amount, 0)
    known = {lot.id for lot in balance.lots}
    left = settled = min(balance.debt, amount)
    for lot, gave in reversed(uses):
        paid = min(left, gave)
        left -= paid
        if gave > paid:
            services._use(st, transfer_id, lot.id, paid - gave)
            services._move_lot(st, balance, lot.id, gave - paid)
            if lot.id not in known:  # it was used up: it is open again
                balance.note_lot(replace(lot, remaining=gave - paid))
    services._move_account(st, balance, amount, balance.debt - settled)
    return transfer_id


def spend(
    st: Statements, balance: Balance, unit: str, hold_id: int, posting: Posting, *, reason: str,
    house: str = "redeemed",
) -> tuple[int, int]:  # fmt: skip
    """Spend what a hold set aside, from the lots it chose; return the ids of (release, redemption).

    Raises Refusal `points_in_debt`: nothing is redeemed in debt.
    """
    services.refuse_debt(balance)
    uses = services._uses_of(st, hold_id)
    released = release(st, balance, unit, hold_id, posting)
    amount = sum(gave for _lot, gave in uses)
    ends = (balance.account_id, services.house_account(st, unit, house))
    spent = services.move(st, ends, balance.person_id, unit, amount, posting, reason)
    services._book_takes(st, balance, spent, [Take(lot.id, gave) for lot, gave in uses])
    services._move_account(st, balance, -amount, 0)
    return released, spent


def _held(st: Statements, balance: Balance, unit: str) -> Balance:
    assert balance.person_id is not None
    return services.balance_of(st, "person", balance.person_id, unit, balance.person_id, bucket=HELD)


def _lot_of(st: Statements, hold_id: int) -> int:
    row = st.one("SELECT id FROM lot WHERE franchise_id = ? AND transfer_id = ?", [st.franchise_id, hold_id])
    assert row is not None
    return int(row[0])
