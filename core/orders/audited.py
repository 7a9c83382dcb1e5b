"""What is written into the audit trail about orders and value, in words."""

from core.kernel.i18n import _l

ACTIONS = {
    "orders.order.settled": _l("收款"), "orders.order.refunded": _l("退款"), "orders.price.changed": _l("手工改价"),
    "points.opened": _l("待生效积分到期可用"),
    "points.adjusted": _l("手工调整积分"), "orders.birthday.given": _l("送出生日礼"),
    "orders.streak.given": _l("送出连续到店奖励"), "orders.invoice.requested": _l("登记开票"),
    "orders.invoice.issued": _l("填写发票号码"), "orders.invoice.withdrawn": _l("撤销开票登记"),
    "orders.invoice.red": _l("填写红字发票号码"), "orders.invoice.refunded": _l("退款改变发票状态"),
    "orders.order.paid_later": _l("补收欠款"),
}  # fmt: skip
