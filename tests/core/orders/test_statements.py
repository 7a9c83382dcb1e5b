"""Statements per settle and per price are the same however long a member's history is (performance.md E)."""

from __future__ import annotations

from contextlib import contextmanager

from sqlalchemy import event

from core.kernel.statements import Statements
from core.kernel.tenancy import acting
from core.orders.quoting import quotes
from core.orders.quoting.basket import price_basket
from core.orders.selling import settle
from core.orders.types import BasketRequest, LineRequest, TenderRequest

BASKET = (LineRequest("F-RESIN"), LineRequest("CLEAN"), LineRequest("PASTE"))


@contextmanager
def counted(house, monkeypatch):
    """Count every statement, through the ORM or straight to the driver."""
    seen = []
    run, many = Statements.run, Statements.insert_many

    def counted_run(st, sql, params=()):
        seen.append(sql)
        return run(st, sql, params)

    def counted_many(st, table, rows):
        seen.append(f"INSERT {table}")
        return many(st, table, rows)

    def heard(_connection, _cursor, sql, _parameters, _context, _many):
        seen.append(sql)

    monkeypatch.setattr(Statements, "run", counted_run)
    monkeypatch.setattr(Statements, "insert_many", counted_many)
    event.listen(house.runtime.db.engine, "before_cursor_execute", heard)
    yield seen
    event.remove(house.runtime.db.engine, "before_cursor_execute", heard)
    monkeypatch.undo()


def visit(house, member, monkeypatch):
    """Return (statements of a price, statements of a whole settle)."""
    with counted(house, monkeypatch) as seen:
        with house.unit() as session:
            price_basket(session, BasketRequest(BASKET, member))
        priced = len(seen)
        with house.unit() as session:
            row, found = quotes.store(session, BasketRequest(BASKET, member))
        seen.clear()
        with house.unit() as session:
            settle.settle(session, row.id, [TenderRequest("wechat", found.quote.total_fen)])
        return priced, len(seen)


def test_statements_do_not_grow_with_history(installation, monkeypatch):
    with acting(installation.actor(installation.dental)):
        member = installation.enrol("刘超明", "13800005051")
        installation.sell(member, "CARD-FAMILY")
        visit(installation, member, monkeypatch)
        before = visit(installation, member, monkeypatch)
        for _n in range(25):
            installation.sell(member, "CHECK", "POLISH")
        assert visit(installation, member, monkeypatch) == before
        # Five of them (seven of a sale) are the person's safety facts and the trail of their reading (S4-38).
        assert before[0] <= 19
        assert before[1] <= 52


def test_hot_look_ups_use_an_index(installation):
    """No hot query of the till walks a whole table."""
    queries = (
        "SELECT id, remaining FROM lot WHERE franchise_id = 1 AND account_id = 1 AND remaining > 0"
        " ORDER BY expires_on, id",
        "SELECT id FROM account WHERE franchise_id = 1 AND owner_kind = 'person' AND owner_id = 1"
        " AND unit = 'points' AND bucket = 'available'",
        "SELECT id FROM item WHERE franchise_id = 1 AND code = 'X'",
        "SELECT person_id FROM search_token WHERE franchise_id = 1 AND token >= 'l' AND token < 'm'",
        "SELECT id FROM person WHERE franchise_id = 1 AND phone_blind = x'00'",
        "SELECT id FROM person WHERE franchise_id = 1 ORDER BY last_visit_at DESC, id DESC LIMIT 50",
        "SELECT id FROM card_seat WHERE franchise_id = 1 AND person_id IN (1, 2)",
        "SELECT id FROM orders WHERE franchise_id = 1 AND person_id = 1 ORDER BY id DESC LIMIT 20",
        "SELECT id FROM transfer WHERE franchise_id = 1 AND source_kind = 'order' AND source_id = 1",
        "SELECT effective_on FROM tier_event WHERE franchise_id = 1 AND person_id = 1 ORDER BY effective_on, id",
        "SELECT key FROM coupon_use WHERE franchise_id = 1 AND source_kind = 'card' AND source_id = 1",
        "SELECT id FROM lot WHERE franchise_id = 1 AND remaining > 0 AND expires_on <= '2026-01-01'"
        " ORDER BY expires_on, id LIMIT 10",
    )
    with installation.runtime.db.engine.connect() as connection:
        for sql in queries:
            plan = " ".join(str(row[-1]) for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {sql}"))
            assert "SCAN" not in plan, (sql, plan)
            assert "TEMP B-TREE" not in plan, (sql, plan)
