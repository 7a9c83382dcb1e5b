"""What is written into the audit trail about stored value, in words."""

from core.kernel.i18n import _l

ACTIONS = {
    "wallet.topped_up": _l("储值充值"), "wallet.spent": _l("储值付款"), "wallet.returned": _l("储值退回账户"),
    "wallet.refunded": _l("充值退款"), "wallet.lost": _l("储值挂失"), "wallet.reopened": _l("储值恢复"),
    "wallet.closed": _l("储值销户"), "wallet.pin_set": _l("设置储值密码"), "wallet.pin_refused": _l("储值密码不对"),
    "wallet.identity_taken": _l("登记储值证件"), "wallet.brought": _l("导入期初储值"),
}  # fmt: skip
