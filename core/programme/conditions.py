"""The one condition language: all / any / not over facts, as pure data (architecture.md section 4).

Plain form, the same in JSON, YAML and the API:

    {all: [{fact: age, op: ge, value: 60}, {not: {fact: tag, op: any_of, value: [价格敏感]}}]}

A leaf names a fact, an operator and a value; parameters of the fact (a window in `days`) stand beside them.
Money is fen. `all: []` is everybody. What a fact is and whether it may be used is asked in facts.py.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from core.kernel.errors import FieldError, Invalid
from core.kernel.i18n import _

MAX_DEPTH = 6
MAX_LEAVES = 40
MAX_CODES = 200
MAX_TEXT = 80
MAX_INT = 10**12
KEY = re.compile(r"[a-z][a-z0-9_]*(\.[a-z][a-z0-9_]*)*")
GROUPS = ("all", "any", "not")

RANGE_OPS = ("ge", "le", "eq", "between")
CODE_OPS = ("in", "not_in")
SET_OPS = ("any_of", "none_of")
TEXT_OPS = ("in", "not_in", "contains")
OPS = ("ge", "le", "eq", "between", "in", "not_in", "any_of", "none_of", "contains", "is", "known")


@dataclass(frozen=True, slots=True)
class Leaf:
    """A fact, an operator and a value: a whole number, a pair (between), codes, a text or a flag."""

    fact: str
    op: str
    value: int | bool | str | tuple[int, int] | tuple[str, ...]
    params: tuple[tuple[str, int], ...] = ()


@dataclass(frozen=True, slots=True)
class All:
    """Every part holds; without parts: everybody."""

    parts: tuple[Condition, ...] = ()


@dataclass(frozen=True, slots=True)
class Any_:  # noqa: N801 (the language says any)
    """At least one part holds."""

    parts: tuple[Condition, ...]


@dataclass(frozen=True, slots=True)
class Not:
    """The part does not hold: the complement within the franchise's active persons."""

    part: Condition


Condition = All | Any_ | Not | Leaf
EVERYBODY = All()


# -- reading and writing ---------------------------------------------------------------------------


class _Reader:
    """Reads plain data and collects what is wrong, each with its path."""

    def __init__(self) -> None:
        self.errors: list[FieldError] = []
        self.leaves = 0

    def wrong(self, path: str, message: str) -> None:
        self.errors.append(FieldError(path, message))

    def read(self, data: Any, path: str, depth: int) -> Condition | None:
        if not isinstance(data, Mapping):
            self.wrong(path, _("应是一个条件：全部满足、任一满足、不满足，或一条事实。"))
            return None
        if depth > MAX_DEPTH:
            self.wrong(path, _("条件最多嵌套 %(n)d 层。", n=MAX_DEPTH))
            return None
        named = [key for key in GROUPS if key in data]
        if not named:
            return self.leaf(data, path)
        if len(data) != 1:
            self.wrong(path, _("一组条件只能是全部满足、任一满足或不满足其中之一。"))
            return None
        return self.group(named[0], data[named[0]], _join(path, named[0]), depth)

    def group(self, kind: str, inside: Any, path: str, depth: int) -> Condition | None:
        if kind == "not":
            part = self.read(inside, path, depth + 1)
            return Not(part) if part is not None else None
        if not isinstance(inside, list | tuple):
            self.wrong(path, _("应是条件的列表。"))
            return None
        if not inside and (kind == "any" or depth > 1):
            self.wrong(path, _("这一组里还没有条件。"))
            return None
        parts = [self.read(one, f"{path}.{place}", depth + 1) for place, one in enumerate(inside)]
        if any(part is None for part in parts):
            return None
        found = tuple(part for part in parts if part is not None)
        return All(found) if kind == "all" else Any_(found)

    def leaf(self, data: Mapping[Any, Any], path: str) -> Leaf | None:
        self.leaves += 1
        if self.leaves == MAX_LEAVES + 1:
            self.wrong(path, _("一个人群最多 %(n)d 条条件。", n=MAX_LEAVES))
        before = len(self.errors)
        fact, op = data.get("fact"), data.get("op")
        if not isinstance(fact, str) or not KEY.fullmatch(fact):
            self.wrong(_join(path, "fact"), _("请选择一条事实。"))
        if op not in OPS:
            self.wrong(_join(path, "op"), _("请选择怎样比较。"))
        value = self.value(op, data.get("value"), _join(path, "value")) if op in OPS else None
        params = self.params(data, path)
        if len(self.errors) > before or value is None:
            return None
        return Leaf(str(fact), str(op), value, params)

    def params(self, data: Mapping[Any, Any], path: str) -> tuple[tuple[str, int], ...]:
        found = []
        for key in sorted(str(name) for name in data if name not in ("fact", "op", "value")):
            if not _whole(data.get(key)):
                self.wrong(_join(path, key), _("不认识“%(key)s”，或它不是整数。", key=key[:MAX_TEXT]))
            else:
                found.append((key, int(data[key])))
        return tuple(found)

    def value(self, op: str, value: Any, path: str) -> Any:
        if op in ("is", "known"):
            if isinstance(value, bool):
                return value
            return self.wrong(path, _("应是“是”或“否”。"))
        if op == "between":
            if isinstance(value, list | tuple) and len(value) == 2 and all(_whole(one) for one in value):
                if value[0] <= value[1]:
                    return (int(value[0]), int(value[1]))
                return self.wrong(path, _("下限不能大于上限。"))
            return self.wrong(path, _("应是两个整数：下限和上限。"))
        if op in RANGE_OPS:
            return int(value) if _whole(value) else self.wrong(path, _("应是整数。"))
        if op == "contains":
            if isinstance(value, str) and 0 < len(value.strip()) <= MAX_TEXT:
                return value.strip()
            return self.wrong(path, _("请填写要包含的文字，不超过 %(n)d 个字。", n=MAX_TEXT))
        return self.codes(value, path)

    def codes(self, value: Any, path: str) -> Any:
        if not isinstance(value, list | tuple) or not 0 < len(value) <= MAX_CODES:
            return self.wrong(path, _("请至少选择一项，最多 %(n)d 项。", n=MAX_CODES))
        if not all(isinstance(one, str) and 0 < len(one) <= MAX_TEXT for one in value):
            return self.wrong(path, _("选项应是不超过 %(n)d 个字的文字。", n=MAX_TEXT))
        return tuple(dict.fromkeys(value))


