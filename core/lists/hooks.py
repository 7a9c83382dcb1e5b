"""What lists offer to the house: the approval of large exports."""

from __future__ import annotations

from core.hooktypes import ApprovalKind
from core.kernel.plugins import hookimpl
from core.lists import (
    bulk_task,  # noqa: F401 (offers its kind of task)
    export_task,  # noqa: F401 (offers its kind of task)
    exports,
)
from core.lists.permissions import EXPORT, EXPORT_APPROVE


@hookimpl
def register_approvals() -> list[ApprovalKind]:
    """Return exports beyond the cap of a role."""
    return [ApprovalKind(exports.KIND, exports.LABEL, EXPORT, EXPORT_APPROVE, exports.describe, exports.execute, 50)]
