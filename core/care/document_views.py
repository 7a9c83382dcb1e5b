"""Pages of papers: what is kept of a member, taking in by phone camera or file, the pictures themselves."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any

from flask import request

from core.care import document_kinds, documents, need, photos
from core.care.blueprint import bp, id_of
from core.care.photo_views import answer_of, mark_of
from core.care.visit_permissions import PAPERS, PAPERS_ADD
from core.care.visit_reads import staff_names
from core.kernel import clock
from core.kernel.errors import Invalid
from core.kernel.i18n import _, ngettext
from core.kernel.permissions import may
from core.kernel.tenancy import current_actor
from core.kernel.web.render import go, render_page, toast
from core.kernel.web.routes import on_refusal, own_unit, page, session
from core.people import services as people

if TYPE_CHECKING:
    from sqlalchemy.orm import Session
    from werkzeug.wrappers import Response

    from core.kernel.errors import Refusal


@page(bp, "/members/<person_id>/documents", permission=PAPERS, health=True, endpoint="papers")
def papers(person_id: str) -> Any:
    """Show the papers of a member that the reader may see, by kind."""
    return _papers(session(), person_id)


def _papers(unit: Session, person_id: str, refusal: Refusal | None = None) -> Any:
    person, actor = people.get(unit, id_of(person_id)), current_actor()
    rows = documents.documents_of(unit, person.id)
    kinds = document_kinds.readable()
    return render_page(
        "care/papers.html", status=refusal.status if refusal else 200, P=person, refusal=refusal, typed=request.form,
        groups=[(kinds[key], [one for one in rows if one.kind == key]) for key in kinds], total=len(rows),
        names=staff_names(unit, [one.made_by for one in rows]), today=clock.today(actor.tz),
        kinds=document_kinds.addable() if may(actor, PAPERS_ADD) else {},
        errors={one.field: one.message for one in refusal.errors} if refusal else {},
    )  # fmt: skip


@page(
    bp, "/members/<person_id>/documents", permission=PAPERS_ADD, health=True, unit="write", methods=("POST",),
    upload=True, endpoint="papers_add",
)  # fmt: skip
def papers_add(person_id: str) -> Any:
    """Take pictures of papers in, all of one kind."""
    on_refusal(lambda refusal: _papers(session(), person_id, refusal))
    unit, form = session(), request.form
    person = people.get(unit, id_of(person_id))
    given = [one for one in request.files.getlist("file") if one.filename]
    if not given:
        raise Invalid.field("file", _("请拍照或选择图片。"))
    if form.get("kind", "") not in document_kinds.addable():
        raise Invalid.field("kind", _("请选择是哪一种资料。"))
    on = _day(form.get("on", ""))
    for one in given:
        documents.keep(unit, person.id, form["kind"], one.read(), note=form.get("note", ""), on=on)
    toast(ngettext("已保存 %(n)d 份资料。", "已保存 %(n)d 份资料。", len(given)))
    return go("care.papers", person_id=person.id)


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text) if text else None
    except ValueError as problem:
        raise Invalid.field("on", _("日期这样写：2026-11-22。")) from problem


@page(bp, "/documents/<code>", permission=PAPERS, unit="own")
def paper(code: str) -> Any:
    """Serve a paper, marked with who looks at it, after writing that down."""
    return _picture(code, photos.FULL)


@page(bp, "/documents/<code>/small", permission=PAPERS, unit="own")
def paper_small(code: str) -> Any:
    """Serve a paper's small size in the same way."""
    return _picture(code, photos.THUMB)


def _picture(code: str, variant: str) -> Response:
    with own_unit("write") as unit:
        _row, kept = documents.find(unit, code[:40])
        need.check_need(unit, kept.person_id, "care.document", each=False)
        opened, mark = documents.open_paper(unit, code[:40]), mark_of(unit)
    return answer_of(photos.shown(opened, variant, mark))


@page(bp, "/documents/<code>/remove", permission=PAPERS_ADD, unit="write", methods=("POST",))
def paper_remove(code: str) -> Any:
    """Take a paper away for good, with a reason."""
    unit = session()
    row, kept = documents.find(unit, code[:40])
    person_id = kept.person_id
    need.check_need(unit, person_id, "care.document", each=False)
    on_refusal(lambda refusal: _papers(session(), str(person_id), refusal))
    documents.remove(unit, code[:40], request.form.get("reason", ""))
    toast(_("已删除，文件不能再打开。"))
    return go("care.papers", person_id=person_id)
