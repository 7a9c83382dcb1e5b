"""The database: base classes, engines and units of work.

A unit of work is `read` (the database refuses writes) or `write` (`BEGIN IMMEDIATE` on SQLite). It
is opened and committed at the edge only: by a route, a command or a job.
"""

from __future__ import annotations

import re
import threading
from contextlib import contextmanager
from time import monotonic
from typing import TYPE_CHECKING, Any, ClassVar

from sqlalchemy import (
    BigInteger,
    ForeignKey,
    ForeignKeyConstraint,
    MetaData,
    UniqueConstraint,
    create_engine,
    event,
)
from sqlalchemy.engine import Engine, make_url
from sqlalchemy.exc import DisconnectionError
from sqlalchemy.orm import (
    DeclarativeBase,
    Mapped,
    Session,
    mapped_column,
    relationship,
    sessionmaker,
)

from core.kernel import clock, tenancy
from core.kernel.ids import new_id

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}


class belongs_to:
    """A reference to a row of the same franchise: column, composite foreign key and relationship.

    `person = belongs_to("person")` makes the column `person_id`, FOREIGN KEY (franchise_id,
    person_id) and a relationship whose join marks only `person_id` as foreign. The obvious form
    would null `franchise_id` when the reference is cleared.
    """

    def __init__(self, table: str, *, nullable: bool = False, index: bool = False) -> None:
        self.table = table
        self.nullable = nullable
        self.index = index


def class_name(table: str) -> str:
    """Return the class name of a table: `order_line` is OrderLine."""
    return "".join(part.capitalize() for part in table.split("_"))


def _expand_references(cls: type) -> None:
    constraints: list[Any] = []
    for name, mark in list(vars(cls).items()):
        if not isinstance(mark, belongs_to):
            continue
        column = f"{name}_id"
        setattr(
            cls,
            column,
            mapped_column(BigInteger, nullable=mark.nullable, index=mark.index, info={"class": "internal"}),
        )
        cls.__annotations__ = {**cls.__dict__.get("__annotations__", {}), column: Mapped[Any]}
        target = class_name(mark.table)
        setattr(
            cls,
            name,
            relationship(
                target,
                primaryjoin=f"foreign({cls.__name__}.{column}) == remote({target}.id)",
                lazy="select",
                viewonly=True,
            ),
        )
        constraints.append(
            ForeignKeyConstraint(
                ["franchise_id", column],
                [f"{mark.table}.franchise_id", f"{mark.table}.id"],
                ondelete="RESTRICT",
            )
        )
    own = vars(cls).get("__table_args__", ())
    if issubclass(cls, FranchiseOwned) and "__tablename__" in vars(cls):
        constraints.append(UniqueConstraint("franchise_id", "id"))
    if constraints:
        options = own[-1:] if own and isinstance(own[-1], dict) else ()
        own = own[: len(own) - len(options)]
        cls.__table_args__ = (*own, *constraints, *options)  # type: ignore[attr-defined]


class FranchiseOwned:
    """Mixin of every table whose rows belong to one franchise."""

    franchise_id: Mapped[int] = mapped_column(
        BigInteger,
        ForeignKey("franchise.id", ondelete="RESTRICT"),
        nullable=False,
        info={"class": "internal"},
    )


class Shared:
    """Mixin of the few tables that no franchise owns: chains, franchises, doors, keys."""


class Base(DeclarativeBase):
    """Declarative base. Ids, and the franchise of owned rows, are set when the object is made."""

    metadata = MetaData(naming_convention=NAMING)
    id: Mapped[int] = mapped_column(
        BigInteger, primary_key=True, autoincrement=False, sort_order=-10, info={"class": "internal"}
    )
    __abstract__ = True
    owner: ClassVar[str] = "core"

    def __init_subclass__(cls, **kw: Any) -> None:
        if "__tablename__" in vars(cls):
            if not issubclass(cls, FranchiseOwned | Shared):
                raise TypeError(f"{cls.__name__} is neither FranchiseOwned nor Shared")
            _expand_references(cls)
        super().__init_subclass__(**kw)

    def __init__(self, **values: Any) -> None:
        self.id = values.pop("id", None) or new_id()
        if isinstance(self, FranchiseOwned):
            owner = values.pop("franchise_id", None) or tenancy.current_actor().franchise_id
            setattr(self, "franchise_id", owner)  # noqa: B010 (mypy sees no such column here)
        for name, value in values.items():
            if not hasattr(type(self), name):
                raise TypeError(f"{type(self).__name__} has no attribute {name}")
            setattr(self, name, value)


class UnitSession(Session):
    """The session of one unit of work, scoped to the actor's franchise."""


tenancy.install(UnitSession)

_PRAGMAS = (
    "foreign_keys=ON",
    "busy_timeout=30000",
    "synchronous=FULL",
    "temp_store=MEMORY",
    "cache_size=-32000",
)
_FIXED_SQLITE = (3, 51, 3)


def sqlite_module() -> Any:
    """Return the SQLite driver: the wheel with a current SQLite where it exists, else the standard one."""
    try:
        import pysqlite3
    except ImportError:
        import sqlite3

        return sqlite3
    return pysqlite3


def sqlite_journal_mode() -> str:
    """Return WAL where the library has the WAL-reset fix (3.51.3), else TRUNCATE."""
    version = tuple(int(p) for p in sqlite_module().sqlite_version.split("."))
    return "WAL" if version >= _FIXED_SQLITE else "TRUNCATE"


