"""Driving a batch from outside: reads, stages, checks and runs it, each step in a unit of its own.

An edge like views, jobs and commands, which all call it. A process that dies leaves the batch where its last
chunk was committed; whoever comes next (the job worker within a minute) goes on from there.
"""

from __future__ import annotations

import hashlib
import threading
import time
from itertools import islice
from typing import TYPE_CHECKING

import structlog
from sqlalchemy.exc import DBAPIError

from core.imports import control, engine, kinds, readers, services, staging, undo
from core.imports.engine import CHUNK, DryRun, Staged
from core.kernel.errors import Refusal
from core.kernel.tenancy import acting

if TYPE_CHECKING:
    from collections.abc import Callable

    from core.imports.kinds.base import Kind, Task
    from core.imports.rules import ColumnMap
    from core.kernel.db import Database
    from core.kernel.runtime import Runtime
    from core.kernel.tenancy import Actor

log = structlog.get_logger("imports")
STAGE = 5000
ATTEMPTS = 4
_RETRY = {"40001", "40P01", "23505"}  # serialisation, deadlock, a phone that another till just took
_threads: dict[int, threading.Thread] = {}


def load(db: Database, actor: Actor, name: str, data: bytes, kind: Kind = kinds.PEOPLE) -> int:
    """Read a file and stage its rows as they come; return the batch's id.

    Raises Refusal `unreadable_file`, Conflict `batch_imported`.
    """
    sha256 = hashlib.sha256(data).digest()
    with acting(actor):
        if kind.once_only:
            with db.unit("read") as session:
                control.refuse_again(session, kind, sha256)
        table = readers.open_list(data, kind.vocabulary())
    rows = iter(table.rows)
    with acting(actor):
        with db.unit("write") as session:
            batch_id = staging.begin(session, kind, name, sha256, table.encoding, table.headings).id
        try:
            while part := list(islice(rows, STAGE)):
                with db.unit("write") as session:
                    staging.stage(session, batch_id, part)
        except Refusal:
            with db.unit("write") as session:
                services.discard(session, services.get(session, batch_id))
            raise
        with db.unit("write") as session:
            staging.ready(session, batch_id)
    return batch_id


def check(db: Database, actor: Actor, batch_id: int) -> None:
    """Dry-run a batch that asks for it; a mapping changed meanwhile or a batch given up ends it."""
    with acting(actor):
        with db.unit("read") as session:
            batch = services.get(session, batch_id)
            if batch.state != services.CHECKING:
                return
            task, mapping = staging.task_of(session, batch), batch.mapping
        with db.unit("write") as session:
            services.clear_checked(session, services.get(session, batch_id))
        dry, number = DryRun(task), 0
        while True:
            with db.unit("read") as session:
                staged = staging.rows_after(session, services.get(session, batch_id), number, CHUNK)
                results = dry.take(session, staged) if staged else dry.finish(session)
            with db.unit("write") as session:
                batch = services.locked(session, batch_id)
                if batch.state != services.CHECKING or batch.mapping != mapping:
                    return
                services.note_checked(session, batch, results)
                if not staged:
                    services.checked(session, batch, dry)
                    return
                batch.position = min(batch.position + len(staged), batch.rows)
            number = staged[-1].number


def check_table(
    db: Database, actor: Actor, kind: Kind, table: readers.Table, mapping: ColumnMap, sha256: bytes
) -> tuple[DryRun, int]:
    """Dry-run a list that is only in memory; return the dry run and how many rows there are. Nothing is stored."""
    with acting(actor), db.unit("read") as session:
        dry = DryRun(engine.task_of(session, kind, table.headings, mapping, sha256))
        rows, n = iter(table.rows), 0
        while part := [Staged(number, cells) for number, cells in islice(rows, CHUNK)]:
            n += len(part)
            dry.problems += [one for one in dry.take(session, part) if one.decision.problems]
        dry.problems += [one for one in dry.finish(session) if one.decision.problems]
    return dry, n


