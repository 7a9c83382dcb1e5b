"""Recompute orders from their lines, tenders and refunds (I21, I22, I29; security I5, I8, I9)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from core.kernel.statements import Statements
from core.ledger.verify import Check, run

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

CHECKS = (
    Check(
        "orders.lines_add_up",
        "SELECT o.id, o.total_fen, SUM(l.net_fen) FROM orders o JOIN order_line l"
        " ON l.franchise_id = o.franchise_id AND l.orders_id = o.id WHERE o.franchise_id = :f"
        " GROUP BY o.id, o.total_fen HAVING o.total_fen <> SUM(l.net_fen)",
        "order {0} totals {1}, its lines say {2}",
    ),
    Check(
        "orders.tenders_add_up",
        "SELECT o.id, o.paid_fen, COALESCE(t.n, 0) FROM orders o LEFT JOIN (SELECT orders_id,"
        " SUM(amount_fen) AS n FROM tender WHERE franchise_id = :f GROUP BY orders_id) t"
        " ON t.orders_id = o.id"
        " WHERE o.franchise_id = :f AND o.paid_fen <> COALESCE(t.n, 0)",
        "order {0} was paid {1}, its tenders say {2}",
    ),
    Check(
        "orders.matrix_rows",
        "SELECT l.id, l.net_fen, COALESCE(m.n, 0) FROM order_line l LEFT JOIN (SELECT order_line_id,"
        " SUM(amount_fen) AS n FROM line_tender WHERE franchise_id = :f GROUP BY order_line_id) m"
        " ON m.order_line_id = l.id WHERE l.franchise_id = :f"
        " AND l.net_fen <> COALESCE(m.n, 0) + l.owed_fen + l.released_fen",
        "line {0} costs {1}, its tenders say {2} besides what is owed",
    ),
    Check(
        "orders.debts_add_up",
        "SELECT o.id, o.owed_fen, SUM(l.owed_fen) FROM orders o JOIN order_line l"
        " ON l.franchise_id = o.franchise_id AND l.orders_id = o.id WHERE o.franchise_id = :f"
        " GROUP BY o.id, o.owed_fen HAVING o.owed_fen <> SUM(l.owed_fen)",
        "order {0} owes {1}, its lines say {2}",
    ),
    Check(
        "orders.debts_released",
        "SELECT l.id, l.released_fen, COALESCE(r.n, 0) FROM order_line l LEFT JOIN (SELECT order_line_id,"
        " SUM(released_fen) AS n FROM refund_line WHERE franchise_id = :f GROUP BY order_line_id) r"
        " ON r.order_line_id = l.id WHERE l.franchise_id = :f AND l.released_fen <> COALESCE(r.n, 0)",
        "line {0} was let off {1}, its refunds say {2}",
    ),
    Check(
        "orders.payments_add_up",
        "SELECT p.id, p.amount_fen, COALESCE(t.n, 0) FROM payment p LEFT JOIN (SELECT payment_id,"
        " SUM(amount_fen) AS n FROM tender WHERE franchise_id = :f AND payment_id IS NOT NULL GROUP BY payment_id) t"
        " ON t.payment_id = p.id WHERE p.franchise_id = :f AND p.amount_fen <> COALESCE(t.n, 0)",
        "payment {0} is {1}, its tenders say {2}",
    ),
    Check(
        "orders.invoices_agree",
        "SELECT o.id, o.invoice_state, COALESCE(i.state, 'none') FROM orders o LEFT JOIN order_invoice i"
        " ON i.franchise_id = o.franchise_id AND i.orders_id = o.id AND i.seq = (SELECT MAX(x.seq) FROM order_invoice x"
        " WHERE x.franchise_id = o.franchise_id AND x.orders_id = o.id) WHERE o.franchise_id = :f"
        " AND (o.invoice_state <> 'none' OR i.id IS NOT NULL)"
        " AND o.invoice_state <> CASE WHEN i.state = 'withdrawn' THEN 'none' ELSE COALESCE(i.state, '') END",
        "order {0} says its invoice is {1}, the invoice says {2}",
    ),
    Check(
        "courses.settlement_is_foreign_uses",
        "SELECT u.id, u.value_fen, COALESCE(s.n, 0) FROM course_use u LEFT JOIN course_use_undo x"
        " ON x.franchise_id = u.franchise_id AND x.course_use_id = u.id LEFT JOIN (SELECT source_id,"
        " SUM(principal_fen) AS n FROM settlement_line WHERE franchise_id = :f"
        " AND source_kind IN ('course_use', 'course_undo') GROUP BY source_id) s ON s.source_id = u.id"
        " WHERE u.franchise_id = :f AND u.issuing IS NOT NULL AND COALESCE(s.n, 0) <>"
        " CASE WHEN x.id IS NULL AND u.issuing <> u.serving THEN u.value_fen ELSE 0 END",
        "use {0} is worth {1}, the legal entities settled {2} for it",
    ),
    Check(
        "orders.matrix_columns",
        "SELECT t.id, t.amount_fen, COALESCE(m.n, 0) FROM tender t LEFT JOIN (SELECT tender_id,"
        " SUM(amount_fen) AS n FROM line_tender WHERE franchise_id = :f GROUP BY tender_id) m"
        " ON m.tender_id = t.id WHERE t.franchise_id = :f AND t.amount_fen <> COALESCE(m.n, 0)",
        "tender {0} paid {1}, its lines say {2}",
    ),
    Check(
        "orders.refunds_add_up",
        "SELECT o.id, o.refunded_fen, COALESCE(r.n, 0) FROM orders o LEFT JOIN (SELECT orders_id,"
        " SUM(amount_fen) AS n FROM refund WHERE franchise_id = :f GROUP BY orders_id) r"
        " ON r.orders_id = o.id"
        " WHERE o.franchise_id = :f AND o.refunded_fen <> COALESCE(r.n, 0)",
        "order {0} was refunded {1}, its refunds say {2}",
    ),
    Check(
        "orders.adjustments_are_approved",
        "SELECT t.id FROM transfer t WHERE t.franchise_id = :f AND t.source_kind <> 'adjustment'"
        " AND t.reason IN ('adjust', 'deduct') AND NOT EXISTS (SELECT 1 FROM approval_request a"
        "  WHERE a.franchise_id = t.franchise_id AND a.id = t.source_id AND t.source_kind = 'approval'"
        "  AND a.state = 'executed' AND a.decided_by <> a.asked_by)",
        "transfer {0} was made by hand without an executed approval (I15)",
    ),
    Check(
        "orders.approvals_post_once",
        "SELECT t.source_id, COUNT(*) FROM transfer t WHERE t.franchise_id = :f AND t.source_kind = 'approval'"
        " GROUP BY t.source_id HAVING COUNT(*) > 1",
        "approval {0} was posted {1} times",
    ),
    Check(
        "orders.refunded_lines_add_up",
        "SELECT l.id, l.refunded_fen, COALESCE(r.n, 0) FROM order_line l LEFT JOIN (SELECT order_line_id,"
        " SUM(amount_fen) AS n FROM refund_line WHERE franchise_id = :f GROUP BY order_line_id) r"
        " ON r.order_line_id = l.id WHERE l.franchise_id = :f AND l.refunded_fen <> COALESCE(r.n, 0)",
        "line {0} was refunded {1}, its refunds say {2}",
    ),
    Check(
        "orders.tenders_refunded",
        "SELECT o.id, o.refunded_fen, SUM(t.refunded_fen) FROM orders o JOIN tender t"
        " ON t.franchise_id = o.franchise_id AND t.orders_id = o.id WHERE o.franchise_id = :f"
        " GROUP BY o.id, o.refunded_fen HAVING o.refunded_fen <> SUM(t.refunded_fen)",
        "order {0} was refunded {1}, its tenders say {2}",
    ),
    Check(
        "orders.points_earned",
        "SELECT o.id, o.earned_points, COALESCE(t.n, 0) FROM orders o LEFT JOIN (SELECT source_id,"
        " SUM(amount) AS n FROM transfer WHERE franchise_id = :f AND source_kind = 'order'"
        " AND reason = 'earn' GROUP BY source_id) t ON t.source_id = o.id"
        " WHERE o.franchise_id = :f AND o.earned_points <> COALESCE(t.n, 0)",
        "order {0} earned {1} points, its transfers say {2}",
    ),
    Check(
        "orders.points_spent",
        "SELECT o.orders_id, o.n, COALESCE(t.n, 0) FROM (SELECT orders_id, SUM(points) AS n FROM tender"
        "   WHERE franchise_id = :f GROUP BY orders_id) o LEFT JOIN (SELECT source_id, SUM(amount) AS n"
        "   FROM transfer WHERE franchise_id = :f AND source_kind = 'order' AND reason = 'redeem'"
        "   GROUP BY source_id) t ON t.source_id = o.orders_id"
        " WHERE o.n <> COALESCE(t.n, 0)",
        "order {0} spent {1} points, its transfers say {2}",
    ),
    Check(
        "orders.counters_of_persons",
        "SELECT p.id, p.spent_fen, COALESCE(o.n, 0) - COALESCE(u.n, 0) FROM person p LEFT JOIN (SELECT t.person_id,"
        " SUM(t.amount_fen - t.refunded_fen) AS n FROM tender t WHERE t.franchise_id = :f"
        " AND t.kind NOT IN ('points', 'stored_bonus') AND t.person_id IS NOT NULL GROUP BY t.person_id) o"
        " ON o.person_id = p.id LEFT JOIN (SELECT l.person_id, SUM(l.net_fen - l.refunded_fen) AS n"
        " FROM order_line l WHERE l.franchise_id = :f AND l.kind = 'topup' AND l.person_id IS NOT NULL"
        " GROUP BY l.person_id) u ON u.person_id = p.id"
        " WHERE p.franchise_id = :f AND p.spent_fen <> COALESCE(o.n, 0) - COALESCE(u.n, 0)",
        "person {0} is said to have spent {1}, the tenders say {2}",
    ),
    Check(
        "coupons.rows_match_uses",
        "SELECT c.id, c.state FROM coupon c LEFT JOIN coupon_use u ON u.franchise_id = c.franchise_id"
        " AND u.coupon_id = c.id AND u.returned_at IS NULL WHERE c.franchise_id = :f"
        " AND ((c.state = 'used' AND u.id IS NULL) OR (c.state = 'open' AND u.id IS NOT NULL))",
        "coupon {0} is {1}, its uses say otherwise",
    ),
    Check(
        "cards.seats_within",
        "SELECT c.id, c.seats, COUNT(*) FROM card c JOIN card_seat s ON s.franchise_id = c.franchise_id"
        " AND s.card_id = c.id AND s.left_at IS NULL WHERE c.franchise_id = :f"
        " GROUP BY c.id, c.seats HAVING COUNT(*) > c.seats",
        "card {0} of {1} seats seats {2}",
    ),
)


def check(session: Session, franchise_id: int) -> list[tuple[str, str | None]]:
    """Return (check, first difference or None) for every check on orders, coupons and cards."""
    st = Statements(session, franchise_id)
    return [(c.name, run(st, c)) for c in CHECKS]
