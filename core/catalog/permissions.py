"""Permissions of the catalogue."""

from __future__ import annotations

from core.kernel.i18n import _l
from core.kernel.permissions import permission

VIEW = "catalog.view"
EDIT = "catalog.edit"

PERMISSIONS = (
    permission(
        VIEW, _l("查看项目与库存"), "owner", "manager", "rule_keeper", "front_desk", "clinician", "pharmacist",
        "call_agent", "marketing", "auditor",
    ),
    permission(EDIT, _l("新增和修改项目、库存"), "owner", "manager", "rule_keeper"),
)  # fmt: skip
