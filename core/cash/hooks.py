"""What the cash room offers to the house: the approval of differences, and which shift money belongs to."""

from __future__ import annotations

from core.cash import difference_approval, services
from core.hooktypes import ApprovalKind
from core.kernel.plugins import hookimpl
from core.orders.selling import till_entries

till_entries.offer(services.shift_of_sale)


@hookimpl
def register_approvals() -> list[ApprovalKind]:
    """Return the close of a shift whose difference is above the setting."""
    return [
        ApprovalKind(
            difference_approval.KIND, difference_approval.LABEL, difference_approval.ASK, difference_approval.DECIDE,
            difference_approval.describe, difference_approval.execute, 40,
        ),
    ]  # fmt: skip
