"""What the API reads, strictly: JSON without surprises, fields without guesses.

Duplicate keys, NaN, deep nesting, NUL and broken characters are refused before a schema sees them;
a number written as text, a float or a boolean is not an integer.
"""

from __future__ import annotations

import json
import re
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any, NoReturn

from marshmallow import RAISE, Schema, ValidationError, fields, validate
from webargs.flaskparser import FlaskParser
from webargs.multidictproxy import MultiDictProxy

from core.kernel.errors import FieldError, Invalid, Refusal
from core.kernel.i18n import _

if TYPE_CHECKING:
    from collections.abc import Iterator

MAX_DEPTH = 16
MAX_INT = 2**53 - 1
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")
_INSTANT = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d{1,6})?(Z|[+-]\d{2}:\d{2})")
_BROKEN = re.compile("[\x00\ud800-\udfff]")


def _bad_json(detail: str) -> Refusal:
    return Refusal(detail, code="bad_json", status=400)


def loads(body: bytes) -> Any:
    """Return the value of a JSON document; raise `bad_json` (400) for anything but plain JSON."""
    try:
        value = json.loads(body, object_pairs_hook=_object, parse_constant=_constant, parse_float=_float)
    except RecursionError:
        raise _bad_json(_("JSON 嵌套太深。")) from None
    except ValueError:
        raise _bad_json(_("请求正文不是有效的 JSON（UTF-8）。")) from None
    _check(value, 1)
    return value


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise _bad_json(_("JSON 里有重复的字段名。"))
    return found


def _constant(_name: str) -> NoReturn:
    raise _bad_json(_("JSON 里不能有 NaN 或 Infinity。"))


def _float(text: str) -> float:
    """No field takes a fraction, but it should be told so; 1e400 would be infinite."""
    value = float(text)
    if abs(value) > MAX_INT:
        raise _bad_json(_("JSON 里的数字太大。"))
    return value


def _check(value: Any, depth: int) -> None:
    """Refuse deep nesting and characters that no database would store alike."""
    if depth > MAX_DEPTH:
        raise _bad_json(_("JSON 嵌套太深。"))
    if isinstance(value, str) and _BROKEN.search(value):
        raise _bad_json(_("文字里有无效字符。"))
    if isinstance(value, dict):
        for key, inner in value.items():
            _check(key, depth)
            _check(inner, depth + 1)
    elif isinstance(value, list):
        for inner in value:
            _check(inner, depth + 1)


class StrictParser(FlaskParser):
    """Parses bodies with `loads` and tells problems in the words of `errors`."""

    DEFAULT_UNKNOWN_BY_LOCATION = {"json": None, "query": None}  # each schema's own word: Body refuses

    def load_json(self, req: Any, _schema: Schema) -> Any:
        """Return the JSON body; raise 415 for another media type, 400 for bad JSON."""
        body = req.get_data(cache=True)
        if not body:
            return {}
        if not req.is_json:
            raise Refusal(
                _("请求正文须是 JSON，请求头 Content-Type 须是 application/json。"), code="media_type", status=415
            )
        value = loads(body)
        if not isinstance(value, dict):
            raise _bad_json(_("请求正文须是一个 JSON 对象。"))
        return value

    def load_querystring(self, req: Any, schema: Schema) -> Any:
        """Return the query string; raise Invalid for a parameter that is given twice."""
        twice = sorted(name for name, values in req.args.lists() if len(values) > 1)
        if twice:
            raise Invalid(_("参数重复。"), errors=[FieldError(name, _("只能给一次。")) for name in twice])
        return MultiDictProxy(req.args, schema)

    def handle_error(self, error: ValidationError, *_args: Any, **_kw: Any) -> NoReturn:
        """Raise Invalid with every field at fault."""
        messages = error.messages
        if isinstance(messages, dict) and len(messages) == 1:
            messages = next(iter(messages.values()))
        errors = [FieldError(path, says(message)) for path, message in flatten(messages)]
        raise Invalid(_("有 %(n)d 处需要修改。", n=len(errors)), errors=errors)


def flatten(messages: Any, path: str = "") -> Iterator[tuple[str, str]]:
    """Yield (dotted path, message) of marshmallow's nested messages."""
    if isinstance(messages, dict):
        for key, inner in messages.items():
            step = "" if key == "_schema" else str(key)
            yield from flatten(inner, ".".join(part for part in (path, step) if part))
    elif isinstance(messages, list):
        for message in messages:
            yield path, str(message)
    else:
        yield path, str(messages)


