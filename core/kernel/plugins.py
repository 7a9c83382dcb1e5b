"""The plugin host: loads plugins, asks them, and keeps their troubles away from the till.

Hooks are the functions of a spec module that the host is given (core/hookspecs.py); the host itself
knows no membership words. It loops over pluggy's public `get_hookimpls()` with an allow-list of
enabled plugins: attribution is kept, a name registered later is never asked by accident, and one
raising plugin does not silence the rest.
"""

from __future__ import annotations

import dataclasses
import logging
import time
from contextlib import contextmanager, nullcontext
from typing import TYPE_CHECKING, Any, cast

import pluggy
from sqlalchemy import event

from core.kernel.db import UnitSession
from core.kernel.plugin_health import Health, Limits, describe
from core.kernel.plugin_loading import (
    bundled_packages,
    entry_point_packages,
    read_package,
    sort_by_requirements,
)
from core.kernel.plugin_types import (
    BLOCK,
    DEFAULT_ORDER,
    ENABLED,
    INSTALLED,
    PROJECT,
    Answer,
    BadAnswer,
    Context,
    Hook,
    Plugin,
    PluginError,
    PluginFailed,
    Unavailable,
    read_hook,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from types import ModuleType

    from sqlalchemy.orm import Session

CORE = "core."

log = logging.getLogger("huike.plugins")

hookspec = pluggy.HookspecMarker(PROJECT)
hookimpl = pluggy.HookimplMarker(PROJECT)

__all__ = ["PluginHost", "hookimpl", "hookspec"]


class PluginHost:
    """The plugins of this process. Everything installed is loaded once; being on is asked per call."""

    def __init__(self, specs: ModuleType, limits: Limits | None = None) -> None:
        self.specs = specs
        self.sdk_version: int = specs.SDK_VERSION
        self.plugins: dict[str, Plugin] = {}
        self.packages: dict[str, str] = {}
        self.ignored: list[str] = []
        self.health = Health(limits)
        self._manager = pluggy.PluginManager(PROJECT)
        self._manager.add_hookspecs(specs)
        guards = getattr(specs, "GUARDS", {})
        self.hooks: dict[str, Hook] = {
            name: read_hook(function, guards.get(name))
            for name, function in vars(specs).items()
            if hasattr(function, f"{PROJECT}_spec")
        }
        self._declared: dict[str, list[Answer]] = {}

    # -- loading, once, at start ---------------------------------------------------------------

    def discover(self, folder: str = "plugins", allowed: str = "") -> None:
        """Load the packages of `folder` and the external plugins that `allowed` (HUIKE_PLUGINS) names.

        Raises PluginError when one breaks a rule, or a named one is absent or of another version.
        """
        external, self.ignored = entry_point_packages(allowed)
        self.load(*bundled_packages(folder), *external)

    def load(self, *packages: str) -> None:
        """Load plugin packages by dotted name, those required by others first."""
        found = [read_package(name, self.sdk_version) for name in packages]
        for loaded in sort_by_requirements(found, frozenset(self.plugins)):
            key = loaded.manifest.key
            if key in self.plugins:
                raise PluginError(f"plugin key {key} is taken by {self.packages[key]}")
            self._register(loaded.hooks, key)
            self.plugins[key] = loaded.manifest
            self.packages[key] = loaded.package
        self._check()

    def register_core(self, room: str, module: ModuleType) -> None:
        """Let a core room answer hooks: it is always on and its errors are core's own."""
        self._register(module, f"{CORE}{room}")
        self._check()

    def _register(self, module: ModuleType, name: str) -> None:
        try:
            self._manager.register(module, name)
        except (pluggy.PluginValidationError, ValueError) as problem:
            raise PluginError(f"{name}: {problem}") from problem

    def _check(self) -> None:
        """Refuse what would make our loop differ from pluggy's own call."""
        try:
            self._manager.check_pending()
        except pluggy.PluginValidationError as problem:
            raise PluginError(str(problem)) from problem
        for hook in self.hooks:
            for implementation in getattr(self._manager.hook, hook).get_hookimpls():
                where = f"{implementation.plugin_name}.{hook}"
                if implementation.wrapper or implementation.hookwrapper:
                    raise PluginError(f"{where} is a wrapper")
                if implementation.kwargnames:
                    raise PluginError(f"{where} has defaults in its signature")
                if implementation.optionalhook:
                    raise PluginError(f"{where} is optional: a typing error would go unseen")
                if not _has_manifest(implementation):
                    raise PluginError(f"{where} belongs to a module without a manifest")
        self._declared.clear()

    # -- asking --------------------------------------------------------------------------------

    def takers(self, hook: str, enabled: Iterable[str]) -> list[str]:
        """Return the keys in `enabled` whose plugins implement `hook`, sorted: one delivery each."""
        on = frozenset(enabled)
        return sorted(i.plugin_name for i in self._implementations(hook) if i.plugin_name in on)

    def implements(self, key: str, hook: str) -> bool:
        """Return whether the plugin `key` implements `hook`."""
        return any(i.plugin_name == key for i in self._implementations(hook))

    def declared(self, hook: str) -> list[Answer]:
        """Return what all plugins and rooms declare at a registration hook, asked once and kept.

        A plugin that fails contributes nothing but an Unavailable: the house opens without it.
        """
        if hook not in self._declared:
            spec = self.hooks[hook]
            if spec.takes_context:
                raise PluginError(f"{hook} is asked within a franchise")
            self._declared[hook] = self._collect(spec, None, None, {})
        return self._declared[hook]

    def declared_by(self, hook: str, key: str) -> list[Any]:
        """Return the values that the plugin `key` declares at a registration hook."""
        return [a.value for a in self.declared(hook) if a.plugin == key and not a.failed]

    def call(self, hook: str, ctx: Context, **arguments: Any) -> list[Answer]:
        """Ask core rooms and the plugins that are on; return answers sorted by (order, plugin key).

        A plugin that fails, or is in quarantine, answers an Unavailable.
        """
        spec = self._asked(hook, ENABLED, arguments)
        return self._collect(spec, ctx, ctx.plugins, arguments)

    def call_installed(self, hook: str, ctx: Context, **arguments: Any) -> list[Answer]:
        """Ask everything installed, on or off: duties that hold because the data are still there.

        For a `block` hook a failure raises PluginFailed, so that the caller's unit rolls back.
        """
        spec = self._asked(hook, INSTALLED, arguments)
        answers = self._collect(spec, ctx, None, arguments)
        missing = next((a.value for a in answers if a.failed), None)
        if missing is not None and spec.on_error == BLOCK:
            raise PluginFailed(missing.plugin, hook, missing.number)
        return answers

    def first(self, hook: str, ctx: Context, **arguments: Any) -> Any:
        """Return the first answer that is not None, plugins in order of key, or None."""
        spec = self.hooks[hook]
        ask = self.call if spec.scope == ENABLED else self.call_installed
        return next((a.value for a in ask(hook, ctx, **arguments) if not a.failed), None)

    def deliver(self, key: str, hook: str, ctx: Context, **arguments: Any) -> list[Answer]:
        """Ask one plugin alone, for the outbox and the switch; raise PluginFailed so that it is retried."""
        spec = self._asked(hook, None, arguments)
        answers = self._collect(spec, ctx, frozenset({key}), arguments, core=False)
        missing = next((a.value for a in answers if a.failed), None)
        if missing is not None:
            raise PluginFailed(missing.plugin, hook, missing.number)
        return answers

    # -- the loop ------------------------------------------------------------------------------

    def _implementations(self, hook: str) -> list[pluggy.HookImpl]:
        return getattr(self._manager.hook, hook).get_hookimpls()  # type: ignore[no-any-return]

    def _asked(self, hook: str, scope: str | None, arguments: Mapping[str, Any]) -> Hook:
        spec = self.hooks[hook]
        if not spec.takes_context or (scope and spec.scope != scope):
            raise PluginError(f"{hook} is not asked in this way")
        if {"ctx", *arguments} != set(spec.arguments):
            raise PluginError(f"{hook} takes {spec.arguments}, not {sorted(arguments)}")
        return spec

    def _collect(
        self,
        spec: Hook,
        ctx: Context | None,
        on: frozenset[str] | None,
        arguments: Mapping[str, Any],
        *,
        core: bool = True,
    ) -> list[Answer]:
        """Ask every implementation let through by `on` (None: all) and return the sorted answers."""
        given = dict(arguments)
        if ctx is not None:
            given["ctx"] = ctx if spec.session else _without_session(ctx)
        answers: list[Answer] = []
        for implementation in self._implementations(spec.name):
            name = implementation.plugin_name
            if name.startswith(CORE):
                if core:
                    answers.extend(self._answers(spec, None, self._run(implementation, given), given))
            elif on is None or name in on:
                answers.extend(self._ask(spec, name, implementation, given, ctx))
        answers.sort(key=lambda a: (a.order, a.plugin or ""))
        return answers

    def _ask(
        self,
        spec: Hook,
        key: str,
        implementation: pluggy.HookImpl,
        given: Mapping[str, Any],
        ctx: Context | None,
    ) -> list[Answer]:
        """Ask one plugin, guarded, timed and attributed."""
        number = self.health.isolated(key, spec.name)
        if number is not None:
            return [Answer(key, Unavailable(key, spec.name, number, spec.on_error))]
        franchise_id = ctx.franchise_id if ctx is not None else None
        session = ctx.session if ctx is not None and spec.session else None
        savepoint = _savepoint(session)
        began = time.perf_counter_ns()
        try:
            with savepoint, _held(session, key):
                answers = self._answers(spec, key, self._run(implementation, given), given)
        except Exception as problem:
            micros = (time.perf_counter_ns() - began) // 1000
            what = describe(problem)
            number = self.health.failed(key, spec.name, what, micros, franchise_id)
            log.error("plugin %s failed in %s, number %s: %s", key, spec.name, number, what)
            return [Answer(key, Unavailable(key, spec.name, number, spec.on_error))]
        self.health.answered(key, spec.name, (time.perf_counter_ns() - began) // 1000, franchise_id)
        return answers

    @staticmethod
    def _run(implementation: pluggy.HookImpl, given: Mapping[str, Any]) -> Any:
        return implementation.function(*(given[name] for name in implementation.argnames))

    def _answers(self, spec: Hook, key: str | None, value: Any, given: Mapping[str, Any]) -> list[Answer]:
        """Return a plugin's value as answers; raise BadAnswer when it is not what the spec says."""
        if value is None:
            return []
        if spec.element is None:
            if spec.returns is type(None):
                raise BadAnswer(f"{spec.name} returns nothing")
            return [Answer(key, value)]
        if not isinstance(value, list | tuple):
            raise BadAnswer(f"{spec.name} returns a list")
        for element in value:
            if not isinstance(element, spec.element):
                raise BadAnswer(f"{spec.name} returns {spec.element.__name__}, not {type(element).__name__}")
            if key is not None and spec.guard is not None:
                spec.guard(key, element, {**given, "host": self})
        return [Answer(key, element, getattr(element, "order", DEFAULT_ORDER)) for element in value]


def _has_manifest(implementation: pluggy.HookImpl) -> bool:
    return implementation.plugin_name.startswith(CORE) or hasattr(implementation.plugin, "PLUGIN_KEY")


def _without_session(ctx: Context) -> Any:
    return ctx if ctx.session is None else dataclasses.replace(cast("Any", ctx), session=None)


def _savepoint(session: Session | None) -> Any:
    """Return a SAVEPOINT on `session` where a failed statement would spoil the unit, else nothing.

    Units that only read need none on SQLite; on PostgreSQL one failed SELECT ends the transaction.
    """
    if session is None:
        return nullcontext()
    bind = session.get_bind()
    if bind.dialect.name == "sqlite" and bind.get_execution_options().get("read_only"):
        return nullcontext()
    return session.begin_nested()


@contextmanager
def _held(session: Session | None, key: str) -> Iterator[None]:
    """Forbid commits and roll-backs of the unit while the plugin `key` has the session."""
    if session is None:
        yield
        return
    session.info["plugin"], session.info["plugin_within"] = key, session.get_nested_transaction()
    try:
        yield
        session.flush()
    finally:
        session.info.pop("plugin", None)
        session.info.pop("plugin_within", None)


def _refuse_commit(session: Session) -> None:
    # A savepoint of the plugin's own may end: only what it was given is not its to commit.
    if "plugin" in session.info and session.get_nested_transaction() is session.info.get("plugin_within"):
        raise PluginError(f"plugin {session.info['plugin']} may flush, never commit")


event.listen(UnitSession, "before_commit", _refuse_commit)
