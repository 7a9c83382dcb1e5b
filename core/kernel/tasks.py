"""Tasks: long work that somebody asked for, done in slices, each a transaction of its own.

    KIND = tasks.offer(tasks.Kind("lists.bulk", _l("批量修改"), "users", "people.edit", step=step, undo=take_back))
    task = tasks.ask(session, "lists.bulk", title, {"list": "members"}, total=n)     # in the asker's unit
    task_runner.begin(runtime().db, task.franchise_id, task.id)                       # after it was committed

A slice reads what it needs (`prepare`, a read unit), then writes (`step`, a write unit) together with the
task's own row: done, counts, progress. A process that dies loses the slice it was in and nothing else; the
job worker goes on within a minute. Two runners never do a slice twice: the row is locked and counted.
Slices act as the person who asked, with the rights they hold at that moment.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import select

from core.kernel import audit, clock
from core.kernel.errors import Conflict, NotFound
from core.kernel.i18n import _
from core.kernel.ids import parse_id
from core.kernel.models import Task
from core.kernel.tenancy import Actor, current_actor

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from sqlalchemy.orm import Session

    from core.kernel.db import Database

WAITING, RUNNING, DONE, FAILED, CANCELLED = "waiting", "running", "done", "failed", "cancelled"
UNDOING, UNDONE = "undoing", "undone"
OPEN = (WAITING, RUNNING, UNDOING)
KEPT_MS = 24 * 3600_000
LISTED_MS = 30 * 24 * 3600_000
DOOR = "task"


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of task. `permission` must still be held when a slice runs.

    `prepare(db, task)` reads for the next slice in units of its own, before the write lock. `step(session, task,
    prepared)` does it and returns whether more is to do; `undo(session, task)` takes a slice back
    likewise. `told(task)` says the outcome in words.
    """

    key: str
    label: Any
    icon: str
    permission: str
    step: Callable[[Session, Task, Any], bool]
    prepare: Callable[[Database, Task], Any] | None = None
    undo: Callable[[Session, Task], bool] | None = None
    told: Callable[[Task], str] = lambda _task: ""


_kinds: dict[str, Kind] = {}


def offer(kind: Kind) -> Kind:
    """Offer a kind of task to the house and return it."""
    _kinds[kind.key] = kind
    return kind


def kind_of(key: str) -> Kind | None:
    """Return a kind, or None for one that nobody offers (any more)."""
    return _kinds.get(key)


def _the_system(_session: Session, task: Task, tz: str) -> Actor:
    return Actor(task.franchise_id, task.store_id, task.staff_id, door=DOOR, tz=tz)


_actor_of: Callable[[Session, Task, str], Actor] = _the_system


def act_as(find: Callable[[Session, Task, str], Actor]) -> None:
    """Say how the one who asked is found again, with the rights they hold now (the org room knows)."""
    global _actor_of
    _actor_of = find


def actor_of(session: Session, task: Task, tz: str) -> Actor:
    """Return whom a task's slices act as; raise a Refusal when that person may not act any more."""
    return _actor_of(session, task, tz)


# -- asking and reading ----------------------------------------------------------------------------


def ask(
    session: Session, kind: str, title: str, params: Mapping[str, Any], *, total: int = 0, staff_id: int | None = None,
    store_id: int | None = None,
) -> Task:  # fmt: skip
    """Write a task down and return it; it waits until `begin` or the job worker takes it up.

    `title` names no person. `staff_id` is whoever it is done for (the acting staff unless told).
    """
    actor = current_actor()
    row = Task(
        kind=kind, title=title[:120], staff_id=staff_id or actor.staff_id, store_id=store_id or actor.store_id,
        total=total, asked_at=clock.now_ms(), expires_at=clock.now_ms() + LISTED_MS,
    )  # fmt: skip
    row.params = json.dumps(dict(params), ensure_ascii=False, sort_keys=True)
    session.add(row)
    session.flush()
    audit.record(session, "tasks.asked", "task", row.id, detail={"kind": kind, "title": title})
    return row


