"""The job worker: huey is executor and cron over the outbox and the rooms' jobs; it holds no work itself.

A task that dies with its worker loses nothing: what is due is read from the database again a minute later.
"""

from __future__ import annotations

import ctypes
import gc
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import structlog
from huey import PostgresHuey, RedisHuey, SqliteHuey, crontab

from core.kernel import jobs
from core.kernel.command import every_franchise

if TYPE_CHECKING:
    from collections.abc import Mapping

    from huey import Huey

    from core.kernel.jobs import Job
    from core.kernel.runtime import Runtime

log = structlog.get_logger("worker")


def make_huey(url: str) -> Huey:
    """Return the executor over the store named by `HUIKE_JOBS_URL`."""
    if url.startswith("sqlite:///"):
        return SqliteHuey("huike", filename=url.removeprefix("sqlite:///"), results=False)
    if url.startswith(("postgresql://", "postgres://")):
        return PostgresHuey("huike", dsn=url, results=False)
    return RedisHuey("huike", url=url, results=False)


def run_due(runtime: Runtime, known: Mapping[str, Job]) -> dict[str, int]:
    """Run every job that is due, for every franchise; return how many runs there were by job."""
    runs: dict[str, int] = {}
    runtime.reload_keys_when_moved()
    for actor in every_franchise(runtime.db):
        for job in known.values():
            if not jobs.is_due(runtime, job, actor):
                continue
            counts = jobs.run_for(runtime, job, actor)
            runs[job.name] = runs.get(job.name, 0) + 1
            if counts.get("failed"):
                log.warning("job_failed", job=job.name, franchise=actor.franchise_id, **counts)
    return runs


def slim(runtime: Runtime) -> None:
    """Give back what starting up left behind: the worker stays small beside the server, also with a long export."""
    runtime.db.keep_small()
    give_back()


def give_back() -> None:
    """Let the system have the memory that the last job no longer needs."""
    gc.collect()
    with suppress(OSError, AttributeError):  # only the C library of GNU can be asked to
        ctypes.CDLL("libc.so.6").malloc_trim(0)


def consumer(runtime: Runtime, known: Mapping[str, Job]) -> Any:
    """Return a huey consumer that runs what is due each minute."""
    huey = make_huey(runtime.environment.jobs_url)

    @huey.periodic_task(crontab(minute="*"), name="huike_due", retries=0)
    def due() -> None:
        if run_due(runtime, known):
            give_back()

    return huey.create_consumer(workers=1, periodic=True, initial_delay=0.5, max_delay=5)
