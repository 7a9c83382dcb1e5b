"""What a switch would bring or take away, asked of the very hooks that will show it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import func, select

from core.console import services
from core.hooktypes import PersonView
from core.kernel.i18n import _
from core.kernel.schema import components
from core.org import roles as roles_of_franchise
from core.org.models import Staff, StaffRole, Store

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sqlalchemy.orm import Session

    from core.kernel.plugins import PluginHost

SAMPLE_PERSON = PersonView(person_id=0, name="", sample=True)


@dataclass(frozen=True, slots=True)
class Section:
    """One kind of thing that appears: how many, and their names. `failed`: the plugin did not say."""

    kind: str
    label: str
    names: tuple[str, ...]
    failed: bool = False

    @property
    def count(self) -> int:
        """Return how many there are."""
        return len(self.names)


@dataclass(frozen=True, slots=True)
class SwitchPreview:
    """What switching `key` to `on` does: every key it changes, what comes or goes, what stays, who sees it.

    `stays` holds (what, how many rows or None when unknown) kept by the plugins, on or off.
    `viewers` holds (role, staff) of those whose menus change.
    """

    key: str
    name: str
    on: bool
    changes: tuple[str, ...]
    sections: tuple[Section, ...]
    stays: tuple[tuple[str, int | None], ...]
    stores: tuple[str, ...]
    staff: int
    viewers: tuple[tuple[str, int], ...]

    def section(self, kind: str) -> Section:
        """Return the section of `kind`."""
        return next(s for s in self.sections if s.kind == kind)


def preview_switch(session: Session, host: PluginHost, key: str, on: bool) -> SwitchPreview:
    """Return what `services.switch` with the same arguments would do. Raises as that does."""
    changes = tuple(services.affected(session, host, key, on))
    keys = frozenset(changes) & frozenset(host.plugins)
    staff, viewers = _viewers(session, host, keys)
    return SwitchPreview(
        key=key,
        name=services.name_of(host, key),
        on=on,
        changes=changes,
        sections=tuple(_sections(session, host, keys)),
        stays=tuple(_stays(session, host, keys)),
        stores=tuple(session.scalars(select(Store.name).where(Store.active.is_(True)).order_by(Store.code))),
        staff=staff,
        viewers=viewers,
    )


def _sections(session: Session, host: PluginHost, keys: frozenset[str]) -> Iterable[Section]:
    yield _asked(session, host, keys, "menus", _("菜单"), "menu_items", "label")
    panels = [spec.title for key in sorted(keys) for spec in host.declared_by("register_panels", key)]
    yield Section("panels", _("面板"), _names(panels), failed=_undeclared(host, keys, "register_panels"))
    yield _declared(host, keys, "attributes", _("字段"), "register_item_attributes", "label")
    yield _declared(host, keys, "checks", _("结算规则"), "register_checks", "label")
    yield _declared(host, keys, "permissions", _("权限"), "register_permissions", "label")
    yield _declared(host, keys, "approvals", _("审批"), "register_approvals", "label")
    yield _declared(host, keys, "settings", _("设置"), "register_settings", "label")
    jobs = [f"{job.label} {job.at}" for key in sorted(keys) for job in host.declared_by("register_jobs", key)]
    yield Section("jobs", _("定时任务"), _names(jobs), failed=_undeclared(host, keys, "register_jobs"))
    tables = sorted(table for part in components(host) if part.key in keys for table in part.tables)
    yield Section("tables", _("数据表"), tuple(tables))


def _asked(
    session: Session, host: PluginHost, keys: frozenset[str], kind: str, label: str, hook: str, field: str
) -> Section:
    """Return the section of a hook that is asked per request, asked as if `keys` were on."""
    answers = [a for a in host.call(hook, services.preview_context(session, keys)) if a.plugin in keys]
    values = [getattr(a.value, field) for a in answers if not a.failed]
    return Section(kind, label, _names(values), failed=any(a.failed for a in answers))


def _declared(host: PluginHost, keys: frozenset[str], kind: str, label: str, hook: str, field: str) -> Section:
    values = [getattr(value, field) for key in sorted(keys) for value in host.declared_by(hook, key)]
    return Section(kind, label, _names(values), failed=_undeclared(host, keys, hook))


def _undeclared(host: PluginHost, keys: frozenset[str], hook: str) -> bool:
    return any(a.failed and a.plugin in keys for a in host.declared(hook))


def _names(values: Iterable[Any]) -> tuple[str, ...]:
    return tuple(str(value) for value in values)


def _stays(session: Session, host: PluginHost, keys: frozenset[str]) -> Iterable[tuple[str, int | None]]:
    """Yield what the plugins keep: counted by themselves, whether they are on or off."""
    for answer in host.call_installed("describe_data", services.preview_context(session, keys)):
        if answer.plugin not in keys:
            continue
        if answer.failed:
            yield _("%(name)s 的数据（数目未知）", name=services.name_of(host, str(answer.plugin))), None
        else:
            yield str(answer.value.label), answer.value.count


def _viewers(session: Session, host: PluginHost, keys: frozenset[str]) -> tuple[int, tuple[tuple[str, int], ...]]:
    """Return how many active staff get new rights, in all and by role."""
    permissions = [p for key in keys for p in host.declared_by("register_permissions", key)]
    changes = roles_of_franchise.current(session)
    roles = [role for role in changes.roles() if any(changes.holds(role, p) for p in permissions)]
    of_active = (
        select(func.count(func.distinct(StaffRole.staff_id)))
        .join(Staff, Staff.id == StaffRole.staff_id)
        .where(Staff.active.is_(True))
    )
    total = session.scalar(of_active.where(StaffRole.role.in_(roles))) or 0
    rows = session.execute(
        of_active.add_columns(StaffRole.role).where(StaffRole.role.in_(roles)).group_by(StaffRole.role)
    ).all()
    by_role = {role: count for count, role in rows}
    return total, tuple((changes.label(role), by_role[role]) for role in changes.roles() if role in by_role)
