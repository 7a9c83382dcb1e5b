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

A page costs four statements at most (rows, capped count, column choice, saved views), a search five (hits,
their sort values, rows, column choice, saved views): constant, whatever the size. The
sort columns must be NOT NULL and end with the id, and an index (franchise_id, *columns) must exist:
paging compares them as one row value. Statements select mapped attributes, never entities, and name
the franchise themselves besides the session's scoping.
"""

from __future__ import annotations

import json
from time import monotonic
from typing import TYPE_CHECKING, Any

from sqlalchemy import func, select, tuple_

from core.kernel import bulk
from core.kernel.i18n import _, listed
from core.kernel.models import Preference
from core.kernel.statements import Statements
from core.kernel.tenancy import current_actor
from core.kernel.web import cursors, saved_views
from core.kernel.web.list_spec import PAGE, Column, Filter, ListSpec, Sort, address, link
from core.kernel.web.listing import COUNT_CAP, Listing

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from sqlalchemy.orm import Session

__all__ = [
    "COUNT_CAP", "PAGE", "Column", "Filter", "ListSpec", "Listing", "Sort", "address", "choose_columns", "criteria",
    "link", "load", "permitted", "shown_columns",
]  # fmt: skip
LONG_FOR_S = 60
LONG_KEPT = 1000
_OWN_ARGS = frozenset({"q", "sort", "after", "v", "c"})


def load(session: Session, spec: ListSpec, args: Mapping[str, str]) -> Listing:
    """Return the page of `spec` that the arguments of the URL ask for; unknown ones are ignored."""
    views = saved_views.of(session, spec.key) if spec.views else []
    kept = {k: v for k, v in args.items() if v and (k in _OWN_ARGS or k.startswith("f."))}
    view = _view(views, kept)
    if view is not None and not kept:
        kept = {**view.args, "v": str(view.id)}
    if "c" in kept and not _named(spec, kept["c"]):
        kept.pop("c")
    chosen = _chosen_filters(spec, kept)
    sort = spec.sort_of(kept.get("sort"))
    columns, picked = _columns(session, spec, kept.get("c", ""))
    text = kept.get("q", "").strip()[:80]
    listing = Listing(spec, kept, columns, sort, [], 0, text=text, chosen=chosen, views=views, view=view)
    listing.picked, listing.actions = picked, bulk.permitted(spec.key)
    if view is not None:
        listing.notes = _notes(spec, view)
    hits = _hits(session, spec, text)
    base = _criteria(session, spec, chosen, hits)
    if isinstance(hits, list):
        _fill_from_hits(session, listing, base, kept.get("after"))
        return listing
    _fill(session, listing, base, kept.get("after"))
    whole = not (listing.newer or listing.older)
    listing.count = len(listing.rows) if whole else _count(session, listing, base)
    return listing


def _view(views: list[saved_views.View], kept: Mapping[str, str]) -> saved_views.View | None:
    """Return the view that the address names; without any argument, the one that the list opens with."""
    if not kept:
        return saved_views.opening(views)
    return next((view for view in views if str(view.id) == kept.get("v")), None)


def _notes(spec: ListSpec, view: saved_views.View) -> list[str]:
    gone = saved_views.stale(spec, view)
    if not gone:
        return []
    return [_("视图“%(view)s”里的%(what)s已经不在了，先不管它们。", view=view.name, what=listed(dict.fromkeys(gone)))]


def criteria(session: Session, spec: ListSpec, state: Mapping[str, str]) -> Callable[[Any], Any]:
    """Return a function that narrows a SELECT to every row that a list shows in this state, on all its pages."""
    text = state.get("q", "").strip()[:80]
    hits = spec.search(session, text) if text and spec.search is not None else None
    return _criteria(session, spec, _chosen_filters(spec, dict(state)), hits)


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


def shown_columns(session: Session, spec: ListSpec, wanted: str = "") -> list[Column]:
    """Return the columns the address names or the person chose, in the declared order; else the default ones."""
    return _columns(session, spec, wanted)[0]


def _columns(session: Session, spec: ListSpec, wanted: str) -> tuple[list[Column], bool]:
    """Return the columns to show, and whether somebody chose them."""
    picked = _named(spec, wanted) or _stored(session, spec)
    known = picked or {c.key for c in spec.columns if c.shown}
    return [c for c in permitted(spec) if c.fixed or c.key in known], bool(picked)


def _named(spec: ListSpec, text: str) -> set[str]:
    return set(text.split(",")) & {c.key for c in spec.columns}


def _stored(session: Session, spec: ListSpec) -> set[str]:
    actor = current_actor()
    stored = Statements(session, actor.franchise_id).one(
        "SELECT value FROM preference WHERE franchise_id = ? AND staff_id = ? AND key = ?",
        [actor.franchise_id, actor.staff_id, _preference_key(spec)],
    )
    return set(json.loads(stored[0])) if stored else set()


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
