"""What the catalogue offers to the house: the attributes by which an item is a course or a bundle (S2-07, S20)."""

from __future__ import annotations

from core.hooktypes import ItemAttribute
from core.kernel.i18n import _l
from core.kernel.plugins import hookimpl

_PACK = frozenset({"course"})
_BOTH = frozenset({"course", "service"})


@hookimpl
def register_item_attributes() -> list[ItemAttribute]:
    """Return what a course gives (whose session, how many on top, how long, for whom), how long a bonus lasts."""
    return [
        ItemAttribute(
            "core.session_of", _l("每次做哪个项目（编码）"), "text", item_kinds=_PACK, order=10,
            help=_l("不填就是疗程自己；核销时按这个项目查提示、算业绩。"),
        ),
        ItemAttribute("core.bonus_sessions", _l("另送几次"), "number", item_kinds=_PACK, order=11),
        ItemAttribute(
            "core.includes", _l("套餐包含"), "choices", item_kinds=_BOTH, order=12,
            help=_l("写项目编码和次数，如 CLEAN×1、CHECK×1；买后逐项核销。"),
        ),
        ItemAttribute(
            "core.valid_months", _l("有效几个月"), "number", item_kinds=_BOTH, order=13, help=_l("不填就不过期。")
        ),
        ItemAttribute("core.shared", _l("同一张家庭卡的家人可用"), "flag", item_kinds=_PACK, order=14),
        ItemAttribute("core.transferable", _l("可以转让给别的会员"), "flag", item_kinds=_PACK, order=15),
        ItemAttribute(
            "core.bonus_months", _l("赠金有效几个月"), "number", item_kinds=frozenset({"topup"}), order=16,
            help=_l("不填就不过期；本金按法律不设有效期。"),
        ),
    ]  # fmt: skip
