"""The switchboard: what a plugin would bring, switching it, what the chain allows, how it is doing."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any

from sqlalchemy import select

from core.hooktypes import HookContext, hook_context
from core.kernel import audit, clock, outbox
from core.kernel.errors import NotFound, Refusal
from core.kernel.i18n import _, listed
from core.kernel.models import PluginState
from core.kernel.plugin_state import effective, wanted_keys, with_dependants, with_requirements
from core.kernel.plugin_types import PluginFailed
from core.kernel.statements import Statements
from core.kernel.tenancy import current_actor
from core.org.models import ChainPlugin, Franchise

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from core.kernel.plugins import PluginHost

TOPIC = "plugin_tell"
RETRY_MS = 60_000


def allowed_keys(session: Session, franchise_id: int) -> frozenset[str]:
    """Return the plugins that the franchise's chain allows; without a row a plugin is not allowed."""
    return frozenset(
        session.scalars(
            select(ChainPlugin.key)
            .join(Franchise, Franchise.chain_id == ChainPlugin.chain_id)
            .where(Franchise.id == franchise_id, ChainPlugin.allowed.is_(True))
        )
    )


def enabled_keys(session: Session, host: PluginHost, franchise_id: int) -> frozenset[str]:
    """Return the plugins that are on for the acting franchise: read once per request, into Actor.plugins."""
    return effective(host.plugins, allowed_keys(session, franchise_id), wanted_keys(session))


def affected(session: Session, host: PluginHost, key: str, on: bool) -> list[str]:
    """Return the keys that a switch would change, in order: requirements come along, dependants go.

    Raises NotFound for a plugin that is neither installed nor known, and a refusal of code
    `plugin_not_allowed` when the chain does not allow it or one it requires.
    """
    wanted = wanted_keys(session)
    if key not in host.plugins:
        if not on and key in wanted:
            return [key]
        raise NotFound(_("没有安装这个插件。"))
    if not on:
        return [k for k in with_dependants(host.plugins, key) if k in wanted]
    chain = with_requirements(host.plugins, key)
    allowed = allowed_keys(session, current_actor().franchise_id)
    refused = [name_of(host, k) for k in chain if k not in allowed]
    if refused:
        raise Refusal(
            _("总部没有允许使用“%(names)s”。请让连锁管理员先允许，再来启用。", names=listed(refused)),
            code="plugin_not_allowed",
        )
    return [k for k in chain if k not in wanted]


def name_of(host: PluginHost, key: str) -> str:
    """Return the name of a plugin, or its key when its package is gone."""
    return str(host.plugins[key].name) if key in host.plugins else key


def switch(session: Session, host: PluginHost, key: str, on: bool) -> list[str]:
    """Switch a plugin for the acting franchise, with what it requires or what requires it.

    Returns the keys changed, in order; writes an audit line for each. Nothing is deleted. What the
    plugin itself does on the occasion is tried at once and, when it fails, left to the outbox.
    Raises as `affected`.
    """
    changed = affected(session, host, key, on)
    for each in changed:
        first_time = _set_state(session, host, each, on)
        action = "console.plugin.enabled" if on else "console.plugin.disabled"
        audit.record(session, action, "plugin", detail={"key": each, "asked": key})
        session.flush()
        _tell(session, host, each, on, first_time)
    return changed


def _set_state(session: Session, host: PluginHost, key: str, on: bool) -> bool:
    """Write the state of a plugin and return whether the franchise never had it on before."""
    row = session.scalar(select(PluginState).where(PluginState.key == key))
    first_time = row is None
    if row is None:
        row = PluginState(key=key, enabled=on, version="", changed_at=0)
        session.add(row)
    row.enabled = on
    row.version = host.plugins[key].version if key in host.plugins else row.version
    row.changed_at = clock.now_ms()
    row.changed_by = current_actor().staff_id
    return first_time


def _tell(session: Session, host: PluginHost, key: str, on: bool, first_time: bool) -> None:
    hook = "franchise_enabled" if on else "franchise_disabled"
    if key not in host.plugins or not host.implements(key, hook):
        return
    payload = {
        "franchise_id": current_actor().franchise_id,
        "key": key,
        "hook": hook,
        "arguments": {"first_time": first_time} if on else {},
    }
    try:
        deliver(session, host, payload)
    except PluginFailed:
        _leave_to_outbox(session, payload)


def deliver(session: Session, host: PluginHost, payload: dict[str, Any]) -> None:
    """Tell a plugin about its switch: the outbox's handler for the topic `plugin_tell`.

    Raises PluginFailed so that the outbox tries again; a plugin that is gone is let go.
    """
    if payload["key"] not in host.plugins:
        return
    ctx = dataclasses.replace(hook_context(session), plugins=frozenset({payload["key"]}))
    host.deliver(payload["key"], payload["hook"], ctx, **payload["arguments"])


def _leave_to_outbox(session: Session, payload: dict[str, Any]) -> None:
    now = clock.now_ms()
    key = f"{payload['key']}:{payload['hook']}:{now}"
    outbox.put(Statements(session, payload["franchise_id"]), TOPIC, key, payload, due_at=now + RETRY_MS)


# -- the chain -------------------------------------------------------------------------------------


def set_allowed(session: Session, host: PluginHost, chain_id: int, key: str, allowed: bool) -> list[int]:
    """Allow a plugin to a chain, or withdraw it; return its franchises, oldest first.

    A withdrawal is effective at once everywhere. The edge then calls `note_allowed` in a unit of
    each franchise: one audit line a franchise, and the switch goes off there.
    """
    if allowed and key not in host.plugins:
        raise NotFound(_("没有安装这个插件。"))
    row = session.scalar(select(ChainPlugin).where(ChainPlugin.chain_id == chain_id, ChainPlugin.key == key))
    if row is None:
        row = ChainPlugin(chain_id=chain_id, key=key, allowed=allowed)
        session.add(row)
    row.allowed = allowed
    session.flush()
    return list(session.scalars(select(Franchise.id).where(Franchise.chain_id == chain_id).order_by(Franchise.id)))


def note_allowed(session: Session, host: PluginHost, key: str, allowed: bool, by: str = "") -> list[str]:
    """Write the chain's decision into the acting franchise's audit; return what was switched off.

    `by` is the sign-in name of the administrator, who is no staff of this franchise.
    """
    action = "console.plugin.allowed" if allowed else "console.plugin.withdrawn"
    audit.record(session, action, "plugin", detail={"key": key, **({"by": by} if by else {})})
    if allowed or key not in wanted_keys(session):
        return []
    return switch(session, host, key, False)


def preview_context(session: Session, plugins: frozenset[str]) -> HookContext:
    """Return the acting staff's context as if exactly `plugins` were on."""
    return dataclasses.replace(hook_context(session), plugins=plugins)
