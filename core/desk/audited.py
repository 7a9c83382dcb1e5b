"""What the desk writes into the audit trail, in words."""

from core.kernel.i18n import _l

ACTIONS = {"desk.held.dropped": _l("删除挂起的单"), "desk.receipt.printed": _l("打印小票")}
