"""Demonstration of the drawer: yesterday with its shift and day close, today with an open shift."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, time, timedelta
from typing import TYPE_CHECKING

from sqlalchemy import select

from core.cash import days, rules, services
from core.catalog.models import Item
from core.kernel import audit, clock
from core.kernel.permissions import registry
from core.kernel.tenancy import acting
from core.orders.quoting import quotes
from core.orders.refunding import refunds
from core.orders.selling import settle
from core.orders.types import BasketRequest, LineRequest, TenderRequest
from core.org import staffing
from core.org.models import Store

if TYPE_CHECKING:
    from datetime import date

    from core.kernel.runtime import Runtime
    from core.kernel.tenancy import Actor

FLOAT_FEN = 50_000
SALES = ((9, 12, "cash"), (10, 5, "wechat"), (11, 40, "cash"), (14, 30, "bank"), (16, 15, "cash"))


def fill(runtime: Runtime, actor: Actor) -> None:
    """Let the front desk work yesterday and close it, and open this morning (the demo's staff 101 and 103)."""
    today = clock.today(actor.tz)
    yesterday = today - timedelta(days=1)
    with acting(actor), runtime.db.unit("read") as session:
        desk, boss = staffing.by_number(session, "101"), staffing.by_number(session, "103")
        cashier = replace(actor, staff_id=desk.id, staff_name=desk.name, grants=registry.of_roles([("owner", None)]))
        manager = replace(cashier, staff_id=boss.id, staff_name=boss.name)
    with acting(cashier):
        _yesterday(runtime, cashier, yesterday)
    with acting(manager), clock.frozen_at(_at(yesterday, 21, 20, actor.tz)):
        _close(runtime, manager, yesterday)
    with acting(cashier), clock.frozen_at(_at(today, 8, 32, actor.tz)), runtime.db.unit("write") as session:
        services.open_shift(session, FLOAT_FEN)


def _at(day: date, hour: int, minute: int, tz: str) -> datetime:
    """Return an instant of a day in the franchise's zone, never in the future."""
    moment = datetime.combine(day, time(hour, minute), clock.zone(tz))
    return min(moment, clock.now() - timedelta(minutes=1))


def _yesterday(runtime: Runtime, cashier: Actor, day: date) -> None:
    def at(hour: int, minute: int) -> datetime:
        return _at(day, hour, minute, cashier.tz)

    with clock.frozen_at(at(8, 30)), runtime.db.unit("write") as session:
        shift_id = services.open_shift(session, FLOAT_FEN).id
    numbers = []
    for hour, minute, kind in SALES:
        with clock.frozen_at(at(hour, minute)):
            numbers.append(_sell(runtime, kind))
    with clock.frozen_at(at(15, 0)), runtime.db.unit("write") as session:
        services.move(session, "change", 20_000)
    with clock.frozen_at(at(17, 0)), runtime.db.unit("write") as session:
        refunds.refund(session, numbers[2], {1: 1}, "顾客改约")
    with clock.frozen_at(at(21, 5)), runtime.db.unit("write") as session:
        row = services.get(session, shift_id)
        expected = services.figures(session, row).expected_fen
        services.close(session, shift_id, expected - 500, "找零有误")


def _sell(runtime: Runtime, kind: str) -> str:
    """Sell the cheapest thing without a safety question to somebody unnamed; return the order's number."""
    with runtime.db.unit("write") as session:
        code = session.scalar(
            select(Item.code)
            .where(
                Item.kind.in_(("service", "goods")),
                Item.price_fen >= 5_000,
                Item.attributes.not_like("%rx%"),
            )
            .order_by(Item.price_fen, Item.code)
            .limit(1)
        )
        row, priced = quotes.store(session, BasketRequest((LineRequest(code or ""),), None))
        return settle.settle(session, row.id, [TenderRequest(kind, priced.quote.total_fen)]).order_no


def _close(runtime: Runtime, manager: Actor, day: date) -> None:
    with runtime.db.unit("write") as session:
        audit.seal(session)
    with runtime.db.unit("write") as session:
        store = session.get(Store, manager.store_id)
        assert store is not None
        seen = days.see(session, store, day)
        ticks = {one.kind: rules.Tick(done=True) for one in seen.sums}
        days.close(session, store.id, day, ticks, seen.digest())
