"""From codec to form and back: one walk over spec.py draws an entry's fields, another reads what was typed.

Money is typed in yuan, rates in per cent, factors in times; what cannot be read stays as typed and is
explained at its field. The names of form fields are the paths of the document (benefits.0.pay_bp), so a
problem of the document points at its field.
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from typing import Any

from core.kernel.errors import FieldError
from core.kernel.i18n import _
from core.programme import labels
from core.programme.codec import Codec, Day, Field, Flag, Int, ListOf, Months, OneOf, Record, Tagged, Word
from core.programme.spec import Member

ABSENT: Any = object()
_SPLIT = re.compile(r"[\s,，、;；]+")
_UNITS = {"money": 100, "percent": 100, "times": 10_000}
MANY = 60
"""More entries than this in one list of a form are a mistake (or an attack)."""


@dataclass
class Node:
    """A field as the template draws it: what kind, under which name, with which value and choices."""

    kind: str
    name: str
    label: Any = ""
    help: Any = ""
    value: Any = ""
    options: list[tuple[Any, Any]] = field(default_factory=list)
    children: list[Node] = field(default_factory=list)
    error: str = ""
    on: bool = True
    optional: bool = False
    adds: list[tuple[str, Any]] = field(default_factory=list)


Choices = Mapping[str, list[tuple[str, str]]]
"""What exists to choose from, by key of the document: tiers, coupons, items, classes, categories."""

_CHOSEN = {"tiers": "tiers", "coupon": "coupons", "classes": "classes", "except.classes": "classes",
           "categories": "categories", "codes": "items", "except.codes": "items", "item": "items"}  # fmt: skip


class Drawer:
    """Draws the fields of one entry. `errors` maps paths to messages."""

    def __init__(self, choices: Choices, errors: Mapping[str, str]) -> None:
        self.choices = choices
        self.errors = errors

    def entry(self, codec: Codec, data: Any) -> list[Node]:
        """Return the fields of an entry's record holding `data`."""
        assert isinstance(codec, Record)
        return self._record(codec, data if isinstance(data, Mapping) else {}, "")

    def _record(self, record: Record, data: Mapping[str, Any], path: str) -> list[Node]:
        defaults = {one.name: one.default for one in dataclasses.fields(record.cls)}
        found = []
        for one in record.fields:
            if one.key == "all":
                continue
            name = f"{path}.{one.key}" if path else one.key
            default = defaults[one.name]
            plain = one.codec.write(default) if default not in (None, dataclasses.MISSING) else ABSENT
            found.append(self._field(record.cls.__name__, one, _get(data, one.key, plain), name, default is None))
        return found

    def _field(self, cls: str, one: Field, value: Any, name: str, optional: bool) -> Node:
        label, help_text = labels.label_of(cls, one.key)
        node = self._draw(cls, one, None if value is ABSENT else value, name, optional)
        node.label, node.help, node.error = label, help_text, self.errors.get(name, "")
        return node

    def _draw(self, cls: str, one: Field, value: Any, name: str, optional: bool) -> Node:
        codec = one.codec
        if isinstance(codec, Word):
            return self._scope(codec, value, name)
        if isinstance(codec, Record):
            on = not optional or value is not None
            children = self._record(codec, value if isinstance(value, Mapping) else {}, name)
            return Node("group", name, children=children, on=on, optional=optional)
        if isinstance(codec, ListOf):
            return self._list(cls, one, codec, value or [], name)
        words = labels.WORDS.get((cls, one.key))
        if isinstance(codec, OneOf):
            blank = [("", _("不限"))] if optional and "" not in (words or {}) else []
            return Node(
                "choice", name, value=value or "", options=blank + list((words or {}).items()), optional=optional
            )
        if isinstance(codec, Flag):
            return Node("flag", name, value=bool(value))
        if isinstance(codec, Months):
            return Node("months", name, value=_months(value))
        if isinstance(codec, Day):
            return Node("day", name, value=value or "")
        if isinstance(codec, Int):
            kind = unit_of(one.key)
            return Node(kind, name, value=show(kind, value), optional=optional)
        if isinstance(codec, Member):
            return Node("member", name)
        options = self.choices.get(_CHOSEN.get(one.key, ""), [])
        if value and options and value not in {code for code, _name in options}:
            options = [*options, (str(value), str(value))]
        return Node("pick" if options else "text", name, value=value or "", options=options, optional=optional)

    def _scope(self, codec: Word, value: Any, name: str) -> Node:
        assert isinstance(codec.other, Record)
        data = value if isinstance(value, Mapping) else {}
        node = Node("scope", name, value="some" if isinstance(value, Mapping) else "all")
        node.children = self._record(codec.other, data, name)
        return node

    def _list(self, cls: str, one: Field, codec: ListOf, value: Any, name: str) -> Node:
        if isinstance(codec.item, Record | Tagged):
            return self._entries(codec.item, value, name)
        shown = [str(part) for part in value] if isinstance(value, list | tuple) else [str(value)]
        words = labels.WORDS.get((cls, one.key))
        if isinstance(codec.item, Int):
            numbers = words or {n: str(n) for n in range(codec.item.low, codec.item.high + 1)}
            return Node("many", name, value=shown, options=[(str(n), word) for n, word in numbers.items()])
        options = list(words.items()) if words else self.choices.get(_CHOSEN.get(one.key, ""), [])
        if options and one.key not in {"codes", "except.codes"}:
            known = {code for code, _word in options}
            extra = [(code, code) for code in shown if code and code not in known]
            return Node("many", name, value=shown, options=[*options, *extra])
        return Node("codes", name, value=" ".join(shown), options=options)

    def _entries(self, item: Codec, value: Any, name: str) -> Node:
        node = Node("entries", name)
        for place, data in enumerate(value):
            path = f"{name}.{place}"
            record = _record_of(item, data)
            tag = record.tag[1] if record.tag else ""
            child = Node("entry", path, label=labels.BENEFITS.get(tag, ""), value=tag, error=self.errors.get(path, ""))
            child.children = self._record(record, data, path)
            node.children.append(child)
        node.adds = [(r.tag[1] if r.tag else "", labels.BENEFITS.get(r.tag[1] if r.tag else "", _("一条")))
                     for r in _records(item)]  # fmt: skip
        return node


