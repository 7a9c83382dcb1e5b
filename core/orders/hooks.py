"""What orders offer to the house: their approvals."""

from __future__ import annotations

from core.hooktypes import ApprovalKind
from core.kernel.plugins import hookimpl
from core.orders import adjustments, price_approval, refund_approval


@hookimpl
def register_approvals() -> list[ApprovalKind]:
    """Return adjustments of points, refunds above the limit, changed prices."""
    return [
        ApprovalKind(
            adjustments.KIND, adjustments.LABEL, adjustments.ASK, adjustments.APPROVE, adjustments.describe,
            adjustments.execute, 10,
        ),
        ApprovalKind(
            refund_approval.KIND, refund_approval.LABEL, refund_approval.ASK, refund_approval.APPROVE,
            refund_approval.describe, refund_approval.execute, 20,
        ),
        ApprovalKind(
            price_approval.KIND, price_approval.LABEL, price_approval.ASK, price_approval.APPROVE,
            price_approval.describe, None, 30,
        ),
    ]  # fmt: skip
