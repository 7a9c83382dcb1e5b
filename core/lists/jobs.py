"""Jobs of lists: tasks that were left behind go on, files and undo data past their day are wiped."""

from __future__ import annotations

from typing import TYPE_CHECKING

from core.kernel import task_runner
from core.kernel.jobs import Counts, Job

if TYPE_CHECKING:
    from core.kernel.runtime import Runtime
    from core.kernel.tenancy import Actor


def work(runtime: Runtime, actor: Actor) -> Counts:
    """Take up tasks that nobody works on: approved exports, tasks of a process that is gone."""
    return {"done": task_runner.work(runtime.db, actor.franchise_id), "skipped": 0, "failed": 0}


def clean_up(runtime: Runtime, _actor: Actor) -> Counts:
    """Wipe what tasks keep beyond its time."""
    with runtime.db.unit("write") as session:
        return {"done": task_runner.purge(session), "skipped": 0, "failed": 0}


JOBS = (Job("tasks", work, 30), Job("task_cleanup", clean_up, 3600))
