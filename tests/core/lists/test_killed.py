"""A worker killed by the system in the middle of a change: the next one goes on, everybody is tagged once."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

from sqlalchemy import func, select, update

from core import rooms
from core.kernel import bulk, task_runner
from core.kernel.models import AuditEntry, Task
from core.kernel.tenancy import acting
from core.lists import bulk_task
from core.people.models import PersonTag

ROOT = Path(__file__).resolve().parents[3]
CHILD = """
import json, sys, time
from pathlib import Path
from core import assembly, rooms
from core.kernel import task_runner
from core.lists import bulk_task
from tests import installation as houses
told = json.loads(sys.argv[1])
bulk_task.PART = 2
runtime = rooms.start(houses.environment(Path(told["folder"])))
runtime.load_keys()
rooms.blueprints()
print("ready", flush=True)
def note():
    print("slice", flush=True)
    time.sleep(0.1)
task_runner.run(runtime.db, told["franchise"], told["task"], note)
"""


def test_a_worker_killed_by_the_system_loses_only_its_slice(installation, monkeypatch):
    rooms.blueprints()
    house = installation.dental
    with acting(installation.actor(house)):
        ids = [installation.enrol(f"会员{n}", f"139{n:08d}") for n in range(20)]
        with installation.unit() as session:
            task_id = bulk_task.ask(session, bulk.get("members", "members.tag_add"), {}, None, {"tag": "断电"}).id
    installation.runtime.db.dispose()
    told = json.dumps({"folder": str(installation.folder), "franchise": house.franchise_id, "task": task_id})
    env = {**os.environ, "PYTHONPATH": str(ROOT)}
    with subprocess.Popen(
        [sys.executable, "-c", CHILD, told], cwd=ROOT, env=env, stdout=subprocess.PIPE, text=True
    ) as child:
        seen = [child.stdout.readline().strip() for _n in range(5)]
        time.sleep(0.03)
        child.send_signal(signal.SIGKILL)
    assert seen == ["ready", "slice", "slice", "slice", "slice"]
    with acting(installation.actor(house)), installation.unit() as session:
        half = session.get(Task, task_id)
        assert half.state == "running"
        assert 0 < half.done < 20
        assert task_runner.left_behind(session) == [], "somebody may still be at work"
        session.execute(update(Task).values(lease_until=0))
    assert task_runner.work(installation.runtime.db, house.franchise_id) == 1
    task_runner.settle()
    with acting(installation.actor(house)), installation.unit("read") as session:
        assert session.get(Task, task_id).state == "done"
        tagged = session.scalars(select(PersonTag.person_id).where(PersonTag.tag == "断电")).all()
        assert sorted(tagged) == sorted(ids)
        noted = select(func.count()).select_from(AuditEntry).where(AuditEntry.action == "people.bulk.tag_added")
        assert session.scalar(noted) == 20
