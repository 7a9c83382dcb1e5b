"""The pieces of a task: the rows it is about with what was there before, and its file (kernel/tasks.py)."""

from __future__ import annotations

import zlib
from typing import TYPE_CHECKING

from sqlalchemy import func, select

from core.kernel.keys import ring
from core.kernel.models import TaskPart
from core.kernel.sealed import aad

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from core.kernel.models import Task


def add(session: Session, task: Task, kind: str, number: int, rows: int, data: bytes) -> int:
    """Keep a piece of a task, compressed and sealed; return how many bytes it takes."""
    part = TaskPart(task_id=task.id, kind=kind, number=number, rows=rows)
    write(part, data)
    session.add(part)
    session.flush()
    size = len(part.data_sealed or b"")
    session.expunge(part)
    return size


def write(part: TaskPart, data: bytes) -> None:
    """Put other content into a part."""
    packed = zlib.compress(data, 3)
    part.data_sealed = ring().seal(packed, aad("task_part", "data_sealed", part.id), part.franchise_id)


def read(part: TaskPart) -> bytes:
    """Return what `add` kept."""
    if part.data_sealed is None:
        return b""
    return zlib.decompress(ring().open(part.data_sealed, aad("task_part", "data_sealed", part.id), part.franchise_id))


def at(session: Session, task: Task, kind: str, number: int) -> TaskPart | None:
    """Return a part by its number, or None."""
    return session.scalar(
        select(TaskPart).where(TaskPart.task_id == task.id, TaskPart.kind == kind, TaskPart.number == number)
    )


def first(session: Session, task: Task, kind: str, state: str) -> TaskPart | None:
    """Return the first part in `state`, or None."""
    return session.scalar(
        select(TaskPart)
        .where(TaskPart.task_id == task.id, TaskPart.kind == kind, TaskPart.state == state)
        .order_by(TaskPart.number)
        .limit(1)
    )


def how_many(session: Session, task: Task, kind: str) -> int:
    """Return how many parts of a kind a task has."""
    query = select(func.count()).select_from(TaskPart).where(TaskPart.task_id == task.id, TaskPart.kind == kind)
    return int(session.scalar(query) or 0)
