"""Sealed fields: a descriptor over a ciphertext column, with an optional keyed blind index.

`phone = Sealed("phone_sealed", blind="phone_blind")` reads and writes plain text; the columns hold
ciphertext bound to table, column, row and franchise (swapping two ciphertexts fails to open) and the
index that an exact look-up needs. It is a descriptor, never a column type: Flask-Admin draws no
field for a decorated type.
"""

from __future__ import annotations

from typing import Any

from core.kernel import keys


def aad(table: str, column: str, row_id: int) -> str:
    """Return the additional data that binds a ciphertext to its place."""
    return f"{table}|{column}|{row_id}"


class Sealed:
    """Plain text on the outside, ciphertext in `column`; `blind` names the index column, if any."""

    def __init__(self, column: str, *, blind: str | None = None, normalise: Any = None) -> None:
        self.column = column
        self.blind = blind
        self.normalise = normalise or (lambda value: value)

    def __set_name__(self, owner: type, name: str) -> None:
        self.name = name
        registry = owner.__dict__.get("sealed_fields")
        if registry is None:
            registry = {}
            owner.sealed_fields = registry  # type: ignore[attr-defined]
        registry[name] = self

    def __get__(self, row: Any, owner: type) -> Any:
        if row is None:
            return self
        blob = getattr(row, self.column)
        if blob is None:
            return None
        place = aad(row.__tablename__, self.column, row.id)
        return keys.ring().open(blob, place, row.franchise_id).decode()

    def __set__(self, row: Any, value: str | None) -> None:
        if value is None or value == "":
            setattr(row, self.column, None)
            if self.blind:
                setattr(row, self.blind, None)
            return
        place = aad(row.__tablename__, self.column, row.id)
        setattr(row, self.column, keys.ring().seal(value, place, row.franchise_id))
        if self.blind:
            index_name = f"{row.__tablename__}.{self.blind}"
            setattr(row, self.blind, keys.ring().blind(self.normalise(value), index_name, row.franchise_id))

    def matches(self, model: type, value: str, franchise_id: int) -> Any:
        """Return the criterion `row's field equals value`, by the blind index."""
        if not self.blind:
            raise TypeError(f"{self.name} has no blind index")
        index_name = f"{model.__tablename__}.{self.blind}"  # type: ignore[attr-defined]
        return getattr(model, self.blind).in_(keys.ring().blinds(self.normalise(value), index_name, franchise_id))


def seal_text(table: str, column: str, row_id: int, franchise_id: int, value: str) -> bytes:
    """Return the ciphertext for a column written by a prepared statement instead of the ORM."""
    return keys.ring().seal(value, aad(table, column, row_id), franchise_id)


def open_text(table: str, column: str, row_id: int, franchise_id: int, blob: bytes | None) -> str | None:
    """Return the plain text of a column read by a statement instead of the ORM."""
    if blob is None:
        return None
    return keys.ring().open(blob, aad(table, column, row_id), franchise_id).decode()
