"""Commands that serve: serve, worker, jobs."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from core import rooms
from core.console.plugin_jobs import plugin_jobs
from core.kernel import clock, i18n, jobs, pinyin
from core.kernel import worker as workers
from core.kernel.command import WrongUse, every_franchise, plainly
from core.kernel.i18n import _, listed
from core.kernel.runtime import runtime

if TYPE_CHECKING:
    from collections.abc import Mapping

    from core.kernel.jobs import Job

LOOPBACK = {"127.0.0.1", "localhost", "::1"}


def every_job() -> dict[str, Job]:
    """Return the timed work of the rooms and of every installed plugin, by name."""
    return {**rooms.jobs(), **plugin_jobs(runtime().host)}


ROOT = Path(__file__).resolve().parents[2]


@click.command("serve")
@click.option("--host", default=None)
@click.option("--port", type=int, default=None)
@click.option("--workers", "processes", type=int, default=None)
@plainly
def serve(host: str | None, port: int | None, processes: int | None) -> None:
    """Serve the application; with one worker the job worker runs beside it."""
    i18n.compile_catalogues()
    environment = runtime().environment
    host, port = host or environment.host, port or environment.port
    processes = processes or environment.workers
    if clock.testing() and host not in LOOPBACK:
        raise WrongUse(_("测试时钟只能在本机地址上使用。"))
    if processes > 1:
        command = ["gunicorn", "--bind", f"{host}:{port}", "--workers", str(processes), "--threads", "4",
                   "app:create_app()"]  # fmt: skip
        raise SystemExit(subprocess.call([sys.executable, "-m", *command]))
    import waitress
    from flask import current_app

    pinyin.warm()
    signal.signal(signal.SIGTERM, lambda *_args: sys.exit(0))
    beside = subprocess.Popen([sys.executable, "-m", "flask", "--app", "app", "worker", "--beside"])
    try:
        waitress.serve(current_app._get_current_object(), host=host, port=port, threads=8, ident=None)  # type: ignore[attr-defined]
    finally:
        beside.terminate()


@click.command("worker")
@click.option("--beside", is_flag=True, hidden=True, help="end with the process that started it")
@plainly
def work(beside: bool) -> None:
    """Run the job worker until it is stopped."""
    # The process becomes a leaner one: what the command itself loaded is given back (core/work_process.py).
    command = [sys.executable, "-m", "core.work_process", *([str(os.getppid())] if beside else [])]
    # One heap for all threads, and what is free goes back to the system: GNU's C library reads these at its start.
    slim = {"MALLOC_ARENA_MAX": "1", "MALLOC_TRIM_THRESHOLD_": "131072"}
    here = {
        **slim,
        **os.environ,
        "PYTHONPATH": os.pathsep.join([str(ROOT), *filter(None, [os.environ.get("PYTHONPATH")])]),
    }
    if os.name == "nt":
        raise SystemExit(subprocess.call(command, env=here))
    os.execve(sys.executable, command, here)  # noqa: S606


@click.group("jobs")
def jobs_group() -> None:
    """Timed work."""


def known_as(name: str, known: Mapping[str, Job]) -> str:
    """Return a job's name: itself, else the one plugin's job that is called so after its key (`refills`)."""
    own = [one for one in known if one.partition(".")[2] == name]
    return own[0] if name and name not in known and len(own) == 1 else name


@jobs_group.command("run")
@click.argument("name", required=False)
@click.option("--due", is_flag=True, help="every job that is due")
@click.option("--json", "as_json", is_flag=True)
@plainly
def jobs_run(name: str | None, due: bool, as_json: bool) -> None:
    """Run a job now for every franchise, or (--due) all that are due."""
    here, known = runtime(), every_job()
    if due:
        runs = workers.run_due(here, known)
        click.echo(json.dumps(runs) if as_json else "\n".join(f"{k}\t{v}" for k, v in sorted(runs.items())))
        return
    job = known_as(name or "", known)
    if job not in known:
        raise WrongUse(_("没有名为 %(name)s 的任务。可选：%(all)s。", name=name or "", all=listed(sorted(known))))
    total = {"done": 0, "skipped": 0, "failed": 0}
    for actor in every_franchise(here.db):
        for key, n in jobs.run_for(here, known[job], actor).items():
            total[key] += n
    told = {"name": name, **total}
    click.echo(json.dumps(told) if as_json else "\t".join(f"{k} {v}" for k, v in told.items()))
    if total["failed"]:
        raise SystemExit(1)


COMMANDS = (serve, work, jobs_group)
