"""Migrations: one Alembic version table per component (core, each plugin), one runner, no ini file.

A plugin's package may leave and come back: its tables and its version row stay, core's own upgrades
never see them. On SQLite an upgrade is one real transaction with foreign keys off (a batch rebuild
would cascade), a check of all foreign keys at its end, and a copy of the file before it.
"""

from __future__ import annotations

import importlib
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import event, inspect, text
from sqlalchemy.pool import NullPool

from core.kernel import triggers
from core.kernel.db import Base, make_engine

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from sqlalchemy.engine import Connection, Engine

    from core.kernel.plugins import PluginHost

ROOT = Path(__file__).resolve().parents[2]
CORE = "core"
_VERSION_PREFIX = "alembic_version_"
_LOCK = 0x4855494B45


class SchemaError(RuntimeError):
    """An upgrade would leave the database damaged; nothing was changed."""


@dataclass(frozen=True, slots=True)
class Component:
    """Something with migrations of its own: its key, the folder of its revisions, its tables."""

    key: str
    folder: Path
    tables: frozenset[str]

    @property
    def version_table(self) -> str:
        """Return the name of the component's version table."""
        return f"{_VERSION_PREFIX}{self.key}"


@dataclass(frozen=True, slots=True)
class ComponentState:
    """Where a component stands: present revision, newest revision, how many are still to apply."""

    key: str
    current: str | None
    head: str | None
    pending: int


def components(host: PluginHost | None = None) -> list[Component]:
    """Return core and every installed plugin that has tables, in the order of upgrading."""
    packages = dict(host.packages) if host else {}
    owned: dict[str, set[str]] = {CORE: set(), **{key: set() for key in packages}}
    for mapper in Base.registry.mappers:
        owner = _owner(mapper.class_.__module__, packages)
        if owner:
            owned[owner].add(mapper.local_table.name)  # type: ignore[attr-defined]
    found = [Component(CORE, ROOT / "migrations" / "versions", frozenset(owned[CORE]))]
    for key, package in packages.items():
        stray = sorted(name for name in owned[key] if not name.startswith(f"{key}_"))
        if stray:
            raise SchemaError(f"tables {stray} of plugin {key} do not carry its prefix")
        folder = Path(str(importlib.import_module(package).__file__)).parent / "migrations"
        if owned[key] or folder.is_dir():
            found.append(Component(key, folder, frozenset(owned[key])))
    return found


def table_names(host: PluginHost | None = None) -> frozenset[str]:
    """Return the tables of core and of every loaded plugin: a module merely imported owns none here."""
    return frozenset().union(*(part.tables for part in components(host)))


def _owner(module: str, packages: dict[str, str]) -> str | None:
    for key, package in packages.items():
        if module == package or module.startswith(f"{package}."):
            return key
    # Models of a plugin that is imported but not loaded belong to nobody here.
    return CORE if module.startswith("core.") else None


def upgrade(engine: Engine, parts: Sequence[Component]) -> Path | None:
    """Bring every component to its newest revision and re-create triggers and policies.

    Returns the copy made before (SQLite, when something was to apply), or None. Raises SchemaError,
    or the migration's own error, with nothing changed.
    """
    pending = [state for state in status(engine, parts) if state.pending]
    copy = _copy(engine) if pending else None
    migrating = _migration_engine(engine)
    try:
        with migrating.begin() as connection:
            if connection.dialect.name == "postgresql":
                # Two processes that start at once: the second waits, then finds nothing to do.
                connection.execute(text("SELECT pg_advisory_xact_lock(:k)"), {"k": _LOCK})
            if pending:
                triggers.relax(connection)
                for part in parts:
                    command.upgrade(_config(part, parts, connection), "head")
                _check_foreign_keys(connection)
            triggers.enforce(connection)
    finally:
        migrating.dispose()
    return copy


def downgrade(engine: Engine, part: Component, parts: Sequence[Component], revision: str) -> None:
    """Take one component back to `revision` (or `base`): for tests and for dropping a plugin's data."""
    migrating = _migration_engine(engine)
    try:
        with migrating.begin() as connection:
            triggers.relax(connection)
            command.downgrade(_config(part, parts, connection), revision)
            _check_foreign_keys(connection)
            triggers.enforce(connection)
    finally:
        migrating.dispose()


def status(engine: Engine, parts: Iterable[Component]) -> list[ComponentState]:
    """Return where each component stands."""
    with engine.connect() as connection:
        return [_state(connection, part) for part in parts]


def _state(connection: Connection, part: Component) -> ComponentState:
    current = MigrationContext.configure(connection, opts={"version_table": part.version_table}).get_current_revision()
    script = ScriptDirectory.from_config(_config(part, [part], connection))
    head = script.get_current_head()
    pending = sum(1 for _ in script.iterate_revisions(head, current)) if head and head != current else 0
    return ComponentState(part.key, current, head, pending)


def orphans(engine: Engine, parts: Iterable[Component]) -> list[str]:
    """Return the keys of components whose package is gone while their tables stay."""
    known = {part.key for part in parts}
    found = (name for name in inspect(engine).get_table_names() if name.startswith(_VERSION_PREFIX))
    return sorted({name.removeprefix(_VERSION_PREFIX) for name in found} - known)


