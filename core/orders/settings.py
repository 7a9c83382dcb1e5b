"""Settings of orders."""

from __future__ import annotations

from core.kernel.i18n import _l
from core.kernel.settings import LAYERS, SettingSpec
from core.orders.selling import tender_list

REFUND_PROOF_ABOVE = "orders.refund_proof_above_fen"
ADJUST_MAX = "orders.adjust_max_points"
ADJUST_ALONE = "orders.adjust_alone_points"
TENDERS = "orders.tenders"

SETTINGS = (
    SettingSpec(
        TENDERS, _l("支付方式"), tender_list.DEFAULT, check=tender_list.fits, layers=frozenset(LAYERS), kind="page",
        endpoint="desk.tenders", help=_l("收哪几种、什么次序、小票上怎么写、要不要参考号；收银台和接口都按它。"),
    ),
    SettingSpec(
        REFUND_PROOF_ABOVE, _l("超过多少金额的退款须店长确认"), 20_000, kind="money",
        layers=frozenset(LAYERS),
        check=lambda value: isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= 100_000_000,
        help=_l("超过此金额的退款，须由有大额退款权限的人输入 PIN。"),
    ),
    SettingSpec(
        ADJUST_MAX, _l("一次最多调整多少积分"), 10_000, unit=_l("分"),
        check=lambda value: isinstance(value, int) and not isinstance(value, bool) and 1 <= value <= 1_000_000,
    ),
    SettingSpec(
        ADJUST_ALONE, _l("多少积分以内的调整不用第二个人批"), 0, unit=_l("分"),
        check=lambda value: isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= 1_000,
        help=_l("0 表示每一次手工调整都要另一个人批准。"),
    ),
)  # fmt: skip
