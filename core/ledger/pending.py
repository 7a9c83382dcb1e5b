"""Points that were earned and become available later (loyalty S6): pending → available, by a job, set-based.

A pending lot has its own end and the day on which it opens. A refund takes the order's own pending points first; a
debt is settled when they open, not before. One transfer a lot, a few statements for a chunk, a commit for each: a run
that is killed goes on where it was, for what was opened has nothing remaining.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from core.kernel.errors import Conflict
from core.kernel.i18n import _
from core.kernel.ids import new_block
from core.kernel.statements import Statements, as_date
from core.ledger import services
from core.ledger.holds import MATURE
from core.ledger.rules import Take, Taking, fifo, take

if TYPE_CHECKING:
    from datetime import date

    from sqlalchemy.orm import Session

    from core.ledger.services import Balance, Posting

PENDING = "pending"
CHUNK = 10_000

_DUE = (
    "l.franchise_id = ? AND l.remaining > 0 AND l.opens_on IS NOT NULL AND l.opens_on <= ?"
    " AND NOT EXISTS (SELECT 1 FROM account d WHERE d.franchise_id = l.franchise_id AND d.owner_kind = 'person'"
    " AND d.owner_id = l.person_id AND d.unit = 'points' AND d.bucket = 'available' AND d.debt > 0)"
)
_LOCK = (
    "SELECT w.id FROM {table} w WHERE w.franchise_id = ? AND w.id IN (SELECT l.{column} FROM lot l"  # noqa: S608
    f" WHERE {_DUE} ORDER BY l.opens_on, l.id LIMIT ?) ORDER BY w.id FOR UPDATE"
)
_LOCKS = tuple(
    _LOCK.format(table=table, column=column) for table, column in (("person", "person_id"), ("account", "account_id"))
)
_TRANSFERS = (
    "INSERT INTO transfer (id, franchise_id, from_account_id, to_account_id, person_id, unit, amount, reason, rule,"  # noqa: S608 (our own words)
    " source_kind, source_id, business_on, booked_at, door, note)"
    " SELECT ? + row_number() OVER (ORDER BY o.opens_on, o.id), o.franchise_id, o.account_id, a.id, o.person_id,"
    " 'points', o.remaining, 'mature', o.rule, 'lot', o.id, ?, ?, 'job', ''"
    " FROM (SELECT l.id, l.franchise_id, l.account_id, l.person_id, l.remaining, l.rule, l.opens_on FROM lot l"
    f" WHERE {_DUE} ORDER BY l.opens_on, l.id LIMIT ?) o"
    " JOIN account a ON a.franchise_id = o.franchise_id AND a.owner_kind = 'person' AND a.owner_id = o.person_id"
    " AND a.unit = 'points' AND a.bucket = 'available'"
)
_BOOKED = "FROM transfer t WHERE t.franchise_id = ? AND t.id > ? AND t.id <= ?"
_USES = (
    "INSERT INTO lot_use (id, franchise_id, transfer_id, lot_id, amount)"
    f" SELECT t.id + ?, t.franchise_id, t.id, t.source_id, t.amount {_BOOKED}"
)
_NEW_LOTS = (
    "INSERT INTO lot (id, franchise_id, account_id, transfer_id, person_id, amount, remaining, earned_on, expires_on,"
    " rule, source_kind, source_id, grace) SELECT t.id + ?, t.franchise_id, t.to_account_id, t.id, t.person_id,"
    " t.amount, t.amount, l.earned_on, l.expires_on, l.rule, l.source_kind, l.source_id, 0 FROM transfer t"
    " JOIN lot l ON l.franchise_id = t.franchise_id AND l.id = t.source_id"
    " WHERE t.franchise_id = ? AND t.id > ? AND t.id <= ?"
)
_OLD_LOTS = (
    "UPDATE lot SET remaining = lot.remaining - o.amount"  # noqa: S608 (our own words)
    f" FROM (SELECT t.source_id AS id, t.amount {_BOOKED}) o"
    " WHERE lot.franchise_id = ? AND lot.id = o.id AND lot.remaining = o.amount"
)
_ACCOUNTS = (
    "UPDATE account SET balance = balance {sign} o.amount"  # noqa: S608 (our own words)
    f" FROM (SELECT t.{{end}}_account_id AS id, SUM(t.amount) AS amount {_BOOKED} GROUP BY t.{{end}}_account_id) o"
    " WHERE account.franchise_id = ? AND account.id = o.id"
)


def account(st: Statements, person_id: int) -> Balance:
    """Return a person's pending points, opening the account (and the one they will go to) if need be."""
    services.balance_of(st, "person", person_id, services.POINTS, person_id)
    return services.balance_of(st, "person", person_id, services.POINTS, person_id, bucket=PENDING)


def credit(
    st: Statements, balance: Balance, amount: int, posting: Posting, *, rule: str, opens_on: date,
    expires_on: date | None,
) -> int:  # fmt: skip
    """Credit `amount` as a lot that opens on a day; return the transfer's id. `balance` is of `account`."""
    transfer_id = services._transfer(st, balance, services.POINTS, "issued", amount, posting, "earn", incoming=True,
                                     rule=rule)  # fmt: skip
    services._open_lot(st, balance, transfer_id, amount, 0, posting, rule, None, expires_on, 0, opens_on)
    services._move_account(st, balance, amount, 0)
    return transfer_id