def check(engine: Engine, parts: Sequence[Component]) -> list[str]:
    """Return a sentence for each difference: pending revisions, drift from the models, triggers."""
    problems = [
        f"{state.key}: {state.pending} revision(s) to apply" for state in status(engine, parts) if state.pending
    ]
    with engine.connect() as connection:
        lost = orphans(engine, parts)
        for part in parts:
            problems += [f"{part.key}: {difference}" for difference in _drift(connection, part, parts, lost)]
    return [*problems, *triggers.missing(engine)]


def missing_triggers(engine: Engine) -> list[str]:
    """Return a sentence for each trigger or policy that is missing, altered or switched off."""
    return triggers.missing(engine)


def make_revision(part: Component, parts: Sequence[Component], message: str) -> Path:
    """Write the revision that leads from the component's migrations to its models; return its file.

    Works on a scratch database, so it needs none of ours. Raises SchemaError when nothing differs.
    """
    part.folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        engine = make_engine(f"sqlite:///{folder}/scratch.db", poolclass=NullPool)
        upgrade(engine, parts)
        with engine.connect() as connection:
            if not _drift(connection, part, parts, []):
                raise SchemaError(f"the migrations of {part.key} already lead to its models")
        migrating = _migration_engine(engine)
        with migrating.begin() as connection:
            script = command.revision(
                _config(part, parts, connection),
                message,
                autogenerate=True,
                rev_id=f"{len(list(part.folder.glob('[0-9]*.py'))) + 1:04d}",
            )
    return _tidy(Path(script.path))  # type: ignore[union-attr, arg-type]


def _tidy(file: Path) -> Path:
    """Take out the generator's own remarks and return the file."""
    lines = file.read_text("utf-8").splitlines(keepends=True)
    file.write_text("".join(line for line in lines if not line.lstrip().startswith("# ###")), "utf-8")
    return file


# -- inside ----------------------------------------------------------------------------------------


def _config(part: Component, parts: Sequence[Component], connection: Connection, lost: Sequence[str] = ()) -> Config:
    config = Config()
    config.set_main_option("script_location", str(ROOT / "migrations").replace("%", "%%"))
    config.set_main_option("version_locations", str(part.folder).replace("%", "%%"))
    config.set_main_option("path_separator", "newline")
    config.set_main_option("file_template", "%%(rev)s_%%(slug)s")
    config.attributes.update(_options(part, parts, lost), connection=connection)
    return config


def _options(part: Component, parts: Sequence[Component], lost: Sequence[str]) -> dict[str, Any]:
    def include_name(name: str | None, kind: str, _parents: Any) -> bool:
        return kind != "table" or _owner_of_table(str(name), parts, lost) == part.key

    def include_object(item: Any, name: str | None, kind: str, _reflected: bool, _other: Any) -> bool:
        return kind != "table" or _owner_of_table(str(name), parts, lost) == part.key

    return {
        "metadata": Base.metadata,
        "version_table": part.version_table,
        "include_name": include_name,
        "include_object": include_object,
    }


def _owner_of_table(table: str, parts: Sequence[Component], lost: Sequence[str]) -> str:
    """Return the component of a table; one that no model has goes by its prefix, else to core."""
    for part in parts:
        if table in part.tables:
            return part.key
    if table.startswith(_VERSION_PREFIX) or table in Base.metadata.tables:
        return ""
    keys = [part.key for part in parts if part.key != CORE] + list(lost)
    return next((key for key in keys if table.startswith(f"{key}_")), CORE)


def _drift(connection: Connection, part: Component, parts: Sequence[Component], lost: Sequence[str]) -> list[str]:
    options = _options(part, parts, lost)
    options.pop("metadata")
    context = MigrationContext.configure(connection, opts={**options, "compare_type": True})
    return [_sentence(difference) for difference in compare_metadata(context, Base.metadata)]


def _sentence(difference: Any) -> str:
    if isinstance(difference, list):
        return "; ".join(_sentence(one) for one in difference)
    action, *rest = difference
    return f"{action} {' '.join(str(getattr(part, 'name', part)) for part in rest if part is not None)}"


def _migration_engine(engine: Engine) -> Engine:
    """Return an engine for migrations only: no pool, and foreign keys off before BEGIN on SQLite."""
    made = make_engine(engine.url.render_as_string(hide_password=False), poolclass=NullPool)
    if made.dialect.name == "sqlite":

        @event.listens_for(made, "connect")
        def on_connect(connection: Any, _record: Any) -> None:
            connection.execute("PRAGMA foreign_keys=OFF")

    return made


def _check_foreign_keys(connection: Connection) -> None:
    if connection.dialect.name != "sqlite":
        return
    broken = connection.execute(text("PRAGMA foreign_key_check")).all()
    if broken:
        tables = sorted({row[0] for row in broken})
        raise SchemaError(f"{len(broken)} rows of {', '.join(tables)} would refer to nothing; nothing was changed")


def _copy(engine: Engine) -> Path | None:
    """Copy a SQLite file that holds tables to `<file>.before-upgrade` and return the copy."""
    source = engine.url.database
    if engine.dialect.name != "sqlite" or not source or not inspect(engine).get_table_names():
        return None
    target = Path(f"{source}.before-upgrade")
    target.unlink(missing_ok=True)
    raw = engine.raw_connection()
    try:
        raw.cursor().execute("VACUUM INTO ?", (str(target),))
    finally:
        raw.close()
    target.chmod(0o600)
    return target
