"""What Flask-Admin's forms need of ours: the request's session, messages in the user's language."""

from __future__ import annotations

from typing import Any

from flask_admin.form import BaseForm
from wtforms.i18n import get_translations as wtforms_translations

from core.kernel import history
from core.kernel.i18n import current_locale
from core.kernel.web import routes, state


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


def field_text(field: Any) -> str:
    """Return what a form field says in words: the label of a choice, 是 or 否, a day."""
    choices = getattr(field, "choices", None)
    if isinstance(choices, list) and choices and isinstance(choices[0], (tuple, list)):
        return next((str(c[1]) for c in choices if str(c[0]) == str(field.data)), "")
    return history.shown(field.data)
