"""Recompute referrals: their grants against the ledger, the cap, the depth, and that nobody brought themselves."""

from __future__ import annotations

from typing import TYPE_CHECKING

from core.kernel.statements import Statements
from core.ledger.verify import Check, run

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

CHECKS = (
    Check(
        "referrals.grants_are_transfers",
        "SELECT g.id, g.points FROM referral_grant g LEFT JOIN transfer t ON t.franchise_id = g.franchise_id"
        " AND t.id = g.transfer_id AND t.unit = 'points' AND t.reason = 'referral' AND t.source_kind = 'referral'"
        " AND t.source_id = g.referral_id AND t.person_id = g.person_id AND t.amount = g.points"
        " WHERE g.franchise_id = :f AND t.id IS NULL",
        "grant {0} of {1} points has no such movement",
    ),
    Check(
        "referrals.transfers_are_grants",
        "SELECT t.id, t.amount FROM transfer t LEFT JOIN referral_grant g ON g.franchise_id = t.franchise_id"
        " AND g.transfer_id = t.id WHERE t.franchise_id = :f AND t.reason = 'referral' AND g.id IS NULL",
        "movement {0} of {1} points belongs to no referral",
    ),
    Check(
        "referrals.taken_back_once",
        "SELECT g.id, g.points, COALESCE(t.n, 0) FROM referral_grant g LEFT JOIN (SELECT reverses_id,"
        " SUM(amount) AS n FROM transfer WHERE franchise_id = :f AND unit = 'points' AND reverses_id IS NOT NULL"
        " GROUP BY reverses_id) t ON t.reverses_id = g.transfer_id WHERE g.franchise_id = :f"
        " AND COALESCE(t.n, 0) <> CASE WHEN g.reversal_id IS NULL THEN 0 ELSE g.points END",
        "grant {0} of {1} points: the ledger took {2} back",
    ),
    Check(
        "referrals.states_agree",
        "SELECT r.id, r.state, COALESCE(g.standing, 0), COALESCE(g.gone, 0) FROM referral r LEFT JOIN"
        " (SELECT referral_id, SUM(CASE WHEN reversal_id IS NULL THEN 1 ELSE 0 END) AS standing,"
        " SUM(CASE WHEN reversal_id IS NULL THEN 0 ELSE 1 END) AS gone FROM referral_grant WHERE franchise_id = :f"
        " GROUP BY referral_id) g ON g.referral_id = r.id WHERE r.franchise_id = :f AND NOT ("
        " (r.state = 'rewarded' AND COALESCE(g.standing, 0) > 0 AND COALESCE(g.gone, 0) = 0)"
        " OR (r.state = 'clawed_back' AND COALESCE(g.standing, 0) = 0 AND COALESCE(g.gone, 0) > 0)"
        " OR (r.state IN ('pending', 'refused') AND g.referral_id IS NULL))",
        "referral {0} is {1} with {2} grants standing and {3} taken back",
    ),
    Check(
        "referrals.agree_with_persons",
        "SELECT r.id, r.referrer_id, p.referrer_id FROM referral r JOIN person p ON p.franchise_id = r.franchise_id"
        " AND p.id = r.person_id WHERE r.franchise_id = :f AND COALESCE(p.referrer_id, 0) <> r.referrer_id",
        "referral {0} names referrer {1}, the person says {2}",
    ),
    Check(
        "referrals.within_the_cap",
        "SELECT g.person_id, g.month, COUNT(*), MAX(g.cap) FROM referral_grant g WHERE g.franchise_id = :f"
        " AND g.level > 0 AND g.reversal_id IS NULL GROUP BY g.person_id, g.month HAVING COUNT(*) > MAX(g.cap)",
        "person {0} was rewarded {2} times in {1}, at most {3}",
    ),
    Check(
        "referrals.orders_stand",
        "SELECT r.id, r.order_id FROM referral r JOIN orders o ON o.franchise_id = r.franchise_id"
        " AND o.id = r.order_id WHERE r.franchise_id = :f AND r.state = 'rewarded' AND o.state = 'refunded'",
        "referral {0} is still rewarded for order {1}, which was refunded whole",
    ),
)  # fmt: skip
BATCH = 50_000


def check(session: Session, franchise_id: int) -> list[tuple[str, str | None]]:
    """Return (check, first difference or None) for every check on referrals."""
    st = Statements(session, franchise_id)
    found = [(c.name, run(st, c)) for c in CHECKS]
    circle = in_a_circle(_edges(st))
    return [*found, ("referrals.no_circle", None if circle is None else f"person {circle} was brought by themselves")]


def _edges(st: Statements) -> dict[int, int]:
    """Return {person: referrer} of everybody who was brought, read in portions."""
    edges: dict[int, int] = {}
    last = 0
    while True:
        rows = st.all(
            "SELECT person_id, referrer_id FROM referral WHERE franchise_id = ? AND person_id > ?"
            " ORDER BY person_id LIMIT ?",
            [st.franchise_id, last, BATCH],
        )
        edges |= {int(person): int(referrer) for person, referrer in rows}
        if len(rows) < BATCH:
            return edges
        last = int(rows[-1][0])


def in_a_circle(edges: dict[int, int]) -> int | None:
    """Return somebody who stands above themselves, or None; each person is walked over once."""
    clean: set[int] = set()
    for start in edges:
        path: dict[int, None] = {}
        at: int | None = start
        while at is not None and at not in clean:
            if at in path:
                return at
            path[at] = None
            at = edges.get(at)
        clean.update(path)
    return None
