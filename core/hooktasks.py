"""Long work of a plugin: begun beside the request, done in slices, shown in the task centre (kernel/tasks.py)."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from core.kernel import task_parts, task_runner
from core.kernel.runtime import runtime

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from core.kernel.models import Task

APART = "apart"


def begin_task(franchise_id: int, task_id: int) -> None:
    """Begin a task after the unit that asked was committed, and wait a second for it: a short one is done then."""
    task_runner.begin(runtime().db, franchise_id, task_id)


def keep_apart(session: Session, task: Task, data: Any) -> None:
    """Keep plain data with a task, sealed; it is wiped a day after the task ended, the task's counts stay."""
    part = task_parts.at(session, task, APART, 1)
    body = json.dumps(data, ensure_ascii=False).encode()
    if part is None:
        task_parts.add(session, task, APART, 1, 0, body)
    else:
        task_parts.write(part, body)


def kept_apart(session: Session, task: Task) -> Any:
    """Return what was kept apart, or None when nothing was, or it was wiped."""
    part = task_parts.at(session, task, APART, 1)
    found = task_parts.read(part) if part is not None else b""
    return json.loads(found) if found else None
