"""What rewards offer to the house: taking back a redemption of another day wants a second person."""

from __future__ import annotations

from core.hooktypes import ApprovalKind
from core.kernel.plugins import hookimpl
from core.rewards import approval


@hookimpl
def register_approvals() -> list[ApprovalKind]:
    """Return what about rewards wants a second person."""
    return list(approval.KINDS)
