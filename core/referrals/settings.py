"""Settings of referrals."""

from __future__ import annotations

from typing import Any

from core.kernel.i18n import _l
from core.kernel.settings import SettingSpec

ATTACH_DAYS = "referrals.attach_days"
MINIMUM = "referrals.minimum_fen"
ODD_SITTING = "referrals.odd_per_sitting"
STAFF_POINTS = "referrals.staff_points"


def _between(low: int, high: int) -> Any:
    return lambda value: isinstance(value, int) and not isinstance(value, bool) and low <= value <= high


SETTINGS = (
    SettingSpec(
        ATTACH_DAYS, _l("入会后多少天内可以补登推荐人"), 30, unit=_l("天"), check=_between(0, 366),
        help=_l("首笔付款之后一律不能补登。"),
    ),
    SettingSpec(
        MINIMUM, _l("首单实收满多少才算推荐成功"), 100, kind="money", check=_between(1, 100_000_000),
        help=_l("按实收计，积分、储值和医保支付不算；退到不足这个数，奖励一并收回。"),
    ),
    SettingSpec(
        ODD_SITTING, _l("一次登录一天内给同一推荐人登记多少人算异常"), 5, unit=_l("人"), check=_between(2, 200),
        help=_l("只看办理入会的那次登录或接口令牌，不采集顾客的设备信息；列在“异常”里由人查看，不自动处理。"),
    ),
    SettingSpec(
        STAFF_POINTS, _l("员工推荐也得积分"), False,
        help=_l("医疗机构不得因介绍患者给员工提成，默认只记名不给积分；被推荐的会员照常得分。"),
    ),
)  # fmt: skip
