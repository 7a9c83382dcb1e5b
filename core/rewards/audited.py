"""What is written into the audit trail about rewards and the life of points, in words."""

from core.kernel.i18n import _l

ACTIONS = {
    "rewards.reserved": _l("预留礼品"), "rewards.released": _l("取消预留"), "rewards.lapsed": _l("预留到时自动取消"),
    "rewards.confirmed": _l("积分兑换"), "rewards.fulfilled": _l("交付礼品"), "rewards.cancelled": _l("撤销兑换"),
    "rewards.notices": _l("积分到期提醒"), "rewards.anomaly.reviewed": _l("积分异常标为已核对"),
}  # fmt: skip
