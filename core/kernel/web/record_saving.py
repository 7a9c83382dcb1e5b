"""Saving a record: its form with what was typed, a stale version side by side, before and after in the trail."""

from __future__ import annotations

from typing import Any, ClassVar

from flask import request, url_for

from core.kernel import audit, history
from core.kernel.errors import Conflict, FieldError, Invalid
from core.kernel.i18n import _
from core.kernel.web import record_conflict, routes
from core.kernel.web.record_form import field_text
from core.kernel.web.render import go_to, toast

# No field of the record itself.
ASIDE = frozenset({"version", "csrf_token"})


class RecordSaving:
    """The half of AdminView that writes; `make` and `change` are what a room with rules of its own overrides."""

    record: ClassVar[Any]
    key: ClassVar[Any]
    title: ClassVar[Any]
    endpoint: Any
    edit_template: Any
    create_template: Any
    conflict_template: Any
    _edit_form_class: Any
    get_one: Any
    get_url: Any
    render: Any
    named: Any
    audit_kinds: Any

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
        was = record_conflict.was() or (self._texts(form) if row is not None else {})
        return self.render(template, form=form, row=row, errors=errors, was=record_conflict.was_text(was))

    @staticmethod
    def _texts(form: Any) -> dict[str, str]:
        """Return what the fields of a form say, in words."""
        return {f.name: field_text(f) for f in form if f.name not in ASIDE}

    def _conflict_page(self, form: Any, row: Any) -> Any:
        """Show both versions side by side, with a choice for each field on which they differ."""
        labels = [(f.name, f.label.text) for f in form if f.name not in ASIDE]
        return self.render(
            self.conflict_template, row=row, name=self.named(row), action=request.full_path,
            typed=record_conflict.typed(),
            was=record_conflict.was_text(record_conflict.was()), give_up=self.get_url(".details_view", id=row.id),
            clashes=record_conflict.clashes(
                labels, record_conflict.was(), self._texts(self.edit_form_of(row)), self._texts(form)
            ),
            **record_conflict.context(routes.session(), self.audit_kinds(), row.id),
        )  # fmt: skip

    def edit_form_of(self, row: Any) -> Any:
        """Return the form of a record as it stands now, whatever was posted."""
        return self._edit_form_class(formdata=None, obj=row)

    def _save(self, form: Any, row: Any) -> Any:
        row_id = row.id if row is not None else None

        def again(refusal: Any) -> Any:
            fresh = self.get_one(row_id) if row_id else None
            if fresh is not None and refusal.code == "stale_version":
                return self._conflict_page(form, fresh)
            return self._form_page(form, fresh, None if refusal.extra.get("shown") else refusal)

        routes.on_refusal(again)
        names = [f.name for f in form if f.name not in ASIDE]
        before = history.snapshot(row, names) if row is not None else {}
        if row is not None:
            self._take_theirs(form, row)
        if not form.validate():
            raise Invalid(_("有内容要改。"), errors=[], extra={"shown": True})
        if row is None:
            saved = self.make(form)
        else:
            self._check_version(form, row)
            saved = self.change(form, row)
        routes.session().flush()
        changed = history.changes(before, history.snapshot(saved, names))
        audit.record(
            routes.session(), f"{self.key}.{'added' if row is None else 'changed'}", self.key, saved.id,
            detail={"changes": changed} if changed else None,
        )  # fmt: skip
        toast(_("已保存“%(what)s”。", what=str(self.title)))
        return go_to(url_for(f"{self.endpoint}.details_view", id=saved.id))

    @staticmethod
    def _check_version(form: Any, row: Any) -> None:
        if not hasattr(form, "version"):
            return
        if str(form.version.data) != str(row.version):
            raise Conflict(
                _("这份资料刚被别人改过。你的输入还在，请对照后再保存一次。"),
                code="stale_version",
                errors=[FieldError("version", _("这份资料刚被别人改过，请刷新后对照。"))],
            )
        row.version += 1

    @staticmethod
    def _take_theirs(form: Any, row: Any) -> None:
        """Put what stands in the record now into the fields for which the conflict page chose it."""
        for name in record_conflict.taken():
            if name in form and name not in ASIDE:
                field = form[name]
                field.process(None, getattr(row, name))
                field.raw_data = [field_text(field) or " "]

    def _populate(self, form: Any, row: Any) -> Any:
        for field in form:
            if field.name not in ASIDE:
                field.populate_obj(row, field.name)
        return row

    def make(self, form: Any) -> Any:
        """Return a new row from the form; a room with rules of its own calls its service instead."""
        values = {f.name: f.data for f in form if f.name not in ASIDE}
        row = self.record(**values)
        routes.session().add(row)
        return row

    def change(self, form: Any, row: Any) -> Any:
        """Return the row with the form's values; a room with rules of its own calls its service instead."""
        return self._populate(form, row)
