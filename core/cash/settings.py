"""Settings of the cash room."""

from __future__ import annotations

from typing import Any

from core.kernel.i18n import _l
from core.kernel.settings import LAYERS, SettingSpec

SHIFT_REQUIRED = "cash.shift_required"
APPROVE_ABOVE = "cash.difference_approve_above_fen"
REASONS = "cash.reasons_difference"
MOST, LONGEST = 20, 60


def _texts(value: Any) -> bool:
    return (
        isinstance(value, list) and 1 <= len(value) <= MOST
        and all(isinstance(one, str) and 1 <= len(one.strip()) <= LONGEST for one in value)
    )  # fmt: skip


SETTINGS = (
    SettingSpec(
        SHIFT_REQUIRED, _l("收现金前必须开班"), False, layers=frozenset(LAYERS),
        help=_l("打开后，没开班的人不能收现金，其他支付方式照常。"),
    ),
    SettingSpec(
        APPROVE_ABOVE, _l("交班差额超过多少须店长确认"), 5_000, kind="money", layers=frozenset(LAYERS),
        check=lambda value: isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= 100_000_000,
        help=_l("多出或短少超过此金额，须由另一位有权限的人输入 PIN，或批准申请。"),
    ),
    SettingSpec(
        REASONS, _l("现金差额的原因"), [_l("找零有误"), _l("漏记存取款"), _l("错收支付方式"), _l("原因不明")],
        check=_texts, kind="lines", layers=frozenset(LAYERS),
        help=_l("一行一个，交班和日结有差额时可选，也可以自己写。"),
    ),
)  # fmt: skip
