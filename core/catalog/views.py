"""Pages of an item: its record with attributes of plugins, its price table, its stock."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any

from flask import request
from sqlalchemy import select
from werkzeug.datastructures import MultiDict

from core.catalog import forms, prices, services
from core.catalog.blueprint import bp
from core.catalog.models import Item
from core.catalog.permissions import EDIT, VIEW
from core.catalog.words import KIND_NAMES, category_word
from core.kernel.errors import Invalid, NotFound, Refusal
from core.kernel.i18n import _
from core.kernel.ids import parse_id
from core.kernel.money import parse_yuan
from core.kernel.permissions import may
from core.kernel.tenancy import current_actor
from core.kernel.web.formats import fen
from core.kernel.web.render import go, render_page, toast
from core.kernel.web.routes import on_refusal, page, session
from core.org import franchises
from core.org.forms import Typed
from core.org.models import Staff

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

NOBODY = Typed()


def _get(unit: Session, item_id: str) -> Item:
    """Return an item of the franchise; raise NotFound for an absent, foreign or senseless id."""
    wanted = parse_id(item_id)
    row = unit.get(Item, wanted) if wanted else None
    if row is None:
        raise NotFound
    return row


@page(bp, "/records/items/<item_id>", permission=VIEW, endpoint="item")
def item_page(item_id: str) -> Any:
    """Show an item: record, price table, stock."""
    return _item_page(session(), item_id)


def _item_page(unit: Session, item_id: str, refusal: Refusal | None = None, at: str = "") -> Any:
    row = _get(unit, item_id)
    table = prices.table(unit, row)
    today = prices.today()
    known = {one.id: one.name for one in franchises.stores(unit)}
    whose = {one.set_by for one in table if one.set_by}
    staff = dict(unit.execute(select(Staff.id, Staff.name).where(Staff.id.in_(whose))).all()) if whose else {}
    stock = services.stock_of(unit, row)
    return render_page(
        "catalog/item.html", I=row, status=refusal.status if refusal else 200, refusal=refusal, at=at,
        typed=request.form if refusal else {}, kinds=KIND_NAMES, stores=known, staff=staff, today=today,
        price_fen=prices.one(unit, row), in_force=_in_force(table, today), table=table, category_word=category_word,
        tomorrow=today + dt.timedelta(days=1), stock=stock, attributes=_shown(row), may_edit=may(current_actor(), EDIT),
    )  # fmt: skip


def _in_force(table: Any, today: dt.date) -> dict[int, int]:
    """Return which row of each scope counts today: scope to row id."""
    found: dict[int, int] = {}
    for row in table:
        if row.valid_on <= today:
            found.setdefault(row.scope, row.id)
    return found


def _shown(row: Item) -> list[tuple[str, str]]:
    """Return the attributes of the plugins that are on, in words."""
    have, pairs = services.attributes_of(row), []
    for spec in forms.specs(row.kind):
        value = have.get(spec.key)
        if value in (None, "", [], False):
            continue
        words = {code: str(label) for code, label in spec.choices}
        parts = value if isinstance(value, list) else [value]
        text = _("是") if spec.kind == "flag" else "、".join(words.get(str(one), str(one)) for one in parts)
        pairs.append((str(spec.label), text))
    return pairs


# -- the record ------------------------------------------------------------------------------------


@page(bp, "/records/items/add", permission=EDIT, endpoint="item_new")
def item_new() -> Any:
    """Show the form of a new item; its kind decides which fields there are."""
    kind = request.args.get("kind", "service")
    return _form_page(None, {"kind": kind if kind in KIND_NAMES else "service", "active": "1"})


def _form_page(row: Item | None, values: Any, refusal: Refusal | None = None) -> Any:
    kind = row.kind if row else values.get("kind") or "service"
    have = _typed_attributes(values, kind) if refusal else (services.attributes_of(row) if row else {})
    return render_page(
        "catalog/item_form.html", I=row, V=values, status=refusal.status if refusal else 200, kind=kind,
        errors={one.field: one.message for one in refusal.errors} if refusal else {}, refusal=refusal,
        kinds=KIND_NAMES, specs=forms.specs(kind), have=have, prefix=forms.PREFIX,
    )  # fmt: skip


def _typed_attributes(values: Any, kind: str) -> dict[str, Any]:
    typed = values if isinstance(values, MultiDict) else MultiDict()
    return {
        one.key: typed.getlist(forms.PREFIX + one.key) if one.kind == "choices" and one.choices
        else typed.get(forms.PREFIX + one.key, "")
        for one in forms.specs(kind)
    }  # fmt: skip


@page(bp, "/records/items/add", permission=EDIT, unit="write", methods=("POST",), endpoint="item_add")
def item_add() -> Any:
    """Add an item."""
    on_refusal(lambda refusal: _form_page(None, request.form, refusal))
    values = forms.read(request.form)
    code, name, kind, price_fen = (values.pop(key, "") for key in ("code", "name", "kind", "price_fen"))
    row = services.add(session(), code, name, kind, price_fen or 0, **values)
    toast(_("已新增“%(name)s”。", name=row.name))
    return go("catalog.item", item_id=row.id)


@page(bp, "/records/items/<item_id>/edit", permission=EDIT)
def item_edit(item_id: str) -> Any:
    """Show the form of an item; its price has a table of its own."""
    row = _get(session(), item_id)
    return _form_page(row, values_of(row))


def values_of(row: Item) -> dict[str, str]:
    """Return an item's values as the form spells them."""
    return {
        "name": row.name, "category": row.category, "barcode": row.barcode, "desk_script": row.desk_script,
        "points_fixed": "" if row.points_fixed is None else str(row.points_fixed),
        "sessions": str(row.sessions or ""), "bonus_fen": fen(row.bonus_fen) if row.bonus_fen else "",
        "sensitive": "1" if row.sensitive else "", "active": "1" if row.active else "", "version": str(row.version),
    }  # fmt: skip


