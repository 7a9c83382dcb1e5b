"""Settings of orders."""

from __future__ import annotations

from core.kernel.i18n import _l
from core.kernel.settings import SettingSpec

REFUND_PROOF_ABOVE = "orders.refund_proof_above_fen"
ADJUST_MAX = "orders.adjust_max_points"
ADJUST_ALONE = "orders.adjust_alone_points"

SETTINGS = (
    SettingSpec(
        REFUND_PROOF_ABOVE, _l("超过多少金额的退款须店长确认（分）"), 20_000,
        check=lambda value: isinstance(value, int) and 0 <= value <= 100_000_000,
        help=_l("超过此金额的退款，须由有大额退款权限的人输入 PIN。"),
    ),
    SettingSpec(
        ADJUST_MAX, _l("一次最多调整多少积分"), 10_000,
        check=lambda value: isinstance(value, int) and not isinstance(value, bool) and 1 <= value <= 1_000_000,
    ),
    SettingSpec(
        ADJUST_ALONE, _l("多少积分以内的调整不用第二个人批"), 0,
        check=lambda value: isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= 1_000,
        help=_l("0 表示每一次手工调整都要另一个人批准。"),
    ),
)  # fmt: skip
