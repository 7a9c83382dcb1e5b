"""Recompute the ledger from its transfers and name the first difference (I1–I7, I12).

Every check is one set-based query that yields the offending rows, their id first; an empty answer is a passed check.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from core.kernel.statements import Statements

if TYPE_CHECKING:
    from sqlalchemy.orm import Session


@dataclass(frozen=True, slots=True)
class Check:
    """A named check: its query selects what is wrong, with a sentence for the first row."""

    name: str
    sql: str
    says: str


# A movement between two accounts of one person uses lots of both: each side counts its own.
_USED = (
    "COALESCE((SELECT SUM(u.amount) FROM lot_use u JOIN lot x ON x.franchise_id = u.franchise_id AND x.id = u.lot_id"
    "    WHERE u.franchise_id = t.franchise_id AND u.transfer_id = t.id AND x.account_id = a.id), 0)"
)
_LOTS_PUT = (
    "SELECT t.id, t.to_account_id AS account_id, t.amount"  # noqa: S608 (our own words)
    f" - COALESCE(put.n, 0) + {_USED} AS settled"
    " FROM transfer t JOIN account a ON a.franchise_id = t.franchise_id AND a.id = t.to_account_id"
    # Summed once for all: looked up for each credit it is the square of the lots, which no index carries by transfer.
    " LEFT JOIN (SELECT transfer_id, SUM(amount) AS n FROM lot WHERE franchise_id = :f GROUP BY transfer_id) put"
    " ON put.transfer_id = t.id"
    " WHERE t.franchise_id = :f AND a.owner_kind <> 'house'"
)
_TAKEN = (
    f"SELECT t.id, t.from_account_id AS account_id, t.amount - {_USED} AS incurred"  # noqa: S608 (our own words)
    " FROM transfer t JOIN account a ON a.franchise_id = t.franchise_id AND a.id = t.from_account_id"
    " WHERE t.franchise_id = :f AND a.owner_kind <> 'house'"
)

CHECKS = (
    Check(
        "ledger.balance_is_lots_minus_debt",
        "SELECT a.id, a.balance, COALESCE(l.n, 0) - a.debt FROM account a LEFT JOIN (SELECT account_id,"
        "   SUM(remaining) AS n FROM lot WHERE franchise_id = :f GROUP BY account_id) l ON l.account_id = a.id"
        " WHERE a.franchise_id = :f AND a.owner_kind <> 'house' AND a.balance <> COALESCE(l.n, 0) - a.debt",
        "account {0} caches {1}, its lots and debt say {2}",
    ),
    Check(
        "ledger.balance_is_transfers",
        "SELECT a.id, a.balance, COALESCE(i.n, 0) - COALESCE(o.n, 0) FROM account a"
        " LEFT JOIN (SELECT to_account_id AS account_id, SUM(amount) AS n FROM transfer"
        "   WHERE franchise_id = :f GROUP BY to_account_id) i ON i.account_id = a.id"
        " LEFT JOIN (SELECT from_account_id AS account_id, SUM(amount) AS n FROM transfer"
        "   WHERE franchise_id = :f GROUP BY from_account_id) o ON o.account_id = a.id"
        " WHERE a.franchise_id = :f AND a.owner_kind <> 'house'"
        " AND a.balance <> COALESCE(i.n, 0) - COALESCE(o.n, 0)",
        "account {0} caches {1}, its transfers say {2}",
    ),
    Check(
        "ledger.lot_is_its_uses",
        "SELECT l.id, l.remaining, l.amount - COALESCE(SUM(u.amount), 0) FROM lot l"
        " LEFT JOIN lot_use u ON u.franchise_id = l.franchise_id AND u.lot_id = l.id"
        " WHERE l.franchise_id = :f GROUP BY l.id, l.remaining, l.amount"
        " HAVING l.remaining <> l.amount - COALESCE(SUM(u.amount), 0)",
        "lot {0} has {1} left, its uses say {2}",
    ),
    Check(
        "ledger.credits_reach_lots_or_debt",
        f"SELECT p.id, p.settled FROM ({_LOTS_PUT}) p WHERE p.settled < 0",  # noqa: S608
        "transfer {0} put {1} more into lots than it moved",
    ),
    Check(
        "ledger.debits_take_lots_or_debt",
        f"SELECT p.id, p.incurred FROM ({_TAKEN}) p WHERE p.incurred < 0",  # noqa: S608
        "transfer {0} took {1} more from lots than it moved",
    ),
    Check(
        "ledger.debt_is_explained",
        "SELECT a.id, a.debt, COALESCE(d.n, 0) - COALESCE(c.n, 0) FROM account a"  # noqa: S608
        f" LEFT JOIN (SELECT account_id, SUM(incurred) AS n FROM ({_TAKEN}) x GROUP BY account_id) d"
        " ON d.account_id = a.id"
        f" LEFT JOIN (SELECT account_id, SUM(settled) AS n FROM ({_LOTS_PUT}) y GROUP BY account_id) c"
        " ON c.account_id = a.id"
        " WHERE a.franchise_id = :f AND a.owner_kind <> 'house'"
        " AND a.debt <> COALESCE(d.n, 0) - COALESCE(c.n, 0)",
        "account {0} owes {1}, its transfers say {2}",
    ),
    Check(
        "ledger.units_agree",
        "SELECT t.id FROM transfer t JOIN account x ON x.franchise_id = t.franchise_id"
        " AND x.id = t.from_account_id JOIN account y ON y.franchise_id = t.franchise_id"
        " AND y.id = t.to_account_id WHERE t.franchise_id = :f AND (t.unit <> x.unit OR t.unit <> y.unit)",
        "transfer {0} mixes units",
    ),
    Check(
        "ledger.reversals_stay_within",
        "SELECT t.id, t.amount, SUM(r.amount) FROM transfer t JOIN transfer r"
        " ON r.franchise_id = t.franchise_id AND r.reverses_id = t.id WHERE t.franchise_id = :f"
        " GROUP BY t.id, t.amount HAVING SUM(r.amount) > t.amount",
        "transfer {0} of {1} was reversed by {2}",
    ),
    Check(
        "ledger.extended_lots_end_as_written",
        "SELECT l.id, l.expires_on, e.ends FROM lot l JOIN (SELECT lot_id, MAX(to_on) AS ends FROM lot_extension"
        " WHERE franchise_id = :f GROUP BY lot_id) e ON e.lot_id = l.id WHERE l.franchise_id = :f"
        " AND (l.expires_on IS NULL OR l.expires_on <> e.ends)",
        "lot {0} ends on {1}, its extensions say {2}",
    ),
    Check(
        "ledger.pending_lots_open",
        "SELECT l.id, a.bucket FROM lot l JOIN account a ON a.franchise_id = l.franchise_id AND a.id = l.account_id"
        " WHERE l.franchise_id = :f AND l.remaining > 0 AND (a.bucket = 'pending') <> (l.opens_on IS NOT NULL)",
        "lot {0} of a {1} account has no day of opening, or one too many",
    ),
    Check(
        "ledger.opened_lots_are_whole",
        "SELECT t.id, t.amount, n.amount FROM transfer t JOIN lot o ON o.franchise_id = t.franchise_id"
        " AND o.id = t.source_id LEFT JOIN lot n ON n.franchise_id = t.franchise_id AND n.transfer_id = t.id"
        " WHERE t.franchise_id = :f AND t.reason = 'mature' AND (n.id IS NULL OR n.amount <> t.amount"
        " OR n.source_id <> o.source_id OR n.rule <> o.rule)",
        "transfer {0} opened {1}, its lot has {2}",
    ),
    Check(
        "ledger.bonus_of_lots_was_given",
        "SELECT b.id, b.points FROM lot_bonus b LEFT JOIN transfer t ON t.franchise_id = b.franchise_id"
        " AND t.id = b.transfer_id AND t.reason = 'bonus' AND t.amount = b.points AND t.person_id = b.person_id"
        " WHERE b.franchise_id = :f AND t.id IS NULL",
        "bonus {0} of {1} has no movement",
    ),
    Check(
        "ledger.holds_have_one_end",
        "SELECT h.id, h.amount, COUNT(r.id) FROM transfer h JOIN transfer r ON r.franchise_id = h.franchise_id"
        " AND r.reverses_id = h.id WHERE h.franchise_id = :f AND h.reason = 'hold' GROUP BY h.id, h.amount"
        " HAVING COUNT(r.id) > 1 OR SUM(r.amount) <> h.amount",
        "hold {0} of {1} ended {2} times",
    ),
)


def check(session: Session, franchise_id: int) -> list[tuple[str, str | None]]:
    """Return (check, first difference or None) for every ledger check of the franchise."""
    st = Statements(session, franchise_id)
    return [(c.name, run(st, c)) for c in CHECKS]


def run(st: Statements, check: Check) -> str | None:
    """Return the sentence for the row with the lowest id that `check` finds, or None.

    What is wrong is gathered before it is put in order: a planner that sees the LIMIT beside a condition that it
    believes to be mostly true walks row by row in the hope of an early end, and here there is none.
    """
    sql = check.sql.replace(":f", "?")
    st.whole_sets(True)
    row = st.one(
        f"WITH wrong AS MATERIALIZED ({sql}) SELECT * FROM wrong ORDER BY 1 LIMIT 1",  # noqa: S608 (our own words)
        [st.franchise_id] * check.sql.count(":f"),
    )
    st.whole_sets(False)
    return check.says.format(*row) if row else None