@page(
    bp, "/records/items/<item_id>/edit", permission=EDIT, unit="write", methods=("POST",), endpoint="item_save"
)  # fmt: skip
def item_save(item_id: str) -> Any:
    """Change an item; when somebody else did meanwhile, the form says so and keeps what was typed."""
    on_refusal(lambda refusal: _form_page(_get(session(), item_id), request.form, refusal))
    row = _get(session(), item_id)
    values = forms.read(request.form, services.attributes_of(row), row.kind)
    values.pop("code", None)
    values.pop("price_fen", None)
    version = request.form.get("version", "")
    services.change(session(), row, values, int(version) if version.isascii() and version.isdigit() else 0)
    toast(_("已保存“%(name)s”。", name=row.name))
    return go("catalog.item", item_id=row.id)


# -- prices and stock ------------------------------------------------------------------------------


@page(bp, "/records/items/<item_id>/prices", permission=EDIT, unit="write", methods=("POST",))
def price_set(item_id: str) -> Any:
    """Set what an item costs from a day on, everywhere or at one store."""
    on_refusal(lambda refusal: _item_page(session(), item_id, refusal, "price"))
    row = _get(session(), item_id)
    form = request.form
    store_id = _store(form.get("store", ""))
    ends = form.get("ends") == "1"
    price = None if ends else parse_yuan(form.get("price", "")[:20], "price_fen")
    prices.put(session(), row, price, _day(form.get("valid_from", "")), store_id)
    toast(_("已记入“%(name)s”的价格表。", name=row.name))
    return go("catalog.item", item_id=row.id)


def _store(text: str) -> int | None:
    """Return the store that was chosen, None for all; raise NotFound for a foreign one."""
    if not text:
        return None
    found = parse_id(text)
    if found is None or found not in {one.id for one in franchises.stores(session())}:
        raise NotFound(_("没有这家门店。"))
    return found


def _day(text: str) -> dt.date | None:
    if not text.strip():
        return None
    try:
        return dt.date.fromisoformat(text.strip())
    except ValueError:
        raise Invalid.field("valid_from", _("请按 2026-12-01 的样子填写日期。")) from None


@page(bp, "/records/items/<item_id>/prices/<price_id>/withdraw", permission=EDIT, unit="write", methods=("POST",))
def price_withdraw(item_id: str, price_id: str) -> Any:
    """Take back a price that has not begun."""
    on_refusal(lambda refusal: _item_page(session(), item_id, refusal, "price"))
    row = _get(session(), item_id)
    prices.withdraw(session(), row, parse_id(price_id) or 0)
    toast(_("已撤回这个价格。"))
    return go("catalog.item", item_id=row.id)


@page(bp, "/records/items/<item_id>/stock", permission=EDIT, unit="write", methods=("POST",))
def stock_set(item_id: str) -> Any:
    """Set the pieces of an item in the stores."""
    on_refusal(lambda refusal: _item_page(session(), item_id, refusal, "stock"))
    row = _get(session(), item_id)
    have, counts = services.stock_of(session(), row), {}
    for store in franchises.stores(session()):
        raw = request.form.get(f"s_{store.id}", "").strip().replace(",", "")
        if not raw:
            continue
        if not (raw.isascii() and raw.isdigit()) or len(raw) > 9:
            raise Invalid.field(f"s_{store.id}", _("“%(store)s”的库存须填写 0 以上的整数。", store=store.name))
        if int(raw) != have.get(store.id):
            counts[store.id] = int(raw)
    if counts:
        services.set_stock(session(), row, counts)
    toast(_("已更新库存。"))
    return go("catalog.item", item_id=row.id)
