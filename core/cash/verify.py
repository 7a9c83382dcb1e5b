"""Recompute closed shifts and days from the money that came and went (B51)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from core.kernel.statements import Statements
from core.ledger.verify import Check, run

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

CHECKS = (
    Check(
        "cash.shifts_add_up",
        "SELECT s.id, s.expected_fen, s.float_fen + COALESCE((SELECT SUM(e.amount_fen) FROM till_entry e"
        "   WHERE e.franchise_id = s.franchise_id AND e.shift_id = s.id AND e.kind = 'cash'), 0)"
        " + COALESCE((SELECT SUM(CASE WHEN m.kind = 'in' THEN m.amount_fen ELSE -m.amount_fen END)"
        "   FROM cash_movement m WHERE m.franchise_id = s.franchise_id AND m.shift_id = s.id), 0) AS n"
        " FROM shift s WHERE s.franchise_id = :f AND s.closed_at IS NOT NULL AND s.expected_fen <> s.float_fen"
        " + COALESCE((SELECT SUM(e.amount_fen) FROM till_entry e"
        "   WHERE e.franchise_id = s.franchise_id AND e.shift_id = s.id AND e.kind = 'cash'), 0)"
        " + COALESCE((SELECT SUM(CASE WHEN m.kind = 'in' THEN m.amount_fen ELSE -m.amount_fen END)"
        "   FROM cash_movement m WHERE m.franchise_id = s.franchise_id AND m.shift_id = s.id), 0)",
        "shift {0} expected {1}, its money says {2}",
    ),
    Check(
        "cash.days_add_up",
        "SELECT d.id, d.received_fen - d.refunded_fen, COALESCE((SELECT SUM(e.amount_fen) FROM till_entry e"
        "   WHERE e.franchise_id = d.franchise_id AND e.store_id = d.store_id"
        "   AND e.business_on = d.business_on), 0) AS n FROM day_close d WHERE d.franchise_id = :f"
        " AND d.received_fen - d.refunded_fen <> COALESCE((SELECT SUM(e.amount_fen) FROM till_entry e"
        "   WHERE e.franchise_id = d.franchise_id AND e.store_id = d.store_id"
        "   AND e.business_on = d.business_on), 0)",
        "day close {0} says {1}, its money says {2}",
    ),
    Check(
        "cash.entries_match_tenders",
        "SELECT o.id, o.n, t.n FROM (SELECT source_id AS id, SUM(amount_fen) AS n FROM till_entry"
        "   WHERE franchise_id = :f AND source_kind = 'order' GROUP BY source_id) o"
        " JOIN (SELECT orders_id AS id, SUM(amount_fen) AS n FROM tender WHERE franchise_id = :f"
        "   AND kind NOT IN ('points', 'stored_value', 'stored_bonus') AND payment_id IS NULL GROUP BY orders_id) t"
        " ON t.id = o.id"
        " WHERE o.n <> t.n",
        "the till took {1} for order {0}, its tenders say {2}",
    ),
    Check(
        "cash.entries_match_payments",
        "SELECT p.id, COALESCE(e.n, 0), COALESCE(t.n, 0) FROM payment p LEFT JOIN (SELECT source_id AS id,"
        "   SUM(amount_fen) AS n FROM till_entry WHERE franchise_id = :f AND source_kind = 'payment'"
        "   GROUP BY source_id) e ON e.id = p.id LEFT JOIN (SELECT payment_id, SUM(amount_fen) AS n FROM tender"
        "   WHERE franchise_id = :f AND payment_id IS NOT NULL"
        "   AND kind NOT IN ('points', 'stored_value', 'stored_bonus') GROUP BY payment_id) t"
        "   ON t.payment_id = p.id WHERE p.franchise_id = :f AND COALESCE(t.n, 0) <> COALESCE(e.n, 0)",
        "the till took {1} for payment {0}, its money is {2}",
    ),
)


def check(session: Session, franchise_id: int) -> list[tuple[str, str | None]]:
    """Return (check, first difference or None) for every check on shifts, days and the money behind them."""
    st = Statements(session, franchise_id)
    return [(c.name, run(st, c)) for c in CHECKS]
