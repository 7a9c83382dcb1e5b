"""Triggers and row-level security: declared beside the model, re-created after every upgrade, compared.

Batch migrations on SQLite rebuild tables and silently drop their triggers; someone with the database
may drop them too. `missing` says so to `db check`, `doctor` and the start.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import text

from core.kernel.db import Base, FranchiseOwned

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sqlalchemy.engine import Connection, Engine

POLICY = "franchise_only"
_OWN_ROWS = "franchise_id = nullif(current_setting('app.franchise', true), '')::bigint"
# How PostgreSQL spells the expression above when asked for it.
_OWN_ROWS_SHOWN = "(franchise_id = (NULLIF(current_setting('app.franchise'::text, true), ''::text))::bigint)"
_FUNCTION = "huike_refuse"
_FUNCTION_BODY = " BEGIN RAISE EXCEPTION '%', TG_ARGV[0] USING ERRCODE = 'integrity_constraint_violation'; END "


@dataclass(frozen=True, slots=True)
class Trigger:
    """A refusal by the database: `message` is raised when the event comes and a column of `columns` changes.

    `once` names a column: the refusal begins when it is filled.
    """

    name: str
    table: str
    event: str
    message: str
    columns: tuple[str, ...] = ()
    once: str = ""

    def _when(self, differs: str) -> str:
        changed = " OR ".join(f"OLD.{c} {differs} NEW.{c}" for c in self.columns)
        return f"OLD.{self.once} IS NOT NULL AND ({changed})" if self.once else changed

    def sqlite(self) -> str:
        """Return the CREATE TRIGGER statement for SQLite."""
        when = self._when("IS NOT")
        condition = f" WHEN {when}" if when else ""
        return (
            f"CREATE TRIGGER {self.name} BEFORE {self.event} ON {self.table}{condition} "
            f"BEGIN SELECT RAISE(ABORT, '{self.message}'); END"
        )

    def postgres(self) -> str:
        """Return the CREATE TRIGGER statement for PostgreSQL."""
        when = self._when("IS DISTINCT FROM")
        condition = f" WHEN ({when})" if when else ""
        each = "STATEMENT" if self.event == "TRUNCATE" else "ROW"
        return (
            f"CREATE TRIGGER {self.name} BEFORE {self.event} ON {self.table} FOR EACH {each}{condition} "
            f"EXECUTE FUNCTION {_FUNCTION}('{self.message}')"
        )

    def mark(self) -> str:
        """Return the comment that tells our trigger from one made by another hand."""
        return "huike " + hashlib.sha256(self.postgres().encode()).hexdigest()[:16]


_registry: dict[str, dict[str, Trigger]] = {}


def _declare(
    table: str, suffix: str, event: str, message: str, columns: tuple[str, ...] = (), once: str = ""
) -> None:  # fmt: skip
    trigger = Trigger(f"{table}_{suffix}", table, event, message, columns, once)
    known = _registry.setdefault(table, {}).setdefault(trigger.name, trigger)
    if known != trigger:
        raise ValueError(f"trigger {trigger.name} declared twice")


def append_only(table: str) -> None:
    """Let the database refuse every update and deletion of `table`'s rows."""
    _declare(table, "no_update", "UPDATE", f"{table} is append-only")
    no_delete(table)


def no_delete(table: str) -> None:
    """Let the database refuse every deletion of `table`'s rows."""
    _declare(table, "no_delete", "DELETE", f"rows of {table} are never deleted")
    _declare(table, "no_truncate", "TRUNCATE", f"rows of {table} are never deleted")


def frozen_columns(table: str, *columns: str) -> None:
    """Let the database refuse every change of `columns` of `table`'s rows."""
    _declare(table, "frozen", "UPDATE", f"{', '.join(columns)} of {table} never change", columns)


def written_once(model: type) -> None:
    """Let the database refuse every change and deletion of `model`'s rows, but for re-sealing them.

    Key rotation must rewrite ciphertexts (columns `*_sealed`, `*_blind`) of append-only tables; every
    other column is frozen.
    """
    table = model.__table__  # type: ignore[attr-defined]
    frozen = [c.name for c in table.columns if not c.name.endswith(("_sealed", "_blind"))]
    if len(frozen) == len(table.columns):
        append_only(table.name)
        return
    frozen_columns(table.name, *frozen)
    no_delete(table.name)


def final_once(model: type, column: str) -> None:
    """Let the database refuse deletion, and every change of a row whose `column` is filled, but for re-sealing it."""
    table = model.__table__  # type: ignore[attr-defined]
    plain = tuple(c.name for c in table.columns if not c.name.endswith(("_sealed", "_blind")))
    _declare(table.name, "final", "UPDATE", f"a row of {table.name} is final once {column} is set", plain, column)
    no_delete(table.name)


def declared(tables: Iterable[str] | None = None) -> list[Trigger]:
    """Return the declared triggers (of `tables`), sorted by name."""
    wanted = set(_registry) if tables is None else set(tables)
    return sorted(
        (t for name, triggers in _registry.items() if name in wanted for t in triggers.values()),
        key=lambda t: t.name,
    )


def owned_tables() -> list[str]:
    """Return the tables of all franchise-owned models, sorted."""
    return sorted(
        mapper.local_table.name  # type: ignore[attr-defined]
        for mapper in Base.registry.mappers
        if issubclass(mapper.class_, FranchiseOwned)
    )


def enforce(connection: Connection) -> None:
    """Re-create every trigger, and on PostgreSQL every policy, on the tables that exist."""
    present = _present_tables(connection)
    if connection.dialect.name == "sqlite":
        _enforce_sqlite(connection, present)
    else:
        _enforce_postgres(connection, present)


