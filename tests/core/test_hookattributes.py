"""Typed item attributes: which exist where, and which values fit."""

from __future__ import annotations

import pytest

from core import hookspecs
from core.hookattributes import attributes_for, check_values, merged
from core.hooktypes import ItemAttribute
from core.kernel.plugins import PluginHost

SPECS = [
    ItemAttribute("k.text", "文字", "text"),
    ItemAttribute("k.choice", "选择", "choice", (("a", "甲"), ("b", "乙"))),
    ItemAttribute("k.many", "多项", "choices"),
    ItemAttribute("k.number", "数字", "number"),
    ItemAttribute("k.flag", "是否", "flag"),
]


@pytest.mark.parametrize(
    ("values", "fields"),
    [
        ({"k.text": "x", "k.choice": "a", "k.many": ["m"], "k.number": 5, "k.flag": True}, []),
        ({"k.number": "12", "k.flag": "1"}, []),
        ({"k.text": "", "k.choice": None, "k.many": []}, []),
        ({"k.text": 5}, ["attributes.k.text"]),
        ({"k.text": "x" * 201}, ["attributes.k.text"]),
        ({"k.choice": "c"}, ["attributes.k.choice"]),
        ({"k.choice": ["a"]}, ["attributes.k.choice"]),
        ({"k.many": "m"}, ["attributes.k.many"]),
        ({"k.many": ["m"] * 21}, ["attributes.k.many"]),
        ({"k.number": True}, ["attributes.k.number"]),
        ({"k.number": "1.5"}, ["attributes.k.number"]),
        ({"k.flag": "yes"}, ["attributes.k.flag"]),
        ({"z.other": 1}, ["attributes.z.other"]),
    ],
)
def test_values_fit_their_attribute(values, fields):
    assert [error.field for error in check_values(SPECS, values)] == fields


def test_attributes_follow_the_plugins_that_are_on():
    host = PluginHost(hookspecs)
    host.discover()
    assert attributes_for(host, ()) == []
    assert [a.key for a in attributes_for(host, {"dental"})] == ["dental.category"]
    assert [a.key for a in attributes_for(host, {"dental", "pharmacy"}, "service")] == ["dental.category"]
    assert len(attributes_for(host, {"pharmacy"}, "goods")) == 14


def test_values_of_plugins_that_are_off_stay():
    old = {"off.x": "1", "k.text": "old", "k.number": 1}
    assert merged(old, {"k.text": "new", "k.number": "", "off.x": "2"}, SPECS) == {
        "off.x": "1",
        "k.text": "new",
    }
