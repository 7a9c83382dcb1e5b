"""Permissions of the cash room."""

from __future__ import annotations

from core.kernel.i18n import _l
from core.kernel.permissions import permission

SHIFT = "cash.shift"
APPROVE = "cash.shift.approve"
SEE = "cash.shift.view"
VIEW = "cash.view"
CLOSE_DAY = "cash.day.close"

PERMISSIONS = (
    permission(SHIFT, _l("开班和交班，存取备用金"), "owner", "manager", "front_desk", "pharmacist"),
    permission(APPROVE, _l("确认交班差额"), "owner", "manager"),
    permission(SEE, _l("查看自己的班次明细"), "owner", "manager", "front_desk", "pharmacist", "auditor"),
    permission(VIEW, _l("查看班次与日结"), "owner", "manager", "auditor"),
    permission(CLOSE_DAY, _l("日结，替人交班"), "owner", "manager"),
)
