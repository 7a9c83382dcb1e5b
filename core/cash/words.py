"""Words of the cash room: what movements are called."""

from __future__ import annotations

from typing import Any

from core.kernel.i18n import _l

# code -> (in or out, label); `other` wants words of its own.
MOVES: dict[str, tuple[str, Any]] = {
    "change": ("in", _l("补零钱")),
    "found": ("in", _l("其他存入")),
    "bank": ("out", _l("存银行")),
    "safe": ("out", _l("存保险柜")),
    "petty": ("out", _l("零星支出")),
    "spent": ("out", _l("其他取出")),
}
WANTS_WORDS = frozenset({"found", "spent", "petty"})
STATES: dict[str, Any] = {"open": _l("在班"), "closed": _l("已交班")}
DIRECTIONS: dict[str, Any] = {"in": _l("存入"), "out": _l("取出")}
