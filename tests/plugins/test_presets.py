"""The presets that the four plugins hand over are readable, and their items fit the declared attributes."""

from __future__ import annotations

import pytest

from core import hookspecs
from core.kernel.plugins import PluginHost
from core.programme.presets import load_items, load_preset


@pytest.fixture(scope="module")
def host():
    made = PluginHost(hookspecs)
    made.discover()
    return made


@pytest.mark.parametrize("key", ["dental", "pharmacy", "physio", "beauty"])
def test_programme_and_items_of_a_preset(host, key):
    preset = host.declared_by("presets", key)[0]
    assert load_preset(preset.programme).key == key
    items = load_items(preset.items)
    assert items
    declared = {a.value.key: a.value for a in host.declared("register_item_attributes")}
    for item in items:
        for name, value in item.attributes.items():
            if name.startswith("core."):
                continue
            assert name in declared, f"{item.code} carries the undeclared {name}"
            choices = {choice for choice, _label in declared[name].choices}
            if choices and declared[name].kind == "choice":
                assert value in choices, f"{item.code}: {name}={value}"


def test_the_presets_come_in_their_order(host):
    assert [a.plugin for a in host.declared("presets")] == ["dental", "pharmacy", "physio", "beauty"]
