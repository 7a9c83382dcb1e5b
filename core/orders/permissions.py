"""Permissions of orders."""

from __future__ import annotations

from core.kernel.i18n import _l
from core.kernel.permissions import permission

PERMISSIONS = (
    permission("orders.sell", _l("收银开单"), "owner", "manager", "front_desk", "pharmacist"),
    permission("orders.debt", _l("挂账：先做后付、收定金"), "owner", "manager"),
    permission("orders.view", _l("查看订单"), "owner", "manager", "front_desk", "clinician", "pharmacist", "auditor"),
    permission("orders.refund", _l("退款"), "owner", "manager", "front_desk"),
    permission("orders.refund.large", _l("大额退款"), "owner", "manager"),
    permission("orders.price.override", _l("改价"), "owner", "rule_keeper"),
    permission("points.adjust", _l("申请调整积分"), "owner", "manager", "front_desk", "rule_keeper"),
    permission("points.adjust.approve", _l("批准调整积分"), "owner", "manager"),
)
