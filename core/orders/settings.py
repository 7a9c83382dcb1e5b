"""Settings of orders."""

from __future__ import annotations

from core.kernel.i18n import _l
from core.kernel.settings import SettingSpec

REFUND_PROOF_ABOVE = "orders.refund_proof_above_fen"

SETTINGS = (
    SettingSpec(
        REFUND_PROOF_ABOVE, _l("超过多少金额的退款须店长确认（分）"), 20_000,
        check=lambda value: isinstance(value, int) and 0 <= value <= 100_000_000,
        help=_l("超过此金额的退款，须由有大额退款权限的人输入 PIN。"),
    ),
)  # fmt: skip
