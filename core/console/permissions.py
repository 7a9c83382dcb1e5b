"""Permissions of the console."""

from core.kernel.i18n import _l
from core.kernel.permissions import permission

VIEW = "console.plugins.view"
SWITCH = "console.plugins.switch"
CHAIN_VIEW = "console.chain.view"
CHAIN_EDIT = "console.chain.edit"
AUDIT_VIEW = "console.audit.view"
AUDIT_DETAIL = "console.audit.detail"

PERMISSIONS = [
    permission(VIEW, _l("查看业态与插件"), "owner", "manager", "auditor", "chain_admin", "platform_admin"),
    permission(SWITCH, _l("启用和停用插件"), "owner", "chain_admin", "platform_admin"),
    permission(CHAIN_VIEW, _l("查看连锁的加盟主体与汇总"), "chain_admin", "platform_admin"),
    permission(CHAIN_EDIT, _l("管理连锁：新加盟主体、允许插件、下发方案模板"), "chain_admin", "platform_admin"),
    permission(AUDIT_VIEW, _l("查看操作日志"), "owner", "auditor"),
    permission(AUDIT_DETAIL, _l("打开日志里的加密内容"), "owner", "auditor", reads=True),
]
