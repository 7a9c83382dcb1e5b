"""Records on Flask-Admin: its forms and routing, our pages, sessions, permissions and lists.

    class StoreAdmin(AdminView):
        model = Store
        view_permission, edit_permission = "org.store.view", "org.store.edit"
        title = _l("门店")
        listing = ListSpec(...)
        form_columns = ("code", "name", "legal_entity", "active")
        column_details_list = ("code", "name", "legal_entity", "active")
        column_labels = {...}

Differences to stock (measured: reference flask-admin sections 2–4): every column and field is declared
or the start stops; a row of another franchise and an absent one are the same 404; nothing commits
before the unit of work does; no inline edit, export, bulk delete or vendor file; optimistic `version`.
Balances, points and tiers are never form fields.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from flask import request, url_for
from flask_admin import Admin, AdminIndexView, expose
from flask_admin.contrib.sqla import ModelView
from flask_admin.theme import Theme
from sqlalchemy import select
from sqlalchemy.orm import InstrumentedAttribute
from wtforms import HiddenField

from core.kernel import history, permissions
from core.kernel.audit_words import words
from core.kernel.errors import NotFound
from core.kernel.i18n import _l
from core.kernel.ids import parse_id
from core.kernel.tenancy import current_actor
from core.kernel.web import lists, offered, routes
from core.kernel.web.offered import Offered
from core.kernel.web.record_form import RecordForm, RequestSession
from core.kernel.web.record_saving import RecordSaving
from core.kernel.web.render import go, render_page
from core.kernel.web.routes import RouteSpec

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from flask import Flask
    from sqlalchemy.orm import Session

NEVER_FIELDS = frozenset({"id", "franchise_id", "balance", "points", "tier", "principal_fen", "bonus_fen"})
_READS = {"index_view", "details_view"}
_WRITES = {"create_view", "edit_view", "columns_view"}


class AdminView(RecordSaving, ModelView):
    """The one base of every record view."""

    record: ClassVar[Any]
    key: ClassVar[str]
    title: ClassVar[Any]
    listing: ClassVar[lists.ListSpec]
    view_permission: ClassVar[str]
    edit_permission: ClassVar[str | None] = None
    sub: ClassVar[Any] = ""

    form_columns: Any = None
    form_base_class = RecordForm
    column_auto_select_related = False
    column_display_actions = False
    can_export = False
    can_delete = False
    can_view_details = True
    column_editable_list = None
    list_template = "admin/list.html"
    edit_template = "admin/edit.html"
    create_template = "admin/create.html"
    details_template = "admin/details.html"
    conflict_template = "lists/conflict.html"

    def __init__(self) -> None:
        self._assert_declared()
        self.column_list = [c.key for c in self.listing.columns]
        self.can_create = self.can_edit = self.edit_permission is not None
        super().__init__(
            self.record,
            RequestSession(),
            name=str(self.title),
            endpoint=f"record_{self.key}",
            url=f"/records/{self.key}",
        )
        self.route_spec = RouteSpec(self.view_permission)
        self._offer()

    def _offer(self) -> None:
        """Offer the list to what every list can do, and the records to the history page."""
        offered.offer(
            Offered(
                self.listing.key, self.title, self.view_permission, lambda session, _state: self.listing_for(session),
                f"{self.endpoint}.index_view", self.key,
            )
        )  # fmt: skip
        history.offer(
            history.Recorded(
                self.key, self.title, self.view_permission, lambda _session, row_id: self.named(self.get_one(row_id)),
                lambda row_id: url_for(f"{self.endpoint}.details_view", id=row_id), self.column_labels or {},
                self.audit_kinds(),
            )
        )  # fmt: skip

    def listing_for(self, _session: Session) -> lists.ListSpec:
        """Return the list as the acting franchise sees it; a room adds choices of its own."""
        return self.listing

    def audit_kinds(self) -> tuple[str, ...]:
        """Return the object kinds under which the audit trail knows these records."""
        return (self.key, self.record.__tablename__)

    def named(self, row: Any) -> str:
        """Return what a record is called."""
        return str(getattr(row, "name", "") or getattr(row, "code", "") or row.id)

    def _assert_declared(self) -> None:
        fields = self.form_columns
        if self.edit_permission is not None and not fields:
            raise TypeError(f"{type(self).__name__}: form_columns must be declared")
        if not self.column_details_list:
            raise TypeError(f"{type(self).__name__}: column_details_list must be declared")
        wrong = NEVER_FIELDS & set(fields or ())
        if wrong:
            raise TypeError(f"{type(self).__name__}: {sorted(wrong)} are never form fields")
        if self.edit_permission is None:
            self.form_columns = self.form_columns or ()

    def scaffold_auto_joins(self) -> list[Any]:
        """Return nothing: a list selects what it declares."""
        return []

    def scaffold_form(self) -> Any:
        """Return the form class; a view without edit permission has none."""
        if self.edit_permission is None:
            return RecordForm
        made = super().scaffold_form()
        missing = [name for name in self.form_columns if not hasattr(made, name)]
        if missing:
            raise TypeError(f"{type(self).__name__}: no field is drawn for {missing}")
        if isinstance(getattr(self.record, "version", None), InstrumentedAttribute):
            made.version = HiddenField()
        return made

    def is_accessible(self) -> bool:
        """Return whether the actor may see these records."""
        return permissions.may(current_actor(), self.view_permission)

    def may_edit(self) -> bool:
        """Return whether the actor may change these records."""
        return self.edit_permission is not None and permissions.may(current_actor(), self.edit_permission)

    def _handle_view(self, name: str, **_kwargs: Any) -> None:
        if name not in _READS | _WRITES:
            raise NotFound
        if name in _WRITES - {"columns_view"} and self.edit_permission is None:
            raise NotFound

    def _run_view(self, fn: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        """Run a view once, under the actor, in the unit that fits (stock runs it twice on a TypeError)."""
        name = fn.__name__
        wanted = self.edit_permission if name in _WRITES - {"columns_view"} else self.view_permission
        unit = "write" if request.method == "POST" else "read"
        return routes.serve(RouteSpec(wanted, unit), lambda **kw: fn(self, *args, **kw), kwargs)

    def get_one(self, id: Any) -> Any:
        """Return a row of the franchise; raise NotFound for an absent, foreign or senseless id."""
        row_id = parse_id(id)
        row = routes.session().scalar(select(self.record).where(self.record.id == row_id)) if row_id else None
        if row is None:
            raise NotFound
        return row

    def render(self, template: str, **kwargs: Any) -> Any:
        """Render one of our templates in the shell."""
        return render_page(template, view=self, title=self.title, **kwargs)

    @expose("/")
    def index_view(self) -> Any:
        """Show the list."""
        listing = lists.load(routes.session(), self.listing_for(routes.session()), request.args)
        return self.render(
            self.list_template,
            listing=listing,
            sub=self.sub,
            columns_url=url_for(f"{self.endpoint}.columns_view"),
        )

    @expose("/columns", methods=("POST",))
    def columns_view(self) -> Any:
        """Keep the person's choice of columns."""
        chosen = [] if request.form.get("reset") else request.form.getlist("column")
        lists.choose_columns(routes.session(), self.listing, chosen)
        return go(f"{self.endpoint}.index_view")

    @expose("/new/", methods=("GET", "POST"))
    def create_view(self) -> Any:
        """Show the form of a new record, or make it."""
        form = self.create_form()
        return self._save(form, None) if request.method == "POST" else self._form_page(form, None)

    @expose("/edit/", methods=("GET", "POST"))
    def edit_view(self) -> Any:
        """Show the form of a record, or change it."""
        row = self.get_one(request.args.get("id"))
        form = self.edit_form(obj=row)
        return self._save(form, row) if request.method == "POST" else self._form_page(form, row)

    @expose("/details/")
    def details_view(self) -> Any:
        """Show one record."""
        row = self.get_one(request.args.get("id"))
        pairs = [(label, self.get_detail_value(None, row, name)) for name, label in self._details_columns]
        return self.render(self.details_template, row=row, pairs=pairs)


class _NoIndex(AdminIndexView):
    """Flask-Admin wants an index view; ours has no route and serves no vendor files."""

    def __init__(self) -> None:
        super().__init__(endpoint="records", url="/records")
        self.static_folder = None
        self._urls: list[Any] = []


def install(app: Flask, views: Iterable[Callable[[], AdminView]]) -> None:
    """Register the record views; a view that belongs to another base stops the start."""
    admin = Admin(
        app, index_view=_NoIndex(), endpoint="records", url="/records", theme=Theme("bootstrap4", "base.html")
    )
    for make in views:
        view = make()
        if not isinstance(view, AdminView):
            raise TypeError(f"{type(view).__name__} is not an AdminView")
        words.add(
            {
                f"{view.key}.added": _l("新增：%(what)s", what=view.title),
                f"{view.key}.changed": _l("修改：%(what)s", what=view.title),
            }
        )
        admin.add_view(view)
