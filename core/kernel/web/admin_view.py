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
from flask_admin.form import BaseForm
from flask_admin.theme import Theme
from sqlalchemy import select
from sqlalchemy.orm import InstrumentedAttribute
from wtforms import HiddenField
from wtforms.i18n import get_translations as wtforms_translations

from core.kernel import audit, permissions
from core.kernel.audit_words import words
from core.kernel.errors import Conflict, FieldError, Invalid, NotFound
from core.kernel.i18n import _, _l, current_locale
from core.kernel.ids import parse_id
from core.kernel.tenancy import current_actor
from core.kernel.web import lists, routes, state
from core.kernel.web.render import go, go_to, render_page, toast
from core.kernel.web.routes import RouteSpec

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from flask import Flask

NEVER_FIELDS = frozenset({"id", "franchise_id", "balance", "points", "tier", "principal_fen", "bonus_fen"})
_READS = {"index_view", "details_view"}
_WRITES = {"create_view", "edit_view", "columns_view"}


class RequestSession:
    """Gives Flask-Admin the session of the request's unit of work; committing is the unit's affair."""

    @property
    def session(self) -> RequestSession:
        """Return itself: Flask-Admin asks a database object for its session."""
        return self

    def __getattr__(self, name: str) -> Any:
        if name in {"commit", "rollback"}:
            raise RuntimeError("a record view never ends the unit of work")
        if state.maybe_here() is None:
            raise AttributeError(name)  # Flask-Admin looks around while the views are made
        return getattr(routes.session(), name)


class RecordForm(BaseForm):
    """Form of a record: messages in the user's language, CSRF by the application."""

    class Meta:
        """WTForms settings."""

        def get_translations(self, _form: Any) -> Any:
            """Return WTForms' catalogue; Traditional Chinese must be named or it falls back to Simplified."""
            names = {"zh_CN": ["zh"], "zh_TW": ["zh_TW"]}.get(current_locale(), ["en"])
            return wtforms_translations(names)


class AdminView(ModelView):
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
        listing = lists.load(routes.session(), self.listing, request.args)
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

    def _form_page(self, form: Any, row: Any, problem: Any = None) -> Any:
        errors = [(f.id, f"{f.label.text}：{f.errors[0]}") for f in form if f.errors]
        if problem is not None:
            known = {f.name: f for f in form}
            for error in problem.errors:
                if error.field in known:
                    known[error.field].errors = [*known[error.field].errors, error.message]
                errors.append((error.field if error.field in known else "", error.message))
            if not problem.errors:
                errors.append(("", problem.message))
        template = self.edit_template if row is not None else self.create_template
        return self.render(template, form=form, row=row, errors=errors)

    def _save(self, form: Any, row: Any) -> Any:
        row_id = row.id if row is not None else None

        def again(refusal: Any) -> Any:
            fresh = self.get_one(row_id) if row_id else None
            return self._form_page(form, fresh, None if refusal.extra.get("shown") else refusal)

        routes.on_refusal(again)
        if not form.validate():
            raise Invalid(_("有内容要改。"), errors=[], extra={"shown": True})
        if row is None:
            saved = self.make(form)
        else:
            self._check_version(form, row)
            saved = self.change(form, row)
        routes.session().flush()
        audit.record(routes.session(), f"{self.key}.{'added' if row is None else 'changed'}", self.key, saved.id)
        toast(_("已保存“%(what)s”。", what=str(self.title)))
        return go_to(url_for(f"{self.endpoint}.details_view", id=saved.id))

    @staticmethod
    def _check_version(form: Any, row: Any) -> None:
        if not hasattr(form, "version"):
            return
        if str(form.version.data) != str(row.version):
            raise Conflict(
                _("这份资料刚被别人改过。你的输入还在，请对照后再保存一次。"),
                errors=[FieldError("version", _("这份资料刚被别人改过，请刷新后对照。"))],
            )
        row.version += 1

    def _populate(self, form: Any, row: Any) -> Any:
        for field in form:
            if field.name not in {"version", "csrf_token"}:
                field.populate_obj(row, field.name)
        return row

    def make(self, form: Any) -> Any:
        """Return a new row from the form; a room with rules of its own calls its service instead."""
        values = {f.name: f.data for f in form if f.name not in {"version", "csrf_token"}}
        row = self.record(**values)
        routes.session().add(row)
        return row

    def change(self, form: Any, row: Any) -> Any:
        """Return the row with the form's values; a room with rules of its own calls its service instead."""
        return self._populate(form, row)


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
