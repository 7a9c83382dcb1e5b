"""Settings of rewards, notices of points that run out, and what counts as odd."""

from __future__ import annotations

from typing import Any

from core.kernel.i18n import _l
from core.kernel.settings import LAYERS, SettingSpec

HOLD_MINUTES = "rewards.hold_minutes"
COUPON_FROM = "rewards.coupon_from"
NOTICE_TEMPLATE = "rewards.notice_template"
ODD_ADJUSTMENTS = "rewards.odd_adjustments"
ODD_MINUTES = "rewards.odd_closing_minutes"
ODD_HOURS = "rewards.odd_refund_hours"


def _between(low: int, high: int) -> Any:
    return lambda value: isinstance(value, int) and not isinstance(value, bool) and low <= value <= high


SETTINGS = (
    SettingSpec(
        HOLD_MINUTES, _l("礼品预留多久"), 15, unit=_l("分钟"), layers=frozenset(LAYERS), check=_between(1, 1440),
        help=_l("到时没有确认，积分和库存自动退回。"),
    ),
    SettingSpec(
        COUPON_FROM, _l("兑换的券从什么时候起可用"), "next_day", kind="choice",
        choices=(("next_day", _l("下一个营业日")), ("at_once", _l("马上可用"))),
        check=lambda value: value in ("next_day", "at_once"),
        help=_l("积分换的券是留给下次到店用的，所以默认从下一个营业日起。"),
    ),
    SettingSpec(
        NOTICE_TEMPLATE, _l("积分到期提醒用哪个消息模板"), "points_expiry", kind="text",
        check=lambda value: isinstance(value, str) and len(value) <= 40,
        help=_l("填消息模板的代号；模板的用途须是服务通知。没有这个模板时不发，会员页照样显示。"),
    ),
    SettingSpec(
        ODD_ADJUSTMENTS, _l("一位员工一天手工调整多少次以上算异常"), 3, unit=_l("次"), check=_between(1, 100),
    ),
    SettingSpec(
        ODD_MINUTES, _l("日结前多少分钟内的兑换和调整算异常"), 10, unit=_l("分钟"), check=_between(1, 240),
    ),
    SettingSpec(
        ODD_HOURS, _l("兑换后多少小时内退款算异常"), 24, unit=_l("小时"), check=_between(1, 720),
    ),
)  # fmt: skip
