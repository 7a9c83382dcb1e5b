"""What is written into the audit trail about the ledger, in words."""

from core.kernel.i18n import _l

ACTIONS = {"ledger.lots.expired": _l("到期的积分、储值和疗程入账")}
