"""Permissions of rewards and of the life of points."""

from __future__ import annotations

from core.kernel.i18n import _l
from core.kernel.permissions import permission

VIEW, REDEEM, CANCEL_APPROVE = "rewards.view", "rewards.redeem", "rewards.cancel.approve"
ANOMALIES, REVIEW = "rewards.anomalies.view", "rewards.anomalies.review"

PERMISSIONS = (
    permission(
        VIEW, _l("查看积分礼品和兑换记录"), "owner", "manager", "front_desk", "pharmacist", "call_agent", "auditor"
    ),
    permission(REDEEM, _l("积分兑换，当天撤销"), "owner", "manager", "front_desk", "pharmacist"),
    permission(CANCEL_APPROVE, _l("批准隔天撤销兑换"), "owner", "manager"),
    permission(ANOMALIES, _l("查看积分异常"), "owner", "manager", "auditor"),
    permission(REVIEW, _l("积分异常标为已核对"), "owner", "manager"),
)
