"""What is written into the audit trail about referrals, in words."""

from core.kernel.i18n import _l

ACTIONS = {
    "referrals.attached": _l("登记推荐人"), "referrals.code.made": _l("生成推荐码"),
    "referrals.rewarded": _l("给推荐奖励"), "referrals.refused": _l("推荐不给奖励"),
    "referrals.clawed_back": _l("收回推荐奖励"),
}  # fmt: skip
