"""Settle against a raw driver loop that writes the same rows to the same schema (acceptance 10).

The product's statements of each order are recorded on one copy of the database and replayed by the bare
driver on another, so both write exactly the same rows; sealed values are ready in both. Pricing (reading,
the engine, the checks) is reported apart.
"""

from __future__ import annotations

import shutil
import statistics
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from core.kernel import statements
from core.kernel.db import Database
from core.kernel.statements import Statements
from core.orders.quoting import quotes
from core.orders.quoting.basket import price_basket
from core.orders.selling import settle
from core.orders.types import BasketRequest, LineRequest, TenderRequest
from tests.installation import Installation

LINES = ("F-RESIN", "CLEAN", "POLISH")


class Recorder:
    """Keeps every statement that the product gives to the driver."""

    def __init__(self) -> None:
        self.orders: list[list[tuple[str, list[Any], bool]]] = []
        self.current: list[tuple[str, list[Any], bool]] = []

    def install(self) -> Callable[[], None]:
        """Record from now on; return a function that stops it."""
        run, many = Statements.run, Statements.insert_many
        recorder = self

        def recorded_run(st: Statements, sql: str, params: Any = ()) -> int:
            recorder.current.append((sql, [statements._plain(p) for p in params], False))
            return run(st, sql, params)

        def recorded_many(st: Statements, table: str, rows: Any) -> None:
            if rows:
                sql = statements._insert(table, tuple(rows[0]))
                recorder.current.append((sql, [[statements._plain(v) for v in r.values()] for r in rows], True))
            many(st, table, rows)

        Statements.run, Statements.insert_many = recorded_run, recorded_many  # type: ignore[method-assign]

        def stop() -> None:
            Statements.run, Statements.insert_many = run, many  # type: ignore[method-assign]

        return stop


def plans(house: Installation, members: list[int]) -> tuple[list[Any], float]:
    """Return settle plans with sealed values ready, and the seconds of pricing one basket."""
    made, spent = [], 0.0
    request_lines = tuple(LineRequest(code) for code in LINES)
    for member in members:
        with house.unit() as session:
            row, _priced = quotes.store(session, BasketRequest(request_lines, member))
        with house.unit() as session:
            begun = time.perf_counter()
            priced = price_basket(session, BasketRequest(request_lines, member))
            spent += time.perf_counter() - begun
            total = priced.quote.total_fen
            made.append(settle.make_plan(priced, row.id, [TenderRequest("wechat", total)], []))
    return made, spent / len(members)


def product(house: Installation, made: list[Any]) -> list[float]:
    """Settle each plan in a unit of its own; return the seconds of each."""
    times = []
    for plan in made:
        begun = time.perf_counter()
        with house.unit() as session:
            settle.post(session, plan)
        times.append(time.perf_counter() - begun)
    return times


def raw(db: Database, franchise_id: int, orders: list[list[tuple[str, list[Any], bool]]]) -> list[float]:
    """Replay the recorded statements with the bare driver; return the seconds of each order."""
    connection = db.engine.raw_connection()
    driver = connection.driver_connection
    assert driver is not None
    postgres = db.dialect == "postgresql"
    cursor, times = driver.cursor(), []
    prepared = [
        [(statements._for_postgres(sql) if postgres else sql, params, many) for sql, params, many in order]
        for order in orders
    ]
    for order in prepared:
        begun = time.perf_counter()
        cursor.execute("BEGIN" if postgres else "BEGIN IMMEDIATE")
        if postgres:
            cursor.execute("SELECT set_config('app.franchise', %s, true)", [str(franchise_id)])
        for sql, params, many in order:
            if many:
                cursor.executemany(sql, params)
                continue
            cursor.execute(sql, params)
            if cursor.description is not None:
                cursor.fetchall()
        cursor.execute("COMMIT")
        times.append(time.perf_counter() - begun)
    connection.close()
    return times


def writes_only(orders: list[list[tuple[str, list[Any], bool]]]) -> list[list[tuple[str, list[Any], bool]]]:
    """Return the recorded orders without their reads."""
    return [[part for part in order if not part[0].startswith("SELECT")] for order in orders]


def measure(house: Installation, members: list[int], twin: Callable[[], Any], warm: int = 50) -> dict[str, Any]:
    """Return the figures of settle and of both raw loops; `twin()` yields a database as it was before."""
    made, pricing = plans(house, members)
    with twin() as (database, reset):
        recorder = Recorder()
        stop = recorder.install()
        # Recorded on the twin's own copy, so the product's database is untouched until it is measured.
        original, house.runtime.db = house.runtime.db, database
        for plan in made:
            recorder.current = []
            with house.unit() as session:
                settle.post(session, plan)
            recorder.orders.append(recorder.current)
        house.runtime.db = original
        stop()
        reset()
        everything = raw(database, house.dental.franchise_id, recorder.orders)
        reset()
        writes = raw(database, house.dental.franchise_id, writes_only(recorder.orders))
    ours = product(house, made)
    mean = lambda times: statistics.mean(sorted(times[warm:])[: int(len(times[warm:]) * 0.95)])  # noqa: E731
    return {
        "orders": len(made),
        "statements": len(recorder.orders[-1]),
        "settle_ms": mean(ours) * 1000,
        "raw_ms": mean(everything) * 1000,
        "raw_writes_ms": mean(writes) * 1000,
        "of_raw": mean(everything) / mean(ours),
        "of_raw_writes": mean(writes) / mean(ours),
        "pricing_ms": pricing * 1000,
    }


def sqlite_twin(house: Installation, folder: Path) -> Callable[[], Any]:
    """Return a factory of a copy of the SQLite file that can be put back to how it was."""
    from contextlib import contextmanager

    source = house.folder / "var" / "huike.db"
    with house.runtime.db.engine.connect() as connection:
        connection.exec_driver_sql("ROLLBACK")
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
        connection.exec_driver_sql("BEGIN")

    @contextmanager
    def made() -> Any:
        target = folder / "twin.db"
        shutil.copy(source, target)
        database = Database(f"sqlite:///{target}")

        def reset() -> None:
            database.dispose()
            for suffix in ("-wal", "-shm"):
                Path(f"{target}{suffix}").unlink(missing_ok=True)
            shutil.copy(source, target)

        yield database, reset
        database.dispose()
        target.unlink()

    return made


def postgres_twin(server: Any, house: Installation) -> Callable[[], Any]:
    """Return a factory of a copy of the PostgreSQL database that can be put back to how it was."""
    from contextlib import contextmanager

    name = house.runtime.db.engine.url.database

    @contextmanager
    def made() -> Any:
        house.runtime.db.dispose()
        database = Database(server.make_database("twin", template=name))

        def reset() -> None:
            database.dispose()
            house.runtime.db.dispose()
            server.make_database("twin", template=name)

        yield database, reset
        database.dispose()
        server.drop_database("twin")

    return made
