"""Settings of the desk: the reasons to choose from. Free text stays possible where it was."""

from __future__ import annotations

from typing import Any

from core.kernel.i18n import _l
from core.kernel.settings import LAYERS, SettingSpec

REFUND_REASONS = "desk.reasons_refund"
PRICE_REASONS = "desk.reasons_price"
POINT_REASONS = "desk.reasons_points"
UNMASK_REASONS = "desk.reasons_unmask"
OVERRIDE_REASONS = "desk.reasons_override"
RECEIPT_WIDTH = "desk.receipt_mm"
MOST, LONGEST = 20, 60


def _fits(value: Any) -> bool:
    return (
        isinstance(value, list) and 1 <= len(value) <= MOST
        and all(isinstance(one, str) and 1 <= len(one.strip()) <= LONGEST for one in value)
    )  # fmt: skip


def _reasons(key: str, label: Any, *texts: Any, help_: Any = "") -> SettingSpec:
    return SettingSpec(key, label, list(texts), check=_fits, kind="lines", layers=frozenset(LAYERS), help=help_)


SETTINGS = (
    _reasons(
        REFUND_REASONS, _l("退款原因"), _l("顾客改约"), _l("项目录错"), _l("疗效不满意"), _l("重复收款"),
        help_=_l("一行一个，按这里的次序显示；也可以写其他原因。"),
    ),
    _reasons(
        PRICE_REASONS, _l("改价原因"), _l("店庆活动"), _l("老顾客优惠"), _l("投诉补偿"), _l("员工价"),
        help_=_l("一行一个，改价时可选，也可以自己写。"),
    ),
    _reasons(
        POINT_REASONS, _l("调整积分的原因"), _l("漏记积分"), _l("多记积分"), _l("顾客投诉补偿"), _l("活动补发"),
        help_=_l("一行一个，按这里的次序显示；也可以写其他原因。"),
    ),
    _reasons(
        UNMASK_REASONS, _l("查看完整手机号的原因"), _l("本人要求核对"), _l("联系改约"), _l("售后回访"),
        help_=_l("一行一个，按这里的次序显示；也可以写其他原因。"),
    ),
    _reasons(
        OVERRIDE_REASONS, _l("放行提示的原因"), _l("已电话核实医嘱"), _l("本人说明并签字"), _l("已人工核对无误"),
        help_=_l("一行一个，按这里的次序显示；也可以写其他原因。"),
    ),
    SettingSpec(
        RECEIPT_WIDTH, _l("小票纸宽"), "80", kind="choice", layers=frozenset(LAYERS),
        choices=(("80", _l("80 毫米")), ("58", _l("58 毫米"))), check=lambda value: value in ("80", "58"),
        help=_l("按本店小票机的纸；补打的小票会标明第几次。"),
    ),
)  # fmt: skip
