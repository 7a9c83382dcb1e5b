"""Which plugins are on: the chain allows, the franchise enables, requirements hold."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import select

from core.kernel.models import PluginState

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from sqlalchemy.orm import Session

    from core.kernel.plugin_types import Plugin
    from core.kernel.plugins import PluginHost


def effective(plugins: Mapping[str, Plugin], allowed: Iterable[str], wanted: Iterable[str]) -> frozenset[str]:
    """Return the keys that are on: installed, allowed, wanted, and with all they require on."""
    on = set(plugins) & set(allowed) & set(wanted)
    while True:
        lacking = {key for key in on if not set(plugins[key].requires) <= on}
        if not lacking:
            return frozenset(on)
        on -= lacking


def wanted_keys(session: Session) -> frozenset[str]:
    """Return the keys that the franchise has switched on, installed or not."""
    return frozenset(session.scalars(select(PluginState.key).where(PluginState.enabled.is_(True))))


def enabled_keys(session: Session, host: PluginHost, allowed: Iterable[str]) -> frozenset[str]:
    """Return the plugins that are on for the acting franchise: once per request, into Actor.plugins."""
    return effective(host.plugins, allowed, wanted_keys(session))


def with_requirements(plugins: Mapping[str, Plugin], key: str) -> list[str]:
    """Return `key` preceded by everything it requires, in the order of switching on."""
    order: list[str] = []

    def visit(current: str) -> None:
        for needed in plugins[current].requires:
            visit(needed)
        if current not in order:
            order.append(current)

    visit(key)
    return order


def with_dependants(plugins: Mapping[str, Plugin], key: str) -> list[str]:
    """Return `key` preceded by everything that requires it, in the order of switching off."""
    order: list[str] = []

    def visit(current: str) -> None:
        for other in sorted(plugins):
            if current in plugins[other].requires:
                visit(other)
        if current not in order:
            order.append(current)

    visit(key)
    return order
