"""Permissions of the organisation room."""

from __future__ import annotations

from core.kernel.i18n import _l
from core.kernel.permissions import ROLES, permission, registry

USE = "org.shell.use"
STAFF_VIEW = "org.staff.view"
STAFF_EDIT = "org.staff.edit"
STORE_VIEW = "org.store.view"
STORE_EDIT = "org.store.edit"
ROLES_VIEW = "org.roles.view"
ROLES_EDIT = "org.roles.edit"
ROLES_VIEW_AS = "org.roles.view_as"
ROLES_APPROVE = "org.roles.approve"
APPROVALS = "org.approvals.view"
SETTINGS_VIEW = "org.settings.view"
SETTINGS_EDIT = "org.settings.edit"
SETTINGS_STORE = "org.settings.store"
SETTINGS_CHAIN = "org.settings.chain"

PERMISSIONS = (
    permission(USE, _l("登录并使用工作台"), *ROLES, reads=True),
    permission(STAFF_VIEW, _l("查看员工"), "owner", "manager", "auditor"),
    permission(STAFF_EDIT, _l("新增和修改员工"), "owner"),
    permission(STORE_VIEW, _l("查看门店"), "owner", "manager", "auditor", "rule_keeper"),
    permission(STORE_EDIT, _l("新增和修改门店"), "owner"),
    permission(ROLES_VIEW, _l("查看角色与权限"), "owner", "manager", "auditor", "rule_keeper"),
    permission(ROLES_EDIT, _l("修改角色与权限"), "owner"),
    permission(ROLES_VIEW_AS, _l("以其他角色的视角查看"), "owner"),
    permission(ROLES_APPROVE, _l("批准授予更高的角色"), "owner", "chain_admin", "platform_admin"),
    permission(SETTINGS_VIEW, _l("查看设置"), "owner", "manager", "rule_keeper", "auditor", "chain_admin"),
    permission(SETTINGS_EDIT, _l("修改本机构的设置"), "owner"),
    permission(SETTINGS_STORE, _l("修改门店自己的设置"), "owner", "manager"),
    permission(SETTINGS_CHAIN, _l("修改总部的设置"), "chain_admin"),
    permission(
        APPROVALS, _l("提出和查看自己的审批"), "owner", "manager", "rule_keeper", "front_desk", "clinician",
        "pharmacist", "call_agent", "marketing", "auditor", "chain_admin", "platform_admin", reads=True,
    ),
)  # fmt: skip

registry.add(PERMISSIONS)
