"""A person's movements of value, newest first, each with the balance it left."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

from core.kernel.statements import Statements, as_date

if TYPE_CHECKING:
    from sqlalchemy.orm import Session


_OUTWARD = "t.reason NOT IN ('hold', 'release', 'mature')"


@dataclass(frozen=True, slots=True)
class Entry:
    """A movement. `amount` is signed for the person; `balance_after` is the unit's balance then."""

    transfer_id: int
    unit: str
    amount: int
    balance_after: int
    reason: str
    source_kind: str
    source_id: int
    door: str
    business_on: date
    booked_at: int
    expires_on: date | None
    reverses_id: int | None


def entries(
    session: Session, franchise_id: int, person_id: int, *, unit: str | None = None, before: int | None = None,
    limit: int = 50,
) -> list[Entry]:  # fmt: skip
    """Return up to `limit` movements older than the transfer `before` (of one unit, when given).

    What is set aside is still the person's: movements between their own accounts are left out, balances count both.
    """
    st = Statements(session, franchise_id)
    where = f"t.franchise_id = ? AND t.person_id = ? AND {_OUTWARD}"
    params: list[int | str] = [franchise_id, person_id]
    if unit is not None:
        where, params = where + " AND t.unit = ?", [*params, unit]
    if before is not None:
        where, params = where + " AND t.id < ?", [*params, before]
    rows = st.all(
        "SELECT t.id, t.unit, CASE WHEN a.owner_kind = 'house' THEN -t.amount ELSE t.amount END, t.reason,"  # noqa: S608
        " t.source_kind, t.source_id, t.door, t.business_on, t.booked_at, l.expires_on, t.reverses_id"
        " FROM transfer t"
        " JOIN account a ON a.franchise_id = t.franchise_id AND a.id = t.to_account_id"
        " LEFT JOIN lot l ON l.franchise_id = t.franchise_id AND l.transfer_id = t.id"
        f" WHERE {where} ORDER BY t.id DESC LIMIT ?",
        [*params, limit],
    )
    if not rows:
        return []
    running = _balances_after(st, person_id, int(rows[0][0]))
    found = []
    for row in rows:
        amount = int(row[2])
        after = running.get(row[1], 0)
        running[row[1]] = after - amount
        found.append(
            Entry(
                int(row[0]), row[1], amount, after, row[3], row[4], int(row[5]), row[6],
                as_date(row[7]) or date.min, int(row[8]), as_date(row[9]), int(row[10]) if row[10] else None,
            )
        )  # fmt: skip
    return found


def _balances_after(st: Statements, person_id: int, transfer_id: int) -> dict[str, int]:
    """Return the balance of each unit just after a transfer: today's, less what came later."""
    now = st.all(
        "SELECT unit, SUM(balance) FROM account WHERE franchise_id = ? AND person_id = ?"
        " AND owner_kind <> 'house' GROUP BY unit",
        [st.franchise_id, person_id],
    )
    later = st.all(
        "SELECT t.unit, SUM(CASE WHEN a.owner_kind = 'house' THEN -t.amount ELSE t.amount END) FROM transfer t"  # noqa: S608
        " JOIN account a ON a.franchise_id = t.franchise_id AND a.id = t.to_account_id"
        f" WHERE t.franchise_id = ? AND t.person_id = ? AND {_OUTWARD} AND t.id > ? GROUP BY t.unit",
        [st.franchise_id, person_id, transfer_id],
    )
    since = {unit: int(amount) for unit, amount in later}
    return {unit: int(amount) - since.get(unit, 0) for unit, amount in now}
