"""Settings of the beauty plugin: windows, what the till asks for, texts of consents."""

from __future__ import annotations

from core.sdk import SettingSpec, _l
from plugins.beauty import contraindications, texts

DUTY, ISOTRETINOIN, VALID_DAYS = "beauty.till_duty", "beauty.isotretinoin_days", "beauty.questionnaire_days"
MINORS = "beauty.refuse_minor_injection"
LONGEST = 4000
_DUTIES = (("info", _l("只提示")), ("moderate", _l("须看过才能收款")), ("major", _l("须医师放行")))
_MINORS = (("refuse", _l("禁用")), ("weigh", _l("须医师评估")))
_OWN = _l("留空用系统自带的文本。改了文字就是新版本，已签的旧版本不再算数，须重新签。")

SETTINGS = [
    SettingSpec(
        DUTY, _l("收银时缺知情同意或禁忌问卷"), "info", check=lambda value: value in dict(_DUTIES),
        kind="choice", choices=_DUTIES, help=_l("签字和问卷在治疗前办，记录治疗时一律要求齐全；这里只管收银和核销。"),
    ),
    SettingSpec(
        ISOTRETINOIN, _l("异维A酸停药后多久可做剥脱性治疗"), contraindications.WINDOWS["isotretinoin"],
        check=lambda value: isinstance(value, int) and 0 <= value <= 400, kind="number", unit=_l("天"),
    ),
    SettingSpec(
        VALID_DAYS, _l("禁忌问卷的有效期"), contraindications.VALID_DAYS,
        check=lambda value: isinstance(value, int) and 1 <= value <= 365, kind="number", unit=_l("天"),
    ),
    SettingSpec(
        MINORS, _l("不给未满 18 岁的人做注射和埋线"), "refuse", check=lambda value: value in dict(_MINORS),
        kind="choice", choices=_MINORS,
    ),
    *(
        SettingSpec(
            key, texts.KINDS[kind], "", check=lambda value: isinstance(value, str) and len(value) <= LONGEST,
            kind="text", help=_OWN,
        )
        for kind, key in texts.OWN.items()
    ),
]  # fmt: skip
