"""A bonus for a large balance that is about to end, where the programme gives one instead of a longer life (S2-13).

Once a lot, and at most once in the rule's months for a member: many small lots of one member do not add up to many
bonuses. It looks at all a member may use, as the extension does, and is told on the member's page like any movement.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from core.kernel import audit, clock, settings
from core.kernel.days import add_months
from core.kernel.ids import new_id
from core.kernel.statements import Statements, as_date
from core.kernel.tenancy import current_actor
from core.ledger import services as ledger
from core.org import business_day
from core.points.rules import expires_on
from core.points.settings import EXTEND_BEFORE

if TYPE_CHECKING:
    from datetime import date

    from sqlalchemy.orm import Session

    from core.programme.document import Extension

BATCH = 500
_DUE = (
    "SELECT l.id, l.person_id, l.expires_on, (SELECT SUM(o.remaining) FROM lot o WHERE o.franchise_id = l.franchise_id"
    " AND o.account_id = l.account_id AND o.remaining > 0 AND (o.expires_on IS NULL OR o.expires_on > ?)) AS usable"
    " FROM lot l JOIN account a ON a.franchise_id = l.franchise_id AND a.id = l.account_id"
    " AND a.owner_kind = 'person' AND a.unit = 'points' AND a.bucket = 'available' AND a.debt = 0"
    " WHERE l.franchise_id = ? AND l.remaining > 0 AND l.expires_on > ? AND l.expires_on <= ?"
    " AND (l.expires_on > ? OR (l.expires_on = ? AND l.id > ?))"
    " AND NOT EXISTS (SELECT 1 FROM lot_bonus b WHERE b.franchise_id = l.franchise_id AND b.person_id = l.person_id"
    " AND b.business_on > ?)"
    " AND NOT EXISTS (SELECT 1 FROM lot_bonus b WHERE b.franchise_id = l.franchise_id AND b.lot_id = l.id)"
    " AND (SELECT SUM(o.remaining) FROM lot o WHERE o.franchise_id = l.franchise_id AND o.account_id = l.account_id"
    " AND o.remaining > 0 AND (o.expires_on IS NULL OR o.expires_on > ?)) >= ?"
    " ORDER BY l.expires_on, l.id LIMIT ?"
)


def give_block(
    session: Session, after: tuple[date, int], rule: Extension, months: int | None
) -> tuple[int, tuple[date, int] | None]:
    """Give the next block of members their bonus; return (how many, where to go on or None).

    `months` is the life of the points given.
    """
    actor = current_actor()
    st, today = Statements(session, actor.franchise_id), clock.today(actor.tz)
    until = today + timedelta(days=int(settings.value(session, EXTEND_BEFORE)))
    args = [
        today, st.franchise_id, today, until, after[0], after[0], after[1], add_months(today, -rule.months), today,
        rule.min_points, BATCH,
    ]  # fmt: skip
    rows = st.all(_DUE, args)
    if st.locks_rows and rows:
        # Persons first, in order of id, as a sale does; then as the lots are now.
        st.lock("person", [int(row[1]) for row in rows])
        rows = st.all(_DUE, args)
    given: set[int] = set()
    for lot_id, person_id, _ends, usable in rows:
        if int(person_id) in given:
            continue
        given.add(int(person_id))
        _give(st, int(lot_id), int(person_id), rule.bonus_points, int(usable), expires_on(today, months))
    if len(rows) < BATCH:
        return len(given), None
    ends = as_date(rows[-1][2])
    assert ends is not None
    return len(given), (ends, int(rows[-1][0]))


def _give(st: Statements, lot_id: int, person_id: int, points: int, usable: int, ends: date | None) -> None:
    actor, row_id = current_actor(), new_id()
    posting = ledger.Posting(
        business_day.book_on(st), clock.now_ms(), "lot_bonus", row_id, actor.staff_id, actor.store_id, actor.door
    )
    balance = ledger.balance_of(st, "person", person_id, ledger.POINTS, person_id)
    transfer_id = ledger.credit(
        st, balance, ledger.POINTS, points, posting, reason="bonus", rule="bonus", expires_on=ends
    )  # fmt: skip
    st.insert(
        "lot_bonus",
        {
            "id": row_id, "franchise_id": st.franchise_id, "lot_id": lot_id, "person_id": person_id, "points": points,
            "balance": usable, "transfer_id": transfer_id, "business_on": posting.business_on,
            "booked_at": posting.booked_at,
        },
    )  # fmt: skip
    audit.insert(
        st, "points.bonus_given", "person", person_id, person_id=person_id,
        detail={"lot": str(lot_id), "points": points, "balance": [usable, usable + points]},
    )  # fmt: skip
