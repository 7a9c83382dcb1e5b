"""Who is acting, and whose rows they see.

Four layers keep a franchise to its own rows: the session event below (every ORM select, get,
update and delete), the flush guard, the one admin view, and PostgreSQL row-level security. Without
an actor every query of owned rows is an error, never "everything".
"""

from __future__ import annotations

from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from sqlalchemy import event, text
from sqlalchemy.orm import ORMExecuteState, Session, with_loader_criteria

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy.orm.util import LoaderCriteriaOption


class NoActor(RuntimeError):
    """A query of a franchise's rows without a franchise in context: a bug, never shown as data."""


class ForeignRow(RuntimeError):
    """An attempt to write a row of another franchise."""


@dataclass(frozen=True, slots=True)
class Actor:
    """Who acts, for which franchise, at which store, through which door.

    `staff_id` is None for the system (jobs, commands). `grants` maps a permission code to the
    stores where it holds; an empty set means the whole franchise. `person_id` is who the acting
    staff member is among the franchise's persons, where that is known.
    """

    franchise_id: int
    store_id: int | None = None
    staff_id: int | None = None
    staff_name: str = ""
    door: str = "system"
    tz: str = "Asia/Shanghai"
    roles: frozenset[str] = frozenset()
    grants: dict[str, frozenset[int]] = field(default_factory=dict)
    plugins: frozenset[str] = frozenset()
    request_id: str = ""
    person_id: int | None = None

    def at_store(self, store_id: int) -> Actor:
        """Return the same actor working at another store."""
        return replace(self, store_id=store_id)


_actor: ContextVar[Actor | None] = ContextVar("huike_actor", default=None)


def current_actor() -> Actor:
    """Return the actor in context; raise NoActor when there is none."""
    actor = _actor.get()
    if actor is None:
        raise NoActor("no franchise in context")
    return actor


def maybe_actor() -> Actor | None:
    """Return the actor in context, or None."""
    return _actor.get()


@contextmanager
def acting(actor: Actor | None) -> Iterator[Actor | None]:
    """Act as `actor` within the block."""
    token = _actor.set(actor)
    try:
        yield actor
    finally:
        _actor.reset(token)


def _owned_base() -> type:
    from core.kernel.db import FranchiseOwned

    return FranchiseOwned


def _scope_statement(state: ORMExecuteState) -> None:
    """Add the franchise to every ORM statement, also where owned rows hide in it.

    A bare count, an EXISTS or a subquery shows no owned mapper at its top, and yet reads their rows: the
    criterion is attached to all of them and takes effect wherever an owned class occurs.
    """
    if state.is_column_load or state.is_relationship_load:
        # The parent was loaded under the criteria, and these carry them along already.
        return
    if not (state.is_select or state.is_update or state.is_delete):
        return
    owned = _owned_base()
    actor = maybe_actor()
    if actor is None and any(issubclass(m.class_, owned) for m in state.all_mappers):
        raise NoActor("no franchise in context")
    # Nobody acts: rows hidden in the statement are nobody's, so it sees none.
    fid = actor.franchise_id if actor else 0
    state.statement = state.statement.options(_only(owned, fid))


@lru_cache(maxsize=256)
def _only(owned: type, fid: int) -> LoaderCriteriaOption:
    """Return the criterion of one franchise; kept, because making it costs as much as a small statement."""
    return with_loader_criteria(owned, lambda cls: cls.franchise_id == fid, include_aliases=True)


def _guard_flush(session: Session, _ctx: Any, _instances: Any) -> None:
    """Refuse to write a row of another franchise, or to move one."""
    owned = _owned_base()
    touched: list[Any] = [o for o in (*session.new, *session.dirty, *session.deleted) if isinstance(o, owned)]
    if not touched:
        return
    fid = current_actor().franchise_id
    for row in touched:
        if row.franchise_id != fid:
            raise ForeignRow(f"{type(row).__name__} of another franchise")


def _tell_postgres(session: Session, _transaction: Any, connection: Any) -> None:
    """Name the franchise to row-level security for this transaction."""
    if connection.dialect.name != "postgresql":
        return
    actor = maybe_actor()
    connection.execute(
        text("SELECT set_config('app.franchise', :f, true)"), {"f": str(actor.franchise_id) if actor else ""}
    )


@contextmanager
def act_in(session: Session, actor: Actor) -> Iterator[Actor]:
    """Act as `actor` within the block, in a session whose transaction began before the actor was known.

    For the doors (cookie, token) and for commands that work through several franchises.
    """
    before = maybe_actor()
    with acting(actor):
        _name_franchise(session, actor)
        try:
            yield actor
        finally:
            if session.is_active:
                session.flush()
                _name_franchise(session, before)


def _name_franchise(session: Session, actor: Actor | None) -> None:
    connection = session.connection()
    if connection.dialect.name == "postgresql":
        connection.execute(
            text("SELECT set_config('app.franchise', :f, true)"),
            {"f": str(actor.franchise_id) if actor else ""},
        )


def install(session_class: type[Session]) -> None:
    """Hang the scoping on `session_class`."""
    event.listen(session_class, "do_orm_execute", _scope_statement)
    event.listen(session_class, "before_flush", _guard_flush)
    event.listen(session_class, "after_begin", _tell_postgres)
