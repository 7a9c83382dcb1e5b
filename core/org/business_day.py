"""The business date of a store: the day on which the books of the store stand now.

A day close (core/cash) locks a day by writing `store.closed_through_on`; from then on whatever the store sells,
refunds or adjusts belongs to the day after. Everybody who books asks here, so a day that was counted, ticked and
signed never changes afterwards: a correction falls on the next business date (case B51).
"""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING

from core.kernel import clock
from core.kernel.errors import FieldError, Refusal
from core.kernel.i18n import _
from core.kernel.statements import as_date
from core.kernel.tenancy import current_actor

if TYPE_CHECKING:
    from core.kernel.statements import Statements

_READ = "SELECT closed_through_on FROM store WHERE franchise_id = ? AND id = ?"


def closed_through(st: Statements, store_id: int | None, *, held: bool = False) -> date | None:
    """Return the last closed day of a store, or None; `held` keeps it as it is until the unit ends."""
    if store_id is None:
        return None
    # Many sales hold the row together; only the day close, which changes it, has to wait for them.
    row = st.one(_READ + (" FOR SHARE" if held and st.locks_rows else ""), [st.franchise_id, store_id])
    return as_date(row[0]) if row else None


def book_on(st: Statements, at: int | None = None) -> date:
    """Return the business date on which the acting store books what happened at `at` (milliseconds; None: now).

    The day of that moment in the franchise's zone, or the day after the last closed one, whichever is later. The
    store's day cannot be closed before the unit ends. Raises Refusal `day_closed` for a moment before the last
    closed day (contract: `occurred_at`).
    """
    actor = current_actor()
    day = clock.business_date(clock.from_ms(at), actor.tz) if at is not None else clock.today(actor.tz)
    closed = closed_through(st, actor.store_id, held=True)
    if closed is None:
        return day
    if at is not None:
        refuse_before(day, closed)
    return max(day, closed + timedelta(days=1))


def current(st: Statements) -> date:
    """Return the business date on which the acting store stands now, to show; `book_on` is for booking."""
    actor = current_actor()
    day, closed = clock.today(actor.tz), closed_through(st, actor.store_id)
    return day if closed is None else max(day, closed + timedelta(days=1))


def refuse_before(day: date, closed: date | None) -> None:
    """Raise Refusal `day_closed` for something that happened before the last closed day."""
    if closed is None or day >= closed:
        return
    raise Refusal(
        _("%(closed)s 及以前的营业日已经日结，不能补录到 %(day)s。请按现在的时间入账，它会记在下一个营业日。",
          closed=closed.isoformat(), day=day.isoformat()),
        code="day_closed",
        errors=[FieldError("occurred_at", _("早于最后一个已日结的营业日。"))],
    )  # fmt: skip


def took_place_on(business_on: date, booked_at: int) -> date:
    """Return the day on which something took place: never later than the day it was booked.

    After a day close a sale is booked on the next business date while today still lasts; tiers, cards and coupons
    go by the day on which the member really came.
    """
    return min(business_on, clock.business_date(clock.from_ms(booked_at), current_actor().tz))
