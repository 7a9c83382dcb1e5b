"""The expiry sweep: book lots whose last day is over, set-based, resumable, idempotent (S2-11, I11).

Availability is decided by date at read, so a late sweep never lets an expired point be spent; the sweep
only books what is over already. One transfer a lot, in chunks of accounts with a commit each.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from core.kernel.ids import new_ids
from core.kernel.statements import Statements
from core.ledger.services import house_account

if TYPE_CHECKING:
    from datetime import date

    from sqlalchemy.orm import Session

CHUNK = 2000


def sweep(session: Session, franchise_id: int, on: date, booked_at: int) -> int:
    """Book up to CHUNK lots that expired on or before the day `on`; return how many."""
    st = Statements(session, franchise_id)
    rows = st.all(
        "SELECT l.id, l.account_id, a.unit FROM lot l JOIN account a ON a.franchise_id = l.franchise_id"
        " AND a.id = l.account_id WHERE l.franchise_id = ? AND l.remaining > 0 AND l.expires_on <= ?"
        " ORDER BY l.expires_on, l.id LIMIT ?",
        [franchise_id, on, CHUNK],
    )
    if not rows:
        return 0
    st.lock("account", {int(row[1]) for row in rows})
    houses = {unit: house_account(st, unit, "expired") for unit in {row[2] for row in rows}}
    done = 0
    for row, transfer_id, use_id in zip(rows, new_ids(len(rows)), new_ids(len(rows)), strict=True):
        lot_id, account_id, unit = int(row[0]), int(row[1]), row[2]
        done += _book(st, lot_id, account_id, unit, houses[unit], transfer_id, use_id, on, booked_at)
    return done


def _book(
    st: Statements, lot_id: int, account_id: int, unit: str, house: int, transfer_id: int, use_id: int, on: date,
    at: int,
) -> int:  # fmt: skip
    """Expire one lot: the transfer, its use, the lot, the account. A lot emptied meanwhile is skipped."""
    booked = st.run(
        "INSERT INTO transfer (id, franchise_id, from_account_id, to_account_id, person_id, unit, amount,"
        " reason, rule, source_kind, source_id, business_on, booked_at, door, note)"
        " SELECT ?, franchise_id, account_id, ?, person_id, ?, remaining, 'expire', rule, 'lot', id,"
        " ?, ?, 'job', '' FROM lot WHERE franchise_id = ? AND id = ? AND remaining > 0",
        [transfer_id, house, unit, on, at, st.franchise_id, lot_id],
    )
    if not booked:
        return 0
    st.run(
        "INSERT INTO lot_use (id, franchise_id, transfer_id, lot_id, amount)"
        " SELECT ?, franchise_id, ?, id, remaining FROM lot WHERE franchise_id = ? AND id = ?",
        [use_id, transfer_id, st.franchise_id, lot_id],
    )
    st.run(
        "UPDATE account SET balance = balance - (SELECT remaining FROM lot WHERE id = ?)"
        " WHERE franchise_id = ? AND id = ?",
        [lot_id, st.franchise_id, account_id],
    )
    st.run("UPDATE lot SET remaining = 0 WHERE franchise_id = ? AND id = ?", [st.franchise_id, lot_id])
    return 1
