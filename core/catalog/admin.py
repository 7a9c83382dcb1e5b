"""Records of the catalogue: the list of items. Making and changing them has rules of its own (views.py)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import or_, select

from core.catalog import prices
from core.catalog.models import Item
from core.catalog.permissions import VIEW
from core.catalog.words import KIND_NAMES, category_word
from core.kernel.i18n import _, _l
from core.kernel.web.admin_view import AdminView
from core.kernel.web.formats import yuan
from core.kernel.web.lists import Column, Filter, ListSpec, Sort, address, link
from core.kernel.web.render import MenuEntry, menu

if TYPE_CHECKING:
    from markupsafe import Markup
    from sqlalchemy.orm import Session

_TOP = "\U0010ffff"
_ON_SALE = (("1", _l("在售")), ("0", _l("已停售")))


def _name(row: Any) -> Markup:
    return link(address("catalog.item", item_id=row.id), row.name)


def _search(_session: Session, text: str) -> Any:
    """Return the ids of the items that a code, barcode, pinyin initials or a part of the name finds."""
    typed, low = text.strip(), text.strip().lower()
    return select(Item.id).where(
        or_(
            Item.code.between(typed.upper(), typed.upper() + _TOP), Item.barcode == typed,
            Item.initials.between(low, low + _TOP), Item.name.contains(typed, autoescape=True),
        )
    )  # fmt: skip


class ItemAdmin(AdminView):
    """Items of the catalogue, to read."""

    record = Item
    key = "items"
    title = _l("项目与商品")
    sub = _l("价格是今天的统一价，各店另有价格的看明细")
    view_permission = VIEW
    list_template = "catalog/items.html"
    column_details_list = ("code", "name", "kind", "category", "barcode", "active")
    column_labels = {
        "code": _l("编码"), "name": _l("名称"), "kind": _l("类型"), "category": _l("类别"), "barcode": _l("条码"),
        "active": _l("在售"),
    }  # fmt: skip
    listing = ListSpec(
        key="items",
        model=Item,
        noun=_l("项"),
        search=_search,
        search_hint=_l("名称 · 拼音首字母 · 编码 · 条码"),
        columns=(
            Column("name", _l("名称"), (Item.name,), _name, phone="title", fixed=True),
            Column("code", _l("编码"), (Item.code,), lambda r: r.code, phone="meta", quiet=True),
            Column("kind", _l("类型"), (Item.kind,), lambda r: KIND_NAMES.get(r.kind, r.kind), phone="note"),
            Column(
                "category", _l("类别"), (Item.category,),
                lambda r: category_word(r.category) if r.category else "—",
            ),
            Column(
                "price", _l("价格"), (prices.common().label("price_now"),), lambda r: yuan(r.price_now), numeric=True,
                phone="value",
            ),
            Column("barcode", _l("条码"), (Item.barcode,), lambda r: r.barcode or "—", shown=False),
            Column("active", _l("状态"), (Item.active,), lambda r: _("在售") if r.active else _("已停售")),
        ),
        sorts=(
            Sort("code", _l("编码"), (Item.code, Item.id), column="code"),
            Sort("newest", _l("最新添加"), (Item.id,), down=True),
        ),
        filters=(
            Filter("kind", _l("类型"), tuple(KIND_NAMES.items()), lambda v: Item.kind == v),
            Filter("active", _l("状态"), _ON_SALE, lambda v: Item.active.is_(v == "1")),
        ),
    )  # fmt: skip


RECORDS = (ItemAdmin,)
menu.add(MenuEntry("settings", _l("项目与商品"), "record_items.index_view", "pack", VIEW, 50))
