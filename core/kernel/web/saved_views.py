"""Saved views of lists: mine and shared ones, the one a list opens with. Filters, sort and columns, no search words."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl, urlencode

from sqlalchemy import or_, select, update

from core.kernel import audit, clock, permissions
from core.kernel.errors import Conflict, Forbidden, Invalid, NotFound
from core.kernel.i18n import _
from core.kernel.ids import parse_id
from core.kernel.models import SavedView
from core.kernel.statements import Statements
from core.kernel.tenancy import current_actor

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sqlalchemy import ColumnElement
    from sqlalchemy.orm import Session

    from core.kernel.web.list_spec import ListSpec

SHARE = "lists.views.share"
MOST = 40
LONGEST = 30
QUERY_MOST = 2000


@dataclass(frozen=True, slots=True)
class View:
    """A saved view as a list shows it: its address as arguments, and whose it is."""

    id: int
    name: str
    mine: bool
    shared: bool
    opens: bool
    args: dict[str, str]


def args_of(query: str, columns: str) -> dict[str, str]:
    """Return a view's address as arguments, as they were saved."""
    found = {k: v for k, v in parse_qsl(query) if k == "sort" or k.startswith("f.")}
    return {**found, "c": columns} if columns else found


def of(session: Session, list_key: str) -> list[View]:
    """Return the views of a list that the acting staff may use: shared ones, then their own; one statement."""
    actor = current_actor()
    rows = Statements(session, actor.franchise_id).all(
        "SELECT id, name, staff_id, shared, opens, query, columns FROM saved_view WHERE franchise_id = ?"
        " AND list_key = ? ORDER BY id",
        [actor.franchise_id, list_key],
    )
    seen = [
        View(int(r[0]), r[1], r[2] == actor.staff_id, bool(r[3]), bool(r[4]), args_of(r[5], r[6]))
        for r in rows
        if r[3] or r[2] == actor.staff_id
    ]
    return sorted(seen, key=lambda view: not view.shared)


def opening(views: list[View]) -> View | None:
    """Return the view that a list opens with: one's own choice, else the franchise's."""
    marked = [view for view in views if view.opens]
    own = [view for view in marked if not view.shared]
    return next(iter(own or marked), None)


def stale(spec: ListSpec, view: View) -> list[str]:
    """Return what of a view is no longer there, as it was called: filters, values, columns, an order."""
    filters = {item.key: item for item in spec.filters}
    gone = []
    for name, value in view.args.items():
        if name.startswith("f."):
            item = filters.get(name[2:])
            if item is None or value not in dict(item.options()):
                gone.append(str(item.label) if item else name[2:])
        elif name == "sort" and value not in {sort.key for sort in spec.sorts}:
            gone.append(_("排序"))
    known = {column.key for column in spec.columns}
    gone += [key for key in view.args.get("c", "").split(",") if key and key not in known]
    return gone


# -- verbs -----------------------------------------------------------------------------------------


def save(
    session: Session, list_key: str, name: str, args: Mapping[str, str], *, shared: bool = False, opens: bool = False,
) -> SavedView:  # fmt: skip
    """Keep a state of a list under a name and return it.

    Raises Invalid without a name or beyond 40 of one's own, Conflict for a name that is taken, Forbidden for a
    shared one without the permission.
    """
    actor = current_actor()
    if actor.staff_id is None:
        raise Forbidden(_("视图要由一位员工保存。"))
    _may_share(shared)
    text = _name(name)
    mine = session.scalars(
        select(SavedView).where(SavedView.list_key == list_key, _usable(actor.staff_id))
    ).all()  # fmt: skip
    if sum(row.staff_id == actor.staff_id for row in mine) >= MOST:
        raise Invalid.field("name", _("一个名单最多保存 %(n)d 个视图，请先删掉不用的。", n=MOST))
    _refuse_twin(mine, text, None)
    row = SavedView(list_key=list_key, name=text, staff_id=actor.staff_id, shared=shared, changed_at=clock.now_ms())
    _put(row, args)
    session.add(row)
    session.flush()
    if opens:
        _open_with(session, row)
    audit.record(session, "lists.view.saved", "saved_view", row.id, detail=_told(row))
    return row


