"""What legal entities of a franchise owe each other for stored value used across them, by pair and month.

A line says: `serving` took value that `issuing` was paid for, so issuing owes serving; a refund takes it back. What
one side of a pair owes is what the other is owed: the two always come to zero.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from core.kernel.ids import new_id
from core.kernel.statements import Statements
from core.kernel.tenancy import current_actor

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from core.ledger.services import Posting

ORDER, REFUND = "order", "refund"


def write(
    st: Statements, issuing: str, serving: str, amounts: tuple[int, int], posting: Posting, source_kind: str,
    top_up_id: int | None,
) -> None:  # fmt: skip
    """Write what `serving` is owed by `issuing` (principal, bonus; negative: given back), unless they are the same."""
    if issuing == serving or not any(amounts):
        return
    st.insert(
        "settlement_line",
        {
            "id": new_id(), "franchise_id": st.franchise_id, "issuing": issuing, "serving": serving,
            "store_id": posting.store_id, "source_kind": source_kind, "source_id": posting.source_id,
            "top_up_id": top_up_id, "principal_fen": amounts[0], "bonus_fen": amounts[1],
            "month": f"{posting.business_on:%Y-%m}", "business_on": posting.business_on,
            "booked_at": posting.booked_at,
        },
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class PairMonth:
    """What two legal entities come to in a month. `first` owes `second` for `owed`, is owed `due`; fen of principal.

    `owed_bonus`, `due_bonus` are the bonus beside it, which no money was received for.
    """

    first: str
    second: str
    owed: int
    due: int
    owed_bonus: int
    due_bonus: int
    lines: int

    @property
    def net(self) -> int:
        """Return what the first has to pay to the second (negative: is paid), fen; the other side's is its negative."""
        return self.owed - self.due


def months(session: Session) -> list[str]:
    """Return the months with settlement lines, the newest first."""
    st = Statements(session, current_actor().franchise_id)
    rows = st.all(
        "SELECT DISTINCT month FROM settlement_line WHERE franchise_id = ? ORDER BY month DESC LIMIT 60",
        [st.franchise_id],
    )
    return [str(row[0]) for row in rows]


def statement(session: Session, month: str) -> list[PairMonth]:
    """Return what each pair of legal entities comes to in a month, one row a pair."""
    st = Statements(session, current_actor().franchise_id)
    rows = st.all(
        "SELECT issuing, serving, SUM(principal_fen), SUM(bonus_fen), COUNT(*) FROM settlement_line"
        " WHERE franchise_id = ? AND month = ? GROUP BY issuing, serving",
        [st.franchise_id, month],
    )
    sums = {(str(a), str(b)): (int(p), int(bonus), int(n)) for a, b, p, bonus, n in rows}
    none = (0, 0, 0)
    found = []
    for first, second in sorted({(min(pair), max(pair)) for pair in sums}):
        there, back = sums.get((first, second), none), sums.get((second, first), none)
        found.append(PairMonth(first, second, there[0], back[0], there[1], back[1], there[2] + back[2]))
    return found
