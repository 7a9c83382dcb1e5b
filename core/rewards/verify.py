"""Recompute redemptions against the ledger: what is held is reserved, what is spent was handed out (S23)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from core.kernel.statements import Statements
from core.ledger.verify import Check, run

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

CHECKS = (
    Check(
        "rewards.held_is_reserved",
        "SELECT a.owner_id, a.balance, COALESCE(r.n, 0) FROM account a LEFT JOIN (SELECT person_id, SUM(points) AS n"
        " FROM redemption WHERE franchise_id = :f AND state = 'reserved' GROUP BY person_id) r"
        " ON r.person_id = a.owner_id WHERE a.franchise_id = :f AND a.bucket = 'held' AND a.unit = 'points'"
        " AND a.balance <> COALESCE(r.n, 0)",
        "person {0} has {1} points held, their reservations say {2}",
    ),
    Check(
        "rewards.reservations_are_holds",
        "SELECT r.id, r.points FROM redemption r LEFT JOIN transfer h ON h.franchise_id = r.franchise_id"
        " AND h.id = r.hold_id AND h.reason = 'hold' AND h.amount = r.points LEFT JOIN transfer b"
        " ON b.franchise_id = r.franchise_id AND b.reverses_id = r.hold_id WHERE r.franchise_id = :f AND r.points > 0"
        " AND ((r.state = 'reserved' AND (h.id IS NULL OR b.id IS NOT NULL))"
        " OR (r.state <> 'reserved' AND r.hold_id IS NOT NULL AND b.id IS NULL))",
        "the hold of redemption {0} of {1} points does not fit its state",
    ),
    Check(
        "rewards.redemptions_are_transfers",
        "SELECT r.id, r.points, r.state FROM redemption r LEFT JOIN transfer t ON t.franchise_id = r.franchise_id"
        " AND t.id = r.transfer_id AND t.reason = 'reward' AND t.amount = r.points AND t.person_id = r.person_id"
        " LEFT JOIN transfer b ON b.franchise_id = r.franchise_id AND b.reverses_id = r.transfer_id"
        " WHERE r.franchise_id = :f AND r.points > 0"
        " AND ((r.state IN ('confirmed', 'fulfilled') AND (t.id IS NULL OR b.id IS NOT NULL))"
        " OR (r.state IN ('cancelled', 'expired') AND r.transfer_id IS NOT NULL AND b.id IS NULL)"
        " OR (r.state = 'reserved' AND r.transfer_id IS NOT NULL))",
        "redemption {0} of {1} points is {2}, its transfers say otherwise",
    ),
    Check(
        "rewards.transfers_are_redemptions",
        "SELECT t.id FROM transfer t LEFT JOIN redemption r ON r.franchise_id = t.franchise_id AND r.id = t.source_id"
        " AND r.transfer_id = t.id WHERE t.franchise_id = :f AND t.reason = 'reward' AND r.id IS NULL",
        "transfer {0} paid for a reward that nobody took",
    ),
    Check(
        "rewards.gifts_were_given",
        "SELECT r.id, r.qty, COUNT(g.id) FROM redemption r LEFT JOIN redemption_gift g"
        " ON g.franchise_id = r.franchise_id AND g.redemption_id = r.id WHERE r.franchise_id = :f"
        " AND r.kind IN ('coupon', 'course') AND r.confirmed_at IS NOT NULL GROUP BY r.id, r.qty"
        " HAVING COUNT(g.id) <> r.qty",
        "redemption {0} of {1} pieces handed out {2}",
    ),
    Check(
        "rewards.taken_back_gifts_are_gone",
        "SELECT r.id FROM redemption r JOIN redemption_gift g ON g.franchise_id = r.franchise_id"
        " AND g.redemption_id = r.id LEFT JOIN coupon c ON c.franchise_id = g.franchise_id AND c.id = g.gift_id"
        " AND g.kind = 'coupon' LEFT JOIN course o ON o.franchise_id = g.franchise_id AND o.id = g.gift_id"
        " AND g.kind = 'course' WHERE r.franchise_id = :f AND r.state = 'cancelled'"
        " AND COALESCE(c.state, o.state, '') NOT IN ('revoked', 'ended')",
        "redemption {0} was taken back, what it gave was not",
    ),
)


def check(session: Session, franchise_id: int) -> list[tuple[str, str | None]]:
    """Return (check, first difference or None) for every check on rewards."""
    st = Statements(session, franchise_id)
    return [(c.name, run(st, c)) for c in CHECKS]