def change(
    session: Session, list_key: str, view_id: object, *, name: str | None = None, args: Mapping[str, str] | None = None,
    shared: bool | None = None, opens: bool | None = None,
) -> SavedView:  # fmt: skip
    """Rename a view, put another state into it, share it, let the list open with it; return it."""
    row = get(session, list_key, view_id)
    before = _told(row)
    if shared is not None and shared != row.shared:
        _may_share(True)
        row.shared, row.opens = shared, False
    if name is not None:
        text = _name(name)
        others = session.scalars(select(SavedView).where(SavedView.list_key == list_key, _usable(row.staff_id))).all()
        _refuse_twin(others, text, row.id)
        row.name = text
    if args is not None:
        _put(row, args)
    if opens is not None:
        row.opens = False
        if opens:
            _open_with(session, row)
    row.version += 1
    row.changed_at = clock.now_ms()
    session.flush()
    audit.record(session, "lists.view.changed", "saved_view", row.id, detail={"before": before, "after": _told(row)})
    return row


def remove(session: Session, list_key: str, view_id: object) -> None:
    """Delete a view; raise NotFound for one that is not the actor's to change."""
    row = get(session, list_key, view_id)
    audit.record(session, "lists.view.removed", "saved_view", row.id, detail=_told(row))
    session.delete(row)
    session.flush()


def get(session: Session, list_key: str, view_id: object) -> SavedView:
    """Return a view that the actor may change: their own, or a shared one with the permission; else NotFound."""
    actor, wanted = current_actor(), view_id if isinstance(view_id, int) else parse_id(view_id)
    row = session.scalar(select(SavedView).where(SavedView.id == wanted, SavedView.list_key == list_key))
    if row is None or not (row.staff_id == actor.staff_id or row.shared):
        raise NotFound(_("没有找到这个视图。"))
    if row.shared:
        _may_share(True)
    return row


def _usable(staff_id: int) -> ColumnElement[bool]:
    return or_(SavedView.staff_id == staff_id, SavedView.shared.is_(True))


def _may_share(wanted: bool) -> None:
    if wanted:
        permissions.authorize(current_actor(), SHARE)


def _name(text: str) -> str:
    name = " ".join(text.split())[:LONGEST]
    if not name:
        raise Invalid.field("name", _("请给视图起个名字，最多 %(n)d 个字。", n=LONGEST))
    return name


def _refuse_twin(rows: object, name: str, but: int | None) -> None:
    if any(row.name == name and row.id != but for row in rows):  # type: ignore[attr-defined]
        raise Conflict(_("已经有叫“%(name)s”的视图了，请换个名字。", name=name), code="view_exists")


def _put(row: SavedView, args: Mapping[str, str]) -> None:
    kept = sorted((k, v) for k, v in args.items() if k == "sort" or k.startswith("f."))
    row.query = urlencode(kept)[:QUERY_MOST]
    row.columns = args.get("c", "")[:QUERY_MOST]


def _open_with(session: Session, row: SavedView) -> None:
    """Let the list open with this view instead of another: one's own choice, or (shared) everybody's."""
    mine = SavedView.shared.is_(True) if row.shared else (
        SavedView.shared.is_(False) & (SavedView.staff_id == row.staff_id)
    )  # fmt: skip
    session.execute(
        update(SavedView).where(SavedView.list_key == row.list_key, mine).values(opens=False)
        .execution_options(synchronize_session=False)
    )  # fmt: skip
    row.opens = True
    session.flush()


def _told(row: SavedView) -> dict[str, object]:
    return {"list": row.list_key, "name": row.name, "shared": row.shared, "opens": row.opens, "query": row.query,
            "columns": row.columns}  # fmt: skip
