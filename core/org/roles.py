"""Roles of the acting franchise: what each holds, changing that, making roles of its own.

The built-in roles are declared in code; a franchise keeps only what differs. `franchise.roles_version`
names the present state, so a process reads the differences once for each state and a request pays for
them only after somebody changed them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import func, select

from core.kernel import audit, clock
from core.kernel.errors import Conflict, Invalid, NotFound, Refusal
from core.kernel.i18n import _
from core.kernel.ids import new_id
from core.kernel.permissions import ROLES, UNCHANGED, RoleChanges, registry
from core.kernel.statements import Statements
from core.kernel.tenancy import current_actor
from core.org import role_rules
from core.org.models import Franchise, OwnRole, RoleOverride, Staff, StaffRole
from core.org.role_rules import Change

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from sqlalchemy.orm import Session

_KEPT = 512
_known: dict[tuple[int, int], RoleChanges] = {}

_READ = (
    "SELECT 'own' AS part, code AS a, base AS b, name AS c, 0 AS d FROM own_role WHERE franchise_id = ?"
    " UNION ALL SELECT 'over', role, permission, '', CASE WHEN granted THEN 1 ELSE 0 END FROM role_override"
    " WHERE franchise_id = ?"
)


def changes_at(st: Statements, version: int) -> RoleChanges:
    """Return what the franchise changed of the built-in roles at `version`; one statement the first time."""
    if not version:
        return UNCHANGED
    key = (st.franchise_id, version)
    found = _known.get(key)
    if found is None:
        rows = st.all(_READ, [st.franchise_id, st.franchise_id])
        own = sorted((row for row in rows if row[0] == "own"), key=lambda row: (len(row[1]), row[1]))
        found = RoleChanges(
            key,
            {row[1]: row[2] for row in own},
            {row[1]: row[3] for row in own},
            {(row[1], row[2]): bool(row[4]) for row in rows if row[0] == "over"},
        )
        if len(_known) >= _KEPT:
            _known.clear()
        _known[key] = found
    return found


def current(session: Session) -> RoleChanges:
    """Return what the acting franchise changed of the built-in roles."""
    return changes_at(Statements(session, current_actor().franchise_id), version_of(session))


def version_of(session: Session) -> int:
    """Return the name of the present state of the franchise's roles; 0: as built in."""
    wanted = select(Franchise.roles_version).where(Franchise.id == current_actor().franchise_id)
    return int(session.scalar(wanted) or 0)


def pairs_of(session: Session, staff_id: int) -> list[tuple[str, int | None]]:
    """Return the (role, store or None) pairs of a staff member."""
    rows = session.execute(
        select(StaffRole.role, StaffRole.store_id).where(StaffRole.staff_id == staff_id).order_by(StaffRole.id)
    )
    return [(row[0], row[1]) for row in rows]


def grants_of(session: Session, staff_id: int) -> dict[str, frozenset[int]]:
    """Return what a staff member may do, and at which stores (an empty set: everywhere)."""
    return registry.of_roles(pairs_of(session, staff_id), current(session))


def bases_of(session: Session, staff_id: int) -> set[str]:
    """Return the built-in roles behind a staff member's roles."""
    changes = current(session)
    return {changes.base(role) for role, _store in pairs_of(session, staff_id)}


def rank_of(session: Session, staff_id: int | None) -> int:
    """Return how high the highest role of a staff member stands; 0 for none."""
    if staff_id is None:
        return 0
    changes = current(session)
    return max((changes.rank(role) for role, _store in pairs_of(session, staff_id)), default=0)


def holders(session: Session) -> dict[str, int]:
    """Return how many active staff members have each role."""
    rows = session.execute(
        select(StaffRole.role, func.count(StaffRole.staff_id.distinct()))
        .join(Staff, Staff.id == StaffRole.staff_id)
        .where(Staff.active.is_(True))
        .group_by(StaffRole.role)
    )
    return {role: int(n) for role, n in rows}


# -- changing what a role holds ------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Effect:
    """What a change of roles does to one person: labels of the permissions gained and lost."""

    staff_id: int
    name: str
    gained: tuple[str, ...]
    lost: tuple[str, ...]


def check(changes: RoleChanges, wanted: Sequence[Change], pairs: Sequence[tuple[str, str]]) -> list[Change]:
    """Return the changes that change something.

    Raises Refusal `role_fixed` for a duty that may not be given or taken, Invalid for what is unknown.
    """
    roles = set(changes.roles())
    real: list[Change] = []
    seen = changes
    for one in wanted:
        if one.role not in roles or one.permission not in registry:
            raise Invalid(_("没有这个角色或权限，请刷新后再改。"))
        item = registry.get(one.permission)
        if changes.holds(one.role, item) == one.granted:
            continue
        why = role_rules.why_fixed(seen, one.role, item, one.granted, pairs)
        if why:
            lead = _("%(role)s · %(what)s", role=changes.label(one.role), what=str(item.label))
            raise Refusal(f"{lead}：{why}", code="role_fixed", extra={"role": one.role, "permission": item.code})
        real.append(one)
        seen = applied(seen, [one])
    return real


def applied(changes: RoleChanges, wanted: Iterable[Change]) -> RoleChanges:
    """Return what the roles would hold after `wanted`; under a key of its own, so that nothing is cached wrong."""
    after = {**changes.changed, **{(one.role, one.permission): one.granted for one in wanted}}
    return RoleChanges((-1, new_id()), changes.bases, changes.names, after)


