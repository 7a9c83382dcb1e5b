"""The fields that answers are described with: present always, null only where said."""

from __future__ import annotations

from typing import Any

from marshmallow import Schema, fields


def text(**kw: Any) -> fields.String:
    """Return the field of a text."""
    return fields.String(required=True, **kw)


def whole(**kw: Any) -> fields.Integer:
    """Return the field of a whole number."""
    return fields.Integer(required=True, **kw)


def maybe(**kw: Any) -> fields.String:
    """Return the field of a text or null."""
    return fields.String(required=True, allow_none=True, **kw)


def day(*, null: bool = False) -> fields.Date:
    """Return the field of a day, or null where said."""
    return fields.Date(required=True, allow_none=null)


def instant(*, null: bool = False) -> fields.DateTime:
    """Return the field of an instant."""
    return fields.DateTime(required=True, allow_none=null)


def flag() -> fields.Boolean:
    """Return the field of true or false."""
    return fields.Boolean(required=True)


def several(inner: Any) -> fields.List:
    """Return the field of a list."""
    return fields.List(inner, required=True)


def many(schema: type[Schema]) -> fields.List:
    """Return the field of a list of objects."""
    return fields.List(fields.Nested(schema), required=True)


def one(schema: type[Schema], *, null: bool = False) -> fields.Nested:
    """Return the field of an object, or null where said."""
    return fields.Nested(schema, required=True, allow_none=null)
