"""The host: what it refuses to load, whom it asks, and in which order."""

from __future__ import annotations

import dataclasses
import sys
import types
from datetime import date

import pytest
from pluggy import PluginManager

from core import hookspecs
from core.hooktypes import BasketView, HookContext, MenuItem, PersonView
from core.kernel import plugin_loading
from core.kernel.plugin_health import Limits
from core.kernel.plugin_state import effective, with_dependants, with_requirements
from core.kernel.plugin_types import Plugin, PluginError, read_hook
from core.kernel.plugins import PluginHost, hookimpl, hookspec

CTX = HookContext(1, None, None, 0, date(2026, 11, 21), "zh_CN", frozenset({"aa", "bb"}))


@pytest.fixture
def make_package(monkeypatch):
    """Return a function that makes an importable plugin package out of hook functions."""

    def make(folder_name, *functions, folder="fake", manifest=True, **fields):
        name = f"{folder}.{folder_name}"
        package, hooks = types.ModuleType(name), types.ModuleType(f"{name}.hooks")
        package.__path__ = []
        if manifest:
            package.PLUGIN = Plugin(
                **(
                    {
                        "key": folder_name,
                        "name": folder_name,
                        "description": "d",
                        "version": "1.0",
                        "sdk": (1, 1),
                    }
                    | fields
                )
            )
        for function in functions:
            setattr(hooks, function.__name__, function)
        parent = types.ModuleType(folder)
        parent.__path__ = []
        monkeypatch.setitem(sys.modules, folder, parent)
        monkeypatch.setitem(sys.modules, name, package)
        monkeypatch.setitem(sys.modules, f"{name}.hooks", hooks)
        return name

    return make


@pytest.fixture(autouse=True)
def no_models(monkeypatch):
    monkeypatch.setattr(plugin_loading.importlib.util, "find_spec", lambda name: None)


def entry(key, order=100):
    @hookimpl
    def menu_items(ctx):
        return [MenuItem(f"{key}.m", key, f"{key}.page", f"{key}.view", order=order)]

    return menu_items


def keys_of(answers):
    return [a.plugin for a in answers]


def test_answers_keep_their_plugin_and_are_sorted_by_order_then_key(make_package):
    host = PluginHost(hookspecs)
    host.load(make_package("bb", entry("bb")), make_package("aa", entry("aa")), make_package("cc", entry("cc", 1)))
    everyone = dataclasses.replace(CTX, plugins=frozenset({"aa", "bb", "cc"}))
    assert keys_of(host.call("menu_items", everyone)) == ["cc", "aa", "bb"]


def test_only_the_plugins_that_are_on_are_asked(make_package):
    host = PluginHost(hookspecs)
    host.load(make_package("aa", entry("aa")), make_package("cc", entry("cc")))
    assert keys_of(host.call("menu_items", CTX)) == ["aa"]
    assert host.call("menu_items", dataclasses.replace(CTX, plugins=frozenset())) == []


def test_core_rooms_are_always_on_and_their_errors_are_their_own():
    room = types.ModuleType("room")

    @hookimpl
    def person_alerts(ctx, person):
        raise KeyError("core")

    room.menu_items, room.person_alerts = entry("desk"), person_alerts
    host = PluginHost(hookspecs)
    host.register_core("desk", room)
    off = dataclasses.replace(CTX, plugins=frozenset())
    assert [(a.plugin, a.failed) for a in host.call("menu_items", off)] == [(None, False)]
    with pytest.raises(KeyError):
        host.call("person_alerts", off, person=PersonView(1, "x"))


def test_hooks_without_the_session_do_not_get_it(make_package):
    seen = []

    @hookimpl
    def earn_points(ctx, basket, points):
        seen.append(ctx.session)
        return []

    host = PluginHost(hookspecs)
    host.load(make_package("aa", earn_points))
    host.call("earn_points", dataclasses.replace(CTX, session=object()), basket=BasketView(None, ()), points=1)
    assert seen == [None]


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: hookimpl(wrapper=True)(_wrapper), "wrapper"),
        (lambda: hookimpl(optionalhook=True)(_plain), "optional"),
        (lambda: hookimpl(_with_default), "defaults"),
        (lambda: hookimpl(menu_item), "unknown hook"),
        (lambda: hookimpl(_more_arguments), "request"),
    ],
)
def test_implementations_that_break_the_rules_stop_the_start(make_package, make, message):
    function = make()
    function.__name__ = function.__name__.removeprefix("_")
    if function.__name__ != "menu_item":
        function.__name__ = "menu_items"
    with pytest.raises(PluginError, match=message):
        PluginHost(hookspecs).load(make_package("aa", function))


def _wrapper(ctx):
    return (yield)


