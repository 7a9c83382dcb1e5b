"""Verbs of the catalogue: add, change, find; stock per store."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from sqlalchemy import or_, select

from core.catalog import prices, rules
from core.catalog.models import Item, Stock
from core.kernel import audit, clock
from core.kernel.errors import Conflict, FieldError, Invalid, NotFound
from core.kernel.i18n import _, listed
from core.kernel.ids import new_id
from core.kernel.statements import Statements
from core.kernel.tenancy import current_actor

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from sqlalchemy.orm import Session

FIELDS = (
    "name",
    "kind",
    "category",
    "points_fixed",
    "sessions",
    "bonus_fen",
    "barcode",
    "sensitive",
    "active",
    "desk_script",
)
_TOP = "\U0010ffff"
_BLANK = {
    column.name: column.default.arg if column.default is not None and column.default.is_scalar else None
    for column in Item.__table__.columns
}


def by_code(session: Session, code: str) -> Item:
    """Return the item with this code; raise NotFound."""
    row = session.scalar(select(Item).where(Item.code == code))
    if row is None:
        raise NotFound(_("没有编码为 %(code)s 的项目。", code=code[:40]))
    return row


def by_codes(session: Session, codes: Iterable[str]) -> dict[str, Item]:
    """Return the active items with these codes; raise Invalid naming those that do not exist."""
    wanted = list(dict.fromkeys(codes))
    rows = {row.code: row for row in session.scalars(select(Item).where(Item.code.in_(wanted)))}
    missing = [code for code in wanted if code not in rows or not rows[code].active]
    if missing:
        raise Invalid(
            _("项目不存在或已停用：%(codes)s。", codes=listed(code[:40] for code in missing)),
            code="unknown_item",
            errors=[FieldError("lines.item", _("没有编码为 %(code)s 的项目。", code=code[:40])) for code in missing],
        )
    return rows


def attributes_of(item: Item) -> dict[str, Any]:
    """Return what plugins and the core know of an item, by attribute key."""
    return json.loads(item.attributes) if item.attributes else {}


def add(session: Session, code: str, name: str, kind: str, price_fen: int, **more: Any) -> Item:
    """Add an item and return it; raise Invalid for bad fields, Conflict for a code in use."""
    rules.check(code, name, kind, price_fen)
    if session.scalar(select(Item.id).where(Item.code == code)) is not None:
        raise Conflict(
            _("编码 %(code)s 已被另一个项目使用。", code=code),
            code="duplicate_code",
            errors=[FieldError("code", _("编码已被使用。"))],
        )
    attributes = more.pop("attributes", None) or {}
    item = Item(
        code=code, name=name.strip(), kind=kind, price_fen=price_fen, initials=rules.initials(name),
        attributes=json.dumps(attributes, ensure_ascii=False, sort_keys=True), changed_at=clock.now_ms(),
        **{k: v for k, v in more.items() if k in FIELDS},
    )  # fmt: skip
    session.add(item)
    session.flush()
    audit.record(session, "catalog.item.added", "item", item.id, detail={"code": code, "price_fen": price_fen})
    return item


def add_many(session: Session, items: Sequence[dict[str, Any]], action: str = "catalog.item.added") -> None:
    """Add items in one go: each with its id, code, name, kind, price_fen, attributes and any of FIELDS.

    The codes were found to be free; raises Invalid for bad fields. Every item has its audit entry (`action`).
    """
    if not items:
        return
    session.flush()
    st, now, rows = Statements(session, current_actor().franchise_id), clock.now_ms(), []
    for one in items:
        rules.check(one["code"], one["name"], one["kind"], one["price_fen"])
        attributes = json.dumps(one["attributes"], ensure_ascii=False, sort_keys=True)
        rows.append({
            **_BLANK, **one, "franchise_id": st.franchise_id, "initials": rules.initials(one["name"]),
            "attributes": attributes, "changed_at": now,
        })  # fmt: skip
    st.insert_many("item", rows)
    for one in items:
        audit.insert(st, action, "item", one["id"], detail={"code": one["code"], "price_fen": one["price_fen"]})


def change(session: Session, item: Item, values: dict[str, Any], version: int | None = None) -> Item:
    """Change an item; raise Conflict for a stale version, Invalid for bad fields.

    A `price_fen` among the values counts from today on, at every store; what was charged before stays.
    """
    if version is not None and version != item.version:
        raise Conflict(
            _("这个项目刚被别人修改过。请核对最新内容后再保存。"), code="stale_version",
            extra={"version": item.version},
        )  # fmt: skip
    before = {key: getattr(item, key) for key in FIELDS}
    kept = item.attributes
    if "attributes" in values:
        item.attributes = json.dumps(values["attributes"] or {}, ensure_ascii=False, sort_keys=True)
    for key in FIELDS:
        if key in values:
            setattr(item, key, values[key])
    rules.check(item.code, item.name, item.kind, values.get("price_fen", item.price_fen))
    if "price_fen" in values and values["price_fen"] != prices.one(session, item):
        prices.put(session, item, values["price_fen"])
    item.initials = rules.initials(item.name)
    item.version += 1
    item.changed_at = clock.now_ms()
    changed = {k: [before[k], getattr(item, k)] for k in FIELDS if before[k] != getattr(item, k)}
    if kept != item.attributes:
        changed["attributes"] = [json.loads(kept or "{}"), json.loads(item.attributes)]
    audit.record(session, "catalog.item.changed", "item", item.id, detail={"code": item.code, **changed})
    return item


def find(session: Session, text: str, limit: int = 8) -> list[Item]:
    """Return up to `limit` active items by code, barcode, initials or a fragment of the name."""
    typed = (text or "").strip()
    if not typed:
        return []
    low = typed.lower()
    exact = select(Item).where(Item.active.is_(True), or_(Item.code == typed.upper(), Item.barcode == typed))
    found = list(session.scalars(exact.limit(limit)))
    if len(found) < limit:
        more = (
            select(Item)
            .where(
                Item.active.is_(True),
                or_(
                    Item.initials.between(low, low + _TOP),
                    Item.code.between(typed.upper(), typed.upper() + _TOP),
                    Item.name.contains(typed, autoescape=True),
                ),
                Item.id.not_in([row.id for row in found]),
            )
            .order_by(Item.code)
            .limit(limit - len(found))
        )
        found += session.scalars(more)
    return found


def after(session: Session, code: str, limit: int) -> list[Item]:
    """Return up to `limit` items whose code sorts after `code`, in the order of codes."""
    return list(session.scalars(select(Item).where(Item.code > code).order_by(Item.code).limit(limit)))


def stock_of(session: Session, item: Item) -> dict[int, int]:
    """Return the stock of an item: store id to pieces."""
    rows = session.execute(select(Stock.store_id, Stock.qty).where(Stock.item_id == item.id))
    return {int(store_id): int(qty) for store_id, qty in rows}


def set_stock(session: Session, item: Item, counts: dict[int, int]) -> None:
    """Set the stock of an item in the given stores; raise Invalid for a negative count."""
    have = {row.store_id: row for row in session.scalars(select(Stock).where(Stock.item_id == item.id))}
    for store_id, qty in counts.items():
        if qty < 0:
            raise Invalid.field("stock", _("库存不能为负数。"))
        if store_id in have:
            have[store_id].qty = qty
        else:
            session.add(Stock(item_id=item.id, store_id=store_id, qty=qty))
    audit.record(
        session, "catalog.stock.set", "item", item.id,
        detail={"code": item.code, "stock": {str(k): v for k, v in counts.items()}},
    )  # fmt: skip


def move_stock(st: Statements, item_id: int, store_id: int, delta: int) -> None:
    """Move the stock of a goods item by `delta` pieces, not below zero.

    Stock is a number per store, not a gate: a till sells what lies on the counter even when the count
    says none, so a sale takes at most what is counted.
    """
    touched = st.run(
        "UPDATE stock SET qty = CASE WHEN qty + ? < 0 THEN 0 ELSE qty + ? END"
        " WHERE franchise_id = ? AND item_id = ? AND store_id = ?",
        [delta, delta, st.franchise_id, item_id, store_id],
    )
    if touched == 0 and delta > 0:
        st.insert(
            "stock",
            {"id": new_id(), "franchise_id": st.franchise_id, "item_id": item_id, "store_id": store_id,
             "qty": delta},
        )  # fmt: skip


def stock_at(session: Session, item_ids: Iterable[int], store_id: int | None) -> dict[int, int]:
    """Return the counted pieces of goods at a store by item id; what was never counted is not in it."""
    ids = list(item_ids)
    if not ids or store_id is None:
        return {}
    rows = session.execute(select(Stock.item_id, Stock.qty).where(Stock.item_id.in_(ids), Stock.store_id == store_id))
    return {int(item_id): int(qty) for item_id, qty in rows}


def take_stock(st: Statements, item_id: int, store_id: int | None, pieces: int) -> bool:
    """Take counted pieces out of a store's stock and return whether there were enough: what is promised is a gate."""
    touched = st.run(
        "UPDATE stock SET qty = qty - ? WHERE franchise_id = ? AND item_id = ? AND store_id = ? AND qty >= ?",
        [pieces, st.franchise_id, item_id, store_id, pieces],
    )
    return touched == 1
