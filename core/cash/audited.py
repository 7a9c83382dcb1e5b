"""What is written into the audit trail about shifts and days, in words."""

from core.kernel.i18n import _l

ACTIONS = {
    "cash.shift.opened": _l("开班"), "cash.shift.moved": _l("存取备用金"), "cash.shift.counted": _l("清点现金不符"),
    "cash.shift.closed": _l("交班"), "cash.day.closed": _l("日结"),
}  # fmt: skip
