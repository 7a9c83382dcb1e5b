"""Timed work: what a room or plugin offers as a job, and running it for one franchise.

A run is recorded (JobRun), so that a killed one shows and the next one starts where the data say: jobs
read what is left to do from the rows, never from memory.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import select

from core.kernel import clock
from core.kernel.models import JobRun
from core.kernel.plugin_health import store_failures
from core.kernel.tenancy import acting

if TYPE_CHECKING:
    from core.kernel.runtime import Runtime
    from core.kernel.tenancy import Actor

Counts = dict[str, int]


@dataclass(frozen=True, slots=True)
class Job:
    """Timed work. `run(runtime, actor)` returns {done, skipped, failed}; `every` is in seconds.

    `at` (HH:MM) makes it once a day, from that time of the franchise's day on.
    """

    name: str
    run: Callable[[Any, Any], Counts]
    every: int
    at: str = ""


def run_for(runtime: Runtime, job: Job, actor: Actor) -> Counts:
    """Run `job` for the actor's franchise and return its counts; a failure is counted and recorded."""
    with acting(actor):
        with runtime.db.unit("write") as session:
            row = JobRun(name=job.name, started_at=clock.now_ms())
            session.add(row)
        try:
            counts = job.run(runtime, actor)
        except Exception:  # somebody else's code: recorded and counted, the other franchises go on
            counts = {"done": 0, "skipped": 0, "failed": 1}
        if runtime.host is not None:
            store_failures(runtime.db, runtime.host.health)
        with runtime.db.unit("write") as session:
            found = session.get(JobRun, row.id)
            if found is not None:
                found.ended_at = clock.now_ms()
                found.done, found.skipped = counts.get("done", 0), counts.get("skipped", 0)
                found.failed = counts.get("failed", 0)
        return counts


def is_due(runtime: Runtime, job: Job, actor: Actor) -> bool:
    """Return whether the job's last run of this franchise began longer ago than `every`, or before today's hour."""
    with acting(actor), runtime.db.unit("read") as session:
        last = session.scalar(
            select(JobRun.started_at)
            .where(JobRun.name == job.name, JobRun.ended_at.is_not(None))
            .order_by(JobRun.started_at.desc())
            .limit(1)
        )
    if last is None:
        return True
    return last < _hour(job.at, actor.tz) if job.at else clock.now_ms() - last >= job.every * 1000


def _hour(at: str, tz: str) -> int:
    """Return the newest instant (ms) at which a franchise's clock showed `at`."""
    hour, minute = (int(part) for part in at.split(":"))
    today = dt.datetime.combine(clock.today(tz), dt.time(hour, minute), clock.zone(tz))
    moment = clock.to_ms(today)
    return moment if moment <= clock.now_ms() else clock.to_ms(today - dt.timedelta(days=1))
