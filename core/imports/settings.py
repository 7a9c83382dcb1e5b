"""Settings of the import room: the column mappings that a franchise kept for its next lists."""

from __future__ import annotations

from typing import Any

from core.kernel.i18n import _l
from core.kernel.settings import SettingSpec

PEOPLE_PRESET, ITEMS_PRESET = "imports.people_preset", "imports.items_preset"
STAFF_PRESET, CARDS_PRESET = "imports.staff_preset", "imports.cards_preset"
BALANCES_PRESET, COURSES_PRESET = "imports.balances_preset", "imports.courses_preset"


def _preset(key: str, label: Any) -> SettingSpec:
    return SettingSpec(key, label, {}, lambda value: isinstance(value, dict))


SETTINGS = (
    _preset(PEOPLE_PRESET, _l("导入会员的列映射")), _preset(ITEMS_PRESET, _l("导入项目的列映射")),
    _preset(STAFF_PRESET, _l("导入员工的列映射")), _preset(CARDS_PRESET, _l("导入会员卡的列映射")),
    _preset(BALANCES_PRESET, _l("导入期初余额的列映射")), _preset(COURSES_PRESET, _l("导入疗程的列映射")),
)  # fmt: skip