def says(message: str) -> str:
    """Return a validation message in the user's language: ours are `code|a|b`, the others are known."""
    code, *values = message.split("|")
    a, b = [*values, "", ""][:2]
    ours = {
        "integer": lambda: _("这里要整数。"),
        "range": lambda: _("应在 %(a)s 到 %(b)s 之间。", a=a, b=b),
        "length": lambda: _("长度应在 %(a)s 到 %(b)s 之间。", a=a, b=b),
        "choice": lambda: _("可选的值：%(a)s。", a=a),
        "id": lambda: _("这里要编号（数字文本）。"),
        "day": lambda: _("日期格式是 YYYY-MM-DD。"),
        "instant": lambda: _("时刻格式是 RFC 3339，例如 2026-11-21T10:00:00Z。"),
        "flag": lambda: _("这里要 true 或 false。"),
        "coupons": lambda: _("填 auto 或券编号的数组。"),
        "stock": lambda: _("填门店编号到件数的对照，件数是 0 以上的整数。"),
        "Missing data for required field.": lambda: _("这里必须填写。"),
        "Field may not be null.": lambda: _("这里不能为空。"),
        "Unknown field.": lambda: _("没有这个字段。"),
        "Not a valid string.": lambda: _("这里要文字。"),
        "Not a valid list.": lambda: _("这里要数组。"),
        "Not a valid mapping type.": lambda: _("这里要对象。"),
        "Invalid input type.": lambda: _("这里要对象。"),
        "Not a valid integer.": lambda: _("这里要整数。"),
    }
    return ours.get(code, lambda: _("格式不对。"))()


class Int(fields.Integer):
    """A JSON integer within `low`..`high`; nothing else is one. In a query string, its digits."""

    def __init__(self, low: int = 0, high: int = MAX_INT, **kw: Any) -> None:
        super().__init__(strict=True, validate=validate.Range(low, high, error="range|{min}|{max}"), **kw)

    def _validated(self, value: Any) -> int:
        if isinstance(value, bool) or not isinstance(value, int):
            raise ValidationError("integer")
        return value


class QueryInt(Int):
    """An integer in a query string."""

    def _validated(self, value: Any) -> int:
        if not isinstance(value, str) or not value.isascii() or not value.isdigit() or len(value) > 15:
            raise ValidationError("integer")
        return int(value)


class Words(fields.String):
    """A text of `low`..`high` characters."""

    def __init__(self, high: int, low: int = 0, **kw: Any) -> None:
        super().__init__(validate=validate.Length(low, high, error="length|{min}|{max}"), **kw)


class Id(fields.String):
    """An id: a string of digits."""

    def __init__(self, **kw: Any) -> None:
        super().__init__(validate=validate.Regexp(r"^[0-9]{1,19}$", error="id"), **kw)


class Choice(fields.String):
    """One of a few words."""

    def __init__(self, *choices: str, **kw: Any) -> None:
        super().__init__(validate=validate.OneOf(choices, error=f"choice|{'、'.join(choices)}"), **kw)


class Flag(fields.Boolean):
    """true or false; nothing that looks like it."""

    def _deserialize(self, value: Any, *_args: Any, **_kw: Any) -> bool:
        if not isinstance(value, bool):
            raise ValidationError("flag")
        return value


class Day(fields.Date):
    """A date `YYYY-MM-DD`."""

    def _deserialize(self, value: Any, *_args: Any, **_kw: Any) -> date:
        if not isinstance(value, str) or not _DAY.fullmatch(value):
            raise ValidationError("day")
        try:
            return date.fromisoformat(value)
        except ValueError:
            raise ValidationError("day") from None


class Instant(fields.DateTime):
    """An RFC 3339 instant; loads as milliseconds since the epoch."""

    def _deserialize(self, value: Any, *_args: Any, **_kw: Any) -> int:  # type: ignore[override]
        if not isinstance(value, str) or not _INSTANT.fullmatch(value):
            raise ValidationError("instant")
        try:
            moment = datetime.fromisoformat(value.replace("Z", "+00:00")).astimezone(UTC)
            return int(moment.timestamp() * 1000)
        except (ValueError, OverflowError):
            raise ValidationError("instant") from None


class Body(Schema):
    """Base of everything that is read: unknown fields are refused."""

    class Meta:
        unknown = RAISE


class Answer(Schema):
    """Base of everything that is told. Documents the answer; the answer is plain data already."""
