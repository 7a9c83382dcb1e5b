"""The chain's own business: its franchises, what it allows, counts without persons (architecture.md section 2).

Reads in a franchise happen under that franchise, one after the other, and bring back names of stores, keys
and counts only. Nothing here returns a row about a person.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import func, select

from core.console import services
from core.console.models import FranchiseCount
from core.kernel import audit, clock
from core.kernel.command import DOOR
from core.kernel.errors import Forbidden, NotFound
from core.kernel.i18n import _
from core.kernel.permissions import SEES_NO_PERSON
from core.kernel.statements import Statements
from core.kernel.tenancy import Actor, act_in, acting, current_actor, maybe_actor
from core.org.models import Chain, ChainPlugin, Franchise

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from core.kernel.db import Database
    from core.kernel.plugins import PluginHost

PAGE = 20
RECENT_DAYS = 30

_INSIDE = (
    "SELECT 'store' AS part, code AS a, name AS b, 0 AS c FROM store WHERE franchise_id = ? AND active"
    " UNION ALL SELECT 'plugin', key, '', 0 FROM plugin_state WHERE franchise_id = ? AND enabled"
    " UNION ALL SELECT 'programme', key, '', number FROM programme_version WHERE franchise_id = ?"
    "  AND number = (SELECT MAX(number) FROM programme_version WHERE franchise_id = ?)"
)


@dataclass(frozen=True, slots=True)
class Branch:
    """A franchise as its chain sees it: stores, plugins that are on, newest programme, counts or None."""

    id: int
    code: str
    name: str
    made_at: int
    frozen: bool
    stores: tuple[tuple[str, str], ...]
    plugins: frozenset[str]
    programme: tuple[str, int] | None
    counts: FranchiseCount | None


@dataclass(frozen=True, slots=True)
class Totals:
    """The chain's sums over the franchises `counted` so far; `since` is the oldest count (ms), None for none."""

    franchises: int
    counted: int
    members: int
    orders: int
    recent_orders: int
    points: int
    since: int | None


@dataclass(frozen=True, slots=True)
class Allowance:
    """A plugin, whether the chain allows it, and the franchises (names) that have it on."""

    key: str
    name: str
    description: str
    icon: str
    version: str
    allowed: bool
    missing: bool
    used_by: tuple[str, ...]


def own_chain(session: Session) -> Chain:
    """Return the acting administrator's chain; raise Forbidden for anybody else.

    The permission alone is not enough: rights of a role are a franchise's to give, the chain is not.
    """
    actor = current_actor()
    if not actor.roles & SEES_NO_PERSON:
        raise Forbidden(_("只有连锁管理员能管理整个连锁。"), code="chain_only")
    row = session.scalar(
        select(Chain).join(Franchise, Franchise.chain_id == Chain.id).where(Franchise.id == actor.franchise_id)
    )
    if row is None:
        raise NotFound(_("没有这个连锁。"))
    return row


def _door() -> str:
    actor = maybe_actor()
    return actor.door if actor else DOOR


def franchise_of(session: Session, chain_id: int, franchise_id: int) -> Franchise:
    """Return a franchise of the chain; one of another chain is as absent as none. Raises NotFound."""
    row = session.get(Franchise, franchise_id)
    if row is None or row.chain_id != chain_id:
        raise NotFound(_("没有这个加盟主体。"))
    return row


def branches(session: Session, chain_id: int, after: int = 0) -> tuple[list[Branch], int]:
    """Return up to twenty franchises of a chain made after the id `after`, and where the next page begins (0: none)."""
    rows = list(
        session.scalars(
            select(Franchise)
            .where(Franchise.chain_id == chain_id, Franchise.id > after)
            .order_by(Franchise.id)
            .limit(PAGE + 1)
        )
    )
    more = rows[PAGE - 1].id if len(rows) > PAGE else 0
    rows = rows[:PAGE]
    counts = {
        row.franchise_id: row
        for row in session.scalars(select(FranchiseCount).where(FranchiseCount.franchise_id.in_([r.id for r in rows])))
    }
    return [_branch(session, row, counts.get(row.id)) for row in rows], more


def branch(session: Session, row: Franchise) -> Branch:
    """Return one franchise as its chain sees it."""
    counts = session.scalar(select(FranchiseCount).where(FranchiseCount.franchise_id == row.id))
    return _branch(session, row, counts)


def _branch(session: Session, row: Franchise, counts: FranchiseCount | None) -> Branch:
    with act_in(session, Actor(row.id, door=_door(), tz=row.tz)):
        found = Statements(session, row.id).all(_INSIDE, [row.id] * 4)
    programme = next(((a, int(c)) for part, a, _b, c in found if part == "programme"), None)
    return Branch(
        row.id, row.code, row.name, row.made_at, bool(row.frozen_reason),
        tuple(sorted((a, b) for part, a, b, _c in found if part == "store")),
        frozenset(a for part, a, _b, _c in found if part == "plugin"), programme, counts,
    )  # fmt: skip


def totals(session: Session, chain_id: int) -> Totals:
    """Return the sums over the chain's franchises."""
    count = FranchiseCount
    row = session.execute(
        select(
            func.count(Franchise.id), func.count(count.id), func.coalesce(func.sum(count.members), 0),
            func.coalesce(func.sum(count.orders), 0), func.coalesce(func.sum(count.recent_orders), 0),
            func.coalesce(func.sum(count.points), 0), func.min(count.counted_at),
        )
        .select_from(Franchise)
        .outerjoin(count, count.franchise_id == Franchise.id)
        .where(Franchise.chain_id == chain_id)
    ).one()  # fmt: skip
    return Totals(*(int(value) for value in row[:6]), None if row[6] is None else int(row[6]))


