"""A run killed in the middle goes on where its last chunk was committed: a real process, SIGKILL."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

from core.imports import jobs
from core.kernel.tenancy import acting
from tests.core.imports import lists

ROOT = Path(__file__).resolve().parents[3]
RUN = """
import sys, time
from core.assembly import started
from core.imports import runner
from core.kernel.tenancy import Actor
runtime = started()
def tell(position):
    print(position, flush=True)
    time.sleep(0.05)
runner.run(runtime.db, Actor(int(sys.argv[1]), door="job"), int(sys.argv[2]), tell)
"""


def killed_run(office, batch: int, after: int) -> int:
    """Run the batch in a process of its own and kill it once it told `after` positions; return the last one."""
    environment = office.installation.runtime.environment
    env = {**os.environ, "HUIKE_DATA_DIR": str(environment.data_dir), "HUIKE_KEY_FILE": str(environment.key_file),
           "DATABASE_URL": environment.database_url, "PYTHONPATH": str(ROOT)}  # fmt: skip
    command = [sys.executable, "-c", RUN, str(office.house.franchise_id), str(batch)]
    with subprocess.Popen(command, cwd=ROOT, env=env, stdout=subprocess.PIPE, text=True) as child:
        told = [int(child.stdout.readline()) for _ in range(after)]
        # In the midst of the next chunk, not at its edge.
        time.sleep(0.12)
        os.kill(child.pid, signal.SIGKILL)
    assert child.returncode == -signal.SIGKILL
    return told[-1]


def test_a_killed_run_resumes_to_the_same_counts_without_a_row_twice(any_office):
    rows, want = lists.members(3000)
    batch = any_office.check(lists.as_csv(rows))
    any_office.start(batch)
    for after in (1, 2):
        assert killed_run(any_office, batch, after) < 3000
        half = any_office.batch(batch)
        assert half.state == "running"
        assert 0 < half.position < 3000
        assert any_office.members() == half.created
    with acting(any_office.actor):
        assert jobs.work(any_office.installation.runtime, any_office.actor)["done"] == 1
    assert any_office.batch(batch).state == "done"
    assert {k: n for k, n in any_office.counted(batch).items() if n} == want
    assert any_office.members() == want["created"]
    assert any_office.outcomes(batch) == want


def test_a_dry_run_left_in_the_middle_is_done_by_the_job(office):
    rows, want = lists.members(600)
    batch = office.check(lists.as_csv(rows))
    with acting(office.actor), office.unit("write") as session:
        from core.imports import services

        services.get(session, batch).state = "checking"
    with acting(office.actor):
        jobs.work(office.installation.runtime, office.actor)
    assert {k: n for k, n in office.planned(batch).items() if n} == want
