"""Timed work of the organisation: end approvals that nobody decided, tell of licences, purge notices."""

from __future__ import annotations

from typing import TYPE_CHECKING

from core.kernel import clock
from core.kernel.jobs import Counts, Job
from core.org import approvals, licences, notices

if TYPE_CHECKING:
    from core.kernel.runtime import Runtime
    from core.kernel.tenancy import Actor


def expire_approvals(runtime: Runtime, _actor: Actor) -> Counts:
    """End every request whose 24 hours are over; a second run ends none."""
    done = 0
    while True:
        with runtime.db.unit("write") as session:
            ended = approvals.expire(session)
        done += ended
        if not ended:
            return {"done": done, "skipped": 0, "failed": 0}


def keep_notices(runtime: Runtime, actor: Actor) -> Counts:
    """Tell of licences that end within thirty days, once each, and delete notices older than ninety days."""
    with runtime.db.unit("write") as session:
        told = licences.tell(session, clock.today(actor.tz))
    done = 0
    while True:
        with runtime.db.unit("write") as session:
            purged = notices.purge(session)
        done += purged
        if not purged:
            return {"done": done + told, "skipped": 0, "failed": 0}


JOBS = (Job("expire_approvals", expire_approvals, 3600), Job("notices", keep_notices, 86_400))
