"""Codecs: each reads one kind of value from plain YAML data, writes it back, and states its JSON Schema.

One declaration (spec.py) thus serves import, export and schema, so the three cannot disagree. Reading
collects every problem with its path instead of stopping at the first.
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from core.kernel.errors import FieldError
from core.kernel.i18n import _

REQUIRED: Any = dataclasses.MISSING
_CODE = re.compile(r"^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$")


class Problems:
    """Collects field errors; `field` is the dotted path with list places from 0."""

    def __init__(self) -> None:
        self.errors: list[FieldError] = []

    def add(self, path: str, message: str) -> None:
        """Note one problem at `path`; the message names the path, so it stands alone."""
        where = path or _("整个文档")
        self.errors.append(FieldError(path, _("%(where)s：%(what)s", where=where, what=message)))


class Codec:
    """One kind of value. `read` returns the value, or None after noting a problem."""

    def read(self, data: Any, path: str, problems: Problems) -> Any:
        """The Python value of plain `data`."""
        raise AssertionError("every codec reads in its own way")

    def write(self, value: Any) -> Any:
        """Plain data of the value, in canonical form."""
        return value

    def schema(self) -> dict[str, Any]:
        """JSON Schema of the plain data."""
        raise AssertionError("every codec has its own schema")


@dataclass(frozen=True)
class Int(Codec):
    """A whole number between bounds, both inclusive."""

    low: int
    high: int

    def read(self, data: Any, path: str, problems: Problems) -> Any:
        if isinstance(data, int) and not isinstance(data, bool) and self.low <= data <= self.high:
            return data
        problems.add(path, _("应是 %(low)d 到 %(high)d 之间的整数", low=self.low, high=self.high))
        return None

    def schema(self) -> dict[str, Any]:
        return {"type": "integer", "minimum": self.low, "maximum": self.high}


@dataclass(frozen=True)
class Text(Codec):
    """A text of 0 to `high` characters."""

    high: int = 64

    def read(self, data: Any, path: str, problems: Problems) -> Any:
        if isinstance(data, str) and len(data) <= self.high:
            return data
        problems.add(path, _("应是不超过 %(n)d 个字的文字", n=self.high))
        return None

    def schema(self) -> dict[str, Any]:
        return {"type": "string", "maxLength": self.high}


@dataclass(frozen=True)
class Code(Codec):
    """A code: letters, digits, `_`, `-`, `.`; 1 to 64 of them."""

    def read(self, data: Any, path: str, problems: Problems) -> Any:
        if isinstance(data, str) and _CODE.match(data):
            return data
        problems.add(path, _("应是代码：字母或数字开头，只含字母、数字、点、横线和下划线"))
        return None

    def schema(self) -> dict[str, Any]:
        return {"type": "string", "pattern": _CODE.pattern}


@dataclass(frozen=True)
class OneOf(Codec):
    """One of the given words or numbers."""

    values: tuple[Any, ...]

    def read(self, data: Any, path: str, problems: Problems) -> Any:
        if not isinstance(data, bool) and isinstance(data, str | int) and data in self.values:
            return data
        problems.add(path, _("应是以下之一：%(values)s", values="、".join(map(str, self.values))))
        return None

    def schema(self) -> dict[str, Any]:
        return {"enum": list(self.values)}


@dataclass(frozen=True)
class Flag(Codec):
    """true or false."""

    def read(self, data: Any, path: str, problems: Problems) -> Any:
        if isinstance(data, bool):
            return data
        problems.add(path, _("应是 true 或 false"))
        return None

    def schema(self) -> dict[str, Any]:
        return {"type": "boolean"}


@dataclass(frozen=True)
class Day(Codec):
    """A date, YYYY-MM-DD."""

    def read(self, data: Any, path: str, problems: Problems) -> Any:
        if type(data) is date:
            return data
        try:
            return date.fromisoformat(data)
        except (TypeError, ValueError):
            problems.add(path, _("应是日期，如 2027-02-06"))
            return None

    def write(self, value: Any) -> Any:
        return value.isoformat()

    def schema(self) -> dict[str, Any]:
        return {"type": "string", "format": "date"}


@dataclass(frozen=True)
class Months(Codec):
    """`{months: n}`, or the word `never` for None."""

    high: int = 120

    def read(self, data: Any, path: str, problems: Problems) -> Any:
        if data == "never":
            return None
        if isinstance(data, Mapping) and set(data) == {"months"}:
            return Int(1, self.high).read(data["months"], f"{path}.months", problems)
        problems.add(path, _("应写成 {months: 月数}，或 never"))
        return None

    def write(self, value: Any) -> Any:
        return "never" if value is None else {"months": value}

    def schema(self) -> dict[str, Any]:
        months = {"months": Int(1, self.high).schema()}
        span = {"type": "object", "properties": months, "required": ["months"], "additionalProperties": False}
        return {"oneOf": [{"const": "never"}, span]}


@dataclass(frozen=True)
class ListOf(Codec):
    """A list; `kind` makes the Python container. A frozenset is written sorted."""

    item: Codec
    kind: Callable[[list[Any]], Any] = tuple
    at_least: int = 0

    def read(self, data: Any, path: str, problems: Problems) -> Any:
        if not isinstance(data, list) or len(data) < self.at_least:
            problems.add(path, _("应是列表，至少 %(n)d 项", n=self.at_least))
            return None
        return self.kind([self.item.read(one, f"{path}.{place}", problems) for place, one in enumerate(data)])

    def write(self, value: Any) -> Any:
        values = sorted(value) if isinstance(value, frozenset) else value
        return [self.item.write(one) for one in values]

    def schema(self) -> dict[str, Any]:
        found: dict[str, Any] = {"type": "array", "items": self.item.schema()}
        return {**found, "minItems": self.at_least} if self.at_least else found


@dataclass(frozen=True)
class Field:
    """A key of a record: YAML key, codec, attribute (default: the key), `alias` keys folded in on reading."""

    key: str
    codec: Codec
    attr: str = ""

    @property
    def name(self) -> str:
        """Attribute of the dataclass."""
        return self.attr or self.key


@dataclass(frozen=True)
class Record(Codec):
    """A mapping read into a dataclass. Absent keys take the dataclass's default; unknown keys are refused.

    Defaults are written out unless they are empty (none, 0, false, no entries), so that a published document
    means the same after a default of ours has changed.

    `tag` is a fixed key and value written first (kind: discount). `prepare` may rewrite the mapping before
    it is read (short forms). `exactly_one` names keys of which one and only one must be given.
    """

    cls: type
    fields: tuple[Field, ...]
    tag: tuple[str, str] | None = None
    prepare: Callable[[dict[str, Any]], dict[str, Any]] | None = None
    exactly_one: tuple[str, ...] = ()
    at_least_one: tuple[str, ...] = ()

    def read(self, data: Any, path: str, problems: Problems) -> Any:
        if not isinstance(data, Mapping):
            problems.add(path, _("应是一组“键: 值”"))
            return None
        given = self.prepare(dict(data)) if self.prepare else dict(data)
        if self.tag:
            given.pop(self.tag[0], None)
        before = len(problems.errors)
        values = self._values(given, path, problems)
        self._choices(values, path, problems)
        if len(problems.errors) > before:
            return None
        return self.cls(**values)

    def _values(self, given: dict[str, Any], path: str, problems: Problems) -> dict[str, Any]:
        values: dict[str, Any] = {}
        for field in self.fields:
            if field.key in given:
                values[field.name] = field.codec.read(given.pop(field.key), _join(path, field.key), problems)
            elif field.name in self._required():
                problems.add(_join(path, field.key), _("缺少这一项"))
        for key in given:
            problems.add(_join(path, str(key)), _("不认识的键"))
        return values

    def _choices(self, values: dict[str, Any], path: str, problems: Problems) -> None:
        for keys, wanted in ((self.exactly_one, 1), (self.at_least_one, 0)):
            attrs = [field.name for field in self.fields if field.key in keys]
            found = sum(attr in values for attr in attrs)
            if keys and (found != 1 if wanted else found == 0):
                words = _("必须且只能给出其中一项：%(keys)s") if wanted else _("至少给出其中一项：%(keys)s")
                problems.add(path, words % {"keys": "、".join(keys)})

    def _required(self) -> set[str]:
        return {
            field.name
            for field in dataclasses.fields(self.cls)
            if field.default is REQUIRED and field.default_factory is REQUIRED
        }

    def write(self, value: Any) -> Any:
        defaults = {field.name: field.default for field in dataclasses.fields(self.cls)}
        plain: dict[str, Any] = dict([self.tag]) if self.tag else {}
        for field in self.fields:
            one = getattr(value, field.name)
            if one or one != defaults[field.name]:
                plain[field.key] = field.codec.write(one)
        return plain

    def schema(self) -> dict[str, Any]:
        properties = {field.key: field.codec.schema() for field in self.fields}
        required = [field.key for field in self.fields if field.name in self._required()]
        if self.tag:
            properties = {self.tag[0]: {"const": self.tag[1]}, **properties}
            required = [self.tag[0], *required]
        found: dict[str, Any] = {"type": "object", "properties": properties, "additionalProperties": False}
        if required:
            found["required"] = required
        if self.exactly_one:
            found["oneOf"] = [{"required": [key]} for key in self.exactly_one]
        if self.at_least_one:
            found["anyOf"] = [{"required": [key]} for key in self.at_least_one]
        return found


@dataclass(frozen=True)
class Tagged(Codec):
    """One of several records, told apart by the value of the key `key`."""

    key: str
    records: tuple[Record, ...]

    def read(self, data: Any, path: str, problems: Problems) -> Any:
        kind = data.get(self.key) if isinstance(data, Mapping) else None
        for record in self.records:
            if record.tag and record.tag[1] == kind:
                return record.read(data, path, problems)
        known = "、".join(record.tag[1] for record in self.records if record.tag)
        problems.add(_join(path, self.key), _("应是以下之一：%(values)s", values=known))
        return None

    def write(self, value: Any) -> Any:
        record = next(record for record in self.records if record.cls is type(value))
        return record.write(value)

    def schema(self) -> dict[str, Any]:
        return {"oneOf": [record.schema() for record in self.records]}


@dataclass(frozen=True)
class Word(Codec):
    """A fixed word standing for a value, else `other`: `items: all`."""

    word: str
    value: Any
    other: Codec

    def read(self, data: Any, path: str, problems: Problems) -> Any:
        return self.value if data == self.word else self.other.read(data, path, problems)

    def write(self, value: Any) -> Any:
        return self.word if value == self.value else self.other.write(value)

    def schema(self) -> dict[str, Any]:
        return {"oneOf": [{"const": self.word}, self.other.schema()]}


def _join(path: str, key: str) -> str:
    return f"{path}.{key}" if path else key
