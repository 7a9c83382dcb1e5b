"""The catalogue: items with their attributes, and stock per store."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from core.api import answers, schemas
from core.api.calls import ApiBlueprint, Work, call
from core.api.money import ACCEPTED
from core.api.paging import page_of, place
from core.catalog import prices
from core.catalog import services as catalog
from core.hookattributes import attributes_for, check_values, merged
from core.kernel.errors import Forbidden, Invalid, NotFound
from core.kernel.i18n import _
from core.kernel.ids import parse_id
from core.kernel.runtime import runtime
from core.kernel.tenancy import current_actor
from core.org import franchises

if TYPE_CHECKING:
    from core.catalog.models import Item
    from core.hooktypes import ItemAttribute

bp = ApiBlueprint("items", "Catalogue and stock")
VIEW, EDIT = "catalog.view", "catalog.edit"
READS = ("catalog", "orders")
CATALOG = ("catalog",)


def item_json(item: Item, price_fen: int) -> dict[str, Any]:
    """Return an item at the price of today; attributes of plugins that are off are left out (they stay stored)."""
    known = {spec.key for spec in _specs()}
    attributes = catalog.attributes_of(item)
    return {
        "code": item.code, "name": item.name, "kind": item.kind, "price_fen": price_fen,
        "category": item.category, "points_fixed": item.points_fixed, "sessions": item.sessions,
        "bonus_fen": item.bonus_fen, "barcode": item.barcode,
        "attributes": {k: v for k, v in attributes.items() if k in known or k.startswith("core.")},
        "sensitive": item.sensitive, "active": item.active, "version": item.version,
    }  # fmt: skip


def _told(work: Work, item: Item) -> dict[str, Any]:
    work.session.flush()
    return item_json(item, prices.one(work.session, item))


def _specs(kind: str | None = None) -> list[ItemAttribute]:
    host = runtime().host
    return attributes_for(host, current_actor().plugins, kind) if host else []


def _attributes(given: dict[str, Any], kind: str, old: dict[str, Any]) -> dict[str, Any]:
    """Return the attributes to store; raise Invalid naming every one that does not fit."""
    specs = _specs(kind)
    errors = check_values(specs, given)
    if errors:
        raise Invalid(_("有 %(n)d 处需要修改。", n=len(errors)), errors=errors)
    return merged(old, given, specs)


@call(bp, "GET", "/items", permission=VIEW, scopes=READS, query=schemas.ItemQuery, answer=answers.Items)
def list_items(work: Work, asked: dict[str, Any]) -> dict[str, Any]:
    """List items by code, or those that match `q` (code, barcode, pinyin initials, part of the name)."""
    limit = asked["limit"]
    if "q" in asked:
        found = catalog.find(work.session, asked["q"], limit)
        costs = prices.of(work.session, found)
        return {"items": [item_json(item, costs[item.id]) for item in found], "next_cursor": None}
    after = place("items", asked.get("cursor"))
    rows = catalog.after(work.session, after[0] if after else "", limit + 1)
    costs = prices.of(work.session, rows)
    return page_of("items", rows, limit, lambda item: item_json(item, costs[item.id]), lambda item: (item.code,))


@call(
    bp, "POST", "/items", permission=EDIT, scopes=CATALOG, unit="write", once=ACCEPTED, status=201,
    body=schemas.NewItem, answer=answers.Item,
    example={"code": "F-RESIN2", "name": "纳米树脂充填", "kind": "service", "price_fen": 48000,
             "attributes": {"dental.category": "filling"}},
)  # fmt: skip
def add(work: Work, data: dict[str, Any]) -> dict[str, Any]:
    """Add an item. 409 duplicate_code when its code is taken."""
    given = _attributes(data.pop("attributes", {}), data["kind"], {})
    return _told(work, catalog.add(work.session, attributes=given, **data))


@call(bp, "GET", "/items/<code>", permission=VIEW, scopes=READS, answer=answers.Item)
def read(work: Work, code: str) -> dict[str, Any]:
    """Return an item."""
    return _told(work, catalog.by_code(work.session, code))


@call(
    bp, "PATCH", "/items/<code>", permission=EDIT, scopes=CATALOG, unit="write", body=schemas.ItemChange,
    answer=answers.Item, example={"price_fen": 42000, "version": 1},
)  # fmt: skip
def change(work: Work, data: dict[str, Any], code: str) -> dict[str, Any]:
    """Change an item; a price counts from today on. 409 stale_version when somebody changed it meanwhile."""
    item = catalog.by_code(work.session, code)
    version = data.pop("version", None)
    if "attributes" in data:
        data["attributes"] = _attributes(data["attributes"], item.kind, catalog.attributes_of(item))
    return _told(work, catalog.change(work.session, item, data, version))


@call(bp, "GET", "/items/<code>/prices", permission=VIEW, scopes=READS, answer=answers.Prices)
def price_table(work: Work, code: str) -> dict[str, Any]:
    """Return the dated prices of an item, the latest day first; the first of all is `opening_fen`."""
    return _prices(work, catalog.by_code(work.session, code))


@call(
    bp, "PUT", "/items/<code>/prices", permission=EDIT, scopes=CATALOG, unit="write", body=schemas.PriceFrom,
    answer=answers.Prices, example={"price_fen": 42000, "valid_from": "2026-12-01"},
)  # fmt: skip
def price_from(work: Work, data: dict[str, Any], code: str) -> dict[str, Any]:
    """Set the price from a day on (today or later), everywhere or at the token's store. 403 other_store otherwise."""
    item = catalog.by_code(work.session, code)
    store_id = parse_id(data["store"]) if data["store"] else None
    if data["store"] and store_id not in {store.id for store in franchises.stores(work.session)}:
        raise NotFound(_("没有这家门店。"))
    if store_id not in {None, work.caller.bearer.store_id}:
        raise Forbidden(_("这个令牌只能改本店的价格。"), code="other_store")
    prices.put(work.session, item, data["price_fen"], data["valid_from"], store_id)
    return _prices(work, item)


