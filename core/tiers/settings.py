"""Settings of tiers."""

from __future__ import annotations

from core.kernel.i18n import _l
from core.kernel.settings import SettingSpec

OVERRIDE_DAYS = "tiers.override_max_days"

SETTINGS = (
    SettingSpec(
        OVERRIDE_DAYS, _l("手工定级最长多少天"), 366, unit=_l("天"),
        check=lambda value: isinstance(value, int) and not isinstance(value, bool) and 1 <= value <= 1_830,
        help=_l("手工定的等级到期后回到按消费算出的等级。1 到 1,830 天。"),
    ),
)  # fmt: skip
