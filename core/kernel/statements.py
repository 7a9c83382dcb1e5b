"""Prepared statements on the driver's own connection, inside the unit's transaction.

The ORM's unit of work costs ten times raw SQL (performance.md A), so the hot write path (settle,
refund, ledger) speaks to the driver. Statements are written once with `?`; values are bound, never
formatted in. Row-level security and the transaction are those of the session it is made from.
"""

from __future__ import annotations

from datetime import date
from functools import lru_cache
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from sqlalchemy.orm import Session


@lru_cache(maxsize=2048)
def _for_postgres(sql: str) -> str:
    return sql.replace("%", "%%").replace("?", "%s")


@lru_cache(maxsize=1024)
def _insert(table: str, columns: tuple[str, ...]) -> str:
    names = ", ".join(columns)
    marks = ", ".join("?" * len(columns))
    return f"INSERT INTO {table} ({names}) VALUES ({marks})"  # noqa: S608 (names are ours)


def as_date(value: Any) -> date | None:
    """Return a day read through the driver: SQLite hands out text, PostgreSQL a date."""
    return date.fromisoformat(value) if isinstance(value, str) else value


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, date) else value


class Statements:
    """The driver's cursor of a session's transaction."""

    __slots__ = ("_cursor", "_postgres", "franchise_id", "session")

    def __init__(self, session: Session, franchise_id: int) -> None:
        session.flush()
        connection = session.connection()
        self.session = session
        self.franchise_id = franchise_id
        self._postgres = connection.dialect.name == "postgresql"
        self._cursor = connection.connection.driver_connection.cursor()  # type: ignore[union-attr]

    @property
    def locks_rows(self) -> bool:
        """Return whether rows must be locked one by one: SQLite holds the whole file already."""
        return self._postgres

    def whole_sets(self, on: bool) -> None:
        """Let joins read whole sets (PostgreSQL) until it is switched off again or the transaction ends.

        For recomputations: right after much was written the planner has no statistics, takes every part for one row
        and works a part out anew for each row of the other.
        """
        if self._postgres:
            self._cursor.execute(f"SET LOCAL enable_nestloop = {'off' if on else 'on'}")

    def run(self, sql: str, params: Sequence[Any] = ()) -> int:
        """Execute a statement and return the number of rows it touched."""
        self._cursor.execute(_for_postgres(sql) if self._postgres else sql, [_plain(p) for p in params])
        return int(self._cursor.rowcount)

    def all(self, sql: str, params: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        """Return every row of a query."""
        self.run(sql, params)
        return self._cursor.fetchall()  # type: ignore[no-any-return]

    def one(self, sql: str, params: Sequence[Any] = ()) -> tuple[Any, ...] | None:
        """Return the first row of a query, or None."""
        self.run(sql, params)
        return self._cursor.fetchone()  # type: ignore[no-any-return]

    def insert(self, table: str, row: dict[str, Any]) -> None:
        """Insert one row."""
        self.run(_insert(table, tuple(row)), list(row.values()))

    def insert_many(self, table: str, rows: Sequence[dict[str, Any]]) -> None:
        """Insert rows of the same columns."""
        if not rows:
            return
        sql = _insert(table, tuple(rows[0]))
        values = [[_plain(v) for v in row.values()] for row in rows]
        if len(values) == 1:
            self._cursor.execute(_for_postgres(sql) if self._postgres else sql, values[0])
            return
        self._cursor.executemany(_for_postgres(sql) if self._postgres else sql, values)

    def lock(self, table: str, ids: Iterable[int]) -> None:
        """Lock rows in ascending order of id (PostgreSQL; one order for all, hence no deadlock)."""
        if not self._postgres:
            return
        for row_id in sorted(set(ids)):
            self.run(
                f"SELECT id FROM {table} WHERE franchise_id = ? AND id = ? FOR UPDATE",  # noqa: S608
                [self.franchise_id, row_id],
            )
