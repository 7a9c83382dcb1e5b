"""Permissions: role × action × scope, default deny.

Every room and plugin declares its permissions in `permissions.py`; a route without a declared one
stops the start. Scope comes with a staff member's role: some stores, or the whole franchise.
"""

from __future__ import annotations

from dataclasses import dataclass
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
MUST_USE_TOTP = frozenset({"owner", "rule_keeper", "chain_admin", "platform_admin"})


@dataclass(frozen=True, slots=True)
class Permission:
    """A right to do something. `code` is `room.object.verb`; `roles` hold it unless changed."""

    code: str
    label: Any
    roles: frozenset[str]
    plugin: str | None = None


def permission(code: str, label: Any, *roles: str, plugin: str | None = None) -> Permission:
    """Return a declared permission; raise ValueError for an unknown role."""
    unknown = set(roles) - set(ROLES)
    if unknown:
        raise ValueError(f"unknown roles {sorted(unknown)} in {code}")
    return Permission(code, label, frozenset(roles), plugin)


class PermissionRegistry:
    """All permissions of the installation, by code."""

    def __init__(self) -> None:
        self._by_code: dict[str, Permission] = {}
        self._grants: dict[tuple[tuple[str, int | None], ...], dict[str, frozenset[int]]] = {}

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

    def of_roles(self, roles: Iterable[tuple[str, int | None]]) -> dict[str, frozenset[int]]:
        """Return the grants of (role, store or None) pairs: an empty set of stores means everywhere."""
        key = tuple(roles)
        found = self._grants.get(key)
        if found is None:
            found = self._grants[key] = self._of_roles(key)
        return found

    def _of_roles(self, roles: tuple[tuple[str, int | None], ...]) -> dict[str, frozenset[int]]:
        grants: dict[str, set[int] | None] = {}
        for role, store_id in roles:
            for item in self._by_code.values():
                if role not in item.roles:
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
