"""Words of orders: what tenders, states and severities are called."""

from __future__ import annotations

from typing import Any

from core.kernel.i18n import _l

KIND_NAMES: dict[str, Any] = {
    "cash": _l("现金"), "wechat": _l("微信"), "alipay": _l("支付宝"), "bank": _l("银行卡"),
    "stored_value": _l("储值"), "stored_bonus": _l("储值赠金"), "points": _l("积分抵扣"),
    "insurance_pooled": _l("医保统筹"),
    "insurance_personal": _l("医保个账"), "platform_voucher": _l("平台券"), "other": _l("其他"),
}  # fmt: skip
# How the money of a refund leaves.
ROUTE_NAMES: dict[str, Any] = {
    "same": _l("原路退回"), "cash": _l("付现金"), "bank": _l("退到银行账户"), "manual": _l("人工办理"),
}  # fmt: skip
STATE_NAMES: dict[str, Any] = {
    "paid": _l("已收款"), "open": _l("未付清"), "part_refunded": _l("部分退款"), "refunded": _l("已全退"),
}  # fmt: skip
INVOICE_NAMES: dict[str, Any] = {
    "none": _l("未要发票"), "requested": _l("待开票"), "issued": _l("已开票"), "needs_red": _l("待开红字发票"),
    "voided": _l("发票已冲销"),
}  # fmt: skip
# What a list may ask for: an order without a request is the usual one, and stands in no index.
INVOICE_ASKED = tuple((code, word) for code, word in INVOICE_NAMES.items() if code != "none")
SEVERITY_NAMES: dict[str, Any] = {
    "info": _l("提示"), "moderate": _l("已确认"), "major": _l("已放行"), "contraindicated": _l("禁忌"),
}  # fmt: skip
