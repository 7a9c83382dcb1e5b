"""What the kernel writes into the audit trail, in words."""

from core.kernel.i18n import _l

ACTIONS = {"health.read": _l("查看健康信息")}
