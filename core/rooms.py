"""The list of rooms, and how a process is put together from them.

A room offers itself by its file names alone: `models.py`, `permissions.py` (PERMISSIONS), `settings.py`
(SETTINGS), `audited.py` (ACTIONS), `hooks.py`, `views.py` (bp), `cli.py` (COMMANDS), `jobs.py` (JOBS),
`demo.py`. Rooms stand in the order of their floors.
"""

from __future__ import annotations

import importlib
import importlib.util
from typing import TYPE_CHECKING

from core import hookspecs
from core.kernel import audit_words, permissions, runtime, settings
from core.kernel.plugin_wiring import register_declared
from core.kernel.plugins import PluginHost
from core.kernel.settings import Environment

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import ModuleType

    from click import Command
    from flask import Blueprint

    from core.kernel.jobs import Job
    from core.kernel.runtime import Runtime

ROOMS = (
    "kernel", "org", "people", "care", "catalog", "ledger", "programme", "tiers", "points", "coupons", "courses",
    "wallet", "segments", "contact", "cards", "referrals", "rewards", "pricing", "orders", "cash", "imports", "lists",
    "desk", "console", "api",
)  # fmt: skip


def modules(name: str) -> Iterator[ModuleType]:
    """Yield the module `name` of every room that has one, in the order of floors."""
    for room in ROOMS:
        if importlib.util.find_spec(f"core.{room}.{name}") is not None:
            yield importlib.import_module(f"core.{room}.{name}")


def load_models() -> None:
    """Import every room's tables."""
    for _module in modules("models"):
        pass


def make_host(folder: str = "plugins", allowed: str = "") -> PluginHost:
    """Return a plugin host with core's rooms and the plugins of `folder` registered."""
    host = PluginHost(hookspecs)
    for module in modules("hooks"):
        host.register_core(module.__name__.split(".")[1], module)
    host.discover(folder, allowed)
    return host


def declare(host: PluginHost) -> None:
    """Put what rooms and plugins declare into the registries: permissions and settings."""
    for module in modules("permissions"):
        if hasattr(module, "PERMISSIONS"):
            permissions.registry.add(module.PERMISSIONS)
    for module in modules("audited"):
        audit_words.words.add(module.ACTIONS)
    for module in modules("settings"):
        settings.registry.add(*getattr(module, "SETTINGS", ()))
    register_declared(host)


def start(environment: Environment | None = None, host: PluginHost | None = None) -> Runtime:
    """Return a runtime with all rooms and plugins in place; the keys are not loaded yet."""
    environment = environment or Environment.from_os()
    load_models()
    host = host or make_host(allowed=environment.plugins)
    declare(host)
    environment.data_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
    return runtime.start(environment, host)


def blueprints() -> list[Blueprint]:
    """Return the page blueprints of all rooms (the API is mounted apart: it takes no cookie)."""
    return [module.bp for module in modules("views") if hasattr(module, "bp")]


def commands() -> list[Command]:
    """Return the commands of all rooms."""
    return [command for module in modules("cli") for command in getattr(module, "COMMANDS", ())]


def jobs() -> dict[str, Job]:
    """Return the timed work of all rooms by name."""
    return {job.name: job for module in modules("jobs") for job in getattr(module, "JOBS", ())}
