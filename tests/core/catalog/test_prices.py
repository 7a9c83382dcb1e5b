"""The price table: a price counts from its day on, at its store; the past stays (S2-25)."""

from __future__ import annotations

import datetime as dt

import pytest
from sqlalchemy import select

from core.catalog import prices, services
from core.kernel import audit
from core.kernel.errors import Conflict, Invalid, NotFound
from core.kernel.models import AuditEntry
from core.kernel.tenancy import acting
from core.orders.models import Orders
from core.orders.quoting import quotes
from core.orders.quoting.basket import price_basket
from core.orders.selling import settle
from core.orders.types import BasketRequest, LineRequest, TenderRequest
from tests.installation import at

TODAY, TOMORROW = "2026-11-22 10:00", "2026-11-23 00:00"
BASKET = BasketRequest((LineRequest("CHECK"),))


def cost(house, code="CHECK"):
    with house.unit("read") as session:
        return prices.one(session, services.by_code(session, code))


def put(house, fen, day=None, store=None, code="CHECK"):
    with house.unit() as session:
        on = dt.date.fromisoformat(day) if day else None
        return prices.put(session, services.by_code(session, code), fen, on, store).id


def test_tomorrows_price_counts_from_tomorrow_on(any_installation):
    house = any_installation
    with acting(house.actor(house.dental)):
        with at(TODAY):
            put(house, 9_000, "2026-11-23")
            assert cost(house) == 8_000
            sold = house.sell(None, "CHECK")
        with at("2026-11-22 23:59"):
            assert cost(house) == 8_000
        with at(TOMORROW):
            assert cost(house) == 9_000
            dearer = house.sell(None, "CHECK")
            with house.unit("read") as session:
                assert [session.get(Orders, one.order_id).total_fen for one in (sold, dearer)] == [8_000, 9_000]


def test_a_quote_of_today_is_refused_tomorrow_with_the_new_price(installation):
    with acting(installation.actor(installation.dental)):
        with at("2026-11-22 23:50"):
            put(installation, 9_000, "2026-11-23")
            with installation.unit() as session:
                quote, _priced = quotes.store(session, BASKET)
        with at("2026-11-23 00:05"), pytest.raises(Conflict) as refused, installation.unit() as session:
            settle.settle(session, quote.id, [TenderRequest("cash", 8_000)])
        assert refused.value.code == "stale_quote"


def test_a_backdated_order_has_the_price_of_its_day(installation):
    with acting(installation.actor(installation.dental)):
        with at("2026-11-20 10:00"):
            put(installation, 8_500, "2026-11-22")
        with at(TODAY), installation.unit("read") as session:
            day = prices.today() - dt.timedelta(days=1)
            then = int(dt.datetime.combine(day, dt.time(4), dt.UTC).timestamp() * 1000)
            assert price_basket(session, BASKET, at=then).quote.total_fen == 8_000
            assert price_basket(session, BASKET).quote.total_fen == 8_500


def test_a_stores_own_price_goes_first_and_ends(any_installation):
    house, actor = any_installation, any_installation.actor(any_installation.dental)
    other = actor.at_store(house.dental.other_store_id)
    with acting(actor), at(TODAY):
        put(house, 7_000, store=actor.store_id)
        put(house, 8_800)
        put(house, None, "2026-11-25", store=actor.store_id)
        assert cost(house) == 7_000
        with acting(other):
            assert cost(house) == 8_800
    with acting(actor), at("2026-11-25 08:00"):
        assert cost(house) == 8_800


def test_the_past_is_never_edited(installation):
    with acting(installation.actor(installation.dental)):
        with at(TODAY):
            begun = put(installation, 9_000)
            coming = put(installation, 9_500, "2026-12-01")
            with pytest.raises(Invalid) as refused:
                put(installation, 1, "2026-11-21")
            assert refused.value.errors[0].field == "valid_from"
            with pytest.raises(Invalid):
                put(installation, None)
            with pytest.raises(Invalid):
                put(installation, -1)
        with at("2026-11-24 10:00"), installation.unit() as session:
            item = services.by_code(session, "CHECK")
            with pytest.raises(Conflict):
                prices.withdraw(session, item, begun)
            with pytest.raises(NotFound):
                prices.withdraw(session, services.by_code(session, "CLEAN"), coming)
            prices.withdraw(session, item, coming)
            assert [row.price_fen for row in prices.table(session, item)] == [9_000]
        with at("2026-12-02 10:00"):
            assert cost(installation) == 9_000


def test_every_price_is_in_the_trail(installation):
    with acting(installation.actor(installation.dental)), at(TODAY):
        put(installation, 9_000)
        put(installation, 9_100)
        with installation.unit("read") as session:
            rows = session.scalars(
                select(AuditEntry).where(AuditEntry.action == "catalog.price.set").order_by(AuditEntry.id)
            )
            assert [audit.detail_of(row)["price_fen"] for row in rows] == [[8_000, 9_000], [9_000, 9_100]]


def test_another_franchises_prices_are_not_seen(installation):
    with acting(installation.actor(installation.dental)), at(TODAY):
        row = put(installation, 9_000, "2026-12-01")
    with acting(installation.actor(installation.pharmacy)), at(TODAY), installation.unit() as session:
        item = services.by_code(session, "MISC-100")
        assert prices.one(session, item) == 10_000
        with pytest.raises(NotFound):
            prices.withdraw(session, item, row)


def test_the_look_up_of_prices_walks_an_index(installation):
    sql = "SELECT item_id, scope, MAX(valid_on) FROM item_price WHERE franchise_id = 1 AND item_id IN (1, 2) AND scope IN (0, 3) AND valid_on <= '2026-01-01' GROUP BY item_id, scope"  # noqa: E501
    with installation.runtime.db.engine.connect() as connection:
        plan = " ".join(str(row[-1]) for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {sql}"))
    assert "SCAN" not in plan
    assert "item_id" in plan
