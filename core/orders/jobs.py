"""Jobs of the money rooms: book expired points, review tiers, give birthday gifts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from core.kernel import audit, clock
from core.kernel.jobs import Counts, Job
from core.kernel.statements import Statements
from core.ledger import expiry
from core.orders import replay
from core.orders.granting.birthday_gifts import birthday_gifts
from core.orders.granting.pending_points import open_points
from core.programme import services as programmes
from core.tiers import services as tiers

if TYPE_CHECKING:
    from core.kernel.runtime import Runtime
    from core.kernel.tenancy import Actor

REVIEW_BATCH = 200


def expire_points(runtime: Runtime, actor: Actor) -> Counts:
    """Book every lot whose last day is over (S0-37, S2-11); a second run books none."""
    done, today = 0, clock.today(actor.tz)
    with runtime.db.unit("read") as session:
        stretches = expiry.stretches(session, actor.franchise_id, today)
    for accounts in stretches:
        booked = expiry.CHUNK
        while booked == expiry.CHUNK:
            with runtime.db.unit("write") as session:
                booked = expiry.sweep(session, actor.franchise_id, today, clock.now_ms(), accounts)
            done += booked
    if done:
        with runtime.db.unit("write") as session:
            audit.record(session, "ledger.lots.expired", "franchise", actor.franchise_id, detail={"lots": done})
    return {"done": done, "skipped": 0, "failed": 0}


def tier_review(runtime: Runtime, actor: Actor) -> Counts:
    """Review the standings that ended before today: keep, grace or fall (S15)."""
    after, moved, kept = 0, 0, 0
    while True:
        with runtime.db.unit("write") as session:
            today = clock.today(actor.tz)
            programme = programmes.in_force(session)
            st = Statements(session, actor.franchise_id)
            due = tiers.due_for_review(session, actor.franchise_id, today, after, REVIEW_BATCH)
            for person_id in due:
                st.lock("person", [person_id])
                result = tiers.refresh(
                    st, person_id, programme, today, actor.tz, cause="review", source_kind="job", source_id=0
                )
                moved, kept = moved + result.changed, kept + (not result.changed)
        if len(due) < REVIEW_BATCH:
            return {"done": moved, "skipped": kept, "failed": 0}
        after = due[-1]


def replays(runtime: Runtime, actor: Actor) -> Counts:
    """Go on with the replays that somebody asked for; one that cannot be finished says so and stops there."""
    done, failed = 0, 0
    while True:
        with runtime.db.unit("read") as session:
            row = replay.waiting(session)
            row_id = row.id if row is not None else None
        if row_id is None:
            return {"done": done, "skipped": 0, "failed": failed}
        try:
            with runtime.db.unit("write") as session:
                done += not replay.advance(session, replay.get(session, row_id))
        except Exception:  # an order that cannot be priced: the others' replays go on, this one tells
            failed += 1
            with runtime.db.unit("write") as session:
                replay.fail(session, replay.get(session, row_id))


JOBS = (
    Job("replays", replays, 30),
    Job("open_points", open_points, 3600), Job("expire_points", expire_points, 3600),
    Job("tier_review", tier_review, 6 * 3600),
    Job("birthday_gifts", birthday_gifts, 6 * 3600),
)  # fmt: skip
