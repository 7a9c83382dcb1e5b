"""What tiers offer to the house: their approval."""

from __future__ import annotations

from core.hooktypes import ApprovalKind
from core.kernel.plugins import hookimpl
from core.tiers import overrides


@hookimpl
def register_approvals() -> list[ApprovalKind]:
    """Return the tier that is set by hand."""
    return [
        ApprovalKind(
            overrides.KIND, overrides.LABEL, overrides.ASK, overrides.APPROVE, overrides.describe, overrides.execute, 15
        )
    ]
