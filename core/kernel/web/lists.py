"""The list engine: keyset pages over declared columns, sorts and filters; the URL is the state.

    PEOPLE = ListSpec(
        key="people", model=Person, noun=_l("人"),
        columns=(
            Column("name", _l("姓名"), (Person.name,), lambda r: link(url_of(r.id), r.name), phone="title"),
            Column("visits", _l("到店"), (Person.visits,), lambda r: number(r.visits), numeric=True),
        ),
        sorts=(Sort("recent", _l("最近到店"), (Person.last_visit_on, Person.id), down=True),),
        filters=(Filter("gender", _l("性别"), GENDERS, lambda v: Person.gender == v),),
        search=lambda session, text: services.search_ids(session, text),
    )
    listing = lists.load(session(), PEOPLE, request.args)
    return render_page("people/list.html", listing=listing)     # or straight: lists/page.html

A page costs three statements at most (rows, capped count, column choice), a search four (hits, their
sort values, rows, column choice): constant, whatever the size. The
sort columns must be NOT NULL and end with the id, and an index (franchise_id, *columns) must exist:
paging compares them as one row value. Statements select mapped attributes, never entities, and name
the franchise themselves besides the session's scoping.
"""

from __future__ import annotations

import html
import json
from dataclasses import dataclass, field
from time import monotonic
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from flask import request
from markupsafe import Markup, escape
from sqlalchemy import Select, func, select, tuple_

from core.kernel.i18n import _
from core.kernel.models import Preference
from core.kernel.statements import Statements
from core.kernel.tenancy import current_actor
from core.kernel.web import cursors

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from sqlalchemy.orm import Session

PAGE = 50
COUNT_CAP = 1000
LONG_FOR_S = 60
LONG_KEPT = 1000


