"""Permissions of the organisation room."""

from __future__ import annotations

from core.kernel.i18n import _l
from core.kernel.permissions import ROLES, permission, registry

USE = "org.shell.use"
STAFF_VIEW = "org.staff.view"
STAFF_EDIT = "org.staff.edit"
STORE_VIEW = "org.store.view"
STORE_EDIT = "org.store.edit"

PERMISSIONS = (
    permission(USE, _l("登录并使用工作台"), *ROLES),
    permission(STAFF_VIEW, _l("查看员工"), "owner", "manager", "auditor"),
    permission(STAFF_EDIT, _l("新增和修改员工"), "owner"),
    permission(STORE_VIEW, _l("查看门店"), "owner", "manager", "auditor", "rule_keeper"),
    permission(STORE_EDIT, _l("新增和修改门店"), "owner"),
)

registry.add(PERMISSIONS)
