"""Permissions: role × action × scope, default deny.

Every room and plugin declares its permissions in `permissions.py`; a route without a declared one
stops the start. Scope comes with a staff member's role: some stores, or the whole franchise. A
franchise may change what a role holds and make roles of its own (RoleChanges, kept by the org room).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from core.kernel.errors import Forbidden
from core.kernel.i18n import _, _l

if TYPE_CHECKING:
    from collections.abc import Iterable

    from core.kernel.tenancy import Actor

ROLES: dict[str, Any] = {
    "owner": _l("加盟主"),
    "manager": _l("店长"),
    "rule_keeper": _l("规则管理员"),
    "front_desk": _l("前台"),
    "clinician": _l("医生／治疗师"),
    "pharmacist": _l("药师"),
    "call_agent": _l("客服"),
    "marketing": _l("营销"),
    "auditor": _l("审计员"),
    "chain_admin": _l("连锁管理员"),
    "platform_admin": _l("平台管理员"),
}
# The chain's and the platform's own: they see counts, never persons.
SEES_NO_PERSON = frozenset({"chain_admin", "platform_admin"})
MUST_USE_TOTP = frozenset({"owner", "rule_keeper", "chain_admin", "platform_admin"})


# How high a role stands: nobody gives a role above their own.
RANKS = {
    "front_desk": 10, "clinician": 10, "pharmacist": 10, "call_agent": 10, "marketing": 10,
    "manager": 50, "rule_keeper": 60, "auditor": 60, "owner": 80, "chain_admin": 90, "platform_admin": 90,
}  # fmt: skip
_GRANTS_KEPT = 4096


@dataclass(frozen=True, slots=True)
class Permission:
    """A right to do something. `code` is `room.object.verb`; `roles` hold it unless changed.

    `reads` says that it only looks at things, which is all that an auditor may be given.
    """

    code: str
    label: Any
    roles: frozenset[str]
    plugin: str | None = None
    reads: bool = False


def permission(code: str, label: Any, *roles: str, plugin: str | None = None, reads: bool | None = None) -> Permission:
    """Return a declared permission; raise ValueError for an unknown role.

    A code that ends in `.view` only reads, unless `reads` says otherwise.
    """
    unknown = set(roles) - set(ROLES)
    if unknown:
        raise ValueError(f"unknown roles {sorted(unknown)} in {code}")
    return Permission(code, label, frozenset(roles), plugin, code.endswith(".view") if reads is None else reads)


@dataclass(frozen=True)
class RoleChanges:
    """What a franchise changed of the built-in roles. `key` names this state of it, for caching.

    `bases` maps the franchise's own roles to the built-in one they were copied from, `names` to what
    they are called; `changed` maps (role, permission) to whether the role holds it now.
    """

    key: tuple[int, int] = (0, 0)
    bases: dict[str, str] = field(default_factory=dict)
    names: dict[str, str] = field(default_factory=dict)
    changed: dict[tuple[str, str], bool] = field(default_factory=dict)

    def base(self, role: str) -> str:
        """Return the built-in role behind `role`: itself for a built-in one."""
        return self.bases.get(role, role)

    def rank(self, role: str) -> int:
        """Return how high a role stands; an unknown one stands above everybody."""
        return RANKS.get(self.base(role), 1000)

    def label(self, role: str) -> str:
        """Return what a role is called."""
        return self.names.get(role) or str(ROLES.get(role, role))

    def roles(self) -> list[str]:
        """Return every role of the franchise: the built-in ones, then its own."""
        return [*ROLES, *self.bases]

    def holds(self, role: str, item: Permission) -> bool:
        """Return whether `role` holds a permission in this franchise."""
        asked = self.changed.get((role, item.code))
        return self.base(role) in item.roles if asked is None else asked


UNCHANGED = RoleChanges()


class PermissionRegistry:
    """All permissions of the installation, by code."""

    def __init__(self) -> None:
        self._by_code: dict[str, Permission] = {}
        self._grants: dict[tuple[Any, ...], dict[str, frozenset[int]]] = {}

    def add(self, permissions: Iterable[Permission]) -> None:
        """Declare `permissions`; raise ValueError for a code declared twice."""
        self._grants.clear()
        for item in permissions:
            if self._by_code.get(item.code, item) != item:
                raise ValueError(f"permission {item.code} declared twice")
            self._by_code[item.code] = item

    def __contains__(self, code: str) -> bool:
        return code in self._by_code

    def get(self, code: str) -> Permission:
        """Return the permission called `code`; raise KeyError for an undeclared one."""
        return self._by_code[code]

    def all(self) -> list[Permission]:
        """Return every permission, sorted by code."""
        return sorted(self._by_code.values(), key=lambda p: p.code)

    def of_roles(
        self, roles: Iterable[tuple[str, int | None]], changes: RoleChanges = UNCHANGED
    ) -> dict[str, frozenset[int]]:
        """Return the grants of (role, store or None) pairs: an empty set of stores means everywhere."""
        key = (changes.key, tuple(roles))
        found = self._grants.get(key)
        if found is None:
            if len(self._grants) >= _GRANTS_KEPT:
                self._grants.clear()
            found = self._grants[key] = self._of_roles(key[1], changes)
        return found

    def _of_roles(self, roles: tuple[tuple[str, int | None], ...], changes: RoleChanges) -> dict[str, frozenset[int]]:
        grants: dict[str, set[int] | None] = {}
        for role, store_id in roles:
            for item in self._by_code.values():
                if not changes.holds(role, item):
                    continue
                if store_id is None:
                    grants[item.code] = None
                elif grants.get(item.code, set()) is not None:
                    grants.setdefault(item.code, set()).add(store_id)  # type: ignore[union-attr]
        return {c: frozenset(stores or ()) for c, stores in grants.items()}


registry = PermissionRegistry()


def may(actor: Actor, code: str, store_id: int | None = None) -> bool:
    """Return whether the actor holds `code` (at `store_id`, when given)."""
    stores = actor.grants.get(code)
    if stores is None:
        return False
    declared = registry.get(code)
    if declared.plugin and declared.plugin not in actor.plugins:
        return False
    return not stores or store_id is None or store_id in stores


def authorize(actor: Actor, code: str, store_id: int | None = None) -> None:
    """Raise Forbidden unless the actor holds `code` (at `store_id`, when given)."""
    if may(actor, code, store_id):
        return
    raise Forbidden(
        _("你没有“%(what)s”的权限。请让店长或加盟主为你开通。", what=str(registry.get(code).label)),
        extra={"permission": code},
    )
