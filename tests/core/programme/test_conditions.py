"""The language itself: reading, writing, schema, faults with their paths."""

from __future__ import annotations

import json
import random

import jsonschema
import pytest
import yaml

from core.kernel.errors import Invalid
from core.programme import conditions as lang
from core.programme.conditions import All, Any_, Leaf, Not

AGE = {"fact": "age", "op": "ge", "value": 60}
TAG = {"fact": "tag", "op": "any_of", "value": ["a", "b"]}
SCHEMA = {"$defs": {"condition": lang.schema()}, "$ref": "#/$defs/condition"}


def some_tree(rng, depth=1):
    kind = rng.random()
    if depth > 4 or kind < 0.4:
        return rng.choice(
            [
                AGE,
                TAG,
                {"fact": "x.y", "op": "between", "value": [1, 2], "days": 3},
                {"fact": "a", "op": "is", "value": True},
                {"fact": "a", "op": "contains", "value": "x"},
            ]
        )
    if kind < 0.6:
        return {"not": some_tree(rng, depth + 1)}
    return {rng.choice(["all", "any"]): [some_tree(rng, depth + 1) for _n in range(rng.randint(1, 3))]}


def test_a_tree_is_read_and_written_the_same_in_json_and_yaml():
    rng = random.Random(1)
    for _n in range(200):
        tree = some_tree(rng)
        found, errors = lang.read(tree)
        if found is None:
            assert "40" in errors[0].message
            continue
        assert lang.dump(found) == tree
        assert lang.parse(json.loads(json.dumps(tree))) == found
        assert lang.parse(yaml.safe_load(yaml.safe_dump(tree))) == found
        assert lang.from_text(lang.to_text(found)) == found
        jsonschema.validate(tree, SCHEMA)
        hash(found)


FAULTS = [
    ([], "c", "应是一个条件"),
    ({"all": [AGE], "any": [AGE]}, "c", "其中之一"),
    ({"any": []}, "c.any", "还没有条件"),
    ({"all": [{"all": []}]}, "c.all.0.all", "还没有条件"),
    ({"all": [AGE, {"not": {"fact": "Age", "op": "ge", "value": 1}}]}, "c.all.1.not.fact", "选择一条事实"),
    ({"fact": "age", "op": ">", "value": 1}, "c.op", "怎样比较"),
    ({"fact": "age", "op": "ge", "value": 1.5}, "c.value", "整数"),
    ({"fact": "age", "op": "ge", "value": True}, "c.value", "整数"),
    ({"fact": "age", "op": "ge"}, "c.value", "整数"),
    ({"fact": "age", "op": "between", "value": [3, 1]}, "c.value", "下限不能大于上限"),
    ({"fact": "tag", "op": "any_of", "value": []}, "c.value", "至少选择一项"),
    ({"fact": "tag", "op": "any_of", "value": "a"}, "c.value", "至少选择一项"),
    ({"fact": "tag", "op": "any_of", "value": [1]}, "c.value", "文字"),
    ({"fact": "a", "op": "is", "value": 1}, "c.value", "是"),
    ({"fact": "a", "op": "ge", "value": 1, "days": "7"}, "c.days", "days"),
    ({"not": {"not": {"not": {"not": {"not": {"not": AGE}}}}}}, "c.not.not.not.not.not.not", "嵌套"),
    ({"all": [AGE] * 41}, "c.all.40", "最多 40 条"),
]


@pytest.mark.parametrize(("tree", "path", "words"), FAULTS)
def test_a_fault_names_its_path(tree, path, words):
    with pytest.raises(Invalid) as refusal:
        lang.parse(tree, "c")
    assert [(e.field, words in e.message) for e in refusal.value.errors] == [(path, True)]


@pytest.mark.parametrize(
    "tree",
    [
        one
        for one, path, _w in FAULTS
        if "嵌套" not in _w and "最多" not in _w and "上限" not in _w and path != "c.all.0.all"
    ],
)
def test_the_schema_refuses_what_the_reader_refuses(tree):
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(tree, SCHEMA)


def test_where_a_leaf_selects_and_where_it_excludes():
    tree = lang.parse({"all": [AGE, {"not": {"any": [TAG, {"not": AGE}]}}]})
    assert [(path, selects) for path, _leaf, selects in lang.walk(tree, "c")] == [
        ("c.all.0", True),
        ("c.all.1.not.any.0", False),
        ("c.all.1.not.any.1.not", True),
    ]


def test_everybody_and_nobody():
    leaf = Leaf("age", "ge", 60)
    assert lang.parse({"all": []}) == lang.EVERYBODY
    assert lang.holds(All(), lambda _leaf: False)
    assert not lang.holds(Any_((leaf,)), lambda _leaf: False)
    assert lang.holds(Not(leaf), lambda _leaf: False)
