"""Points of an order that become available some days later (loyalty S6): granted, taken back, opened by a job.

How many days is the programme's (`points.pending_days`), kept with the order's facts, so that a later payment goes by
the rule of the sale. Where it is 0 nothing here is asked.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from core.kernel import audit, clock
from core.ledger import pending, services
from core.ledger.rules import Taking

if TYPE_CHECKING:
    from datetime import date

    from core.kernel.jobs import Counts
    from core.kernel.runtime import Runtime
    from core.kernel.statements import Statements
    from core.kernel.tenancy import Actor
    from core.ledger.services import Balance, Posting


def grant(
    st: Statements, person_id: int, days: int, lots: list[tuple[str, int, date | None]], posting: Posting, on: date
) -> None:
    """Credit lots (rule, points, end) that open `days` after the day `on`."""
    balance = pending.account(st, person_id)
    for rule, points, expires in lots:
        pending.credit(
            st, balance, points, posting, rule=rule, opens_on=on + timedelta(days=days), expires_on=expires
        )  # fmt: skip


def take_first(
    st: Statements, person_id: int, amount: int, posting: Posting, order_id: int, rule: str, reverses_id: int
) -> tuple[Balance, Taking]:
    """Take back what is pending still of an order's rule; `missing` is what has to come from elsewhere."""
    balance = pending.account(st, person_id)
    taking = pending.claw_back(st, balance, amount, posting, earned_by=order_id, rule=rule, reverses_id=reverses_id)
    return balance, taking


def open_points(runtime: Runtime, actor: Actor) -> Counts:
    """Open every pending lot whose day has come; a second run opens none."""
    done = 0
    today = clock.today(actor.tz)
    while True:
        with runtime.db.unit("write") as session:
            opened = pending.sweep(session, actor.franchise_id, today, clock.now_ms())
        done += opened
        if opened < pending.CHUNK:
            break
    while True:
        with runtime.db.unit("write") as session:
            posting = services.Posting(today, clock.now_ms(), "job", 0, door="job")
            opened = pending.sweep_debtors(session, actor.franchise_id, today, posting)
        done += opened
        if not opened:
            break
    if done:
        with runtime.db.unit("write") as session:
            audit.record(session, "points.opened", "franchise", actor.franchise_id, detail={"lots": done})
    return {"done": done, "skipped": 0, "failed": 0}
