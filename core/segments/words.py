"""Words of segments, tags and classes."""

from __future__ import annotations

from typing import Any

from core.kernel.i18n import _l

VALUE_NAMES: dict[str, Any] = {"high": _l("高价值"), "general": _l("一般"), "low": _l("低价值")}
PURPOSE_NAMES: dict[str, Any] = {"marketing": _l("营销"), "care": _l("服务与回访")}
FIGURE_NAMES: dict[str, Any] = {
    "spent_ever": _l("累计消费"), "spend": _l("一段时间内的消费"), "visits_ever": _l("累计到店次数"),
    "visits": _l("一段时间内的到店次数"), "points": _l("可用积分"),
}  # fmt: skip
MONEY_FIGURES = ("spent_ever", "spend")
SOURCE_NAMES: dict[str, Any] = {"manual": _l("手工"), "auto": _l("自动")}