@dataclass(frozen=True, slots=True)
class Column:
    """A column: what it selects and how a row shows it.

    `cell(row)` returns text (escaped here) or Markup; `row` has the labels of every selected
    attribute. `phone` says where the value stands in the two-line card: title, tag (beside it), meta
    (below), value, note (right) or "" for nowhere. `fixed` columns cannot be hidden, `shown=False`
    ones wait in the chooser.
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
    """A declared list. `search(session, text)` returns a SELECT of ids, `where(session)` always narrows."""

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


@dataclass
class Listing:
    """One page of a list, ready for templates/lists/page.html."""

    spec: ListSpec
    args: dict[str, str]
    columns: list[Column]
    sort: Sort
    rows: list[Any]
    count: int
    newer: str = ""
    older: str = ""
    text: str = ""
    chosen: dict[str, str] = field(default_factory=dict)

    @property
    def count_text(self) -> str:
        """Return the count, or "1,000+" beyond the cap."""
        return f"{COUNT_CAP:,}+" if self.count > COUNT_CAP else f"{self.count:,}"

    def url(self, **changes: str | None) -> str:
        """Return the address of this list with some arguments changed; a change returns to page one."""
        merged: dict[str, str | None] = {k: v for k, v in self.args.items() if k != "after"}
        merged.update(changes)
        kept = {k: v for k, v in merged.items() if v}
        return f"{request.path}?{urlencode(kept)}" if kept else request.path

    def chips(self) -> list[tuple[str, str, str]]:
        """Return (label, value's label, address without it) of every filter in use."""
        shown = []
        for item in self.spec.filters:
            value = self.chosen.get(item.key)
            if value is not None:
                words = dict(item.options()).get(value, value)
                shown.append((str(item.label), words, self.url(**{f"f.{item.key}": None})))
        return shown

    def hidden_inputs(self, *but: str) -> list[tuple[str, str]]:
        """Return the arguments that a form of this list must carry along, without `but`."""
        return [(k, v) for k, v in self.args.items() if k not in but and k != "after"]

    def body(self) -> Markup:
        """Return the rows of the table body: flat, each cell by its pre-bound formatter."""
        plan = [(c.cell, _cell_class(c)) for c in self.columns]
        pick, pick_label = self.spec.pick, _("选中这一行")
        parts: list[str] = []
        for row in self.rows:
            parts.append("<tr>")
            if pick:
                parts.append(
                    f'<td class="pick"><input type="checkbox" class="cbx" name="id" value="{row.id}" '
                    f'data-pick aria-label="{escape(pick_label)}"></td>'
                )
            for cell, css in plan:
                value = cell(row)
                # The standard library's escape gives plain text: a third of markupsafe's time, 400 times a page.
                parts.append(f"<td{css}>{value if type(value) is Markup else html.escape(str(value))}</td>")
            parts.append("</tr>")
        return Markup("".join(parts))  # noqa: S704 - every value was escaped above


def _cell_class(column: Column) -> str:
    words = [
        "num" if column.numeric else "",
        "mut" if column.quiet else "",
        f"p-{column.phone}" if column.phone else "",
        "nm" if column.phone == "title" else "",
    ]
    shown = " ".join(w for w in words if w)
    return f' class="{shown}"' if shown else ""


def load(session: Session, spec: ListSpec, args: Mapping[str, str]) -> Listing:
    """Return the page of `spec` that the arguments of the URL ask for; unknown ones are ignored."""
    kept = {k: v for k, v in args.items() if v and (k in {"q", "sort", "after"} or k.startswith("f."))}
    chosen = _chosen_filters(spec, kept)
    sort = next((s for s in spec.sorts if s.key == kept.get("sort")), spec.sorts[0])
    columns = shown_columns(session, spec)
    text = kept.get("q", "").strip()[:80]
    listing = Listing(spec, kept, columns, sort, [], 0, text=text, chosen=chosen)
    hits = _hits(session, spec, text)
    base = _criteria(session, spec, chosen, hits)
    if isinstance(hits, list):
        _fill_from_hits(session, listing, base, kept.get("after"))
        return listing
    _fill(session, listing, base, kept.get("after"))
    whole = not (listing.newer or listing.older)
    listing.count = len(listing.rows) if whole else _count(session, listing, base)
    return listing


def _chosen_filters(spec: ListSpec, kept: dict[str, str]) -> dict[str, str]:
    known = {item.key: item for item in spec.filters}
    found = {k[2:]: v for k, v in kept.items() if k.startswith("f.") and k[2:] in known}
    return {k: v for k, v in found.items() if v in dict(known[k].options())}


def _criteria(session: Session, spec: ListSpec, chosen: dict[str, str], hits: Any) -> Callable[[Any], Any]:
    """Return a function that narrows a SELECT to the list's rows, always within the franchise."""
    conditions = [spec.model.franchise_id == current_actor().franchise_id]
    if spec.where is not None:
        conditions.append(spec.where(session))
    conditions.extend(item.where(chosen[item.key]) for item in spec.filters if item.key in chosen)
    if hits is not None:
        conditions.append(spec.model.id.in_(hits))
    return lambda statement: spec.joins(statement).where(*conditions)


def _hits(session: Session, spec: ListSpec, text: str) -> Any:
    """Return the ids that a search finds while they are few, else the query; None without a search.

    Given a query, a planner may walk the whole sort index looking for one row; given ids, it looks them up.
    """
    if not text or spec.search is None:
        return None
    query = spec.search(session, text)
    ids = list(session.scalars(query.limit(COUNT_CAP + 1)))
    return ids if len(ids) <= COUNT_CAP else query


def _fill_from_hits(session: Session, listing: Listing, base: Callable[[Any], Any], after: str | None) -> None:
    """Fill the page from a few known ids: their sort values are ordered here, then one page of rows is read.

    Asked to sort a thousand given rows, a planner would rather walk the index of the order through a million.
    """
    spec, sort = listing.spec, listing.sort
    places = [tuple(row) for row in session.execute(base(select(*sort.columns)))]
    listing.count = len(places)
    place, backwards, down = _from(listing, after)
    if place is not None:
        places = [here for here in places if (here < place if down else here > place)]
    ids = [here[-1] for here in sorted(places, reverse=down)[: spec.page + 1]]
    found = session.execute(base(select(*_selected(listing))).where(spec.model.id.in_(ids)))
    rows = {row.id: row for row in found}
    _page(listing, [rows[row_id] for row_id in ids if row_id in rows], place is not None, backwards)


def _from(listing: Listing, after: str | None) -> tuple[tuple[Any, ...] | None, bool, bool]:
    """Return the place to go on from (None: the beginning), whether backwards, and whether downwards."""
    spec, sort = listing.spec, listing.sort
    place = cursors.read(f"{spec.key}:{sort.key}", after)
    if place is None or len(place[1]) != len(sort.columns):
        return None, False, sort.down
    backwards = place[0] == cursors.NEWER
    return place[1], backwards, sort.down != backwards


def _fill(session: Session, listing: Listing, base: Callable[[Any], Any], after: str | None) -> None:
    """Fill the page by walking the index of the sort."""
    sort = listing.sort
    place, backwards, down = _from(listing, after)
    statement = base(select(*_selected(listing)))
    if place is not None:
        row_value, here = tuple_(*sort.columns), tuple_(*place)
        statement = statement.where(row_value < here if down else row_value > here)
    order = [c.desc() if down else c.asc() for c in sort.columns]
    rows = list(session.execute(statement.order_by(*order).limit(listing.spec.page + 1)))
    _page(listing, rows, place is not None, backwards)


def _page(listing: Listing, rows: list[Any], placed: bool, backwards: bool) -> None:
    """Put the rows (one more than a page, if there is more) and the addresses of the neighbours."""
    more = len(rows) > listing.spec.page
    rows = rows[: listing.spec.page]
    if backwards:
        rows.reverse()
    listing.rows = rows
    has_newer = (more if backwards else placed) and bool(rows)
    has_older = (placed if backwards else more) and bool(rows)
    listing.newer = _page_url(listing, cursors.NEWER, rows[0]) if has_newer else ""
    listing.older = _page_url(listing, cursors.OLDER, rows[-1]) if has_older else ""


def _selected(listing: Listing) -> list[Any]:
    """Return each attribute once: the id, the sort's, and those of the columns shown."""
    wanted = [listing.spec.model.id, *(c.label(f"sort_{n}") for n, c in enumerate(listing.sort.columns))]
    names = {"id"}
    for column in listing.columns:
        for expr in column.exprs:
            name = str(getattr(expr, "key", None) or getattr(expr, "name", ""))
            if name not in names:
                names.add(name)
                wanted.append(expr)
    return wanted


def _page_url(listing: Listing, direction: str, row: Any) -> str:
    values = tuple(getattr(row, f"sort_{n}") for n in range(len(listing.sort.columns)))
    return listing.url(after=cursors.write(f"{listing.spec.key}:{listing.sort.key}", direction, values))


_long: dict[tuple[Any, ...], float] = {}
"""Until when a list is taken to be still beyond the cap: a list of a million does not shrink below it in a minute."""


def _count(session: Session, listing: Listing, base: Callable[[Any], Any]) -> int:
    actor = current_actor()
    key = (actor.franchise_id, actor.store_id, listing.spec.key, listing.text, *sorted(listing.chosen.items()))
    if _long.get(key, 0) > monotonic():
        return COUNT_CAP + 1
    found = _capped_count(session, listing.spec, base)
    if found > COUNT_CAP:
        if len(_long) > LONG_KEPT:
            _long.clear()
        _long[key] = monotonic() + LONG_FOR_S
    return found


def _capped_count(session: Session, spec: ListSpec, base: Callable[[Any], Any]) -> int:
    inner = base(select(spec.model.id)).limit(COUNT_CAP + 1).subquery()
    return int(session.scalar(select(func.count()).select_from(inner)) or 0)


def _preference_key(spec: ListSpec) -> str:
    return f"list.{spec.key}"


def permitted(spec: ListSpec) -> list[Column]:
    """Return the columns that the actor may see at all."""
    actor = current_actor()
    return [c for c in spec.columns if c.permission is None or c.permission in actor.grants]


def shown_columns(session: Session, spec: ListSpec) -> list[Column]:
    """Return the columns the person chose, in the declared order; the default ones without a choice."""
    actor = current_actor()
    stored = Statements(session, actor.franchise_id).one(
        "SELECT value FROM preference WHERE franchise_id = ? AND staff_id = ? AND key = ?",
        [actor.franchise_id, actor.staff_id, _preference_key(spec)],
    )
    picked = set(json.loads(stored[0])) if stored else {c.key for c in spec.columns if c.shown}
    return [c for c in permitted(spec) if c.fixed or c.key in picked]


def choose_columns(session: Session, spec: ListSpec, keys: list[str]) -> None:
    """Keep the person's choice of columns; unknown keys are dropped, an empty choice means the default."""
    known = [c.key for c in spec.columns if c.key in set(keys)]
    staff_id, key = current_actor().staff_id, _preference_key(spec)
    row = session.scalar(select(Preference).where(Preference.staff_id == staff_id, Preference.key == key))
    if not known:
        if row is not None:
            session.delete(row)
    elif row is None:
        session.add(Preference(staff_id=staff_id, key=key, value=json.dumps(known)))
    else:
        row.value = json.dumps(known)
    session.flush()


def link(url: str, text: str, *extra: Any) -> Markup:
    """Return the link of a row's title, followed by badges."""
    # Joined by hand: Markup.format costs ten times as much, and a page has fifty of these.
    badges = "".join(f" {escape(badge)}" for badge in extra)
    return Markup(f'<a class="cell" href="{html.escape(url)}">{html.escape(text)}</a>{badges}')  # noqa: S704