def run(db: Database, actor: Actor, batch_id: int, after_chunk: Callable[[int], None] | None = None) -> None:
    """Run a batch until it is done, paused, cancelled, or another runner is found at work on it."""
    with acting(actor):
        with db.unit("read") as session:
            batch = services.get(session, batch_id)
            if batch.state != services.RUNNING:
                return
            task, done = staging.task_of(session, batch), staging.rows_done(session, batch)
            chunk = kinds.of(batch.kind).chunk
        while True:
            with db.unit("read") as session:
                passed, staged = staging.next_rows(session, services.get(session, batch_id), chunk)
            prepared = engine.prepare(task, staged)
            position = _chunk(db, task, batch_id, passed, prepared, done)
            if position is None:
                return
            if after_chunk is not None:
                after_chunk(position)


def _chunk(
    db: Database, task: Task, batch_id: int, passed: str, prepared: list[engine.Prepared], done: dict[int, int]
) -> int | None:
    """Run one chunk in a unit of its own; return the position, or None when there is nothing more to do here."""
    for attempt in range(1, ATTEMPTS + 1):
        try:
            with db.unit("write") as session:
                batch = services.locked(session, batch_id)
                if batch.state != services.RUNNING:
                    return None
                rows = [one.staged for one in prepared]
                if not rows:
                    services.finish(session, batch)
                    return None
                if not staging.still_waiting(session, batch, passed, rows):
                    return None
                last = passed == staging.WAITING[-1]
                results = engine.run_chunk(session, task, prepared, done, last=last)
                services.note_results(session, batch, passed, results)
                return batch.position
        except DBAPIError as problem:
            if attempt == ATTEMPTS or not _worth_another_try(problem):
                raise
            with db.unit("read") as session:
                done.clear()
                done.update(staging.rows_done(session, services.get(session, batch_id)))
    raise AssertionError("unreachable")


def _worth_another_try(problem: DBAPIError) -> bool:
    return getattr(problem.orig, "sqlstate", None) in _RETRY


def work(db: Database, actor: Actor, batch_id: int) -> None:
    """Do what a batch waits for: its dry run, its run, or its undo."""
    check(db, actor, batch_id)
    run(db, actor, batch_id)
    take_back(db, actor, batch_id)


def take_back(db: Database, actor: Actor, batch_id: int) -> None:
    """Undo a batch that asks for it, a chunk in each unit."""
    more = True
    while more:
        with acting(actor), db.unit("write") as session:
            batch = services.locked(session, batch_id)
            more = batch.state == services.UNDOING and undo.step(session, batch)


def finish_off(db: Database, actor: Actor, batch_id: int) -> None:
    """Work on a batch until it waits for nothing more, also beside another runner."""
    while True:
        work(db, actor, batch_id)
        with acting(actor), db.unit("read") as session:
            if services.get(session, batch_id).state not in services.WORKING:
                return
        time.sleep(0.2)


def begin_work(runtime: Runtime, actor: Actor, batch_id: int, patience: float = 1.5) -> None:
    """Begin what a batch waits for beside the request, and wait for it up to `patience` seconds.

    A short list is ready by then; for a long one the page looks after its progress.
    """
    thread = _threads.get(batch_id)
    if thread is None or not thread.is_alive():
        thread = threading.Thread(
            target=_beside, args=(runtime, actor, batch_id), name=f"import-{batch_id}", daemon=True
        )
        _threads[batch_id] = thread
        thread.start()
    thread.join(patience)


def _beside(runtime: Runtime, actor: Actor, batch_id: int) -> None:
    try:
        work(runtime.db, actor, batch_id)
    except Exception as problem:  # the batch stays where it is; the job worker tries again
        # A database error carries the parameters of its statement: only its kind is told.
        log.error("import_stopped", batch=batch_id, error=type(problem).__name__)
        with acting(actor), runtime.db.unit("write") as session:
            services.note_stopped(session, services.get(session, batch_id))
    finally:
        _threads.pop(batch_id, None)


def settle(seconds: float = 60) -> None:
    """Wait until the work begun in this process is done."""
    for thread in list(_threads.values()):
        thread.join(seconds)


__all__ = ["begin_work", "check", "check_table", "finish_off", "load", "run", "settle", "take_back", "work"]