def _plain(ctx):
    return []


def _with_default(ctx, limit=5):
    return []


def _more_arguments(ctx, request):
    return []


def menu_item(ctx):
    return []


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"sdk": (2, 3)}, "SDK 2 to 3"),
        ({"key": "other"}, "not the folder"),
        ({"requires": ("zz",)}, "cannot be met"),
    ],
)
def test_manifests_that_do_not_fit_stop_the_start(make_package, fields, message):
    with pytest.raises(PluginError, match=message):
        PluginHost(hookspecs).load(make_package("aa", entry("aa"), **fields))


def test_a_package_without_a_manifest_is_refused(make_package):
    with pytest.raises(PluginError, match="no manifest"):
        PluginHost(hookspecs).load(make_package("aa", entry("aa"), manifest=False))


@pytest.mark.parametrize("key", ["core", "admin"])
def test_names_of_the_house_are_refused(make_package, key):
    with pytest.raises(PluginError, match="name of the house"):
        PluginHost(hookspecs).load(make_package(key, entry(key)))


@pytest.mark.parametrize("key", ["", "A", "1a", "a-b", "a" * 40])
def test_keys_have_one_form(key):
    with pytest.raises(PluginError):
        Plugin(key, "n", "d", "1.0", (1, 1))


def test_a_key_is_taken_once(make_package):
    host = PluginHost(hookspecs)
    first = make_package("aa", entry("aa"))
    host.load(first)
    with pytest.raises(PluginError, match="taken"):
        host.load(make_package("aa", entry("aa"), folder="fake2"))
    with pytest.raises(PluginError, match="taken twice"):
        PluginHost(hookspecs).load(first, make_package("aa", entry("aa"), folder="fake3"))


def test_requirements_load_first(make_package):
    host = PluginHost(hookspecs)
    host.load(make_package("aa", requires=("bb",)), make_package("bb"))
    assert list(host.plugins) == ["bb", "aa"]


def test_only_named_external_plugins_of_the_named_version_load(monkeypatch):
    point = types.SimpleNamespace(name="vet", value="vetpkg", dist=types.SimpleNamespace(version="1.2"))
    monkeypatch.setattr(plugin_loading, "entry_points", lambda group: [point] if group == "huike.plugins" else [])
    assert plugin_loading.entry_point_packages("") == ([], ["vet"])
    assert plugin_loading.entry_point_packages("vet==1.2") == (["vetpkg"], [])
    for text, message in [
        ("vet==1.3", "installed is 1.2"),
        ("eye==1", "not installed"),
        ("vet", "form key==version"),
    ]:
        with pytest.raises(PluginError, match=message):
            plugin_loading.entry_point_packages(text)


def test_hooks_are_asked_in_the_way_they_are_declared(make_package):
    host = PluginHost(hookspecs)
    for wrong in (
        lambda: host.call("describe_data", CTX),
        lambda: host.call_installed("menu_items", CTX),
        lambda: host.declared("menu_items"),
        lambda: host.call("menu_items", CTX, person=1),
        lambda: host.call("person_panels", CTX),
    ):
        with pytest.raises(PluginError):
            wrong()


def test_a_spec_says_scope_and_policy_and_has_no_defaults():
    @hookspec
    def silent(ctx: HookContext) -> list[str]:
        """Say nothing."""

    @hookspec
    def with_default(ctx: HookContext, n: int = 1) -> list[str]:
        """Do.

        scope: enabled
        on error: skip
        """

    for function in (silent, with_default):
        with pytest.raises(PluginError):
            read_hook(function)


def test_every_hook_is_read():
    host = PluginHost(hookspecs)
    assert len(host.hooks) == 37
    assert host.hooks["checkout_checks"].on_error == "block"
    assert host.hooks["describe_audit"].first
    assert isinstance(host._manager, PluginManager)


def test_requirements_decide_what_is_on():
    plugins = {
        k: Plugin(k, k, "d", "1.0", (1, 1), requires)
        for k, requires in {"aa": (), "bb": ("aa",), "cc": ("bb",), "dd": ()}.items()
    }
    every = set(plugins)
    assert effective(plugins, every, every) == every
    assert effective(plugins, every - {"aa"}, every) == {"dd"}
    assert effective(plugins, every, {"bb", "dd"}) == {"dd"}
    assert effective(plugins, every, {"aa", "gone"}) == {"aa"}
    assert with_requirements(plugins, "cc") == ["aa", "bb", "cc"]
    assert with_dependants(plugins, "aa") == ["cc", "bb", "aa"]


def test_limits_are_given_to_the_health():
    assert PluginHost(hookspecs, Limits(failures=9)).health.limits.failures == 9
