"""Migrations per component: on both databases, with triggers, copies, orphans and drift."""

from __future__ import annotations

import importlib
import sqlite3
from dataclasses import replace

import pytest
from sqlalchemy import inspect, text
from sqlalchemy.exc import DBAPIError

from core import hookspecs
from core.kernel import schema, triggers
from core.kernel.db import Base, make_engine
from core.kernel.plugins import PluginHost
from core.org.models import Franchise
from tests.pg import pg_server  # noqa: F401
from tests.plugin_kit import import_models

DIALECTS = ["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)]


@pytest.fixture(scope="module")
def parts(tmp_path_factory):
    """Return core and the demo plugin, core with a scratch migration made from its models."""
    import_models()
    importlib.import_module("tests.plugin_demo.models")
    host = PluginHost(hookspecs)
    host.load("tests.plugin_demo")
    found = schema.components(host)
    scratch = replace(found[0], folder=tmp_path_factory.mktemp("core") / "versions")
    schema.make_revision(scratch, [scratch], "initial")
    return [scratch, found[1]]


@pytest.fixture(params=DIALECTS)
def engine(request, tmp_path):
    """Yield an engine on an empty database."""
    if request.param == "sqlite":
        made = make_engine(f"sqlite:///{tmp_path}/huike.db")
    else:
        server = request.getfixturevalue("pg_server")
        made = make_engine(server.make_database("schema_test"))
    yield made
    made.dispose()


def add_franchise(connection):
    """Add the franchise 1."""
    connection.execute(
        Base.metadata.tables["franchise"]
        .insert()
        .values(id=1, chain_id=1, code="f1", name="f", tz="Asia/Shanghai", frozen_reason="", made_at=0)
    )


def add_audit_entry(connection):
    """Add an audit entry of the franchise 1."""
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT set_config('app.franchise', '1', true)"))
    connection.execute(
        Base.metadata.tables["audit_entry"]
        .insert()
        .values(id=5, franchise_id=1, at=0, door="x", action="a", object_kind="k", request_id="r")
    )


def test_up_from_empty_gives_the_models_and_down_and_up_again(engine, parts):
    assert schema.upgrade(engine, parts) is None
    assert [(s.key, s.current, s.pending) for s in schema.status(engine, parts)] == [
        ("core", "0001", 0),
        ("plugin_demo", "0001", 0),
    ]
    assert schema.check(engine, parts) == []
    schema.downgrade(engine, parts[1], parts, "base")
    assert "plugin_demo_note" not in inspect(engine).get_table_names()
    assert schema.check(engine, parts) == ["plugin_demo: 1 revision(s) to apply"] + [
        p for p in schema.check(engine, parts) if "revision(s)" not in p
    ]
    schema.upgrade(engine, parts)
    assert schema.check(engine, parts) == []


def test_a_package_that_is_gone_keeps_its_tables_and_comes_back(engine, parts):
    schema.upgrade(engine, parts)
    alone = [replace(parts[0], tables=parts[0].tables)]
    assert schema.orphans(engine, alone) == ["plugin_demo"]
    schema.upgrade(engine, alone)
    assert schema.check(engine, alone) == []
    assert "plugin_demo_note" in inspect(engine).get_table_names()
    assert schema.orphans(engine, parts) == []
    assert schema.status(engine, parts)[1].pending == 0


def test_drift_is_named(engine, parts):
    schema.upgrade(engine, parts)
    with engine.begin() as connection:
        connection.execute(text("ALTER TABLE plugin_demo_note ADD COLUMN stray BIGINT"))
        connection.execute(text("CREATE TABLE stray_table (id BIGINT)"))
    problems = schema.check(engine, parts)
    assert any(p.startswith("plugin_demo: remove_column") and "stray" in p for p in problems)
    assert any(p.startswith("core: remove_table") and "stray_table" in p for p in problems)


def test_a_dropped_trigger_is_reported_and_put_back(engine, parts):
    schema.upgrade(engine, parts)
    on = " ON audit_entry" if engine.dialect.name == "postgresql" else ""
    with engine.begin() as connection:
        connection.execute(text(f"DROP TRIGGER audit_entry_frozen{on}"))
    assert schema.missing_triggers(engine) == ["trigger audit_entry_frozen on audit_entry is missing"]
    schema.upgrade(engine, parts)
    assert schema.missing_triggers(engine) == []


def test_an_altered_trigger_is_reported(engine, parts):
    schema.upgrade(engine, parts)
    with engine.begin() as connection:
        if engine.dialect.name == "sqlite":
            connection.execute(text("DROP TRIGGER audit_entry_no_delete"))
            connection.execute(
                text("CREATE TRIGGER audit_entry_no_delete BEFORE DELETE ON audit_entry BEGIN SELECT 1; END")
            )
            expected = "trigger audit_entry_no_delete on audit_entry is altered"
        else:
            connection.execute(text("ALTER TABLE audit_entry DISABLE TRIGGER audit_entry_no_delete"))
            expected = "trigger audit_entry_no_delete on audit_entry is switched off"
    assert schema.missing_triggers(engine) == [expected]


@pytest.mark.parametrize("statement", ["UPDATE audit_entry SET action = 'b'", "DELETE FROM audit_entry"])
def test_append_only_tables_refuse(engine, parts, statement):
    schema.upgrade(engine, parts)
    with engine.begin() as connection:
        add_franchise(connection)
        add_audit_entry(connection)
    with pytest.raises(DBAPIError, match="append-only|never"), engine.begin() as connection:
        if connection.dialect.name == "postgresql":
            connection.execute(text("SELECT set_config('app.franchise', '1', true)"))
        connection.execute(text(statement))


def test_frozen_columns_refuse_a_change_of_theirs_only(engine):
    trigger = triggers.Trigger("t_frozen", "t", "UPDATE", "a of t never change", ("a",))
    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE t (a BIGINT, b BIGINT)"))
        if engine.dialect.name == "sqlite":
            connection.execute(text(trigger.sqlite()))
        else:
            triggers.enforce(connection)
            connection.execute(text(trigger.postgres()))
        connection.execute(text("INSERT INTO t VALUES (1, 1)"))
        connection.execute(text("UPDATE t SET b = 2"))
    with pytest.raises(DBAPIError, match="never change"), engine.begin() as connection:
        connection.execute(text("UPDATE t SET a = 2"))


def revision(folder, number, before, body):
    """Write a revision by hand into a component's folder."""
    folder.mkdir(exist_ok=True)
    (folder / f"{number}_x.py").write_text(
        f"import sqlalchemy as sa\nfrom alembic import op\nrevision = '{number}'\ndown_revision = {before!r}\n"
        f"branch_labels = depends_on = None\ndef upgrade():\n{body}\ndef downgrade():\n    pass\n",
        "utf-8",
    )


def test_a_failing_migration_changes_nothing_of_any_component(engine, parts, tmp_path):
    folder = tmp_path / "bad"
    revision(
        folder,
        "0001",
        None,
        "    op.create_table('half', sa.Column('id', sa.BigInteger()))\n    op.execute('NONSENSE')",
    )
    bad = schema.Component("bad", folder, frozenset())
    with pytest.raises(DBAPIError):
        schema.upgrade(engine, [*parts, bad])
    names = set(inspect(engine).get_table_names())
    assert "half" not in names
    assert "franchise" not in names


def test_a_rebuild_of_a_core_table_neither_cascades_nor_loses_triggers(tmp_path, parts):
    engine = make_engine(f"sqlite:///{tmp_path}/huike.db")
    schema.upgrade(engine, parts)
    with engine.begin() as connection:
        add_franchise(connection)
        add_audit_entry(connection)
    folder = tmp_path / "more"
    revision(
        folder,
        "0001",
        None,
        "    with op.batch_alter_table('audit_entry', recreate='always') as batch:\n"
        "        batch.alter_column('action', existing_type=sa.String(80), type_=sa.String(90))\n"
        "    with op.batch_alter_table('franchise', recreate='always') as batch:\n"
        "        batch.alter_column('name', existing_type=sa.String(120), type_=sa.String(130))",
    )
    copy = schema.upgrade(engine, [*parts, schema.Component("more", folder, frozenset())])
    assert schema.missing_triggers(engine) == []
    with engine.connect() as connection:
        assert connection.execute(text("SELECT count(*) FROM audit_entry")).scalar() == 1
    assert copy.name == "huike.db.before-upgrade"
    assert copy.stat().st_mode & 0o777 == 0o600
    with sqlite3.connect(copy) as before:
        assert before.execute("SELECT count(*) FROM audit_entry").fetchone() == (1,)
    engine.dispose()


def test_a_migration_that_breaks_a_reference_is_taken_back(tmp_path, parts):
    engine = make_engine(f"sqlite:///{tmp_path}/huike.db")
    schema.upgrade(engine, parts)
    with engine.begin() as connection:
        add_franchise(connection)
        add_audit_entry(connection)
    folder = tmp_path / "cruel"
    revision(folder, "0001", None, "    op.execute('DELETE FROM franchise')")
    with pytest.raises(schema.SchemaError, match="audit_entry"):
        schema.upgrade(engine, [*parts, schema.Component("cruel", folder, frozenset())])
    with engine.connect() as connection:
        assert connection.execute(text("SELECT count(*) FROM franchise")).scalar() == 1
    engine.dispose()


def test_core_owns_its_tables_and_only_those(parts):
    core_part, demo = parts
    assert "audit_entry" in core_part.tables
    assert Franchise.__tablename__ in core_part.tables
    assert demo.tables == {"plugin_demo_note"}
    assert not any(t.startswith(("alembic_version", "plugin_demo")) for t in core_part.tables)


def test_a_revision_needs_a_difference(parts):
    with pytest.raises(schema.SchemaError, match="already"):
        schema.make_revision(parts[1], parts, "nothing")


@pytest.mark.postgres
def test_two_starts_at_once_migrate_once(pg_server, parts):  # noqa: F811
    import threading

    url = pg_server.make_database("schema_race")
    failures = []

    def start():
        engine = make_engine(url)
        try:
            schema.upgrade(engine, parts)
        except Exception as problem:
            failures.append(problem)
        finally:
            engine.dispose()

    threads = [threading.Thread(target=start) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    engine = make_engine(url)
    assert schema.check(engine, parts) == []
    engine.dispose()
