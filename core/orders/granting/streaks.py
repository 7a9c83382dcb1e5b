"""The bonus for coming month after month (S2-03): given at the visit that completes it, taken back by a refund."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

from core.kernel import audit
from core.kernel.statements import Statements, as_date
from core.ledger import services as ledger
from core.points.rules import expires_on
from core.points.streaks import Given, broken, due

if TYPE_CHECKING:
    from core.programme.rules import Programme

REASON = "streak"


def give(st: Statements, person_id: int, programme: Programme, posting: ledger.Posting, came_on: date) -> int:
    """Give the bonuses that the visit of `came_on` completes, once each; return their points.

    The person is locked, the visit noted (as a tier event of the posting's source).
    """
    points = 0
    days = visit_days(st, person_id) if programme.streaks else []
    for rule in programme.streaks:
        if not due(days, given_to(st, person_id, rule.code), came_on, rule.months, rule.visits):
            continue
        balance = ledger.balance_of(st, "person", person_id, ledger.POINTS, person_id)
        ledger.credit(
            st, balance, ledger.POINTS, rule.points, posting, reason=REASON, rule=rule.code,
            expires_on=expires_on(posting.business_on, programme.points.expires_months),
        )  # fmt: skip
        audit.insert(
            st, "orders.streak.given", "person", person_id, person_id=person_id,
            detail={"streak": rule.code, "points": rule.points},
        )  # fmt: skip
        points += rule.points
    return points


def take_back(st: Statements, person_id: int, programme: Programme, posting: ledger.Posting) -> int:
    """Take back the bonuses whose visits were refunded; return their points."""
    points = 0
    days = visit_days(st, person_id) if programme.streaks else []
    for rule in programme.streaks:
        for one in broken(days, given_to(st, person_id, rule.code), rule.months, rule.visits):
            amount, source_id = _transfer(st, one.id)
            balance = ledger.balance_of(st, "person", person_id, ledger.POINTS, person_id)
            ledger.claw_back(
                st, balance, ledger.POINTS, amount, posting, earned_by=source_id, rule=rule.code, reverses_id=one.id
            )
            points += amount
    return points


def visit_days(st: Statements, person_id: int) -> list[date]:
    """Return the days on which the person came: a day counts once, one whose visits were all refunded not."""
    rows = st.all(
        "SELECT effective_on FROM tier_event WHERE franchise_id = ? AND person_id = ?"
        " GROUP BY effective_on HAVING SUM(visits) > 0",
        [st.franchise_id, person_id],
    )
    return [day for row in rows if (day := as_date(row[0])) is not None]


def given_to(st: Statements, person_id: int, code: str) -> list[Given]:
    """Return the bonuses of a rule that the person was given and that were not taken back."""
    rows = st.all(
        "SELECT t.id, COALESCE((SELECT MIN(e.effective_on) FROM tier_event e WHERE e.franchise_id = t.franchise_id"
        " AND e.person_id = t.person_id AND e.source_id = t.source_id), t.business_on) FROM transfer t"
        " WHERE t.franchise_id = ? AND t.person_id = ? AND t.unit = 'points' AND t.reason = ? AND t.rule = ?"
        " AND NOT EXISTS (SELECT 1 FROM transfer r WHERE r.franchise_id = t.franchise_id"
        " AND r.person_id = t.person_id AND r.unit = 'points' AND r.reverses_id = t.id)",
        [st.franchise_id, person_id, REASON, code],
    )
    return [Given(int(row[0]), as_date(row[1]) or date.min) for row in rows]


def _transfer(st: Statements, transfer_id: int) -> tuple[int, int]:
    row = st.one(
        "SELECT amount, source_id FROM transfer WHERE franchise_id = ? AND id = ?", [st.franchise_id, transfer_id]
    )
    assert row is not None
    return int(row[0]), int(row[1])
