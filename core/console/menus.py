"""Plugins' menu entries in the rail, asked anew for every page."""

from __future__ import annotations

from typing import TYPE_CHECKING

from core.hookguards import answered
from core.hooktypes import hook_context
from core.kernel.runtime import runtime
from core.kernel.tenancy import acting
from core.kernel.web.render import MenuEntry, menu

if TYPE_CHECKING:
    from core.kernel.tenancy import Actor


def plugin_entries(actor: Actor) -> list[MenuEntry]:
    """Return the menu entries of the plugins that are on for `actor`; a failing plugin has none."""
    if not actor.plugins:
        return []
    with acting(actor):
        answers = answered(runtime().host.call("menu_items", hook_context()))
    return [
        MenuEntry(
            a.value.group,
            a.value.label,
            a.value.endpoint,
            a.value.icon,
            a.value.permission,
            a.value.order,
            a.plugin,
        )
        for a in answers
    ]


menu.add_source(plugin_entries)
