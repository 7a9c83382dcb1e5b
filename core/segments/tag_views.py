"""Pages of tags: the definitions by group, one with its rule."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flask import request, url_for

from core.kernel.errors import NotFound, Refusal
from core.kernel.i18n import _
from core.kernel.ids import parse_id
from core.kernel.permissions import may
from core.kernel.tenancy import current_actor
from core.kernel.web.render import go, render_page, toast
from core.kernel.web.routes import on_refusal, page, session
from core.programme import condition_form
from core.programme import conditions as lang
from core.programme.sentences import sentence
from core.segments import services, tags
from core.segments.blueprint import bp, see
from core.segments.permissions import RULES, VIEW

if TYPE_CHECKING:
    from core.programme.condition_form import Draft
    from core.segments.models import TagDefinition


@page(bp, "/tags", permission=VIEW, endpoint="tags")
def tag_index() -> Any:
    """List the franchise's tags by group, with what puts them and on how many."""
    return render_page(
        "segments/tags.html", groups=tags.shelves(session()), may_edit=may(current_actor(), RULES), title=_("标签")
    )


def _tag(text: str) -> TagDefinition:
    wanted = parse_id(text)
    if wanted is None:
        raise NotFound(_("没有找到这个标签。"))
    return services.definition(session(), wanted)


def _page(row: TagDefinition | None, draft: Draft, typed: dict[str, str], refusal: Refusal | None = None) -> Any:
    automatic = typed["mode"] == "auto"
    shown = see(draft, "marketing") if automatic else {"preview": None, "said": "", "why_none": ""}
    if refusal is None:
        draft.quiet()
    url = url_for("segments.tag_edit", tag_id=row.id) if row is not None else url_for("segments.tag_new")
    return render_page(
        "segments/tag.html", T=row, builder=draft, url=url, typed=typed, refusal=refusal, automatic=automatic,
        groups=[("", _("不分组")), *((one.code, one.name) for one in services.groups(session()))], **shown,
    )  # fmt: skip


def _typed(row: TagDefinition | None) -> dict[str, str]:
    if request.method == "POST":
        keys = ("tag", "group", "note", "mode", "active", "version")
        return {key: request.form.get(key, "").strip() for key in keys}
    if row is None:
        return {"tag": "", "group": "", "note": "", "mode": "manual", "active": "1", "version": ""}
    mode, active = "auto" if row.rule else "manual", "1" if row.active else ""
    return {"tag": row.tag, "group": row.group_code, "note": row.note, "mode": mode, "active": active,
            "version": str(row.version)}  # fmt: skip


def _draft(row: TagDefinition | None) -> Draft:
    facts = services.facts()
    if request.method == "POST":
        return condition_form.read(session(), request.form, facts)
    if row is None or not row.rule:
        return condition_form.blank(session(), facts)
    return condition_form.of(session(), lang.from_text(row.rule), facts)


@page(bp, "/tags/new", permission=RULES)
def tag_new() -> Any:
    """Show an empty tag."""
    return _page(None, _draft(None), _typed(None))


@page(bp, "/tags/<tag_id>", permission=RULES)
def tag_edit(tag_id: str) -> Any:
    """Show a tag with its rule."""
    row = _tag(tag_id)
    return _page(row, _draft(row), _typed(row))


@page(bp, "/tags/new", permission=RULES, unit="write", methods=("POST",))
def tag_create() -> Any:
    """Do what a button of the builder says, or save the new tag."""
    return _save("")


@page(bp, "/tags/<tag_id>", permission=RULES, unit="write", methods=("POST",))
def tag_save(tag_id: str) -> Any:
    """Do what a button of the builder says, or save the change."""
    return _save(tag_id)


def _save(tag_id: str) -> Any:
    row = _tag(tag_id) if tag_id else None
    draft, typed = _draft(row), _typed(row)
    if draft.acted:
        return _page(row, draft, typed)

    def refused(refusal: Refusal) -> Any:
        draft.session = session()
        return _page(_tag(tag_id) if tag_id else None, draft, typed, refusal)

    on_refusal(refused)
    condition = draft.condition("marketing") if typed["mode"] == "auto" else None
    if condition is not None:
        services.ensure_usable(session(), condition)
    saved = services.save_tag(
        session(), row, tag=typed["tag"], group=typed["group"], note=typed["note"], condition=condition,
        active=row is None or typed["active"] == "1",
        version=int(typed["version"]) if typed["version"].isdecimal() else None,
    )  # fmt: skip
    said = sentence(session(), condition) if condition is not None else ""
    toast(
        _("已保存标签“%(tag)s”，今晚按规则打上：%(rule)s", tag=saved.tag, rule=said) if said
        else _("已保存标签“%(tag)s”。", tag=saved.tag)
    )  # fmt: skip
    return go("segments.tags")
