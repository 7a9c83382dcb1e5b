"""Words of the catalogue: what kinds of items are called."""

from __future__ import annotations

from typing import Any

from core.kernel.i18n import _l
from core.kernel.runtime import runtime

KIND_NAMES: dict[str, Any] = {
    "service": _l("服务"), "goods": _l("商品"), "course": _l("疗程"), "card": _l("会员卡"), "topup": _l("充值"),
}  # fmt: skip
# Categories of the presets that no plugin names; a franchise's own ones are words already.
CATEGORY_NAMES: dict[str, Any] = {
    "goods": _l("商品"), "card": _l("会员卡"), "topup": _l("充值"), "care": _l("护理"), "injection": _l("注射"),
    "light": _l("光电"), "massage": _l("按摩推拿"), "moxibustion": _l("艾灸"),
}  # fmt: skip


def category_names() -> dict[str, Any]:
    """Return what categories and item classes are called, by code: the plugins' item attributes name theirs."""
    host = runtime().host
    answers = host.declared("register_item_attributes") if host else []
    words = (pair for one in answers if not one.failed for pair in one.value.choices)
    return {**CATEGORY_NAMES, **dict(words)}


def category_word(code: str) -> str:
    """Return what a category is called; a code that nobody names is shown as it is."""
    return str(category_names().get(code, code))