def _whole(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and abs(value) <= MAX_INT


def _join(path: str, key: str) -> str:
    return f"{path}.{key}" if path else key


def read(data: Any, path: str = "") -> tuple[Condition | None, list[FieldError]]:
    """Return the condition written in plain data and what is wrong with it, each fault at its path."""
    reader = _Reader()
    found = reader.read(data, path, 1)
    return (None if reader.errors else found), reader.errors


def parse(data: Any, path: str = "condition") -> Condition:
    """Return the condition written in plain data; raise Invalid naming every path at fault."""
    found, errors = read(data, path)
    if found is None:
        raise Invalid(_("条件有 %(n)d 处需要修改。", n=len(errors)), errors=errors)
    return found


def dump(condition: Condition) -> dict[str, Any]:
    """Return a condition as plain data; `parse` of it is the same condition."""
    if isinstance(condition, Leaf):
        value = list(condition.value) if isinstance(condition.value, tuple) else condition.value
        return {"fact": condition.fact, "op": condition.op, "value": value, **dict(condition.params)}
    if isinstance(condition, Not):
        return {"not": dump(condition.part)}
    return {"all" if isinstance(condition, All) else "any": [dump(part) for part in condition.parts]}


def to_text(condition: Condition) -> str:
    """Return a condition as canonical JSON text: equal conditions have equal texts."""
    return json.dumps(dump(condition), ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def from_text(text: str) -> Condition:
    """Return the condition that `to_text` wrote."""
    return parse(json.loads(text))


def schema() -> dict[str, Any]:
    """Return the JSON Schema of a condition, to stand under `$defs/condition` (it refers to itself there)."""
    here = {"$ref": "#/$defs/condition"}
    text = {"type": "string", "minLength": 1, "maxLength": MAX_TEXT}
    number = {"type": "integer", "minimum": -MAX_INT, "maximum": MAX_INT}
    codes = {"type": "array", "items": text, "minItems": 1, "maxItems": MAX_CODES}
    pair = {"type": "array", "items": number, "minItems": 2, "maxItems": 2}

    def leaf(ops: tuple[str, ...], value: dict[str, Any]) -> dict[str, Any]:
        return {
            "type": "object",
            "required": ["fact", "op", "value"],
            "properties": {
                "fact": {"type": "string", "pattern": f"^{KEY.pattern}$"},
                "op": {"enum": list(ops)},
                "value": value,
            },
            "additionalProperties": number,
        }

    def group(key: str, inside: dict[str, Any]) -> dict[str, Any]:
        return {"type": "object", "required": [key], "properties": {key: inside}, "additionalProperties": False}

    return {
        "oneOf": [
            group("all", {"type": "array", "items": here}),
            group("any", {"type": "array", "items": here, "minItems": 1}),
            group("not", here),
            leaf(("ge", "le", "eq"), number),
            leaf(("between",), pair),
            leaf((*CODE_OPS, *SET_OPS), codes),
            leaf(("contains",), text),
            leaf(("is", "known"), {"type": "boolean"}),
        ]
    }


# -- walking ---------------------------------------------------------------------------------------


def leaves(condition: Condition) -> Iterator[Leaf]:
    """Yield every leaf, in writing order."""
    for _path, leaf, _selects in walk(condition):
        yield leaf


def walk(condition: Condition, path: str = "", selects: bool = True) -> Iterator[tuple[str, Leaf, bool]]:
    """Yield (path, leaf, selects): `selects` is False under an odd number of nots, where a leaf excludes."""
    if isinstance(condition, Leaf):
        yield path, condition, selects
    elif isinstance(condition, Not):
        yield from walk(condition.part, _join(path, "not"), not selects)
    else:
        kind = "all" if isinstance(condition, All) else "any"
        for place, part in enumerate(condition.parts):
            yield from walk(part, _join(path, f"{kind}.{place}"), selects)


def replaced(condition: Condition, swap: Callable[[Leaf], Condition]) -> Condition:
    """Return the condition with every leaf put through `swap`."""
    if isinstance(condition, Leaf):
        return swap(condition)
    if isinstance(condition, Not):
        return Not(replaced(condition.part, swap))
    return type(condition)(tuple(replaced(part, swap) for part in condition.parts))


def holds(condition: Condition, answer: Callable[[Leaf], bool]) -> bool:
    """Return whether a condition holds where `answer` says of each leaf whether it does."""
    if isinstance(condition, Leaf):
        return answer(condition)
    if isinstance(condition, Not):
        return not holds(condition.part, answer)
    if isinstance(condition, All):
        return all(holds(part, answer) for part in condition.parts)
    return any(holds(part, answer) for part in condition.parts)
