"""Words of the catalogue: what kinds of items are called."""

from __future__ import annotations

from typing import Any

from core.kernel.i18n import _l

KIND_NAMES: dict[str, Any] = {
    "service": _l("服务"), "goods": _l("商品"), "course": _l("疗程"), "card": _l("会员卡"), "topup": _l("充值"),
}  # fmt: skip
