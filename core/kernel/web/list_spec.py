"""How a list is declared: columns, sorts, filters, search (kernel/web/lists.py loads it)."""

from __future__ import annotations

import html
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from flask import has_request_context, url_for
from markupsafe import Markup, escape

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy import Select
    from sqlalchemy.orm import Session

PAGE = 50


@dataclass(frozen=True, slots=True)
class Column:
    """A column: what it selects and how a row shows it.

    `cell(row)` returns text (escaped by the list) or Markup; `row` has the labels of every selected
    attribute. `phone` says where the value stands in the two-line card: title, tag (beside it), meta
    (below), value, note (right) or "" for nowhere. `fixed` columns cannot be hidden, `shown=False`
    ones wait in the chooser. In a file a column is its cell without markup unless `plain(row)` says
    otherwise; `full(row)` is what a mask hides, for those who may see it and say why.
    """

    key: str
    label: Any
    exprs: tuple[Any, ...]
    cell: Callable[[Any], Any]
    numeric: bool = False
    phone: str = ""
    fixed: bool = False
    shown: bool = True
    quiet: bool = False
    permission: str | None = None
    plain: Callable[[Any], Any] | None = None
    full: Callable[[Any], Any] | None = None


@dataclass(frozen=True, slots=True)
class Sort:
    """An order: NOT NULL mapped columns, the id last; `down` for the largest first."""

    key: str
    label: Any
    columns: tuple[Any, ...]
    down: bool = False
    column: str = ""


@dataclass(frozen=True, slots=True)
class Filter:
    """A filter: choices of (value, label) — or a function giving them — and the criterion of a value."""

    key: str
    label: Any
    choices: Any
    where: Callable[[str], Any]

    def options(self) -> list[tuple[str, str]]:
        """Return the (value, label) choices."""
        found = self.choices() if callable(self.choices) else self.choices
        return [(str(value), str(label)) for value, label in found]


@dataclass(frozen=True)
class ListSpec:
    """A declared list. `search(session, text)` returns a SELECT of ids, `where(session)` always narrows.

    `keeps` are (name, value) pairs that the page's address carries along, such as a day; `context` are
    those that stand in its path. `views=False` for a list without saved views (it has tabs of its own).
    """

    key: str
    model: Any
    columns: tuple[Column, ...]
    sorts: tuple[Sort, ...]
    filters: tuple[Filter, ...] = ()
    search: Callable[[Session, str], Any] | None = None
    search_hint: Any = ""
    joins: Callable[[Select[Any]], Select[Any]] = lambda statement: statement
    where: Callable[[Session], Any] | None = None
    noun: Any = ""
    page: int = PAGE
    pick: bool = False
    keeps: tuple[tuple[str, str], ...] = ()
    context: tuple[tuple[str, str], ...] = ()
    views: bool = True

    def __post_init__(self) -> None:
        for sort in self.sorts:
            last = sort.columns[-1]
            if last.key != "id":
                raise ValueError(f"list {self.key}, sort {sort.key}: the id must come last")
            loose = [c.key for c in sort.columns if c.property.columns[0].nullable]
            if loose:
                raise ValueError(f"list {self.key}, sort {sort.key}: {loose} may be empty, which stops a walk")
        if not self.sorts:
            raise ValueError(f"list {self.key} has no sort")

    def sort_of(self, key: str | None) -> Sort:
        """Return the order called `key`, or the first."""
        return next((one for one in self.sorts if one.key == key), self.sorts[0])


def link(url: str, text: str, *extra: Any) -> Markup:
    """Return the link of a row's title, followed by badges."""
    # Joined by hand: Markup.format costs ten times as much, and a page has fifty of these.
    badges = "".join(f" {escape(badge)}" for badge in extra)
    return Markup(f'<a class="cell" href="{html.escape(url)}">{html.escape(text)}</a>{badges}')  # noqa: S704


def address(endpoint: str, **values: Any) -> str:
    """Return the address of a page; nothing where no request is served (a list written to a file)."""
    return url_for(endpoint, **values) if has_request_context() else ""
