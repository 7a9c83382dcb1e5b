"""Pages of segments: the list, a segment with its members, the condition builder."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flask import request, url_for

from core.kernel.errors import Invalid, Refusal
from core.kernel.i18n import _
from core.kernel.permissions import may
from core.kernel.tenancy import current_actor
from core.kernel.web import lists
from core.kernel.web.render import go, render_page, toast
from core.kernel.web.routes import on_refusal, page, session
from core.programme import condition_form
from core.programme.sentences import sentence
from core.segments import services
from core.segments.blueprint import NAMES, bp, see
from core.segments.member_list import members_of
from core.segments.permissions import EDIT, VIEW
from core.segments.segment_list import SEGMENTS
from core.segments.words import PURPOSE_NAMES

if TYPE_CHECKING:
    from core.programme.condition_form import Draft
    from core.programme.conditions import Condition
    from core.segments.models import Segment


@page(bp, "/segments/", permission=VIEW)
def index() -> Any:
    """List the franchise's segments."""
    return render_page(
        "segments/index.html", listing=lists.load(session(), SEGMENTS, request.args),
        may_edit=may(current_actor(), EDIT), title=_("人群"),
    )  # fmt: skip


def _form(row: Segment | None, draft: Draft, typed: dict[str, str], refusal: Refusal | None = None) -> Any:
    shown = see(draft, typed["purpose"], row.code if row is not None else "")
    if refusal is None:
        draft.quiet()
    url = url_for("segments.edit", code=row.code) if row is not None else url_for("segments.new")
    return render_page(
        "segments/edit.html", S=row, builder=draft, url=url, typed=typed, refusal=refusal, purposes=PURPOSE_NAMES,
        **shown,
    )  # fmt: skip


def _typed(row: Segment | None) -> dict[str, str]:
    if request.method == "POST":
        return {key: request.form.get(key, "").strip() for key in ("code", "name", "purpose", "version")}
    if row is not None:
        return {"code": row.code, "name": row.name, "purpose": row.purpose, "version": str(row.version)}
    return {"code": "", "name": "", "purpose": "marketing", "version": ""}


@page(bp, "/segments/new", permission=EDIT)
def new() -> Any:
    """Show an empty builder."""
    return _form(None, condition_form.blank(session(), services.facts()), _typed(None))


@page(bp, "/segments/new", permission=EDIT, unit="write", methods=("POST",), endpoint="create")
def create() -> Any:
    """Do what a button of the builder says, or save the new segment."""
    draft = condition_form.read(session(), request.form, services.facts())
    typed = _typed(None)
    if draft.acted:
        return _form(None, draft, typed)
    on_refusal(lambda refusal: _form(None, _again(draft), typed, refusal))
    row = services.save(
        session(), code=typed["code"] or services.free_code(session()), name=typed["name"],
        condition=_condition(draft, typed), purpose=typed["purpose"],
    )  # fmt: skip
    toast(_("已保存人群“%(name)s”：%(n)s 人。", name=row.name, n=f"{row.members or 0:,}"))
    return go("segments.segment", code=row.code)


def _again(draft: Draft) -> Draft:
    """Return the draft in the unit that shows the refusal; the faults stay at their rows."""
    draft.session = session()
    return draft


def _condition(draft: Draft, typed: dict[str, str]) -> Condition:
    """Return the condition to save; raise Forbidden when it leans on what the acting staff may not see."""
    purpose: Any = typed["purpose"] if typed["purpose"] in PURPOSE_NAMES else "marketing"
    found = draft.condition(purpose)
    services.ensure_usable(draft.session, found)
    return found


@page(bp, "/segments/<code>", permission=VIEW)
def segment(code: str) -> Any:
    """Show a segment in words, with its count, its members and what uses it."""
    row = services.get(session(), code)
    condition = services.condition_of(row)
    usable = services.usable_by_actor(session(), condition)
    listing, problem = None, ""
    if usable and may(current_actor(), NAMES):
        try:
            listing = lists.load(session(), members_of(session(), row), request.args)
            services.note_names(session(), row)
        except Invalid as refusal:
            problem = refusal.errors[0].message if refusal.errors else refusal.message
    return render_page(
        "segments/segment.html", S=row, said=sentence(session(), condition), listing=listing, problem=problem,
        usable=usable, uses=services.used_by(session(), row.code), purposes=PURPOSE_NAMES, title=row.name,
        may_edit=may(current_actor(), EDIT) and usable,
    )  # fmt: skip


@page(bp, "/segments/<code>/edit", permission=EDIT)
def edit(code: str) -> Any:
    """Show a segment in the builder."""
    row = _mine(code)
    draft = condition_form.of(session(), services.condition_of(row), services.facts())
    return _form(row, draft, _typed(row))


def _mine(code: str) -> Segment:
    """Return a segment whose facts the acting staff may use; raise Forbidden otherwise."""
    row = services.get(session(), code)
    services.ensure_usable(session(), services.condition_of(row))
    return row


@page(bp, "/segments/<code>/edit", permission=EDIT, unit="write", methods=("POST",), endpoint="save")
def save(code: str) -> Any:
    """Do what a button of the builder says, or save the change."""
    row = _mine(code)
    draft = condition_form.read(session(), request.form, services.facts())
    typed = _typed(row)
    if draft.acted:
        return _form(row, draft, typed)
    on_refusal(lambda refusal: _form(services.get(session(), code), _again(draft), typed, refusal))
    version = int(typed["version"]) if typed["version"].isdecimal() else 0
    services.save(
        session(), code=row.code, name=typed["name"], condition=_condition(draft, typed),
        purpose=typed["purpose"], version=version,
    )  # fmt: skip
    toast(_("已保存人群“%(name)s”：%(n)s 人。", name=row.name, n=f"{row.members or 0:,}"))
    return go("segments.segment", code=row.code)


@page(bp, "/segments/<code>/count", permission=VIEW, unit="write", methods=("POST",), endpoint="count")
def count_again(code: str) -> Any:
    """Count a segment anew."""
    row = services.get(session(), code)
    services.recount(session(), row)
    return go("segments.segment", code=row.code)


@page(bp, "/segments/<code>/archive", permission=EDIT, unit="write", methods=("POST",))
def archive(code: str) -> Any:
    """Put a segment away, or take it back."""
    row = services.get(session(), code)
    services.archive(session(), row, request.form.get("active") == "1")
    toast(_("已恢复。") if row.active else _("已停用。引用它的人群和标签照常工作。"))
    return go("segments.segment", code=row.code)
