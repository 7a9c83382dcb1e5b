"""What items cost on a day: the price table of an item, its history, and what comes (S2-25)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import Date, and_, bindparam, func, select

from core.catalog import rules
from core.catalog.models import Item, ItemPrice
from core.kernel import audit, clock
from core.kernel.errors import Conflict, FieldError, Invalid, NotFound
from core.kernel.i18n import _
from core.kernel.tenancy import current_actor

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import date

    from sqlalchemy import ColumnElement
    from sqlalchemy.orm import Session

ALL = 0
MOST = 200


def today() -> date:
    """Return the franchise's business date."""
    return clock.today(current_actor().tz)


def of(session: Session, items: Iterable[Item], on: date | None = None) -> dict[int, int]:
    """Return what items cost at the actor's store, fen by item id, on a day (default: today).

    The store's own price goes before the one of every store; before the first dated price the item's own counts.
    """
    rows = {item.id: item.price_fen for item in items}
    if not rows:
        return rows
    actor = current_actor()
    price, scopes = ItemPrice, [ALL, actor.store_id or ALL]
    newest = (
        select(price.item_id, price.scope, func.max(price.valid_on).label("day"))
        .where(
            price.franchise_id == actor.franchise_id, price.item_id.in_(rows), price.scope.in_(scopes),
            price.valid_on <= (on or today()),
        )
        .group_by(price.item_id, price.scope)
        .subquery()
    )  # fmt: skip
    same = and_(
        price.item_id == newest.c.item_id, price.scope == newest.c.scope, price.valid_on == newest.c.day,
        price.franchise_id == actor.franchise_id,
    )  # fmt: skip
    # A store's price comes after the one of all stores and takes its place.
    found = session.execute(select(price.item_id, price.price_fen).join(newest, same).order_by(price.scope))
    rows.update({int(item_id): int(fen) for item_id, fen in found if fen is not None})
    return rows


def one(session: Session, item: Item, on: date | None = None) -> int:
    """Return what an item costs at the actor's store on a day (default: today), fen."""
    return of(session, [item], on)[item.id]


def common() -> ColumnElement[int]:
    """Return the expression of what an item of a list costs today at every store without a price of its own."""
    day = bindparam("price_day", callable_=today, type_=Date)
    dated = (
        select(ItemPrice.price_fen)
        .where(
            ItemPrice.franchise_id == Item.franchise_id, ItemPrice.item_id == Item.id, ItemPrice.scope == ALL,
            ItemPrice.valid_on <= day,
        )
        .order_by(ItemPrice.valid_on.desc())
        .limit(1)
        .correlate(Item)
        .scalar_subquery()
    )  # fmt: skip
    return func.coalesce(dated, Item.price_fen)


def table(session: Session, item: Item) -> Sequence[ItemPrice]:
    """Return the dated prices of an item, the latest day first, every store before single ones; at most 200."""
    return session.scalars(
        select(ItemPrice)
        .where(ItemPrice.item_id == item.id)
        .order_by(ItemPrice.valid_on.desc(), ItemPrice.scope)
        .limit(MOST)
    ).all()


def put(
    session: Session, item: Item, price_fen: int | None, valid_on: date | None = None, store_id: int | None = None
) -> ItemPrice:
    """Set what an item costs from a day on (default: today), everywhere or at one store; return the row.

    None ends a store's own price. Raises Invalid for a day that has passed (what was charged stays as it was), an
    amount beyond bounds, and for no amount everywhere.
    """
    day = valid_on or today()
    _check(price_fen, day, store_id)
    scope = store_id or ALL
    row = session.scalar(
        select(ItemPrice).where(ItemPrice.item_id == item.id, ItemPrice.scope == scope, ItemPrice.valid_on == day)
    )
    before = row.price_fen if row else _in_force(session, item, scope, day)
    if row is None:
        row = ItemPrice(item_id=item.id, store_id=store_id, scope=scope, valid_on=day, set_at=0)
        session.add(row)
    row.price_fen = price_fen
    row.set_at = clock.now_ms()
    row.set_by = current_actor().staff_id
    session.flush()
    audit.record(
        session, "catalog.price.set", "item", item.id,
        detail={"code": item.code, "store": str(store_id or ""), "valid_on": day.isoformat(),
                "price_fen": [before, price_fen]},
    )  # fmt: skip
    return row


def _check(price_fen: int | None, day: date, store_id: int | None) -> None:
    errors = []
    if day < today():
        errors.append(FieldError("valid_from", _("不能改过去的价格，请选今天或以后的日期。")))
    if price_fen is None and store_id is None:
        errors.append(FieldError("price_fen", _("请填写价格。")))
    if price_fen is not None and not 0 <= price_fen <= rules.MAX_FEN:
        errors.append(FieldError("price_fen", _("价格应在 0 到 1,000,000.00 元之间。")))
    if errors:
        raise Invalid(_("有 %(n)d 处需要修改。", n=len(errors)), errors=errors)


def _in_force(session: Session, item: Item, scope: int, day: date) -> int | None:
    """Return the price of a scope that counts on a day, None for a store without one of its own."""
    found = session.execute(
        select(ItemPrice.price_fen)
        .where(ItemPrice.item_id == item.id, ItemPrice.scope == scope, ItemPrice.valid_on <= day)
        .order_by(ItemPrice.valid_on.desc())
        .limit(1)
    ).first()
    if found is not None:
        return found[0]  # type: ignore[no-any-return]
    return None if scope else item.price_fen


def withdraw(session: Session, item: Item, price_id: int) -> None:
    """Take back a price that has not begun; raise NotFound for an unknown one, Conflict once it has."""
    row = session.get(ItemPrice, price_id)
    if row is None or row.item_id != item.id:
        raise NotFound(_("没有这条价格。"))
    if row.valid_on <= today():
        raise Conflict(_("这个价格已经生效，不能撤回。请另设一个从今天起的价格。"), code="price_in_force")
    audit.record(
        session, "catalog.price.withdrawn", "item", item.id,
        detail={"code": item.code, "store": str(row.store_id or ""), "valid_on": row.valid_on.isoformat(),
                "price_fen": [row.price_fen, None]},
    )  # fmt: skip
    session.delete(row)
    session.flush()
