"""The page of grades and value classes: bounds, what they would change, saving."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flask import request

from core.kernel.errors import Refusal
from core.kernel.i18n import _
from core.kernel.web.render import go, render_page, toast
from core.kernel.web.routes import on_refusal, page, session
from core.segments import compute, grading_form, rules, services
from core.segments.blueprint import bp
from core.segments.models import Grading
from core.segments.permissions import RULES
from core.segments.words import FIGURE_NAMES, VALUE_NAMES

if TYPE_CHECKING:
    from collections.abc import Mapping

KINDS = ("grade", "rfm", "abc")


@page(bp, "/gradings", permission=RULES)
def gradings() -> Any:
    """Show how members are classed and how many stand in each class."""
    typed = {kind: grading_form.write(services.spec_of(session(), kind)) for kind in KINDS}
    return _page(typed, {})


def _page(typed: Mapping[str, Any], specs: dict[str, rules.Spec], refusal: Refusal | None = None) -> Any:
    """Show the form; with `specs` (all three readable) also what they would give beside what is saved."""
    now = compute.spread(session(), compute.classes(session())) if not refusal else {}
    then = compute.spread(session(), compute.classes(session(), **specs)) if specs and not refusal else {}
    rows = {kind: session().query(Grading).filter(Grading.kind == kind).first() for kind in KINDS}
    return render_page(
        "segments/gradings.html", typed=typed, now=now, then=then, rows=rows, refusal=refusal, figures=FIGURE_NAMES,
        values=VALUE_NAMES, title=_("会员分级"),
        step_codes=[(one["code"], one["code"]) for one in typed["grade"]["steps"]],
        errors={error.field: error.message for error in refusal.errors} if refusal else {},
    )  # fmt: skip


@page(bp, "/gradings", permission=RULES, unit="write", methods=("POST",))
def gradings_save() -> Any:
    """Show what the typed bounds would give, or save them."""
    typed = grading_form.typed(request.form)
    on_refusal(lambda refusal: _page(typed, {}, refusal))
    command = request.form.get("do", "")
    if command == "step":
        typed["grade"]["steps"].insert(-1, {"code": "", "least": ""})
        return _page(typed, {})
    specs = grading_form.read(typed)
    for spec in specs.values():
        rules.check(spec)
    if command != "save":
        return _page(typed, specs)
    services.ensure_defaults(session())
    for kind, spec in specs.items():
        version = request.form.get(f"version_{kind}", "")
        services.save_grading(session(), kind, spec, int(version) if version.isdecimal() else 1)
    toast(_("已保存。今晚重新计算，也可以由管理员立即运行“tags”任务。"))
    return go("segments.gradings")
