"""What is written into the audit trail about cards, in words."""

from core.kernel.i18n import _l

ACTIONS = {
    "cards.card.issued": _l("发卡"), "cards.card.revoked": _l("作废卡"), "cards.card.report_lost": _l("挂失"),
    "cards.card.replace": _l("补卡"), "cards.card.freeze": _l("冻结卡"), "cards.card.unfreeze": _l("解冻卡"),
    "cards.card.renew": _l("续卡"), "cards.seat.filled": _l("家庭卡加人"), "cards.seat.left": _l("家庭卡移出"),
    "cards.card.corrected": _l("按名单改正卡"), "cards.card.given_back": _l("撤销导入的卡"),
    "cards.right.chosen": _l("选定权益"), "cards.right.unchosen": _l("撤回选定的权益"),
}  # fmt: skip