def preview(session: Session, wanted: Sequence[Change]) -> list[Effect]:
    """Return who would gain or lose what, by name: computed from all roles each person has."""
    before = current(session)
    after = applied(before, wanted)
    touched = {one.role for one in wanted}
    people = select(StaffRole.staff_id).where(StaffRole.role.in_(touched))
    rows = session.execute(
        select(Staff.id, Staff.name, StaffRole.role, StaffRole.store_id)
        .join(StaffRole, StaffRole.staff_id == Staff.id)
        .where(Staff.active.is_(True), Staff.id.in_(people))
        .order_by(Staff.number, StaffRole.id)
    )
    pairs: dict[int, list[tuple[str, int | None]]] = {}
    names: dict[int, str] = {}
    for staff_id, name, role, store_id in rows:
        names[staff_id] = name
        pairs.setdefault(staff_id, []).append((role, store_id))
    codes = sorted({one.permission for one in wanted})
    effects = [_effect(staff_id, names[staff_id], held, codes, before, after) for staff_id, held in pairs.items()]
    return [one for one in effects if one.gained or one.lost]


def _effect(
    staff_id: int, name: str, pairs: list[tuple[str, int | None]], codes: list[str], before: RoleChanges,
    after: RoleChanges,
) -> Effect:  # fmt: skip
    roles = {role for role, _store in pairs}
    gained, lost = [], []
    for code in codes:
        item = registry.get(code)
        had, has = any(before.holds(r, item) for r in roles), any(after.holds(r, item) for r in roles)
        if has and not had:
            gained.append(str(item.label))
        if had and not has:
            lost.append(str(item.label))
    return Effect(staff_id, name, tuple(gained), tuple(lost))


def save(
    session: Session, seen_version: int, wanted: Sequence[Change], pairs: Sequence[tuple[str, str]]
) -> list[Change]:
    """Change what roles hold and return what really changed; effective at everybody's next request.

    Raises Conflict `stale_version` when somebody changed the roles meanwhile, and what `check` raises.
    """
    franchise = _held_franchise(session)
    if franchise.roles_version != seen_version:
        raise Conflict(_("角色刚被别人改过。请看最新的权限表，再改一次。"), code="stale_version")
    before = current(session)
    real = check(before, wanted, pairs)
    for one in real:
        _write(session, before, one)
        audit.record(
            session, "org.role.changed", "role",
            detail={"role": one.role, "permission": one.permission, "before": not one.granted, "after": one.granted},
        )  # fmt: skip
    if real:
        franchise.roles_version = new_id()
    session.flush()
    return real


def _held_franchise(session: Session) -> Franchise:
    return session.scalars(
        select(Franchise).where(Franchise.id == current_actor().franchise_id).with_for_update()
        .execution_options(populate_existing=True)
    ).one()  # fmt: skip


def _write(session: Session, changes: RoleChanges, one: Change) -> None:
    """Keep a change; one that leads back to the built-in role is forgotten instead."""
    row = session.scalar(
        select(RoleOverride).where(RoleOverride.role == one.role, RoleOverride.permission == one.permission)
    )
    built_in = changes.base(one.role) in registry.get(one.permission).roles
    if one.granted == built_in:
        if row is not None:
            session.delete(row)
        return
    if row is None:
        row = RoleOverride(role=one.role, permission=one.permission)
        session.add(row)
    row.granted = one.granted
    row.changed_at = clock.now_ms()
    row.changed_by = current_actor().staff_id


# -- roles of the franchise's own ----------------------------------------------------------------


def make(session: Session, name: str, like: str) -> OwnRole:
    """Return a new role that holds what `like` holds now; raise Invalid for a bad name or an unknown role."""
    franchise = _held_franchise(session)
    before = current(session)
    if like not in before.roles():
        raise Invalid.field("like", _("请选择从哪个角色复制。"))
    problem = role_rules.name_problem(name, (before.label(role) for role in before.roles()))
    if problem:
        raise Invalid.field("name", problem)
    taken = len(before.bases) + 1
    while f"own_{taken}" in before.bases:
        taken += 1
    row = OwnRole(code=f"own_{taken}", name=name, base=before.base(like), made_at=clock.now_ms())
    session.add(row)
    for (role, code), granted in before.changed.items():
        if role == like:
            session.add(
                RoleOverride(
                    role=row.code, permission=code, granted=granted, changed_at=clock.now_ms(),
                    changed_by=current_actor().staff_id,
                )
            )  # fmt: skip
    franchise.roles_version = new_id()
    session.flush()
    audit.record(session, "org.role.added", "role", row.id, detail={"name": name, "like": like, "role": row.code})
    return row


def drop(session: Session, code: str) -> None:
    """Remove a role of the franchise's own; raise Conflict while somebody has it, NotFound for a built-in one."""
    franchise = _held_franchise(session)
    row = session.scalar(select(OwnRole).where(OwnRole.code == code))
    if row is None or code in ROLES:
        raise NotFound
    used = session.scalar(select(func.count()).select_from(StaffRole).where(StaffRole.role == code))
    if used:
        raise Conflict(_("还有 %(n)d 人是“%(name)s”，先给他们换角色再删。", n=used, name=row.name), code="role_in_use")
    for over in session.scalars(select(RoleOverride).where(RoleOverride.role == code)):
        session.delete(over)
    audit.record(session, "org.role.dropped", "role", row.id, detail={"name": row.name, "role": code})
    session.delete(row)
    franchise.roles_version = new_id()
    session.flush()
