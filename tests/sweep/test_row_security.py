"""Row-level security, asked with raw SQL as the product's own role: the second wall behind the session's scoping."""

from __future__ import annotations

import psycopg
import pytest

from core import rooms
from core.kernel.db import Base, FranchiseOwned
from core.kernel.ids import new_id
from tests import installation as houses
from tests.pg import ROLE
from tests.sweep.world import HOUSE, build

rooms.load_models()
pytestmark = pytest.mark.postgres
OWNED = sorted(
    m.class_.__tablename__
    for m in Base.registry.mappers
    if issubclass(m.class_, FranchiseOwned) and m.class_.__module__.startswith(HOUSE)
)


@pytest.fixture(scope="module")
def wall(pg_template, tmp_path_factory):
    """Yield (server, database, world): two filled houses on PostgreSQL."""
    server, template, made = pg_template
    url = server.make_database("row_security", template="huike_template")
    opened = houses.open_copy(template, made, tmp_path_factory.mktemp("wall") / "installation", url)
    yield server, "row_security", build(opened)
    opened.close()


def connect(wall, franchise: int | None):
    """Return a connection as the product's role, acting for a franchise."""
    server, database, _world = wall
    connection = psycopg.connect(f"host={server.folder} user={ROLE} dbname={database}")
    if franchise is not None:
        connection.execute("SELECT set_config('app.franchise', %s, false)", [str(franchise)])
        connection.commit()
    return connection


def one(connection, sql, *params):
    return connection.execute(sql, params).fetchone()[0]


def truth(wall, table, franchise):
    """Return how many rows a franchise has, seen past the wall."""
    server, database, _world = wall
    with server.superuser(database) as connection:
        return one(connection, f"SELECT COUNT(*) FROM {table} WHERE franchise_id = %s", franchise)


def test_security_is_forced_on_every_owned_table(wall):
    server, database, _world = wall
    with server.superuser(database) as connection:
        rows = connection.execute(
            "SELECT c.relname, c.relrowsecurity, c.relforcerowsecurity,"
            " (SELECT COUNT(*) FROM pg_policy p WHERE p.polrelid = c.oid AND p.polpermissive"
            "  AND p.polqual IS NOT NULL AND p.polcmd = '*') FROM pg_class c"
            " JOIN pg_namespace n ON n.oid = c.relnamespace"
            " WHERE c.relkind = 'r' AND n.nspname = 'public'"
        ).fetchall()
    state = {row[0]: row[1:] for row in rows}
    assert [name for name in OWNED if state[name] != (True, True, 1)] == []


def test_the_role_may_not_bypass_it(wall):
    with connect(wall, None) as connection:
        row = connection.execute(
            "SELECT rolsuper, rolbypassrls, rolcreaterole FROM pg_roles WHERE rolname = current_user"
        ).fetchone()
        assert row == (False, False, False)
        assert one(connection, "SELECT current_user") == ROLE


def test_without_a_franchise_nothing_is_seen_or_written(wall):
    for value in (None, ""):
        with connect(wall, None) as connection:
            if value is not None:
                connection.execute("SELECT set_config('app.franchise', %s, false)", [value])
            for table in OWNED:
                assert one(connection, f"SELECT COUNT(*) FROM {table}") == 0, table
                assert connection.execute(f"DELETE FROM {table}").rowcount == 0, table
            connection.rollback()
            with pytest.raises(psycopg.Error):
                connection.execute(
                    "INSERT INTO counter (id, franchise_id, name, value) VALUES (%s, %s, 'x', 1)",
                    [new_id(), wall[2].home.franchise_id],
                )


@pytest.mark.parametrize("table", OWNED)
def test_a_franchise_sees_and_touches_only_its_own(wall, table):
    _server, _database, world = wall
    home, away = world.home.franchise_id, world.away.franchise_id
    theirs, ours = truth(wall, table, away), truth(wall, table, home)
    with connect(wall, home) as connection:
        assert one(connection, f"SELECT COUNT(*) FROM {table}") == ours
        assert one(connection, f"SELECT COUNT(*) FROM {table} WHERE franchise_id <> %s", home) == 0
        changed = connection.execute(f"UPDATE {table} SET franchise_id = franchise_id WHERE franchise_id = %s", [away])
        assert changed.rowcount == 0
        assert connection.execute(f"DELETE FROM {table} WHERE franchise_id = %s", [away]).rowcount == 0
        connection.rollback()
        if ours:
            with pytest.raises(psycopg.Error):
                connection.execute(f"UPDATE {table} SET franchise_id = %s", [away])
            connection.rollback()
    assert truth(wall, table, away) == theirs
    assert truth(wall, table, home) == ours


@pytest.mark.parametrize("table", OWNED)
def test_a_row_of_another_franchise_cannot_be_put(wall, table):
    server, database, world = wall
    with server.superuser(database) as connection:
        found = connection.execute(f"SELECT * FROM {table} WHERE franchise_id = %s LIMIT 1", [world.away.franchise_id])
        names, row = [c.name for c in found.description], found.fetchone()
    if row is None:
        pytest.skip("the other house has no such row; the policy itself is checked above")
    values = [new_id() if name == "id" else value for name, value in zip(names, row, strict=True)]
    marks = ", ".join(["%s"] * len(values))
    columns = ", ".join(f'"{name}"' for name in names)
    with connect(wall, world.home.franchise_id) as connection, pytest.raises(psycopg.errors.InsufficientPrivilege):
        connection.execute(f"INSERT INTO {table} ({columns}) VALUES ({marks})", values)


def test_both_houses_hold_rows_in_most_tables(wall):
    """The wall is tested where there is something behind it."""
    filled = [t for t in OWNED if truth(wall, t, wall[2].away.franchise_id)]
    assert len(filled) > len(OWNED) // 2