def claw_back(
    st: Statements, balance: Balance, amount: int, posting: Posting, *, earned_by: int, rule: str, reverses_id: int
) -> Taking:
    """Take back up to `amount` of what a source earned under a rule and is pending still; `missing` is the rest."""
    own = [lot for lot in balance.lots if lot.source_id == earned_by and lot.rule == rule]
    taking = take(fifo(own), amount)
    taken = amount - taking.missing
    if not taken:
        return taking
    transfer_id = services._transfer(
        st, balance, services.POINTS, "reversed", taken, posting, "refund", incoming=False, rule=rule,
        reverses_id=reverses_id,
    )  # fmt: skip
    services._book_takes(st, balance, transfer_id, taking.takes)
    services._move_account(st, balance, -taken, 0)
    return taking


def of(st: Statements, person_id: int) -> list[tuple[date, int]]:
    """Return (day, points) of what a person has pending, by the day on which it opens."""
    rows = st.all(
        "SELECT l.opens_on, SUM(l.remaining) FROM lot l JOIN account a ON a.franchise_id = l.franchise_id"
        " AND a.id = l.account_id WHERE l.franchise_id = ? AND a.owner_kind = 'person' AND a.owner_id = ?"
        " AND a.unit = 'points' AND a.bucket = 'pending' AND l.remaining > 0 GROUP BY l.opens_on ORDER BY l.opens_on",
        [st.franchise_id, person_id],
    )
    return [(day, int(points)) for raw, points in rows if (day := as_date(raw)) is not None]


def sweep(session: Session, franchise_id: int, on: date, booked_at: int) -> int:
    """Open up to CHUNK lots whose day has come, of persons without a debt; return how many.

    Raises Conflict when a refund took from one of them at the same moment: nothing is booked, ask again.
    """
    st = Statements(session, franchise_id)
    chosen = [franchise_id, on, CHUNK]
    if st.locks_rows:
        for lock in _LOCKS:
            st.run(lock, [franchise_id, *chosen])
    before = new_block(3 * CHUNK + 1)
    booked = st.run(_TRANSFERS, [before, on, booked_at, *chosen])
    if not booked:
        return 0
    these = [franchise_id, before, before + booked]
    st.run(_USES, [CHUNK, *these])
    st.run(_NEW_LOTS, [2 * CHUNK, *these])
    emptied = st.run(_OLD_LOTS, [*these, franchise_id])
    st.run(_ACCOUNTS.format(sign="-", end="from"), [*these, franchise_id])
    st.run(_ACCOUNTS.format(sign="+", end="to"), [*these, franchise_id])
    if emptied != booked:
        raise Conflict(_("余额刚刚变动过，请重试。"))
    return booked


def sweep_debtors(session: Session, franchise_id: int, on: date, posting: Posting, limit: int = 200) -> int:
    """Open the lots whose day has come of persons who owe points: the debt is settled first (S8). Return how many."""
    st = Statements(session, franchise_id)
    rows = st.all(
        "SELECT l.id, l.person_id FROM lot l JOIN account d ON d.franchise_id = l.franchise_id"
        " AND d.owner_kind = 'person' AND d.owner_id = l.person_id AND d.unit = 'points' AND d.bucket = 'available'"
        " AND d.debt > 0 WHERE l.franchise_id = ? AND l.remaining > 0 AND l.opens_on IS NOT NULL AND l.opens_on <= ?"
        " ORDER BY l.person_id, l.opens_on, l.id LIMIT ?",
        [franchise_id, on, limit],
    )
    st.lock("person", [int(person_id) for _lot, person_id in rows])
    for lot_id, person_id in rows:
        _open(st, int(lot_id), int(person_id), posting)
    return len(rows)


def _open(st: Statements, lot_id: int, person_id: int, posting: Posting) -> None:
    balance = account(st, person_id)
    lot = next((one for one in balance.lots if one.id == lot_id), None)
    if lot is None:
        return  # a refund took it meanwhile
    to = services.balance_of(st, "person", person_id, services.POINTS, person_id)
    ends = (balance.account_id, to.account_id)
    amount = lot.remaining
    opened = posting.of("lot", lot.id)
    transfer_id = services.move(st, ends, person_id, services.POINTS, amount, opened, MATURE, rule=lot.rule)
    services._book_takes(st, balance, transfer_id, [Take(lot.id, amount)])
    services._move_account(st, balance, -amount, 0)
    settled = min(to.debt, amount)
    # As the pending lot was: of its order, so that a refund still finds it as the order's own.
    source = st.one("SELECT source_kind FROM lot WHERE franchise_id = ? AND id = ?", [st.franchise_id, lot.id])
    assert source is not None
    services._open_lot(
        st, to, transfer_id, amount, settled, posting.of(str(source[0]), lot.source_id), lot.rule, lot.earned_on,
        lot.expires_on,
    )  # fmt: skip
    services._move_account(st, to, amount, to.debt - settled)
