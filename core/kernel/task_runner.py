"""Running tasks: slices beside the request or in the job worker, purging what is old (kernel/tasks.py)."""

from __future__ import annotations

import threading
from time import monotonic, sleep
from typing import TYPE_CHECKING, Any

import structlog
from sqlalchemy import delete, select, text, update
from sqlalchemy.exc import DBAPIError

from core.kernel import audit, clock, permissions
from core.kernel.errors import Forbidden, Refusal
from core.kernel.i18n import _
from core.kernel.models import Task, TaskPart
from core.kernel.tasks import (
    DONE,
    DOOR,
    FAILED,
    LISTED_MS,
    OPEN,
    RUNNING,
    UNDOING,
    UNDONE,
    WAITING,
    actor_of,
    counts_of,
    end,
    get,
    kind_of,
    progress_of,
    set_progress,
)
from core.kernel.tenancy import Actor, acting

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy.orm import Session

    from core.kernel.db import Database
    from core.kernel.tasks import Kind

LEASE_MS = 30_000
ATTEMPTS = 4
AT_ONCE = 2
PATIENCE_S = 20
_RETRY = frozenset({"40001", "40P01", "23505"})
_threads: dict[int, threading.Thread] = {}
log = structlog.get_logger("tasks")


def run(db: Database, franchise_id: int, task_id: int, after_slice: Callable[[], None] | None = None) -> None:
    """Work on a task until it waits for nothing more, is cancelled, or fails."""
    while advance(db, franchise_id, task_id):
        if after_slice is not None:
            after_slice()


def advance(db: Database, franchise_id: int, task_id: int) -> bool:
    """Do one slice of a task and return whether it wants another."""
    system = Actor(franchise_id, door=DOOR)
    with acting(system):
        for attempt in range(1, ATTEMPTS + 1):
            try:
                return _slice(db, system, task_id)
            except Refusal as refusal:
                _fail(db, task_id, refusal.message)
                return False
            except DBAPIError as problem:
                if attempt < ATTEMPTS and getattr(problem.orig, "sqlstate", None) in _RETRY:
                    continue
                _fail(db, task_id, _stopped(problem))
                return False
            except Exception as problem:  # a kind is a room's code: its failure ends the task, not the worker
                _fail(db, task_id, _stopped(problem))
                return False
    raise AssertionError("unreachable")


def _stopped(problem: Exception) -> str:
    # Neither log nor page tells a database error's text: it carries the parameters of its statement.
    log.error("task_stopped", error=type(problem).__name__)
    return _("执行中断：%(kind)s。已完成的部分不受影响，可以再试。", kind=type(problem).__name__)


def _slice(db: Database, system: Actor, task_id: int) -> bool:
    with db.unit("read") as session:
        task = session.get(Task, task_id)
        kind = kind_of(task.kind) if task is not None else None
        if task is None or kind is None or task.state not in OPEN:
            return False
        before, undoing = task.slices, task.state == UNDOING
        actor = actor_of(session, task, _zone(session, task))
        session.expunge(task)  # what is read for the next slice reads it in units of its own
    if actor.staff_id is not None and kind.permission and not permissions.may(actor, kind.permission):
        raise Forbidden(_("提出任务的人已没有这项权限，任务没有继续。"))
    with acting(actor):
        prepared = None
        if kind.prepare is not None and not undoing:
            prepared = kind.prepare(db, task)
        with db.unit("write") as session:
            return _write(session, kind, task_id, before, prepared)


def _zone(session: Session, task: Task) -> str:
    found = session.scalar(text("SELECT tz FROM franchise WHERE id = :id"), {"id": task.franchise_id})
    return str(found or "Asia/Shanghai")


