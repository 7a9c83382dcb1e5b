"""The expiry sweep: book lots whose last day is over, set-based, resumable, idempotent (S2-11, I11).

Availability is decided by date at read, so a late sweep never lets an expired point be spent; the sweep only
books what is over already. One transfer a lot, a few statements for a chunk of lots, a commit for each chunk:
a run that is killed goes on where it was, for what is booked has nothing remaining.

Of a large sweep a chunk is a stretch of accounts, not of days: neighbours in the indexes are written together. By day
each chunk would touch nearly every page of them again.
"""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

from core.kernel.errors import Conflict
from core.kernel.i18n import _
from core.kernel.ids import new_block
from core.kernel.statements import Statements

if TYPE_CHECKING:
    from datetime import date

    from sqlalchemy.orm import Session

CHUNK = 20_000

_OVERDUE = "l.franchise_id = ? AND l.remaining > 0 AND l.expires_on <= ?"
_BY_DAY = f"{_OVERDUE} ORDER BY l.expires_on, l.id LIMIT ?"
_BY_ACCOUNT = f"{_OVERDUE} AND l.account_id > ? AND l.account_id <= ? ORDER BY l.account_id, l.expires_on, l.id LIMIT ?"
_ENOUGH = f"SELECT COUNT(*) FROM (SELECT 1 FROM lot l WHERE {_OVERDUE} LIMIT ?) o"  # noqa: S608 (our own words)
_BOUNDS = (
    "SELECT DISTINCT o.account_id FROM (SELECT l.account_id, row_number() OVER (ORDER BY l.account_id) AS n FROM lot l"  # noqa: S608
    f" WHERE {_OVERDUE}) o WHERE o.n % ? = 0 ORDER BY o.account_id"
)
_LAST = (1 << 63) - 1
_LOCK = (
    "SELECT w.id FROM {table} w WHERE w.franchise_id = ? AND w.id IN (SELECT l.{column} FROM lot l"
    " WHERE {chosen}) ORDER BY w.id FOR UPDATE"
)
# Persons first, in order of id, as a sale does: a cashier waits a moment instead of being turned away.
_LOCKED = (("person", "person_id"), ("account", "account_id"))
_TRANSFERS = (
    "INSERT INTO transfer (id, franchise_id, from_account_id, to_account_id, person_id, unit, amount, reason, rule,"
    " source_kind, source_id, business_on, booked_at, door, note)"
    " SELECT ? + row_number() OVER (ORDER BY o.account_id, o.expires_on, o.id), o.franchise_id, o.account_id,"
    " h.id, o.person_id, a.unit, o.remaining, 'expire', o.rule, 'lot', o.id, ?, ?, 'job', ''"
    " FROM (SELECT l.id, l.franchise_id, l.account_id, l.person_id, l.remaining, l.rule, l.expires_on FROM lot l"
    " WHERE {chosen}) o"
    " JOIN account a ON a.franchise_id = o.franchise_id AND a.id = o.account_id"
    " JOIN account h ON h.franchise_id = o.franchise_id AND h.owner_kind = 'house' AND h.owner_id = 0"
    " AND h.unit = a.unit AND h.bucket = 'expired'"
)
_BOOKED = "FROM transfer t WHERE t.franchise_id = ? AND t.id > ? AND t.id <= ?"
_USES = (
    "INSERT INTO lot_use (id, franchise_id, transfer_id, lot_id, amount)"
    f" SELECT t.id + ?, t.franchise_id, t.id, t.source_id, t.amount {_BOOKED}"
)
_LOTS = (
    "UPDATE lot SET remaining = lot.remaining - o.amount"  # noqa: S608 (our own words)
    f" FROM (SELECT t.source_id AS id, t.amount {_BOOKED}) o"
    " WHERE lot.franchise_id = ? AND lot.id = o.id AND lot.remaining = o.amount"
)
_ACCOUNTS = (
    "UPDATE account SET balance = balance - o.amount"  # noqa: S608 (our own words)
    f" FROM (SELECT t.from_account_id AS id, SUM(t.amount) AS amount {_BOOKED} GROUP BY t.from_account_id) o"
    " WHERE account.franchise_id = ? AND account.id = o.id"
)


def stretches(session: Session, franchise_id: int, on: date) -> list[tuple[int, int] | None]:
    """Return the accounts, each stretch as (after this id, up to that), that share what is over into chunks.

    One None where it is a chunk or less, as on any ordinary day: that is found by its days, whoever owns it.
    """
    st = Statements(session, franchise_id)
    found = st.one(_ENOUGH, [franchise_id, on, CHUNK + 1])
    assert found is not None
    if int(found[0]) <= CHUNK:
        return [None]
    bounds = [0, *(int(row[0]) for row in st.all(_BOUNDS, [franchise_id, on, CHUNK])), _LAST]
    return list(itertools.pairwise(bounds))


def sweep(
    session: Session, franchise_id: int, on: date, booked_at: int, accounts: tuple[int, int] | None = None
) -> int:
    """Book up to CHUNK lots (of a stretch of accounts) that expired on or before the day `on`; return how many.

    Raises Conflict when a refund took from one of them at the same moment: nothing is booked, ask again.
    """
    st = Statements(session, franchise_id)
    chosen = _BY_ACCOUNT if accounts else _BY_DAY
    which = [franchise_id, on, *(accounts or ()), CHUNK]
    if st.locks_rows:
        for table, column in _LOCKED:
            st.run(_LOCK.format(table=table, column=column, chosen=chosen), [franchise_id, *which])
    before = new_block(2 * CHUNK + 1)
    booked = st.run(_TRANSFERS.format(chosen=chosen), [before, on, booked_at, *which])
    if not booked:
        return 0
    these = [franchise_id, before, before + booked]
    st.run(_USES, [CHUNK, *these])
    emptied = st.run(_LOTS, [*these, franchise_id])
    st.run(_ACCOUNTS, [*these, franchise_id])
    if emptied != booked:
        raise Conflict(_("余额刚刚变动过，请重试。"))
    return booked
