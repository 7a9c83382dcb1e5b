"""Timed work of care."""

from __future__ import annotations

from typing import TYPE_CHECKING

from core.care import services, visit_duties
from core.kernel.jobs import Counts, Job
from core.kernel.tenancy import acting

if TYPE_CHECKING:
    from core.kernel.runtime import Runtime
    from core.kernel.tenancy import Actor


def end_states(runtime: Runtime, actor: Actor) -> Counts:
    """Let dated states whose day has passed be history; safe to run again."""
    done, after = 0, 0
    while True:
        with acting(actor), runtime.db.unit("write") as session:
            ended, last = services.end_states(session, after)
        done += ended
        if last is None:
            return {"done": done, "skipped": 0, "failed": 0}
        after = last


JOBS = (Job("care_files", visit_duties.sweep, 24 * 3600), Job("care_states", end_states, 24 * 3600))