def _write(session: Session, kind: Kind, task_id: int, before: int, prepared: Any) -> bool:
    task = get(session, task_id, all_=True, held=True)
    if task.state not in OPEN:
        return False
    if task.slices != before:
        return True
    begun = monotonic()
    undoing = task.state == UNDOING
    if task.state == WAITING:
        task.state = RUNNING
        task.started_at = task.started_at or clock.now_ms()
    more = kind.undo(session, task) if undoing and kind.undo else kind.step(session, task, prepared)
    task.slices += 1
    task.worked_ms += max(1, round((monotonic() - begun) * 1000))
    task.lease_until = clock.now_ms() + LEASE_MS
    if not more:
        end(task, UNDONE if undoing else DONE)
        done = "tasks.undone" if undoing else "tasks.done"
        audit.record(session, done, "task", task.id, detail={"kind": task.kind, **counts_of(task)})
    session.flush()
    return more


def still_here(db: Database, task_id: int) -> None:
    """Renew a task's lease during a slice that takes long outside of any unit, so that nobody else takes it up."""
    with db.unit("write") as session:
        session.execute(
            update(Task).where(Task.id == task_id).values(lease_until=clock.now_ms() + LEASE_MS)
            .execution_options(synchronize_session=False)
        )  # fmt: skip


def _fail(db: Database, task_id: int, message: str) -> None:
    with db.unit("write") as session:
        task = get(session, task_id, all_=True, held=True)
        if task.state in OPEN:
            if task.state == UNDOING:
                set_progress(task, {**progress_of(task), "undoing": True})
            task.problem = message[:400]
            end(task, FAILED)
            audit.record(session, "tasks.failed", "task", task.id, detail={"problem": message[:400]})


def begin(db: Database, franchise_id: int, task_id: int, patience: float = 1.0) -> None:
    """Begin a task beside the request and wait for it up to `patience` seconds: a short one is done by then."""
    thread = _threads.get(task_id)
    if thread is None or not thread.is_alive():
        thread = threading.Thread(target=_beside, args=(db, franchise_id, task_id), name=f"task-{task_id}", daemon=True)
        _threads[task_id] = thread
        thread.start()
    thread.join(patience)


def _beside(db: Database, franchise_id: int, task_id: int) -> None:
    try:
        # A breath between slices: whoever waits for the database at the till goes first.
        run(db, franchise_id, task_id, lambda: sleep(0.002))
    except Exception as problem:  # the task stays where it is; the job worker tries again
        log.error("task_left", error=type(problem).__name__)
    finally:
        _threads.pop(task_id, None)


def settle(seconds: float = 60) -> None:
    """Wait until the tasks begun in this process are done."""
    for thread in list(_threads.values()):
        thread.join(seconds)


def left_behind(session: Session, limit: int = 20) -> list[int]:
    """Return tasks that wait for somebody: never begun, or begun by a process that is gone."""
    now = clock.now_ms()
    return list(
        session.scalars(
            select(Task.id).where(Task.state.in_(OPEN), Task.lease_until <= now).order_by(Task.id).limit(limit)
        )
    )


def purge(session: Session, limit: int = 200) -> int:
    """Wipe parts and files past their 24 hours and rows past 30 days; return how many tasks were touched."""
    now = clock.now_ms()
    old = list(
        session.scalars(
            select(Task.id)
            .where(Task.expires_at <= now, Task.state.not_in(OPEN))
            .order_by(Task.expires_at)
            .limit(limit)
        )
    )
    session.execute(delete(TaskPart).where(TaskPart.task_id.in_(old)))
    session.execute(delete(Task).where(Task.id.in_(old), Task.asked_at <= now - LISTED_MS))
    session.execute(
        update(Task).where(Task.id.in_(old)).values(file_bytes=0, expires_at=Task.asked_at + LISTED_MS)
        .execution_options(synchronize_session=False)
    )  # fmt: skip
    return len(old)


def work(db: Database, franchise_id: int, patience: float = PATIENCE_S) -> int:
    """Take up what was left behind, a few at once beside the other jobs; return how many were taken up."""
    with acting(Actor(franchise_id, door=DOOR)), db.unit("read") as session:
        found = left_behind(session)
    busy = sum(thread.is_alive() for thread in _threads.values())
    mine = found[: max(0, AT_ONCE - busy)]
    for task_id in mine:
        begin(db, franchise_id, task_id, 0)
    until = monotonic() + patience
    for task_id in mine:
        thread = _threads.get(task_id)
        if thread is not None:
            thread.join(max(0.0, until - monotonic()))
    return len(mine)
