"""Settings of stored value."""

from __future__ import annotations

from typing import Any

from core.kernel.i18n import _l
from core.kernel.settings import LAYERS, SettingSpec
from core.wallet import law
from core.wallet.rules import DRAWS

CONFIRM_ABOVE = "wallet.confirm_above_fen"
ATTESTED = "wallet.staff_attested"
DRAW = "wallet.draw"
CONTRACT = "wallet.contract"
LIMITS = "wallet.limits"

TEXT = _l(
    "1. 充值为预付款，本金不过期；赠送金额的有效期以充值时所示为准。\n"
    "2. 消费时本金与赠送金额按充值时的比例一并扣减，每次扣减可在门店和会员页查询。\n"
    "3. 自付款之日起七日内可无理由退回未消费的本金。此后退款按法律规定的方式计算，门店应当面列明算法和结果。\n"
    "4. 退款退至本人同名账户。账户遗失可随时挂失，挂失后不能消费，凭有效证件恢复。\n"
    "5. 门店停业、迁址的，提前三十日告知，会员可要求退款。"
)


def limits_fit(value: Any) -> bool:
    """Return whether a value is a franchise's own limits: {key: {value, reason}} of rules that may be changed."""
    if not isinstance(value, dict):
        return False
    return all(
        key in law.BY_KEY and law.BY_KEY[key].changes and isinstance(one, dict)
        and isinstance(one.get("value"), int) and not isinstance(one["value"], bool)
        and 0 <= one["value"] <= 10_000_000_000 and isinstance(one.get("reason"), str)
        for key, one in value.items()
    )  # fmt: skip


SETTINGS = (
    SettingSpec(
        CONFIRM_ABOVE, _l("储值付款超过多少须会员确认"), 50_000, kind="money", layers=frozenset(LAYERS),
        check=lambda value: isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= 100_000_000,
        help=_l("超过此金额，收款时须会员输入密码、签名，或由员工见证。"),
    ),
    SettingSpec(
        ATTESTED, _l("储值付款可由员工见证确认"), True, layers=frozenset(LAYERS),
        check=lambda value: isinstance(value, bool),
        help=_l("关掉以后，超过限额的付款只能用会员密码或签名。"),
    ),
    SettingSpec(
        DRAW, _l("新充值按什么次序扣本金和赠金"), "pro_rata", kind="choice",
        choices=(
            ("pro_rata", _l("按充值时的比例")), ("principal_first", _l("先扣本金")), ("bonus_first", _l("先扣赠金")),
        ),
        check=lambda value: value in DRAWS,
        help=_l("只管以后的充值；已经充值的照当时的约定。"),
    ),
    SettingSpec(
        CONTRACT, _l("储值合同文本"), "", kind="text",
        check=lambda value: isinstance(value, str) and len(value) <= 8_000,
        help=_l("留空用系统的范本；每一笔充值记下当时的文本。"),
    ),
    SettingSpec(
        LIMITS, _l("储值限额与实名规则"), {}, kind="page", layers=frozenset(), check=limits_fit,
        endpoint="desk.wallet_limits", help=_l("法定限额及其出处；可以更严，放宽只能由加盟主写明原因。"),
    ),
)  # fmt: skip
