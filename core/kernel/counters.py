"""Running numbers without gaps within a franchise: member numbers, order numbers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from core.kernel.ids import new_id

if TYPE_CHECKING:
    from core.kernel.statements import Statements


def take(st: Statements, name: str, n: int = 1) -> int:
    """Return the first of `n` successive numbers of the counter `name`, which starts at 1."""
    sql = "UPDATE counter SET value = value + ? WHERE franchise_id = ? AND name = ? RETURNING value"
    row = st.one(sql, [n, st.franchise_id, name])
    if row is None:
        st.run(
            "INSERT INTO counter (id, franchise_id, name, value) VALUES (?, ?, ?, 0)"
            " ON CONFLICT (franchise_id, name) DO NOTHING",
            [new_id(), st.franchise_id, name],
        )
        row = st.one(sql, [n, st.franchise_id, name])
    assert row is not None
    return int(row[0]) - n + 1
