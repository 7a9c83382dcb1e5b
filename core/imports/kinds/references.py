"""Who points to a record: read from the tables themselves, so that a new room is not forgotten."""

from __future__ import annotations

from typing import TYPE_CHECKING

from core.kernel import schema
from core.kernel.db import Base
from core.kernel.runtime import runtime

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator


def references(target: str, names: Collection[str], own: Collection[str]) -> Iterator[tuple[str, str]]:
    """Yield (table, column) of every reference to the table `target`: foreign keys, and columns of these names.

    `own` are tables that an import writes itself, or that only watch.
    """
    known = schema.table_names(runtime().host)
    for table in Base.metadata.sorted_tables:
        if table.name not in known or table.name in own or "franchise_id" not in table.columns:
            continue
        found = {column.name for column in table.columns if column.name in names}
        for key in table.foreign_key_constraints:
            if key.referred_table.name == target:
                found |= {column.name for column in key.columns} - {"franchise_id"}
        yield from ((table.name, name) for name in sorted(found))
