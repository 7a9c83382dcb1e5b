"""Recompute courses: sessions from the ledger against uses and refunds, money against what was paid (I1, I27)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from core.kernel.statements import Statements
from core.ledger.verify import Check, run

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

_LIVE = (
    "(SELECT u.course_part_id, COUNT(*) AS n, SUM(u.value_fen) AS fen FROM course_use u LEFT JOIN course_use_undo x"
    " ON x.franchise_id = u.franchise_id AND x.course_use_id = u.id WHERE u.franchise_id = :f AND x.id IS NULL"
    " GROUP BY u.course_part_id)"
)
_EXPIRED = (
    "(SELECT t.from_account_id AS account_id, SUM(t.amount - COALESCE((SELECT SUM(r.amount) FROM transfer r"
    " WHERE r.franchise_id = t.franchise_id AND r.reverses_id = t.id), 0)) AS n FROM transfer t"
    " WHERE t.franchise_id = :f AND t.unit = 'sessions' AND t.reason = 'expire' GROUP BY t.from_account_id)"
)

CHECKS = (
    Check(
        "courses.sessions_add_up",
        "SELECT p.id, COALESCE(a.balance, 0), p.sessions + p.bonus_sessions - COALESCE(v.n, 0) - p.refunded"  # noqa: S608
        " - COALESCE(e.n, 0) FROM course_part p LEFT JOIN account a ON a.franchise_id = p.franchise_id"
        " AND a.owner_kind = 'course' AND a.owner_id = p.id AND a.unit = 'sessions' AND a.bucket = 'available'"
        f" LEFT JOIN {_LIVE} v ON v.course_part_id = p.id LEFT JOIN {_EXPIRED} e ON e.account_id = a.id"
        " WHERE p.franchise_id = :f AND COALESCE(a.balance, 0) <> p.sessions + p.bonus_sessions - COALESCE(v.n, 0)"
        " - p.refunded - COALESCE(e.n, 0)",
        "course part {0} has {1} sessions, its uses, refunds and expiry say {2}",
    ),
    Check(
        "courses.values_within_price",
        "SELECT p.id, p.paid_fen, p.refunded_fen + COALESCE(v.fen, 0) FROM course_part p"  # noqa: S608
        f" LEFT JOIN {_LIVE} v ON v.course_part_id = p.id WHERE p.franchise_id = :f"
        " AND (p.refunded_fen + COALESCE(v.fen, 0) > p.paid_fen OR (p.sessions + p.bonus_sessions"
        " = p.refunded + COALESCE(v.n, 0) AND p.refunded_fen + COALESCE(v.fen, 0) <> p.paid_fen))",
        "course part {0} cost {1}, its uses and refunds come to {2}",
    ),
    Check(
        "courses.parts_add_up",
        "SELECT c.id, c.paid_fen, p.paid, c.refunded_fen, p.back, c.sessions, p.sold, c.bonus_sessions, p.bonus"
        " FROM course c JOIN (SELECT course_id, SUM(paid_fen) AS paid, SUM(refunded_fen) AS back,"
        " SUM(sessions) AS sold, SUM(bonus_sessions) AS bonus FROM course_part WHERE franchise_id = :f"
        " GROUP BY course_id) p"
        " ON p.course_id = c.id WHERE c.franchise_id = :f AND (c.paid_fen <> p.paid OR c.refunded_fen <> p.back"
        " OR c.sessions <> p.sold OR c.bonus_sessions <> p.bonus)",
        "course {0}: paid {1}/{2}, refunded {3}/{4}, sessions {5}/{6}, bonus {7}/{8} do not agree with its parts",
    ),
    Check(
        "courses.uses_are_transfers",
        "SELECT u.id FROM course_use u LEFT JOIN transfer t ON t.franchise_id = u.franchise_id AND t.id = u.transfer_id"
        " AND t.unit = 'sessions' AND t.reason = 'use' AND t.amount = 1 AND t.source_id = u.id"
        " WHERE u.franchise_id = :f AND t.id IS NULL",
        "use {0} has no movement of one session",
    ),
    Check(
        "courses.undos_are_transfers",
        "SELECT x.id FROM course_use_undo x JOIN course_use u ON u.franchise_id = x.franchise_id"
        " AND u.id = x.course_use_id LEFT JOIN transfer t ON t.franchise_id = x.franchise_id AND t.id = x.transfer_id"
        " AND t.reverses_id = u.transfer_id AND t.amount = 1 WHERE x.franchise_id = :f AND t.id IS NULL",
        "undo {0} gave no session back",
    ),
    Check(
        "courses.lines_paid",
        "SELECT l.id, l.net_fen, l.refunded_fen, c.paid, c.back FROM order_line l JOIN (SELECT order_line_id,"
        " SUM(paid_fen) AS paid, SUM(refunded_fen) AS back FROM course WHERE franchise_id = :f"
        " AND order_line_id IS NOT NULL GROUP BY order_line_id) c ON c.order_line_id = l.id"
        " WHERE l.franchise_id = :f AND (l.net_fen <> c.paid OR l.refunded_fen <> c.back)",
        "line {0} was paid {1} and refunded {2}, its courses say {3} and {4}",
    ),
)


def check(session: Session, franchise_id: int) -> list[tuple[str, str | None]]:
    """Return (check, first difference or None) for every check on courses."""
    st = Statements(session, franchise_id)
    return [(c.name, run(st, c)) for c in CHECKS]
