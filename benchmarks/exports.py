"""Files of a million members and a change to a hundred thousand: seconds, slices, memory of the process that works.

python -m benchmarks.exports [N] [worker]   SQLite, prints the figures; first the ordinary worker's memory, then each
part in a process of its own
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from benchmarks import places
from core import assembly, rooms
from core.kernel import bulk, task_runner, tasks
from core.kernel.models import Task
from core.kernel.tenancy import acting
from core.lists import bulk_task, export_task, exports
from core.lists.settings import CAP_OWNER, MOST
from tests import installation as houses
from tests.installation import Installation
from tests.soak.places import place

STATE = {"c": "name,phone,tier,points,last,visits,spent,store", "sort": "recent"}
PARTS = ("csv", "xlsx", "bulk")
NIGHT = "night"


def peak_mb() -> float:
    """Return the most memory this process ever held, in megabytes."""
    # Not getrusage: its figure outlives exec and would tell of the process that filled the database.
    line = next(one for one in Path("/proc/self/status").read_text().splitlines() if one.startswith("VmHWM"))
    return int(line.split()[1]) / 1024


def opened(told: dict[str, Any]) -> Installation:
    """Return the installation that another process made."""
    runtime = rooms.start(houses.environment(Path(told["folder"])))
    runtime.load_keys()
    dental = houses.House(**told["dental"])
    return Installation(runtime, dental, dental, Path(told["folder"]))


def timed_run(house: Installation, task_id: int) -> dict[str, Any]:
    """Run a task; return seconds, slices, the longest slice and the memory before and at most."""
    slices: list[float] = []
    before, begun = peak_mb(), time.perf_counter()
    last = begun

    def note() -> None:
        nonlocal last
        slices.append(time.perf_counter() - last)
        last = time.perf_counter()

    task_runner.run(house.runtime.db, house.dental.franchise_id, task_id, note)
    seconds = time.perf_counter() - begun
    with house.unit("read") as session:
        row = session.get(Task, task_id)
        assert row is not None
        told = {"state": row.state, "rows": row.done, "file_mb": round(row.file_bytes / 1e6, 1)}
    slices.sort()
    return {
        **told, "seconds": round(seconds, 1), "slices": len(slices),
        "slice_p50_ms": round(1000 * slices[len(slices) // 2]),
        "slice_max_ms": round(1000 * slices[-1]), "memory_before_mb": round(before), "memory_peak_mb": round(peak_mb()),
    }  # fmt: skip


def work(house: Installation, part: str) -> dict[str, Any]:
    """Do one part and return its figures."""
    from core.kernel import settings

    assembly.web_app(house.runtime)
    with acting(house.actor(house.dental)):
        if part != "bulk":
            with house.unit() as session:
                settings.change(session, CAP_OWNER, MOST)
                task_id = exports.ask(session, exports.Wanted("members", STATE, part)).id
            found = timed_run(house, task_id)
            begun, n = time.perf_counter(), 0
            with house.unit("read") as session:
                task = session.get(Task, task_id)
                assert task is not None
                session.expunge(task)
            for piece in export_task.content(house.runtime.db, task):
                n += len(piece)
            return {**found, "download_mb": round(n / 1e6, 1), "download_s": round(time.perf_counter() - begun, 1),
                    "memory_peak_mb": round(peak_mb())}  # fmt: skip
        with house.unit() as session:
            action = bulk.get("members", "members.tag_add")
            task_id = bulk_task.ask(session, action, {"f.gender": "female"}, None, {"tag": "基准"}).id
        done = timed_run(house, task_id)
        with house.unit() as session:
            tasks.undo(session, tasks.get(session, task_id))
        return {"tag": done, "undo": timed_run(house, task_id)}


def by_worker(house: Installation, kind: str) -> dict[str, Any]:
    """Ask for a file and let the ordinary worker write it; return its memory before and at most, and the seconds.

    `HUIKE_BENCH_PYTHON` names another interpreter, such as one with the run-time requirements only.
    """
    from core.kernel import settings

    assembly.web_app(house.runtime)  # the lists say here which columns a file may have
    with acting(house.actor(house.dental)), house.unit() as session:
        settings.change(session, CAP_OWNER, MOST)
    env = {**os.environ, "HUIKE_DATA_DIR": str(house.runtime.environment.data_dir),
           "HUIKE_KEY_FILE": str(house.runtime.environment.key_file),
           "HUIKE_JOBS_URL": f"sqlite:///{house.folder}/jobs-{kind}.db", "PYTHONPATH": str(Path.cwd())}  # fmt: skip
    python = os.environ.get("HUIKE_BENCH_PYTHON", sys.executable)
    if kind == NIGHT:  # whatever is due at the first start of all is done here, by a worker of its own
        subprocess.run([python, "-m", "flask", "--app", "app", "jobs", "run", "--due"], env=env, check=False)
        return {}
    worker = subprocess.Popen([python, "-m", "flask", "--app", "app", "worker"], env=env)
    try:
        time.sleep(25)
        Path(f"/proc/{worker.pid}/clear_refs").write_text("5")  # the peak counts from here
        before = _peak_of(worker.pid)
        with acting(house.actor(house.dental)), house.unit() as session:
            task_id = exports.ask(session, exports.Wanted("members", STATE, kind)).id
        begun, state, rows = time.perf_counter(), "waiting", 0
        while state not in ("done", "failed") and time.perf_counter() - begun < 600:
            time.sleep(1)
            with acting(house.actor(house.dental)), house.unit("read") as session:
                task = session.get(Task, task_id)
                assert task is not None
                state, rows = task.state, task.done
        return {"state": state, "rows": rows, "seconds": round(time.perf_counter() - begun),
                "worker_before_mb": round(before), "worker_peak_mb": round(_peak_of(worker.pid))}  # fmt: skip
    finally:
        worker.terminate()
        worker.wait(20)


def _peak_of(pid: int) -> float:
    status = Path(f"/proc/{pid}/status").read_text()
    return int(next(one for one in status.splitlines() if one.startswith("VmHWM")).split()[1]) / 1024


def main(arguments: list[str]) -> int:
    """Fill an installation, then measure each part in a process of its own."""
    if arguments and arguments[0] == "--part":
        told = json.loads(arguments[2])
        print(json.dumps(work(opened(told), arguments[1]), ensure_ascii=False), flush=True)
        return 0
    n = int(arguments[0]) if arguments else 1_000_000
    with place("sqlite", durable=True) as (house, _url):
        with acting(house.actor(house.dental)):
            print(f"{n:,} members filled in {places.fill(house, n):.0f} s", flush=True)
        by_worker(house, NIGHT)
        for kind in ("csv", "xlsx"):
            print(f"worker {kind}: {json.dumps(by_worker(house, kind))}", flush=True)
        if arguments[1:] == ["worker"]:
            return 0
        told = {"folder": str(house.folder), "dental": {
            "franchise_id": house.dental.franchise_id, "code": house.dental.code, "store_id": house.dental.store_id,
            "other_store_id": house.dental.other_store_id, "staff": house.dental.staff, "numbers": house.dental.numbers,
        }}  # fmt: skip
        for part in PARTS:
            answer = subprocess.run(
                [sys.executable, "-m", "benchmarks.exports", "--part", part, json.dumps(told)], check=True, text=True,
                stdout=subprocess.PIPE, env=dict(os.environ),
            )  # fmt: skip
            print(f"{part}: {answer.stdout.strip()}", flush=True)
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
