"""Money as it came and went, one row for each way to pay: what a shift and a day are counted from.

A sale and a later payment write a row for each tender, a refund one for each tender it gives back, all with staff,
store, shift and business date, so that a shift or a day is one indexed sum however many orders there are. Points and
stored value are no money that comes: stored value came when it was topped up. Which shift a row belongs to is told by
the cash room above through `offer`; without it, or when it fails, money is taken all the same.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import structlog

from core.kernel.errors import Refusal
from core.kernel.ids import new_id
from core.kernel.tenancy import current_actor
from core.orders.rules import NO_MONEY

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from datetime import date

    from core.kernel.statements import Statements

log = structlog.get_logger("orders")

# Ways to pay that are counted as money in the drawer at the end of a shift; others may open it too (tender_list.py).
DRAWER = frozenset({"cash"})
ORDER, REFUND, PAYMENT = "order", "refund", "payment"

# (statements, whether a sale puts money into a drawer) -> id of the acting cashier's open shift, or None.
_finders: list[Callable[[Statements, bool], int | None]] = []


def offer(finder: Callable[[Statements, bool], int | None]) -> None:
    """Let a room above say which shift money belongs to; it may refuse a sale by raising Refusal."""
    _finders[:] = [finder]


def write(
    st: Statements, source_kind: str, source_id: int, parts: Iterable[tuple[str, int]], business_on: date,
    booked_at: int, drawers: frozenset[str] = DRAWER,
) -> None:  # fmt: skip
    """Write what came in (positive fen) or went out (negative) by kind of tender; `drawers` open the drawer.

    Raises Refusal `shift_required` where the store wants an open shift for money in a drawer.
    """
    money = [(kind, fen) for kind, fen in parts if kind not in NO_MONEY and fen]
    if not money:
        return
    actor = current_actor()
    drawer = source_kind in (ORDER, PAYMENT) and any(kind in drawers for kind, _fen in money)
    shift_id = _shift(st, drawer)
    st.insert_many(
        "till_entry",
        [
            {
                "id": new_id(), "franchise_id": st.franchise_id, "store_id": actor.store_id,
                "staff_id": actor.staff_id, "shift_id": shift_id, "kind": kind, "amount_fen": fen,
                "source_kind": source_kind, "source_id": source_id, "business_on": business_on,
                "booked_at": booked_at,
            }
            for kind, fen in money
        ],
    )  # fmt: skip


def _shift(st: Statements, drawer: bool) -> int | None:
    """Return the open shift; None where there is none, or when the room that knows fails."""
    if not _finders:
        return None
    st.run("SAVEPOINT till_shift")
    try:
        found = _finders[0](st, drawer)
    except Refusal:
        raise
    except Exception as failure:  # the till must go on: the day's sums show what belongs to no shift
        st.run("ROLLBACK TO SAVEPOINT till_shift")
        log.error("till_shift", error=repr(failure))
        return None
    st.run("RELEASE SAVEPOINT till_shift")
    return found
