"""What the plugin host speaks of: manifests, hooks and their policies, answers, failures."""

from __future__ import annotations

import inspect
import re
import typing
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

from core.kernel.errors import Refusal
from core.kernel.i18n import _

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from types import FunctionType

    from sqlalchemy.orm import Session

PROJECT = "huike"
KEY = re.compile(r"[a-z][a-z0-9_]{1,30}")
DEFAULT_ORDER = 100

ENABLED, INSTALLED = "enabled", "installed"
BLOCK, SKIP, RETRY = "block", "skip", "retry"


class PluginError(RuntimeError):
    """A plugin, or a hook, breaks the rules of the house: the process does not start with it."""


class BadAnswer(ValueError):
    """A plugin's answer is of the wrong kind or out of bounds; it counts as a failure of the plugin."""


class PluginFailed(Refusal):
    """A duty that must not be half done was failed by a plugin; names the plugin and the number."""

    status = 503
    code = "plugin_failed"

    def __init__(self, plugin: str, hook: str, number: str) -> None:
        super().__init__(
            _(
                "插件“%(plugin)s”没有完成它的部分，整个操作已撤销，数据没有改变。"
                "请稍后重试；仍不行时把编号 %(number)s 告诉管理员。",
                plugin=plugin,
                number=number,
            ),
            extra={"plugin": plugin, "number": number},
        )
        self.plugin = plugin
        self.hook = hook
        self.number = number


@dataclass(frozen=True, slots=True)
class Plugin:
    """The manifest of a plugin: `PLUGIN = Plugin(...)` in its `__init__.py`.

    `key` is the folder name and the prefix of everything the plugin owns, for ever. `sdk` is the
    range of SDK versions it works with, both ends included. `requires` names plugins that must be
    on with it. `icon` is a symbol of the core sprite.
    """

    key: str
    name: Any
    description: Any
    version: str
    sdk: tuple[int, int]
    requires: tuple[str, ...] = ()
    icon: str = "plug"

    def __post_init__(self) -> None:
        if not KEY.fullmatch(self.key):
            raise PluginError(f"plugin key {self.key!r} is not of the form [a-z][a-z0-9_]+")
        if self.key in self.requires:
            raise PluginError(f"plugin {self.key} requires itself")


@dataclass(frozen=True, slots=True)
class Unavailable:
    """Stands where a plugin's answer is missing: it failed, or is in quarantine.

    `number` is what the user may tell an administrator; `on_error` is the policy of the hook.
    """

    plugin: str
    hook: str
    number: str
    on_error: str


@dataclass(frozen=True, slots=True)
class Answer:
    """One answer to a hook, with the plugin it came from (None: a core room).

    A hook that returns a list yields one Answer an element. `order` is the element's own `order`.
    """

    plugin: str | None
    value: Any
    order: int = DEFAULT_ORDER

    @property
    def failed(self) -> bool:
        """Return whether the plugin could not answer: `value` is then an Unavailable."""
        return isinstance(self.value, Unavailable)


class Context(Protocol):
    """What the host needs of a hook context: the enabled plugins and the session, if any."""

    @property
    def plugins(self) -> frozenset[str]:
        """Return the keys of the plugins that are on."""

    @property
    def session(self) -> Session | None:
        """Return the session of the unit of work, or None."""

    @property
    def franchise_id(self) -> int:
        """Return the franchise."""


@dataclass(frozen=True, slots=True)
class Hook:
    """A hook as its spec declares it: scope, error policy, whether it gets the session."""

    name: str
    scope: str
    on_error: str
    session: bool
    first: bool
    arguments: tuple[str, ...]
    returns: Any = None
    element: Any = None
    guard: Callable[[str, Any, Mapping[str, Any]], None] | None = field(default=None, compare=False)

    @property
    def takes_context(self) -> bool:
        """Return whether the hook is asked within a franchise (registration hooks are not)."""
        return bool(self.arguments) and self.arguments[0] == "ctx"


_LINE = re.compile(r"^\s*(scope|on error|session|result):\s*(\w+)\s*$", re.MULTILINE)


def read_hook(function: FunctionType, guard: Any = None) -> Hook:
    """Return the Hook that a spec function declares in its docstring lines.

    `scope:` and `on error:` are needed; `session: no` means plain data only; `result: first` means
    that one answer is enough. Raises PluginError for a spec that lacks them or has defaults.
    """
    lines = dict(_LINE.findall(inspect.getdoc(function) or ""))
    scope, on_error = lines.get("scope"), lines.get("on error")
    if scope not in {ENABLED, INSTALLED} or on_error not in {BLOCK, SKIP, RETRY}:
        raise PluginError(f"hook {function.__name__} does not say its scope and error policy")
    parameters = inspect.signature(function).parameters.values()
    if any(p.default is not p.empty for p in parameters):
        raise PluginError(f"hook {function.__name__} has defaults in its signature")
    returns = typing.get_type_hints(function).get("return")
    element = typing.get_args(returns)[0] if typing.get_origin(returns) is list else None
    return Hook(
        name=function.__name__,
        scope=scope,
        on_error=on_error,
        session=lines.get("session") != "no",
        first=lines.get("result") == "first",
        arguments=tuple(p.name for p in parameters),
        returns=returns,
        element=typing.get_origin(element) or element,
        guard=guard,
    )