def _records(item: Codec) -> list[Record]:
    return [item] if isinstance(item, Record) else list(getattr(item, "records", ()))


def _record_of(item: Codec, data: Any) -> Record:
    records = _records(item)
    kind = data.get("kind") if isinstance(data, Mapping) else None
    return next((r for r in records if r.tag and r.tag[1] == kind), records[0])


def _get(data: Mapping[str, Any], key: str, default: Any) -> Any:
    if "." not in key:
        return data.get(key, default)
    outer, inner = key.split(".", 1)
    nested = data.get(outer)
    return nested.get(inner, default) if isinstance(nested, Mapping) else default


def unit_of(key: str) -> str:
    """Return in which unit a number is typed: money (yuan), percent, times, or int."""
    if key.endswith("_fen") or key in {"per_fen", "to_fen"}:
        return "money"
    if key == "fen_per_step":
        return "money"
    if key.endswith("_bp"):
        return "times" if key == "factor_bp" else "percent"
    return "int"


def show(kind: str, value: Any) -> str:
    """Return a stored number as it is typed: 20000 fen is 200.00, 8000 basis points are 80."""
    if value is None or isinstance(value, str):
        return value or ""
    if kind == "int":
        return str(value)
    amount = Decimal(value) / _UNITS[kind]
    return f"{amount:.2f}" if kind == "money" else f"{amount.normalize():f}"


def _months(value: Any) -> str:
    if isinstance(value, Mapping):
        return str(value.get("months", ""))
    return "" if value in (None, "never") else str(value)


# -- reading -------------------------------------------------------------------------------------------------


MemberOf = Callable[[str], Any]
"""Reads the condition builder of a field: plain data, or ABSENT for everybody. It raises nothing."""