def missing(engine: Engine) -> list[str]:
    """Return a sentence for each trigger or policy that is missing, altered or switched off."""
    with engine.connect() as connection:
        present = _present_tables(connection)
        if connection.dialect.name == "sqlite":
            return _missing_sqlite(connection, present)
        return [*_missing_postgres(connection, present), *_open_tables(connection, present)]


def relax(connection: Connection) -> None:
    """Let the owner see all rows for the rest of the transaction: migrations move data of everyone."""
    if connection.dialect.name != "postgresql":
        return
    present = _present_tables(connection)
    for table in owned_tables():
        if table in present:
            connection.execute(text(f"ALTER TABLE {table} NO FORCE ROW LEVEL SECURITY"))


def bypasses_row_security(engine: Engine) -> bool:
    """Return whether the role we connect as may ignore row-level security (doctor: fatal)."""
    if engine.dialect.name != "postgresql":
        return False
    with engine.connect() as connection:
        row = connection.execute(
            text("SELECT rolsuper OR rolbypassrls FROM pg_roles WHERE rolname = current_user")
        ).scalar()
    return bool(row)


# -- SQLite ----------------------------------------------------------------------------------------


def _present_tables(connection: Connection) -> set[str]:
    if connection.dialect.name == "sqlite":
        query = "SELECT name FROM sqlite_master WHERE type = 'table'"
    else:
        query = "SELECT tablename FROM pg_tables WHERE schemaname = current_schema()"
    return set(connection.execute(text(query)).scalars())


def _for_sqlite(present: set[str]) -> list[Trigger]:
    return [t for t in declared(present) if t.event != "TRUNCATE"]


def _enforce_sqlite(connection: Connection, present: set[str]) -> None:
    for trigger in _for_sqlite(present):
        connection.execute(text(f"DROP TRIGGER IF EXISTS {trigger.name}"))
        connection.execute(text(trigger.sqlite()))


def _missing_sqlite(connection: Connection, present: set[str]) -> list[str]:
    rows = connection.execute(text("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'"))
    found = {row.name: row.sql for row in rows}
    return [_sentence(t, found) for t in _for_sqlite(present) if _plain(found.get(t.name)) != _plain(t.sqlite())]


def _plain(sql: str | None) -> str:
    return re.sub(r"\s+", " ", sql or "").strip()


def _sentence(trigger: Trigger, found: object) -> str:
    what = "is altered" if trigger.name in found else "is missing"  # type: ignore[operator]
    return f"trigger {trigger.name} on {trigger.table} {what}"


# -- PostgreSQL ------------------------------------------------------------------------------------


def _enforce_postgres(connection: Connection, present: set[str]) -> None:
    connection.execute(
        text(f"CREATE OR REPLACE FUNCTION {_FUNCTION}() RETURNS trigger LANGUAGE plpgsql AS $${_FUNCTION_BODY}$$")
    )
    for trigger in declared(present):
        connection.execute(text(f"DROP TRIGGER IF EXISTS {trigger.name} ON {trigger.table}"))
        connection.execute(text(trigger.postgres()))
        connection.execute(text(f"COMMENT ON TRIGGER {trigger.name} ON {trigger.table} IS '{trigger.mark()}'"))
    for table in owned_tables():
        if table in present:
            _close(connection, table)


def _close(connection: Connection, table: str) -> None:
    connection.execute(text(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY"))
    connection.execute(text(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY"))
    connection.execute(text(f"DROP POLICY IF EXISTS {POLICY} ON {table}"))
    connection.execute(text(f"CREATE POLICY {POLICY} ON {table} USING ({_OWN_ROWS}) WITH CHECK ({_OWN_ROWS})"))


def _missing_postgres(connection: Connection, present: set[str]) -> list[str]:
    body = connection.execute(text("SELECT prosrc FROM pg_proc WHERE proname = :n"), {"n": _FUNCTION}).scalar()
    problems = [] if body == _FUNCTION_BODY or not declared(present) else [f"function {_FUNCTION} is altered"]
    rows = connection.execute(
        text(
            "SELECT t.tgname AS name, t.tgenabled AS enabled, obj_description(t.oid, 'pg_trigger') AS mark "
            "FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid "
            "JOIN pg_namespace n ON n.oid = c.relnamespace "
            "WHERE NOT t.tgisinternal AND n.nspname = current_schema()"
        )
    )
    found = {row.name: row for row in rows}
    for trigger in declared(present):
        row = found.get(trigger.name)
        if row is None or row.mark != trigger.mark():
            problems.append(_sentence(trigger, found))
        elif row.enabled not in ("O", "A", b"O", b"A"):
            problems.append(f"trigger {trigger.name} on {trigger.table} is switched off")
    return problems


def _open_tables(connection: Connection, present: set[str]) -> list[str]:
    """Return a sentence for each owned table whose rows other franchises could see."""
    secured = set(
        connection.execute(
            text(
                "SELECT c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace "
                "WHERE n.nspname = current_schema() AND c.relrowsecurity AND c.relforcerowsecurity"
            )
        ).scalars()
    )
    policies: dict[str, list[tuple[str, str, str]]] = {}
    for row in connection.execute(
        text("SELECT tablename, policyname, qual, with_check FROM pg_policies WHERE schemaname = current_schema()")
    ):
        policies.setdefault(row.tablename, []).append((row.policyname, row.qual, row.with_check))
    problems = []
    for table in owned_tables():
        if table not in present:
            continue
        if table not in secured:
            problems.append(f"row-level security of {table} is not forced")
        if policies.get(table) != [(POLICY, _OWN_ROWS_SHOWN, _OWN_ROWS_SHOWN)]:
            problems.append(f"the row policy of {table} is missing, altered or not the only one")
    return problems
