"""Columns, each with its data class: an unclassified column fails a test (PIPL art. 51)."""

from __future__ import annotations

from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    Date,
    Index,
    Integer,
    LargeBinary,
    String,
    Text,
    UniqueConstraint,
)
from sqlalchemy.orm import MappedColumn, mapped_column

PUBLIC = "public"
INTERNAL = "internal"
PERSONAL = "personal"
SENSITIVE = "sensitive"
SECRET = "secret"  # noqa: S105 (a class of data, not one)
CLASSES = frozenset({PUBLIC, INTERNAL, PERSONAL, SENSITIVE, SECRET})


def col(kind: Any, data_class: str, *args: Any, nullable: bool = False, **kw: Any) -> MappedColumn[Any]:
    """Return a column of `kind` in `data_class`; NOT NULL unless told otherwise."""
    return mapped_column(kind, *args, nullable=nullable, info={"class": data_class}, **kw)


def fen_col(nullable: bool = False, default: int | None = 0, **kw: Any) -> MappedColumn[Any]:
    """Return a column of money in fen."""
    if default is not None and not nullable:
        kw.setdefault("default", default)
    return col(BigInteger, INTERNAL, nullable=nullable, **kw)


def at_col(nullable: bool = False, **kw: Any) -> MappedColumn[Any]:
    """Return a column holding an instant: milliseconds since the epoch, UTC."""
    return col(BigInteger, INTERNAL, nullable=nullable, **kw)


def day_col(nullable: bool = False, data_class: str = INTERNAL, **kw: Any) -> MappedColumn[Any]:
    """Return a column holding a calendar day in the franchise's zone."""
    return col(Date, data_class, nullable=nullable, **kw)


def count_col(default: int = 0, **kw: Any) -> MappedColumn[Any]:
    """Return a column holding a whole number."""
    return col(BigInteger, INTERNAL, default=default, **kw)


def code_col(length: int = 60, nullable: bool = False, **kw: Any) -> MappedColumn[Any]:
    """Return a column holding a machine-readable code."""
    return col(String(length), INTERNAL, nullable=nullable, **kw)


def label_col(length: int = 120, data_class: str = INTERNAL, nullable: bool = False, **kw: Any) -> MappedColumn[Any]:
    """Return a column holding a short text shown to people."""
    return col(String(length), data_class, nullable=nullable, **kw)


def flag_col(default: bool = False, **kw: Any) -> MappedColumn[Any]:
    """Return a yes/no column."""
    return col(Boolean, INTERNAL, default=default, **kw)


def sealed_blob(nullable: bool = True) -> MappedColumn[Any]:
    """Return the column that holds the ciphertext of a `Sealed` field."""
    return col(LargeBinary, SENSITIVE, nullable=nullable)


def ref_col(nullable: bool = True, data_class: str = INTERNAL, **kw: Any) -> MappedColumn[Any]:
    """Return a column holding the id of something on a higher floor: no foreign key, checked by verify."""
    return col(BigInteger, data_class, nullable=nullable, **kw)


def owned_unique(*names: str, **kw: Any) -> UniqueConstraint:
    """Return a unique constraint within the franchise."""
    return UniqueConstraint("franchise_id", *names, **kw)


def owned_index(name: str, *names: Any, **kw: Any) -> Index:
    """Return an index led by the franchise: every query of ours is."""
    return Index(name, "franchise_id", *names, **kw)


__all__ = [
    "CLASSES", "INTERNAL", "PERSONAL", "PUBLIC", "SECRET", "SENSITIVE", "BigInteger", "Boolean", "Date",
    "Integer", "LargeBinary", "String", "Text", "code_col", "col", "count_col", "day_col", "fen_col", "flag_col",
    "at_col", "label_col", "owned_index", "owned_unique", "ref_col", "sealed_blob",
]  # fmt: skip