def normalise_url(url: str) -> str:
    """Return `url` with our drivers named."""
    return re.sub(r"^postgres(ql)?(\+\w+)?://", "postgresql+psycopg://", url)


def _setup_sqlite(engine: Engine) -> None:
    journal = sqlite_journal_mode()

    @event.listens_for(engine, "connect")
    def on_connect(connection: Any, _record: Any) -> None:
        connection.isolation_level = None
        cursor = connection.cursor()
        for pragma in (*_PRAGMAS, f"journal_mode={journal}"):
            cursor.execute(f"PRAGMA {pragma}")
        cursor.close()

    @event.listens_for(engine, "begin")
    def on_begin(connection: Any) -> None:
        read_only = connection.get_execution_options().get("read_only", False)
        cursor = connection.connection.cursor()
        cursor.execute(f"PRAGMA query_only={'ON' if read_only else 'OFF'}")
        cursor.execute("BEGIN" if read_only else "BEGIN IMMEDIATE")
        cursor.close()


def _small_cache(connection: Any, _record: Any) -> None:
    connection.execute("PRAGMA cache_size=-4000")


PING_AFTER_S = 10


def _setup_postgres(engine: Engine) -> None:
    @event.listens_for(engine, "begin")
    def on_begin(connection: Any) -> None:
        # The driver then says BEGIN READ ONLY: one way to the server less than a statement of its own.
        wanted = bool(connection.get_execution_options().get("read_only", False))
        connection.connection.driver_connection.read_only = wanted

    @event.listens_for(engine, "checkin")
    def on_checkin(_connection: Any, record: Any) -> None:
        record.info["rested_since"] = monotonic()

    @event.listens_for(engine, "checkout")
    def on_checkout(connection: Any, record: Any, _proxy: Any) -> None:
        """Ask a connection that has rested whether it still lives; a page asks twice, so not each time."""
        if monotonic() - record.info.get("rested_since", monotonic()) < PING_AFTER_S:
            return
        try:
            connection.execute("SELECT 1")
            connection.rollback()
        except Exception as problem:
            raise DisconnectionError from problem


def make_engine(url: str, **options: Any) -> Engine:
    """Return an engine for `url` with the pragmas and transaction modes that the ledger needs."""
    url = normalise_url(url)
    if make_url(url).get_backend_name() == "sqlite":
        engine = create_engine(url, module=sqlite_module(), connect_args={"check_same_thread": False}, **options)
        _setup_sqlite(engine)
        return engine
    if "poolclass" not in options:
        options.setdefault("pool_size", 10)
        options.setdefault("max_overflow", 10)
    engine = create_engine(url, **options)
    _setup_postgres(engine)
    return engine


_AFTERWARDS = "afterwards"


def is_read_only(session: Session) -> bool:
    """Return whether the unit of `session` was opened as `read`."""
    return bool(session.connection().get_execution_options().get("read_only", False))


def afterwards(session: Session, work: Callable[[Session], None]) -> None:
    """Run `work` in a write unit of its own when the read unit of `session` is over, before its answer leaves.

    For what must be written because something was read (an audit of health facts): if it fails, the caller of the unit
    gets the error instead of the answer. Nothing runs when the unit itself fails.
    """
    session.info.setdefault(_AFTERWARDS, []).append(work)


class Database:
    """One database of the installation: its engine and the units of work over it."""

    def __init__(self, url: str) -> None:
        self.url = normalise_url(url)
        self.engine = make_engine(url)
        self.dialect = self.engine.dialect.name
        self._read_engine = self.engine.execution_options(read_only=True)
        # A session of a unit that is over must not begin anew by itself: it would hold the file for good.
        self._sessions = sessionmaker(
            class_=UnitSession, expire_on_commit=False, autoflush=True, close_resets_only=False
        )
        # Writers of one process queue here for the file: SQLite's own busy handler is unfair.
        self._writer = threading.RLock()

    @contextmanager
    def unit(self, mode: str = "write") -> Iterator[Session]:
        """Open a unit of work: commit at the end of a `write` block, roll back on any exception.

        One unit sees one instant: the clock is held from its beginning.
        """
        with clock.frozen_at(clock.now()):
            if mode == "read":
                with self._sessions(bind=self._read_engine) as session:
                    yield session
                    session.rollback()
                    works = session.info.pop(_AFTERWARDS, ())
                if works:
                    with self.unit("write") as own:
                        for work in works:
                            work(own)
                return
            with self._write_queue(), self._sessions(bind=self.engine) as session, session.begin():
                yield session

    @contextmanager
    def _write_queue(self) -> Iterator[None]:
        if self.dialect != "sqlite":
            yield
            return
        with self._writer:
            yield

    def refresh_statistics(self) -> None:
        """Let SQLite learn how its indexes are filled: unasked, it takes a franchise for ten rows and picks the
        wrong index. A sample of each index, a moment's work. PostgreSQL does this by itself.
        """
        if self.dialect != "sqlite":
            return
        with self._write_queue(), self.engine.begin() as connection:
            connection.exec_driver_sql("PRAGMA analysis_limit=1000")
            connection.exec_driver_sql("ANALYZE")

    def keep_small(self) -> None:
        """Let a connection keep 4 MB of the file instead of 32: for a process that does one job after another."""
        if self.dialect != "sqlite":
            return
        self.engine.dispose()
        event.listen(self.engine, "connect", _small_cache)

    def dispose(self) -> None:
        """Close every connection."""
        self.engine.dispose()
