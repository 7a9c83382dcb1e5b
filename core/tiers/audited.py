"""What is written into the audit trail about tiers, in words."""

from core.kernel.i18n import _l

ACTIONS = {
    "tiers.standing.changed": _l("等级变动"), "tiers.override.set": _l("手工定级"),
    "tiers.override.ended": _l("手工定级结束"), "tiers.preview.exported": _l("导出等级变动名单"),
}  # fmt: skip
