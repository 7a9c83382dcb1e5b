"""Timed work of plugins, as the worker and `jobs run` know it: only where the plugin is on, once a day at its hour."""

from __future__ import annotations

import dataclasses
import time
from typing import TYPE_CHECKING

import structlog

from core.console import services
from core.hooktypes import hook_context
from core.kernel.jobs import Counts, Job
from core.kernel.plugin_health import describe

if TYPE_CHECKING:
    from core.hooktypes import Job as PluginJob
    from core.kernel.plugins import PluginHost
    from core.kernel.runtime import Runtime
    from core.kernel.tenancy import Actor

DAY_S = 86_400
log = structlog.get_logger("jobs")


def plugin_jobs(host: PluginHost) -> dict[str, Job]:
    """Return the declared jobs of every installed plugin, by name."""
    found = {}
    for answer in host.declared("register_jobs"):
        if not answer.failed and answer.plugin is not None:
            found[answer.value.name] = _job(answer.plugin, answer.value)
    return found


def _job(key: str, declared: PluginJob) -> Job:
    return Job(declared.name, lambda runtime, actor: _run(runtime, actor, key, declared), DAY_S, declared.at)


def _run(runtime: Runtime, actor: Actor, key: str, declared: PluginJob) -> Counts:
    """Run a plugin's job for one franchise in a unit of its own; where the plugin is off it is skipped.

    What fails is counted against the plugin's health and rolled back; the other jobs and franchises go on.
    """
    with runtime.db.unit("read") as session:
        on = services.enabled_keys(session, runtime.host, actor.franchise_id)
    if key not in on:
        return {"done": 0, "skipped": 1, "failed": 0}
    began = time.perf_counter_ns()
    try:
        with runtime.db.unit("write") as session:
            done = int(declared.run(dataclasses.replace(hook_context(session), plugins=on)) or 0)
    except Exception as problem:  # a plugin's code: it must not take the worker with it
        micros = (time.perf_counter_ns() - began) // 1000
        number = runtime.host.health.failed(key, "register_jobs", describe(problem), micros, actor.franchise_id)
        log.warning("plugin_job_failed", job=declared.name, number=number)
        return {"done": 0, "skipped": 0, "failed": 1}
    return {"done": done, "skipped": 0, "failed": 0}