# -- counts ----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Counted:
    """What there is in a franchise: members, orders, those of the last thirty days, points not used yet."""

    members: int
    orders: int
    recent_orders: int
    points: int


def count(session: Session) -> Counted:
    """Count in the acting franchise. A read: a million members take longer than a till may wait for a writer."""
    fid = current_actor().franchise_id
    st = Statements(session, fid)
    since = clock.now_ms() - RECENT_DAYS * 86_400_000
    return Counted(
        _one(st, "SELECT COUNT(*) FROM person WHERE franchise_id = ? AND active", fid),
        _one(st, "SELECT COUNT(*) FROM orders WHERE franchise_id = ?", fid),
        _one(st, "SELECT COUNT(*) FROM orders WHERE franchise_id = ? AND booked_at >= ?", fid, since),
        _one(
            st,
            "SELECT COALESCE(SUM(balance), 0) FROM account WHERE franchise_id = ? AND unit = 'points'"
            " AND bucket IN ('available', 'pending', 'held')",
            fid,
        ),
    )


def keep(session: Session, counted: Counted) -> None:
    """Keep the acting franchise's counts for its chain."""
    fid = current_actor().franchise_id
    row = session.scalar(select(FranchiseCount).where(FranchiseCount.franchise_id == fid))
    if row is None:
        row = FranchiseCount(franchise_id=fid, counted_at=0)
        session.add(row)
    row.members, row.orders = counted.members, counted.orders
    row.recent_orders, row.points = counted.recent_orders, counted.points
    row.counted_at = clock.now_ms()
    session.flush()


def count_here(db: Database) -> None:
    """Count the acting franchise and keep it: read first, then a short write."""
    with db.unit("read") as session:
        counted = count(session)
    with db.unit("write") as session:
        keep(session, counted)


def _one(st: Statements, sql: str, *params: Any) -> int:
    row = st.one(sql, list(params))
    return int(row[0]) if row else 0


def recount(db: Database, chain_id: int) -> int:
    """Count every franchise of a chain, each in a unit of its own; return how many."""
    actors = _actors(db, chain_id)
    for actor in actors:
        with acting(actor):
            count_here(db)
    return len(actors)


def _actors(db: Database, chain_id: int) -> list[Actor]:
    door = _door()
    with db.unit("read") as session:
        rows = session.scalars(select(Franchise).where(Franchise.chain_id == chain_id).order_by(Franchise.id))
        return [Actor(row.id, door=door, tz=row.tz) for row in rows]


# -- plugins ---------------------------------------------------------------------------------------


def allowances(session: Session, host: PluginHost, chain_id: int) -> list[Allowance]:
    """Return every installed plugin and those the chain still allows, with who has it on, by key."""
    allowed = set(
        session.scalars(select(ChainPlugin.key).where(ChainPlugin.chain_id == chain_id, ChainPlugin.allowed.is_(True)))
    )
    used: dict[str, list[str]] = {}
    for row in session.scalars(select(Franchise).where(Franchise.chain_id == chain_id).order_by(Franchise.id)).all():
        with act_in(session, Actor(row.id, door=_door(), tz=row.tz)):
            keys = Statements(session, row.id).all(
                "SELECT key FROM plugin_state WHERE franchise_id = ? AND enabled", [row.id]
            )
        for (key,) in keys:
            used.setdefault(key, []).append(row.name)
    return [_allowance(host, key, key in allowed, used.get(key, [])) for key in sorted(set(host.plugins) | allowed)]


def _allowance(host: PluginHost, key: str, allowed: bool, used: list[str]) -> Allowance:
    manifest = host.plugins.get(key)
    return Allowance(
        key, services.name_of(host, key), str(manifest.description) if manifest else "",
        manifest.icon if manifest else "plug", manifest.version if manifest else "", allowed, manifest is None,
        tuple(used),
    )  # fmt: skip


def decide(db: Database, host: PluginHost, chain_id: int, key: str, allowed: bool, by: str = "") -> list[int]:
    """Allow a plugin to a chain or withdraw it, then note it in each franchise in a unit of its own.

    Returns the franchises, oldest first. A withdrawal switches off where it was on, one audit line each; rows
    stay. A run cut short is made good by running it again: the decision itself counts from the first unit.
    Raises NotFound for a plugin that is neither installed nor allowed.
    """
    door = _door()
    with db.unit("write") as session:
        if key not in host.plugins and not session.scalar(
            select(ChainPlugin.id).where(ChainPlugin.chain_id == chain_id, ChainPlugin.key == key)
        ):
            raise NotFound(_("没有安装这个插件。"))
        franchises = services.set_allowed(session, host, chain_id, key, allowed)
    for franchise_id in franchises:
        with acting(Actor(franchise_id, door=door)), db.unit("write") as session:
            services.note_allowed(session, host, key, allowed, by=by)
    return franchises


def note(session: Session, action: str, kind: str, object_id: int | None, detail: dict[str, Any]) -> None:
    """Write what the chain's administrator did into the trail of the franchise they belong to."""
    audit.record(session, action, kind, object_id, detail=detail)
