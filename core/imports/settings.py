"""Settings of the import room: the column mapping that a franchise kept for its next list."""

from __future__ import annotations

from core.kernel.i18n import _l
from core.kernel.settings import SettingSpec

PEOPLE_PRESET = "imports.people_preset"

SETTINGS = (SettingSpec(PEOPLE_PRESET, _l("导入会员的列映射"), {}, lambda value: isinstance(value, dict)),)
