"""Row-level security, forced on every franchise-owned table and tried with raw SQL."""

from __future__ import annotations

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError

from core.kernel import schema, triggers
from core.kernel.db import Base, Database, make_engine
from core.kernel.tenancy import Actor, acting
from core.org.models import Store
from tests.core.kernel.test_schema import add_franchise, parts  # noqa: F401
from tests.pg import pg_server  # noqa: F401

pytestmark = pytest.mark.postgres


@pytest.fixture
def url(pg_server, parts):  # noqa: F811
    """Return the URL of an upgraded database."""
    made = pg_server.make_database("rls_test")
    engine = make_engine(made)
    schema.upgrade(engine, parts)
    engine.dispose()
    return made


@pytest.fixture
def engine(url):
    """Yield an engine on it, two franchises with a store each inside."""
    made = make_engine(url)
    with made.begin() as connection:
        add_franchise(connection)
        connection.execute(
            Base.metadata.tables["franchise"]
            .insert()
            .values(id=2, chain_id=1, code="f2", name="f", tz="Asia/Shanghai", frozen_reason="", made_at=0)
        )
    for franchise in (1, 2):
        with made.begin() as connection:
            as_franchise(connection, franchise)
            connection.execute(insert_store(franchise * 10, franchise))
    yield made
    made.dispose()


def as_franchise(connection, franchise):
    connection.execute(text("SELECT set_config('app.franchise', :f, true)"), {"f": str(franchise)})


def insert_store(row_id, franchise):
    table = Base.metadata.tables["store"]
    return table.insert().values(
        id=row_id, franchise_id=franchise, code=f"s{row_id}", name="店", legal_entity="", active=True
    )


def test_raw_sql_sees_its_own_rows_only(engine):
    with engine.begin() as connection:
        as_franchise(connection, 1)
        assert connection.execute(text("SELECT id FROM store")).scalars().all() == [10]
        assert connection.execute(text("SELECT id FROM store WHERE id = 20")).first() is None
        assert connection.execute(text("UPDATE store SET name = 'x' WHERE id = 20")).rowcount == 0
        assert connection.execute(text("DELETE FROM store WHERE id = 20")).rowcount == 0


def test_without_a_franchise_nothing_is_seen(engine):
    with engine.begin() as connection:
        assert connection.execute(text("SELECT count(*) FROM store")).scalar() == 0


@pytest.mark.parametrize("franchise", [1, None])
def test_raw_sql_cannot_write_into_another_franchise(engine, franchise):
    with pytest.raises(DBAPIError, match="row-level security"), engine.begin() as connection:
        if franchise:
            as_franchise(connection, franchise)
        connection.execute(insert_store(99, 2))


def test_a_row_cannot_be_moved_to_another_franchise(engine):
    with pytest.raises(DBAPIError, match="row-level security"), engine.begin() as connection:
        as_franchise(connection, 1)
        connection.execute(text("UPDATE store SET franchise_id = 2 WHERE id = 10"))


def test_the_setting_does_not_outlive_its_transaction(engine):
    with engine.connect() as connection:
        with connection.begin():
            as_franchise(connection, 1)
            assert connection.execute(text("SELECT count(*) FROM store")).scalar() == 1
        with connection.begin():
            assert connection.execute(text("SELECT count(*) FROM store")).scalar() == 0


def test_units_of_work_name_their_franchise(engine, url):
    db = Database(url)
    with acting(Actor(franchise_id=2)), db.unit("read") as session:
        assert [store.id for store in session.scalars(select(Store))] == [20]
    db.dispose()


def test_our_role_may_not_bypass_it_and_the_superuser_may(engine, pg_server):  # noqa: F811
    assert not triggers.bypasses_row_security(engine)
    boss = make_engine(f"postgresql://postgres@/rls_test?host={pg_server.folder}")
    assert triggers.bypasses_row_security(boss)
    boss.dispose()


def test_every_owned_table_is_secured(engine):
    with engine.connect() as connection:
        secured = set(
            connection.execute(
                text("SELECT relname FROM pg_class WHERE relrowsecurity AND relforcerowsecurity")
            ).scalars()
        )
        present = set(connection.execute(text("SELECT tablename FROM pg_tables")).scalars())
    assert secured == set(triggers.owned_tables()) & present
    assert "franchise" not in secured


@pytest.mark.parametrize(
    ("statement", "problem"),
    [
        ("ALTER TABLE store NO FORCE ROW LEVEL SECURITY", "row-level security of store is not forced"),
        ("ALTER TABLE store DISABLE ROW LEVEL SECURITY", "row-level security of store is not forced"),
        (
            "DROP POLICY franchise_only ON store",
            "the row policy of store is missing, altered or not the only one",
        ),
        (
            "CREATE POLICY wide ON store USING (true)",
            "the row policy of store is missing, altered or not the only one",
        ),
        (
            "ALTER POLICY franchise_only ON store USING (true)",
            "the row policy of store is missing, altered or not the only one",
        ),
        (
            "CREATE OR REPLACE FUNCTION huike_refuse() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END'",
            "function huike_refuse is altered",
        ),
    ],
)
def test_loosened_security_is_reported(engine, statement, problem):
    with engine.begin() as connection:
        connection.execute(text(statement))
    assert schema.missing_triggers(engine) == [problem]


def test_truncate_is_refused_where_rows_are_never_deleted(engine):
    with pytest.raises(DBAPIError, match="never deleted"), engine.begin() as connection:
        connection.execute(text("TRUNCATE audit_link"))


def test_a_migration_reaches_the_rows_of_every_franchise(engine, parts, tmp_path):  # noqa: F811
    from tests.core.kernel.test_schema import revision

    folder = tmp_path / "fill"
    revision(folder, "0001", None, "    op.execute(\"UPDATE store SET name = 'renamed'\")")
    schema.upgrade(engine, [*parts, schema.Component("fill", folder, frozenset())])
    for franchise in (1, 2):
        with engine.begin() as connection:
            as_franchise(connection, franchise)
            assert connection.execute(text("SELECT name FROM store")).scalars().all() == ["renamed"]
    assert schema.missing_triggers(engine) == []
