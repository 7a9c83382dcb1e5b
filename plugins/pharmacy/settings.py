"""Settings of the pharmacy plugin."""

from __future__ import annotations

from core.sdk import SettingSpec, _l

DUTY, NOTICE_DAYS, TEMPLATE = "pharmacy.duty_required", "pharmacy.refill_notice_days", "pharmacy.refill_template"

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
    SettingSpec(
        TEMPLATE, _l("续药提醒用哪个消息模板"), "refill",
        check=lambda value: isinstance(value, str) and len(value) <= 40, kind="text",
        help=_l("填消息模板的代号。没有这个模板时不发，“续药提醒”页照样列出；只发给同意处理健康信息的会员，不写药名。"),
    ),
]  # fmt: skip
