"""What staff are told: an approval asked for or decided, an import finished, a plugin isolated, a licence ending.

A notice is a row for each person it concerns, with ids and codes only; its words are made when it is read, in
the reader's language. Rooms on higher floors register their kinds and tell through `tell` and `tell_holders`.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import CursorResult, delete, select, update

from core.kernel import clock, permissions
from core.kernel.ids import parse_id
from core.kernel.runtime import runtime
from core.kernel.tenancy import Actor, acting, current_actor
from core.org import roles
from core.org.models import Notification, Staff, StaffRole

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from sqlalchemy.orm import Session

    from core.kernel.db import Database
    from core.kernel.plugin_health import Health

KEPT_DAYS = 90
SHOWN = 50
PURGE_BATCH = 1000
FINISHED = "task.finished"


@dataclass(frozen=True, slots=True)
class NoticeKind:
    """A kind of notice. `words(params)` returns its sentence; `params["by"]` is a staff member's name by then."""

    code: str
    words: Callable[[Mapping[str, Any]], str]
    icon: str = "bell"
    tint: str = ""


@dataclass(frozen=True, slots=True)
class Notice:
    """A notice as it is shown: words, sign, when, whether read, and the way to the thing (endpoint and values)."""

    id: int
    text: str
    icon: str
    tint: str
    made_at: int
    read: bool
    endpoint: str
    values: dict[str, str]


class Kinds:
    """Every kind that a room or plugin tells, by code."""

    def __init__(self) -> None:
        self._kinds: dict[str, NoticeKind] = {}

    def add(self, *kinds: NoticeKind) -> None:
        """Register kinds; the same code again replaces the first."""
        self._kinds.update({kind.code: kind for kind in kinds})

    def get(self, code: str) -> NoticeKind | None:
        """Return a kind, or None for one whose room is gone."""
        return self._kinds.get(code)

    def codes(self) -> list[str]:
        """Return every code, sorted."""
        return sorted(self._kinds)


kinds = Kinds()


# -- telling ---------------------------------------------------------------------------------------


def tell(
    session: Session, staff_ids: Iterable[int | None], kind: str, params: Mapping[str, Any] | None = None, *,
    endpoint: str = "", link: Mapping[str, Any] | None = None, about: str = "", once: bool = False,
) -> int:  # fmt: skip
    """Tell staff members of the acting franchise something; return how many were told.

    `params` hold ids, codes and counts, never a person's data. `endpoint` with `link` is the way there.
    `once`: whoever was told of the same `about` already is not told again.
    """
    wanted = sorted({one for one in staff_ids if one is not None})
    if once and wanted:
        same = select(Notification.staff_id).where(Notification.kind == kind, Notification.about == about)
        told = set(session.scalars(same))
        wanted = [one for one in wanted if one not in told]
    now = clock.now_ms()
    session.add_all(
        Notification(
            staff_id=one, kind=kind, params=_text(params), endpoint=endpoint, link=_text(link), about=about[:80],
            made_at=now,
        )
        for one in wanted
    )  # fmt: skip
    session.flush()
    return len(wanted)


def _text(values: Mapping[str, Any] | None) -> str:
    return json.dumps(dict(values or {}), ensure_ascii=False, sort_keys=True)


def tell_holders(
    session: Session, permission: str, store_id: int | None, kind: str, params: Mapping[str, Any] | None = None, *,
    but: Iterable[int | None] = (), endpoint: str = "", link: Mapping[str, Any] | None = None, about: str = "",
    once: bool = False,
) -> int:  # fmt: skip
    """Tell everybody who holds a permission (at a store, when given) something, except `but`; as `tell`."""
    wanted = set(holders_of(session, permission, store_id)) - set(but)
    return tell(session, wanted, kind, params, endpoint=endpoint, link=link, about=about, once=once)


def tell_finished(
    session: Session, staff_id: int | None, what: str, *, done: int, failed: int, endpoint: str,
    link: Mapping[str, Any] | None = None, about: str = "",
) -> int:  # fmt: skip
    """Tell who asked for a long task that it is over: `what` is its label as the sources write it, shown translated."""
    return tell(
        session, [staff_id], FINISHED, {"what": what, "done": done, "failed": failed}, endpoint=endpoint, link=link,
        about=about, once=bool(about),
    )  # fmt: skip


