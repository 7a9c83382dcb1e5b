"""Settings of the organisation room."""

from __future__ import annotations

from core.kernel.i18n import _l
from core.kernel.settings import SettingSpec, registry

IDLE_MINUTES = "org.idle_minutes"

registry.add(
    SettingSpec(
        IDLE_MINUTES,
        _l("离开多久后锁屏"),
        5,
        check=lambda value: isinstance(value, int) and not isinstance(value, bool) and 1 <= value <= 30,
        help=_l("锁屏后未收的单会保留，输入 PIN 继续。1 到 30 分钟。"),
        unit=_l("分钟"),
    )
)