def params_of(task: Task) -> dict[str, Any]:
    """Return what a task was asked with."""
    found = json.loads(task.params or "{}")
    return found if isinstance(found, dict) else {}


def progress_of(task: Task) -> dict[str, Any]:
    """Return where a task keeps its place."""
    found = json.loads(task.progress or "{}")
    return found if isinstance(found, dict) else {}


def set_progress(task: Task, progress: Mapping[str, Any]) -> None:
    """Keep a task's place."""
    task.progress = json.dumps(dict(progress), ensure_ascii=False)


def counts_of(task: Task) -> dict[str, int]:
    """Return a task's counts by name."""
    return dict(json.loads(task.counts or "{}"))


def count(task: Task, **more: int) -> None:
    """Add to a task's counts."""
    counts = counts_of(task)
    for name, n in more.items():
        counts[name] = counts.get(name, 0) + n
    task.counts = json.dumps(counts, sort_keys=True)


def get(session: Session, task_id: Any, *, all_: bool = False, held: bool = False) -> Task:
    """Return a task of the acting staff (`all_`: of anybody); raise NotFound. `held` locks its row."""
    wanted = task_id if isinstance(task_id, int) else parse_id(task_id)
    query = select(Task).where(Task.id == wanted)
    if held:
        query = query.with_for_update().execution_options(populate_existing=True)
    row = session.scalar(query) if wanted else None
    if row is None or not (all_ or row.staff_id == current_actor().staff_id):
        raise NotFound(_("没有找到这个任务。"))
    return row


def seconds_left(task: Task) -> int | None:
    """Return how many seconds of work a running task still needs, by its pace so far; None when unknown."""
    if task.state != RUNNING or not task.done or not task.worked_ms or task.total <= task.done:
        return None
    return max(1, round(task.worked_ms * (task.total - task.done) / task.done / 1000))


def may_undo(task: Task) -> bool:
    """Return whether a task may still be undone: it changed something within the last 24 hours."""
    kind = kind_of(task.kind)
    if kind is None or kind.undo is None or task.state not in {DONE, CANCELLED, FAILED}:
        return False
    return clock.now_ms() <= task.undo_until and counts_of(task).get("changed", 0) > 0


# -- deciding --------------------------------------------------------------------------------------


def cancel(session: Session, task: Task) -> None:
    """Stop a task; what was done stays until it is undone. Raise Conflict when it is over."""
    if task.state not in {WAITING, RUNNING}:
        raise Conflict(_("这个任务已经结束，不能再取消。"), code="task_over")
    end(task, CANCELLED)
    audit.record(session, "tasks.cancelled", "task", task.id, detail={"done": task.done, "total": task.total})


def retry(session: Session, task: Task) -> None:
    """Go on with a failed or cancelled task from where it stopped; raise Conflict for any other."""
    if task.state not in {FAILED, CANCELLED}:
        raise Conflict(_("只有失败或取消的任务可以再试。"), code="task_over")
    task.state = UNDOING if progress_of(task).get("undoing") else WAITING
    task.problem, task.ended_at, task.lease_until = None, None, 0
    audit.record(session, "tasks.retried", "task", task.id)


def undo(session: Session, task: Task) -> None:
    """Ask for a task to be taken back; raise Conflict `undo_too_late` after 24 hours."""
    if not may_undo(task):
        raise Conflict(_("只能在完成后 24 小时内撤销。现在请逐个修改。"), code="undo_too_late")
    task.state, task.lease_until, task.done, task.worked_ms = UNDOING, 0, 0, 0
    task.total = counts_of(task).get("changed", 0)
    audit.record(session, "tasks.undo_asked", "task", task.id)


def end(task: Task, state: str) -> None:
    """Put a task into its last state: 24 hours for undo and file begin."""
    now = clock.now_ms()
    task.state, task.ended_at, task.lease_until = state, now, 0
    if state != UNDONE:
        task.undo_until = now + KEPT_MS
    task.expires_at = now + KEPT_MS
