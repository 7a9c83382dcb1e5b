"""What a scope of an API token allows, in the permissions that services ask for.

A token works at one store and never holds what is personal: a price override and a large refund want a
person's own right, proven by PIN.
"""

from __future__ import annotations

from core.kernel.i18n import _l
from core.kernel.permissions import permission

USE = "api.use"

PERMISSIONS = (permission(USE, _l("使用收银接口")),)

SCOPE_GRANTS: dict[str, frozenset[str]] = {
    "members": frozenset({"people.view", "people.edit", "people.enrol", "cards.seat"}),
    "health": frozenset({"care.alert", "care.note", "care.read", "care.write"}),
    "orders": frozenset({"orders.sell", "orders.view", "catalog.view", "cash.shift", "courses.view", "courses.burn"}),
    "refunds": frozenset({"orders.refund", "orders.view"}),
    "points": frozenset({"people.view", "points.adjust", "rewards.view", "rewards.redeem"}),
    "catalog": frozenset({"catalog.view", "catalog.edit", "rewards.view"}),
}
