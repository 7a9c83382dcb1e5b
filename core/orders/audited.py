"""What is written into the audit trail about orders and value, in words."""

from core.kernel.i18n import _l

ACTIONS = {
    "orders.order.settled": _l("收款"), "orders.order.refunded": _l("退款"), "orders.price.changed": _l("手工改价"),
    "points.adjusted": _l("手工调整积分"), "orders.birthday.given": _l("送出生日礼"),
    "orders.streak.given": _l("送出连续到店奖励"), "orders.order.paid_later": _l("补收欠款"),
}  # fmt: skip
