"""How each plugin stands: on or off, allowed or not, healthy or isolated, and its stored failures."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import func, select

from core.console import services
from core.kernel import clock
from core.kernel.i18n import _l
from core.kernel.models import PluginFailure
from core.kernel.plugin_state import effective, wanted_keys
from core.kernel.tenancy import current_actor

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from core.kernel.plugin_health import HookHealth
    from core.kernel.plugins import PluginHost

HOUR_MS = 3_600_000
SHOWN_FAILURES = 10

HOOK_LABELS: dict[str, Any] = {
    "menu_items": _l("菜单"),
    "home_cards": _l("首页面板"),
    "person_panels": _l("会员页面板"),
    "person_alerts": _l("会员提示"),
    "person_timeline": _l("会员时间线"),
    "person_form_fields": _l("会员字段"),
    "save_person_fields": _l("会员字段保存"),
    "checkout_checks": _l("结算检查"),
    "adjust_price": _l("计价"),
    "earn_points": _l("积分"),
    "coupon_classes_for_items": _l("用券范围"),
    "on_event": _l("事件"),
    "franchise_enabled": _l("启用准备"),
    "franchise_disabled": _l("停用收尾"),
    "describe_data": _l("数据统计"),
    "personal_data": _l("个人数据导出"),
    "erase_person": _l("个人数据删除"),
    "merge_people": _l("会员合并"),
    "describe_audit": _l("审计说明"),
    "demo_data": _l("示例数据"),
    "item_vetoes": _l("赠送限制"),
    "person_circle": _l("家人范围"),
    "register_jobs": _l("定时任务"),
}


@dataclass(frozen=True, slots=True)
class PluginRow:
    """A plugin on the switchboard.

    `missing`: the franchise has it on but its package is gone. `on` is what counts; `wanted` what the
    franchise chose. `failures` of the last hour; `isolated` names the hooks in quarantine. Times in µs.
    """

    key: str
    name: str
    description: str
    version: str
    icon: str
    on: bool
    wanted: bool
    allowed: bool
    missing: bool
    calls: int
    p95_us: int
    failures: int
    isolated: tuple[str, ...]
    hooks: tuple[HookHealth, ...]


def hook_label(hook: str) -> str:
    """Return the name of a hook as users read it."""
    return str(HOOK_LABELS.get(hook, hook))


def plugin_rows(session: Session, host: PluginHost) -> list[PluginRow]:
    """Return every installed plugin, and those switched on whose package is gone, sorted by key."""
    allowed = services.allowed_keys(session, current_actor().franchise_id)
    wanted = wanted_keys(session)
    on = effective(host.plugins, allowed, wanted)
    recent = _failures_of_last_hour(session)
    return [
        _row(host, key, on=key in on, wanted=key in wanted, allowed=key in allowed, failures=recent.get(key, 0))
        for key in sorted(set(host.plugins) | wanted)
    ]


def _row(host: PluginHost, key: str, *, on: bool, wanted: bool, allowed: bool, failures: int) -> PluginRow:
    manifest = host.plugins.get(key)
    hooks = tuple(host.health.of(key))
    return PluginRow(
        key=key,
        name=services.name_of(host, key),
        description=str(manifest.description) if manifest else "",
        version=manifest.version if manifest else "",
        icon=manifest.icon if manifest else "plug",
        on=on,
        wanted=wanted,
        allowed=allowed,
        missing=manifest is None,
        calls=sum(h.calls for h in hooks),
        p95_us=max((h.p95_us for h in hooks), default=0),
        failures=failures,
        isolated=tuple(hook_label(h.hook) for h in hooks if h.isolated),
        hooks=hooks,
    )


def _failures_of_last_hour(session: Session) -> dict[str, int]:
    rows = session.execute(
        select(PluginFailure.key, func.count(PluginFailure.id))
        .where(PluginFailure.at >= clock.now_ms() - HOUR_MS)
        .group_by(PluginFailure.key)
    )
    return {row[0]: row[1] for row in rows}


def recent_failures(session: Session, key: str | None = None, limit: int = SHOWN_FAILURES) -> list[PluginFailure]:
    """Return the newest stored failures of the franchise (of one plugin)."""
    query = select(PluginFailure).order_by(PluginFailure.at.desc(), PluginFailure.id.desc()).limit(limit)
    if key is not None:
        query = query.where(PluginFailure.key == key)
    return list(session.scalars(query))


def isolated_hooks(host: PluginHost, keys: frozenset[str]) -> list[tuple[str, str]]:
    """Return (plugin, hook) in quarantine now, of the plugins `keys` that are installed, sorted."""
    return [(key, one.hook) for key in sorted(keys & set(host.plugins)) for one in host.health.of(key) if one.isolated]
