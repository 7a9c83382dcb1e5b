"""Finding plugin packages and reading what they bring, before the host registers them."""

from __future__ import annotations

import importlib
import importlib.util
import pkgutil
from dataclasses import dataclass
from importlib.metadata import entry_points
from typing import TYPE_CHECKING

from core.kernel.plugin_types import Plugin, PluginError

if TYPE_CHECKING:
    from collections.abc import Iterable
    from types import ModuleType

ENTRY_POINTS = "huike.plugins"
# The names of the house itself: a plugin so called would claim core's tables and codes.
RESERVED = frozenset({"core", "kernel", "plugins", "plugin", "alembic", "sqlite", "admin", "api", "static"})


@dataclass(frozen=True, slots=True)
class Loaded:
    """A plugin package read: its manifest, dotted name and module of hooks."""

    manifest: Plugin
    package: str
    hooks: ModuleType


def bundled_packages(folder: str) -> list[str]:
    """Return the dotted names of the packages in the package `folder`, sorted."""
    parent = importlib.import_module(folder)
    return sorted(f"{folder}.{m.name}" for m in pkgutil.iter_modules(parent.__path__) if m.ispkg)


def parse_allowed(text: str) -> dict[str, str]:
    """Return {key: version} of a HUIKE_PLUGINS text such as `vet==1.2,eye==0.9`; raise PluginError."""
    wanted: dict[str, str] = {}
    for part in filter(None, (p.strip() for p in text.split(","))):
        key, sign, version = part.partition("==")
        if not sign or not key or not version:
            raise PluginError(f"HUIKE_PLUGINS: {part!r} is not of the form key==version")
        wanted[key.strip()] = version.strip()
    return wanted


def entry_point_packages(allowed: str) -> tuple[list[str], list[str]]:
    """Return (packages to load, keys installed but not named in `allowed`).

    Raises PluginError when a named plugin is not installed or is of another version.
    """
    wanted = parse_allowed(allowed)
    installed = {ep.name: ep for ep in entry_points(group=ENTRY_POINTS)}
    packages = []
    for key, version in sorted(wanted.items()):
        point = installed.get(key)
        if point is None:
            raise PluginError(f"HUIKE_PLUGINS names {key}, which is not installed")
        found = point.dist.version if point.dist else ""
        if found != version:
            raise PluginError(f"HUIKE_PLUGINS allows {key} {version}, installed is {found}")
        packages.append(point.value.partition(":")[0])
    return packages, sorted(set(installed) - set(wanted))


def read_package(package: str, sdk_version: int) -> Loaded:
    """Import a plugin package (manifest, models, hooks) and return it; raise PluginError."""
    module = importlib.import_module(package)
    manifest = getattr(module, "PLUGIN", None)
    if not isinstance(manifest, Plugin):
        raise PluginError(f"{package} has no manifest PLUGIN")
    if manifest.key != package.rpartition(".")[2]:
        raise PluginError(f"{package}: the key {manifest.key} is not the folder's name")
    if manifest.key in RESERVED:
        raise PluginError(f"{package}: the key {manifest.key} is a name of the house")
    low, high = manifest.sdk
    if not low <= sdk_version <= high:
        raise PluginError(f"{manifest.key} works with SDK {low} to {high}, this is {sdk_version}")
    if importlib.util.find_spec(f"{package}.models"):
        importlib.import_module(f"{package}.models")
    hooks = importlib.import_module(f"{package}.hooks")
    # Seen by the host on each implementation: hooks of a module without a manifest are refused.
    hooks.PLUGIN_KEY = manifest.key  # type: ignore[attr-defined]
    return Loaded(manifest, package, hooks)


def sort_by_requirements(found: Iterable[Loaded], known: frozenset[str]) -> list[Loaded]:
    """Return the plugins so that each follows those it requires; raise PluginError when one is missing."""
    waiting: dict[str, Loaded] = {}
    for loaded in sorted(found, key=lambda item: item.manifest.key):
        if loaded.manifest.key in waiting:
            raise PluginError(f"plugin key {loaded.manifest.key} is taken twice")
        waiting[loaded.manifest.key] = loaded
    ordered: list[Loaded] = []
    present = set(known)
    while waiting:
        ready = [key for key, loaded in waiting.items() if set(loaded.manifest.requires) <= present]
        if not ready:
            missing = {key: sorted(set(item.manifest.requires) - present) for key, item in waiting.items()}
            raise PluginError(f"requirements cannot be met: {missing}")
        for key in ready:
            ordered.append(waiting.pop(key))
            present.add(key)
    return ordered
