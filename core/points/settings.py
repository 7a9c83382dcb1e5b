"""Settings of points."""

from __future__ import annotations

from typing import Any

from core.kernel.i18n import _l
from core.kernel.settings import SettingSpec

EXTENSIONS = "points.extensions_per_lot"
EXTEND_MONTHS = "points.extension_months"
EXTEND_BEFORE = "points.extend_days_before"


def _between(low: int, high: int) -> Any:
    return lambda value: isinstance(value, int) and not isinstance(value, bool) and low <= value <= high


SETTINGS = (
    SettingSpec(
        EXTENSIONS, _l("一批积分最多延期几次"), 1, unit=_l("次"), check=_between(0, 12),
        help=_l("手工和按规则的一起算；0 表示不许延期。"),
    ),
    SettingSpec(EXTEND_MONTHS, _l("手工延期延几个月"), 1, unit=_l("个月"), check=_between(1, 12)),
    SettingSpec(
        EXTEND_BEFORE, _l("按规则延期在到期前几天办"), 7, unit=_l("天"), check=_between(1, 60),
        help=_l("会员方案里写了延期规则时才用到。"),
    ),
)  # fmt: skip