class Reader:
    """Reads what was typed into plain data of the document; `errors` explains what is no number at all."""

    def __init__(self, form: Any, member: MemberOf) -> None:
        self.form = form
        self.member = member
        self.names = set(form)
        self.errors: dict[str, str] = {}

    def entry(self, codec: Codec) -> dict[str, Any]:
        """Return the plain data of an entry."""
        assert isinstance(codec, Record)
        return self._record(codec, "")

    def _record(self, record: Record, path: str) -> dict[str, Any]:
        defaults = {one.name: one.default for one in dataclasses.fields(record.cls)}
        data: dict[str, Any] = dict([record.tag]) if record.tag else {}
        for one in record.fields:
            if one.key == "all":
                continue
            name = f"{path}.{one.key}" if path else one.key
            value = self._read(one, name, defaults[one.name] is None)
            if value is not ABSENT:
                _put(data, one.key, value)
        return data

    def _read(self, one: Field, name: str, optional: bool) -> Any:
        codec = one.codec
        if isinstance(codec, Word):
            return self._scope(codec, name)
        if isinstance(codec, Record):
            return ABSENT if optional and f"{name}:on" not in self.names else self._record(codec, name)
        if isinstance(codec, ListOf):
            return self._list(codec, name)
        if isinstance(codec, Member):
            return self.member(name)
        if isinstance(codec, Flag):
            return name in self.names
        text = str(self.form.get(name, "")).strip()
        if isinstance(codec, Months):
            return {"months": self._int(text, name)} if text else "never"
        if not text:
            return ABSENT
        if isinstance(codec, Int):
            return self._number(one.key, codec, text, name)
        if isinstance(codec, OneOf) and any(isinstance(value, int) for value in codec.values):
            return self._int(text, name)
        return text

    def _scope(self, codec: Word, name: str) -> Any:
        assert isinstance(codec.other, Record)
        if self.form.get(name) != "some":
            return codec.word
        found = self._record(codec.other, name)
        if not any(key in found for key in ("codes", "classes", "categories", "kinds")):
            self.errors[name] = _("请至少填一类项目，或选“全部项目”。")
        return found

    def _list(self, codec: ListOf, name: str) -> Any:
        if isinstance(codec.item, Record | Tagged):
            return self._entries(codec.item, name)
        parts = [part for text in self.form.getlist(name) for part in _SPLIT.split(text) if part]
        if not parts:
            return ABSENT
        return [self._int(part, name) for part in parts] if isinstance(codec.item, Int) else parts

    def _entries(self, item: Codec, name: str) -> Any:
        marks = sorted({int(m[1]) for n in self.names if (m := re.match(rf"{re.escape(name)}\.(\d{{1,4}})[.:]", n))})
        found = []
        for place, mark in enumerate(marks[:MANY]):
            data = {"kind": self.form.get(f"{name}.{mark}:kind", "")}
            record = _record_of(item, data)
            # Removed entries leave gaps: errors must name the places of the data, which has none.
            found.append(self._moved(record, f"{name}.{mark}", f"{name}.{place}"))
        return found or ABSENT

    def _moved(self, record: Record, typed: str, path: str) -> dict[str, Any]:
        before = set(self.errors)
        data = self._record(record, typed)
        for key in set(self.errors) - before:
            self.errors[key.replace(typed, path, 1)] = self.errors.pop(key)
        return data

    def _int(self, text: str, name: str) -> Any:
        if re.fullmatch(r"-?\d{1,12}", text):
            return int(text)
        self.errors[name] = _("“%(text)s”不是整数。", text=text[:20])
        return text

    def _number(self, key: str, codec: Int, text: str, name: str) -> Any:
        kind = unit_of(key)
        value = self._int(text, name) if kind == "int" else self._scaled(kind, text, name)
        if isinstance(value, int) and not codec.low <= value <= codec.high:
            low, high = show(kind, codec.low), show(kind, codec.high)
            self.errors[name] = _("请填 %(low)s 到 %(high)s 之间的数。", low=low, high=high)
            return text
        return value

    def _scaled(self, kind: str, text: str, name: str) -> Any:
        try:
            scaled = Decimal(text.replace(",", "").replace("，", "").rstrip("%").strip()) * _UNITS[kind]
        except InvalidOperation:
            scaled = Decimal("NaN")
        if scaled.is_finite() and scaled == scaled.to_integral_value() and abs(scaled) < 10**12:
            return int(scaled)
        self.errors[name] = {
            "money": _("“%(text)s”不是金额，请写成 1500 或 1500.00。", text=text[:20]),
            "percent": _("“%(text)s”不是百分数，请写成 80 或 87.5。", text=text[:20]),
            "times": _("“%(text)s”不是倍数，请写成 1.5 或 2。", text=text[:20]),
        }[kind]
        return text


def _put(data: dict[str, Any], key: str, value: Any) -> None:
    if "." not in key:
        data[key] = value
        return
    outer, inner = key.split(".", 1)
    data.setdefault(outer, {})[inner] = value


def rearrange(data: dict[str, Any], act: str, codec: Codec) -> dict[str, Any]:
    """Return the data after a button inside the form: `add:benefits:discount`, `drop:benefits:0`, `up:benefits:1`."""
    verb, key, what = (act.split(":") + ["", ""])[:3]
    rows = list(data.get(key) or [])
    field_of = {one.key: one for one in getattr(codec, "fields", ())}.get(key)
    if field_of is None or not isinstance(field_of.codec, ListOf):
        return data
    if verb == "add" and len(rows) < MANY:
        rows.append({"kind": what} if what else {})
    place = int(what) if what.isdigit() else -1
    if verb == "drop" and 0 <= place < len(rows):
        rows.pop(place)
    if verb == "up" and 0 < place < len(rows):
        rows[place - 1], rows[place] = rows[place], rows[place - 1]
    return {**data, key: rows}


def as_errors(errors: Mapping[str, str]) -> list[FieldError]:
    """Return what could not be read as the errors of a refusal."""
    return [FieldError(name, message) for name, message in errors.items()]
