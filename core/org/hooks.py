"""What the organisation offers to the house: its approval."""

from __future__ import annotations

from core.hooktypes import ApprovalKind
from core.kernel.plugins import hookimpl
from core.org import (
    staff_changes,
    task_actor,  # noqa: F401 (tells the kernel whom a task acts as)
)


@hookimpl
def register_approvals() -> list[ApprovalKind]:
    """Return roles above one's own."""
    return [
        ApprovalKind(
            staff_changes.KIND, staff_changes.LABEL, staff_changes.ASK, staff_changes.APPROVE, staff_changes.describe,
            staff_changes.execute, 40,
        )
    ]  # fmt: skip
