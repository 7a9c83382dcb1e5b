"""Pages of lists: `{items, next_cursor}`, the cursor being the sort values of the last row, signed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from core.kernel.errors import Invalid
from core.kernel.i18n import _
from core.kernel.web import cursors

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence


def place(scope: str, cursor: str | None) -> tuple[Any, ...] | None:
    """Return the sort values of a cursor, None for none; raise Invalid for one that is not ours."""
    if cursor is None:
        return None
    found = cursors.read(f"api:{scope}", cursor)
    if found is None:
        raise Invalid.field("cursor", _("游标无效，请从头开始。"))
    return found[1]


def page_of(
    scope: str, rows: Sequence[Any], limit: int, show: Callable[[Any], dict[str, Any]],
    sort: Callable[[Any], tuple[Any, ...]],
) -> dict[str, Any]:  # fmt: skip
    """Return a page of `rows`, which hold one more than `limit` where there is a next page."""
    shown = rows[:limit]
    more = len(rows) > limit
    cursor = cursors.write(f"api:{scope}", cursors.OLDER, sort(shown[-1])) if more else None
    return {"items": [show(row) for row in shown], "next_cursor": cursor}
