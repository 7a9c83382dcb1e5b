"""What may not be changed about a role, and why: pure functions over plain data.

Some duties are no choice of a franchise: an auditor who could write would audit themselves, the chain and
the platform never see persons, and who asks for a thing never approves it (security C10, C17, 三员).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from core.kernel.i18n import _, _l
from core.kernel.permissions import SEES_NO_PERSON
from core.org.permissions import APPROVALS, ROLES_APPROVE, ROLES_EDIT, ROLES_VIEW_AS, STAFF_EDIT, STAFF_VIEW, USE

if TYPE_CHECKING:
    from collections.abc import Iterable

    from core.kernel.permissions import Permission, RoleChanges

# What never names a member; everything else does, or may one day.
WITHOUT_PERSONS = ("org.", "console.", "catalog.", "programme.")
OWNER_KEEPS = frozenset({USE, ROLES_EDIT, ROLES_APPROVE, STAFF_VIEW, STAFF_EDIT, APPROVALS})
OWNER_ONLY = frozenset({ROLES_EDIT, ROLES_VIEW_AS})
# The chain's own business: no franchise gives a part in it.
CHAIN_ONLY = "console.chain."
SENIOR = 50
NAME_LONGEST = 20

# Permissions by the first part of their code; a plugin's have a group of their own.
GROUPS: dict[str, Any] = {
    "desk": _l("收银台与首页"), "orders": _l("订单与退款"), "cash": _l("现金班次与日结"),
    "people": _l("会员"), "cards": _l("会员卡与家庭"),
    "points": _l("积分"), "tiers": _l("等级"), "care": _l("安全提示"), "catalog": _l("项目与库存"),
    "programme": _l("会员方案"), "segments": _l("人群与标签"), "imports": _l("导入"), "org": _l("门店、员工与审批"),
    "rewards": _l("积分兑换"),
    "contact": _l("消息"), "ledger": _l("账目"), "console": _l("业态与插件"), "lists": _l("名单、导出与修改记录"),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Change:
    """A permission that a role shall hold from now on, or not."""

    role: str
    permission: str
    granted: bool


def group_of(item: Permission) -> str:
    """Return the group under which a permission stands in the matrix."""
    return item.plugin or item.code.split(".")[0]


def in_matrix(item: Permission, plugins: frozenset[str]) -> bool:
    """Return whether a permission is for people to give: not the API's own, nothing of a plugin that is off."""
    return not item.code.startswith("api.") and (item.plugin is None or item.plugin in plugins)


def why_fixed(
    changes: RoleChanges, role: str, item: Permission, granted: bool, pairs: Iterable[tuple[str, str]]
) -> str | None:
    """Return why `role` may not gain (or lose) a permission, or None.

    `pairs` are (permission to ask, permission to approve) of everything that wants four eyes.
    """
    base = changes.base(role)
    return _why_not_given(changes, role, base, item, pairs) if granted else _why_not_taken(base, item)


def _why_not_taken(base: str, item: Permission) -> str | None:
    if item.code == USE:
        return _("每个角色都要能登录。要停用一个人，请在员工页停用。")
    if base == "owner" and item.code in OWNER_KEEPS:
        return _("加盟主必须保留“%(what)s”，否则没有人能改回来。", what=str(item.label))
    return None


def _why_not_given(
    changes: RoleChanges, role: str, base: str, item: Permission, pairs: Iterable[tuple[str, str]]
) -> str | None:
    if item.code in OWNER_ONLY and base != "owner":
        return _("“%(what)s”只属于加盟主：能改权限的人等于什么都能做。", what=str(item.label))
    if base == "auditor" and not item.reads:
        return _("审计员只看不改：会改账的人不能审自己的账。")
    if base in SEES_NO_PERSON and not item.code.startswith(WITHOUT_PERSONS):
        return _("总部和平台的管理员只看汇总，不接触会员和订单。")
    if item.code.startswith(CHAIN_ONLY) and base not in SEES_NO_PERSON:
        return _("“%(what)s”只属于连锁管理员，加盟主体不能给出去。", what=str(item.label))
    if changes.rank(role) >= SENIOR:
        return None
    if any(item.code in pair and _holds_other(changes, role, item.code, pair) for pair in pairs):
        return _("提出的人不能自己批：这个角色已经有同一件事的另一半。")
    return None


def _holds_other(changes: RoleChanges, role: str, code: str, pair: tuple[str, str]) -> bool:
    from core.kernel.permissions import registry

    if pair[0] == pair[1]:
        return False
    other = pair[1] if code == pair[0] else pair[0]
    return other in registry and changes.holds(role, registry.get(other))


def name_problem(name: str, taken: Iterable[str]) -> str | None:
    """Return what is wrong with the name of a new role, or None."""
    if not 2 <= len(name) <= NAME_LONGEST:
        return _("角色名 2 到 %(n)d 个字。", n=NAME_LONGEST)
    if name in set(taken):
        return _("已经有“%(name)s”这个角色了。", name=name)
    return None
