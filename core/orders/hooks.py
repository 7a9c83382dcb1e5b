"""What orders offer to the house: their approvals, facts about visits, money and items."""

from __future__ import annotations

from core.hookfacts import Fact
from core.hooktypes import ApprovalKind
from core.kernel.plugins import hookimpl
from core.orders.facts import FACTS
from core.orders.granting import adjustments
from core.orders.quoting import price_approval
from core.orders.refunding import refund_approval
from core.orders.selling import care_relation  # noqa: F401 (offers who was served here)
from core.orders.sessions import burn_approval


@hookimpl
def register_approvals() -> list[ApprovalKind]:
    """Return adjustments of points, refunds above the limit, changed prices, what courses want approved."""
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
        *burn_approval.KINDS,
    ]  # fmt: skip


@hookimpl
def register_facts() -> list[Fact]:
    """Return the facts about visits, money and items."""
    return list(FACTS)
