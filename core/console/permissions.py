"""Permissions of the console."""

from core.kernel.i18n import _l
from core.kernel.permissions import permission

VIEW = "console.plugins.view"
SWITCH = "console.plugins.switch"

PERMISSIONS = [
    permission(VIEW, _l("查看业态与插件"), "owner", "manager", "auditor", "chain_admin", "platform_admin"),
    permission(SWITCH, _l("启用和停用插件"), "owner", "chain_admin", "platform_admin"),
]
