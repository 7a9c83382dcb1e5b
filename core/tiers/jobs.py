"""Jobs of tiers: book what a new programme version does to all members, on its day."""

from __future__ import annotations

from typing import TYPE_CHECKING

from core.kernel import clock
from core.kernel.jobs import Counts, Job
from core.programme import services as programmes
from core.tiers import movement

if TYPE_CHECKING:
    from core.kernel.runtime import Runtime
    from core.kernel.tenancy import Actor


def programme_effects(runtime: Runtime, actor: Actor) -> Counts:
    """Move the tiers of every version whose day has come, a batch a transaction; a killed run goes on."""
    done = 0
    while True:
        with runtime.db.unit("write") as session:
            version = programmes.version_in_force(session)
            due = movement.due(session, version.number)
            if due is None:
                return {"done": done, "skipped": 0, "failed": 0}
            movement.begin(session, due, version.effective_at)
            old, new = programmes.numbered(session, due.before), programmes.numbered(session, due.number)
            done += movement.book(
                session, old, new, clock.today(actor.tz), actor.tz, keep_holders=due.keep_holders, after=due.position
            )


JOBS = (Job("programme_effects", programme_effects, 60),)
