"""Settings of the pharmacy plugin."""

from __future__ import annotations

from core.sdk import SettingSpec, _l

DUTY, NOTICE_DAYS = "pharmacy.duty_required", "pharmacy.refill_notice_days"

SETTINGS = [
    SettingSpec(
        DUTY, _l("没有药师在岗时暂停处方药和甲类非处方药"), True, check=lambda value: isinstance(value, bool),
        kind="flag", help=_l("药师在“药师在岗”签到后才能销售。关闭前请确认当地监管要求。"),
    ),
    SettingSpec(
        NOTICE_DAYS, _l("用药到期前几天提醒"), 5,
        check=lambda value: isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= 30,
        kind="number", unit=_l("天"),
    ),
]  # fmt: skip