def holders_of(session: Session, permission: str, store_id: int | None = None) -> list[int]:
    """Return the active staff who hold a permission of the acting franchise, at a store when given."""
    if permission not in permissions.registry:
        return []
    item = permissions.registry.get(permission)
    changes = roles.current(session)
    held_by = [role for role in changes.roles() if changes.holds(role, item)]
    query = (
        select(StaffRole.staff_id)
        .join(Staff, Staff.id == StaffRole.staff_id)
        .where(Staff.active.is_(True), StaffRole.role.in_(held_by))
        .distinct()
    )
    if store_id is not None:
        query = query.where(StaffRole.store_id.is_(None) | (StaffRole.store_id == store_id))
    return sorted(session.scalars(query))


# -- reading ---------------------------------------------------------------------------------------


def newest(session: Session, before: int | None = None, limit: int = SHOWN) -> list[Notice]:
    """Return the acting staff member's notices, the newest first; `before` is the id to go on from."""
    query = select(Notification).where(Notification.staff_id == (current_actor().staff_id or 0))
    if before:
        query = query.where(Notification.id < before)
    rows = session.scalars(query.order_by(Notification.id.desc()).limit(limit)).all()
    read = [(row, json.loads(row.params)) for row in rows]
    names = _names(session, [params.get("by") for _row, params in read])
    return [shown(row, {**params, "by": names.get(str(params.get("by")), "")}) for row, params in read]


def _names(session: Session, ids: Iterable[Any]) -> dict[str, str]:
    wanted = {parse_id(one) for one in ids if one} - {None}
    if not wanted:
        return {}
    rows = session.execute(select(Staff.id, Staff.name).where(Staff.id.in_(wanted)))
    return {str(row[0]): row[1] for row in rows}


def shown(row: Notification, params: Mapping[str, Any] | None = None) -> Notice:
    """Return a notice as it is shown; `params` with names in place of ids."""
    params = {"by": "", **json.loads(row.params), **({"by": ""} if params is None else params)}
    kind = kinds.get(row.kind)
    text = kind.words(params) if kind else row.kind
    return Notice(
        row.id, text, kind.icon if kind else "bell", kind.tint if kind else "", row.made_at, bool(row.read_at),
        row.endpoint, {key: str(value) for key, value in json.loads(row.link).items()},
    )  # fmt: skip


def get(session: Session, notice_id: int) -> Notification | None:
    """Return a notice of the acting staff member, or None: another's is as absent as none."""
    row = session.get(Notification, notice_id)
    return row if row is not None and row.staff_id == current_actor().staff_id else None


def mark_read(session: Session, notice_id: int | None = None) -> int:
    """Mark one of the acting staff member's notices as read, or all; return how many were unread."""
    query = update(Notification).where(
        Notification.staff_id == (current_actor().staff_id or 0), Notification.read_at == 0
    )
    if notice_id is not None:
        query = query.where(Notification.id == notice_id)
    done = session.execute(query.values(read_at=clock.now_ms()).execution_options(synchronize_session=False))
    return int(done.rowcount) if isinstance(done, CursorResult) else 0


def settle(session: Session, kind: str, about: str) -> int:
    """Mark everybody's notices of a thing as read, because it is over; return how many were unread."""
    done = session.execute(
        update(Notification)
        .where(Notification.kind == kind, Notification.about == about, Notification.read_at == 0)
        .values(read_at=clock.now_ms())
        .execution_options(synchronize_session=False)
    )
    return int(done.rowcount) if isinstance(done, CursorResult) else 0


# -- keeping house ---------------------------------------------------------------------------------


def purge(session: Session) -> int:
    """Delete notices older than ninety days, at most a thousand at a time; return how many."""
    before = clock.now_ms() - KEPT_DAYS * 86_400_000
    old = select(Notification.id).where(Notification.made_at < before).order_by(Notification.made_at).limit(PURGE_BATCH)
    ids = list(session.scalars(old))
    if ids:
        session.execute(
            delete(Notification).where(Notification.id.in_(ids)).execution_options(synchronize_session=False)
        )
    return len(ids)


def tell_isolations(db: Database, health: Health, permission: str) -> int:
    """Tell those who switch plugins that a hook was isolated, once a day for each hook; return how many were told.

    Called by the edge after the request, like the storing of failures.
    """
    told = 0
    for one in health.drain_isolations():
        if one.franchise_id is None:
            continue
        about = f"{one.key}:{one.hook}:{clock.today('UTC').isoformat()}"
        with acting(Actor(franchise_id=one.franchise_id)), db.unit("write") as session:
            told += tell_holders(
                session, permission, None, "plugin.isolated",
                {"key": one.key, "hook": one.hook, "number": one.number}, endpoint="console.plugins",
                link={"key": one.key}, about=about, once=True,
            )  # fmt: skip
    return told


def plugin_name(key: str) -> str:
    """Return the name of a plugin as its manifest has it, or its key."""
    host = runtime().host
    return str(host.plugins[key].name) if host and key in host.plugins else key
