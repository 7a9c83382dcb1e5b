"""At start: what plugins and rooms declare goes into the registries that the rest of core asks."""

from __future__ import annotations

from typing import TYPE_CHECKING

from core.kernel import permissions, settings

if TYPE_CHECKING:
    from core.kernel.plugins import PluginHost


def register_declared(host: PluginHost) -> None:
    """Put declared permissions and settings into their registries; call once, after loading."""
    permissions.registry.add(a.value for a in host.declared("register_permissions") if not a.failed)
    settings.registry.add(*(a.value for a in host.declared("register_settings") if not a.failed))
