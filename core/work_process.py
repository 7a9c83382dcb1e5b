"""The job worker as a process of its own: all rooms and plugins, without the POS API and without the command's remains.

`flask worker` becomes this process, so that it stays small beside the server, also with an export of a million rows
(docs/benchmarks.md). Stands beside the floors like `assembly`. `python -m core.work_process [PARENT]` ends with PARENT.
"""

from __future__ import annotations

import os
import sys
import threading


def main(arguments: list[str]) -> None:
    """Run the job worker until it is stopped."""
    if arguments:
        threading.Thread(target=_end_with, args=(int(arguments[0]),), daemon=True).start()
    _leave_out_drivers()
    from core import assembly
    from core.console.cli_serve import every_job
    from core.kernel import worker

    runtime = assembly.started()
    app = assembly.web_app(runtime, api=False)
    with app.app_context():
        worker.slim(runtime)
        worker.consumer(runtime, every_job()).run()


def _leave_out_drivers() -> None:
    """Keep huey from loading the driver of PostgreSQL (8 MB) where neither data nor jobs lie there."""
    urls = os.environ.get("DATABASE_URL", "") + os.environ.get("HUIKE_JOBS_URL", "")
    if "postgres" not in urls:
        sys.modules["psycopg"] = None  # type: ignore[assignment]  # importing it then fails, which huey allows for


def _end_with(parent: int) -> None:
    """Leave as soon as the server is gone, however it went: a killed server leaves no worker behind."""
    while os.getppid() == parent:
        threading.Event().wait(1)
    os._exit(0)


if __name__ == "__main__":
    main(sys.argv[1:])