def _prices(work: Work, item: Item) -> dict[str, Any]:
    rows = prices.table(work.session, item)
    return {
        "today_fen": prices.one(work.session, item), "opening_fen": item.price_fen,
        "prices": [
            {"valid_from": row.valid_on.isoformat(), "store": str(row.store_id) if row.store_id else None,
             "price_fen": row.price_fen}
            for row in rows
        ],
    }  # fmt: skip


@call(bp, "GET", "/items/<code>/stock", permission=VIEW, scopes=READS, answer=answers.Stock)
def stock(work: Work, code: str) -> dict[str, Any]:
    """Return the pieces of an item in every store, by store id."""
    return _stock(work, catalog.by_code(work.session, code))


@call(
    bp, "PUT", "/items/<code>/stock", permission=EDIT, scopes=CATALOG, unit="write", body=schemas.StockCounts,
    answer=answers.Stock, example={"7101880533221300": 24},
)  # fmt: skip
def set_stock(work: Work, data: dict[str, int], code: str) -> dict[str, Any]:
    """Set the pieces of an item in the token's store. 403 other_store for another store's count."""
    item = catalog.by_code(work.session, code)
    known = {store.id for store in franchises.stores(work.session)}
    counts = {parse_id(key) or 0: qty for key, qty in data.items()}
    if not set(counts) <= known:
        raise NotFound(_("没有这家门店。"))
    if set(counts) != {work.caller.bearer.store_id}:
        raise Forbidden(_("这个令牌只能改本店的库存。"), code="other_store")
    catalog.set_stock(work.session, item, counts)
    work.session.flush()
    return _stock(work, item)


def _stock(work: Work, item: Item) -> dict[str, Any]:
    counts = catalog.stock_of(work.session, item)
    return {str(store.id): counts.get(store.id, 0) for store in franchises.stores(work.session)}
