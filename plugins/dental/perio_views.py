"""The periodontal page: examinations, six sites a tooth by keyboard or by a plain form, figures, suggestion."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from flask import request

from core.sdk import (
    Invalid,
    Refusal,
    _,
    go,
    ids,
    is_fragment,
    may,
    on_refusal,
    page,
    page_session,
    render_page,
    safety_of,
    staff_names,
    tenancy,
    toast,
)
from plugins.dental import banners, board, chart, exams, fold, perio, perio_board, staging, teeth, words
from plugins.dental.blueprint import bp
from plugins.dental.perio import Head, Measured
from plugins.dental.permissions import CHART, WRITE

GRADED = ("mobility", "furcation")


@page(bp, "/members/<person_id>/perio", permission=CHART)
def perio_page(person_id: str) -> Any:
    """Show a person's periodontal examinations and the chosen (or newest) one, site by site."""
    return _show(person_id)


@page(bp, "/members/<person_id>/perio", permission=WRITE, unit="write", methods=("POST",))
def perio_begin(person_id: str) -> Any:
    """Begin today's examination."""
    person = chart.opened(page_session(), person_id, each=False)
    exam_id = exams.begin(page_session(), person.person_id)
    return go("dental.perio_page", person_id=person.person_id, exam=exam_id, **_kept())


@page(bp, "/members/<person_id>/perio/<exam_id>", permission=WRITE, unit="write", methods=("POST",))
def perio_save(person_id: str, exam_id: str) -> Any:
    """Save what was sent: a tooth as it is left, all boxes of the plain form, or what else stage and grade need."""
    unit = page_session()
    person = chart.opened(unit, person_id, each=False)
    wanted = ids.parse_id(exam_id) or 0
    before = exams.exam_of(unit, person.person_id, wanted)
    on_refusal(lambda refusal: _show(person_id, exam_id, refusal))
    fdi = request.form.get("fdi", "")
    found = _tooth(fdi) if fdi else _boxes(before)
    exams.save(unit, person.person_id, wanted, found, _head() if "head" in request.form else None)
    if is_fragment():
        return _show(person_id, exam_id, saved=fdi or "head")
    toast(_("已保存牙周检查。"))
    return go("dental.perio_page", person_id=person.person_id, exam=wanted, **_kept())


# -- what was sent ---------------------------------------------------------------------------------


def _tooth(fdi: str) -> dict[str, Measured]:
    form = request.form
    if fdi not in teeth.PERMANENT:
        return {fdi: Measured()}
    return {fdi: Measured(
        {**_side(fdi, "B", form.get("B", "")), **_side(fdi, "L", form.get("L", ""))},
        _degree(form.get("mobility", "")), _degree(form.get("furcation", "")), form.get("skipped") == "1",
    )}  # fmt: skip


def _side(fdi: str, side: str, text: str) -> dict[str, perio.Site]:
    try:
        return perio_board.sites_of(fdi, side, text)
    except Invalid as wrong:
        raise Invalid.field(f"{fdi}{side}", f"{fdi} {wrong.message}") from None


def _boxes(before: exams.Exam) -> dict[str, Measured]:
    """Return the teeth of the plain form; what has no box in it stays as it was."""
    form, found = request.form, {}
    for fdi in teeth.PERMANENT:
        if f"{fdi}B" not in form and f"{fdi}L" not in form:
            continue
        now = before.teeth.get(fdi, Measured())
        sites = dict(now.sites)
        for side in "BL":
            if f"{fdi}{side}" in form:
                sites = {name: site for name, site in sites.items() if name not in perio_board.points(fdi, side)}
                sites |= _side(fdi, side, form[f"{fdi}{side}"])
        found[fdi] = replace(
            now, sites=sites, mobility=_degree(form.get(f"{fdi}m", "")), furcation=_degree(form.get(f"{fdi}f", "")),
            skipped=form.get(f"{fdi}k") == "1",
        )  # fmt: skip
    return found


def _degree(text: str) -> int:
    return int(text) if text in ("1", "2", "3") else 0


def _head() -> Head:
    return Head(_whole("loss_percent"), _whole("lost"), _whole("smokes") or 0, _tenths("hba1c"))


def _whole(name: str) -> int | None:
    text = request.form.get(name, "").strip()
    if not text:
        return None
    if not text.isascii() or not text.isdigit() or len(text) > 4:
        raise Invalid.field(name, _("请填写整数。"))
    return int(text)


def _tenths(name: str) -> int | None:
    text = request.form.get(name, "").strip().removesuffix("%")
    if not text:
        return None
    whole, _dot, part = text.partition(".")
    if not (whole + part).isascii() or not (whole + (part or "0")).isdigit() or len(whole) > 2 or len(part) > 1:
        raise Invalid.field(name, _("糖化血红蛋白请填 3.0 到 20.0。"))
    return int(whole) * 10 + int(part or 0)


def _kept() -> dict[str, str]:
    return {"as": "form"} if request.values.get("as") == "form" else {}


# -- what is shown ---------------------------------------------------------------------------------


def _show(person_id: str, exam_id: str = "", refusal: Refusal | None = None, saved: str = "") -> Any:
    unit, actor = page_session(), tenancy.current_actor()
    person = chart.opened(unit, person_id, each=not is_fragment())
    wanted, today = ids.parse_id(exam_id or request.values.get("exam", "")) or 0, exams.today()
    found = exams.exams_of(unit, person.person_id, only=wanted if is_fragment() else None)
    here = next((one for one in found if one.id == wanted), found[0] if found else None)
    status = refusal.status if refusal else 200
    data = {
        "P": person, "age": board.age_on(person.birth_date, today), "today": today, "exam": here, "refusal": refusal,
        "saved": "" if refusal else saved, "kept": _kept(), "may_write": may(actor, WRITE),
        "writing": may(actor, WRITE) and here is not None and here.open_on(today), "percent": perio_board.percent,
    }  # fmt: skip
    events = chart.events_of(unit, person.person_id)
    mouth = fold.state(events, here.on if here else today)
    if here is not None:
        data |= _sums(here, mouth, board.age_on(person.birth_date, here.on))
    if is_fragment():
        return render_page("dental/_perio_sum.html", status=status, **data)
    data |= _grid(found, here, mouth) if here else {}
    safety = safety_of(unit, [person.person_id], "dental.chart").get(person.person_id)
    data |= {
        "safety": safety, "banners": banners.of(safety), "lines": perio_board.lines(found, events, person.birth_date),
        "names": staff_names(unit, [one.staff_id for one in found]), "began": any(one.open_on(today) for one in found),
    }  # fmt: skip
    return render_page("dental/perio.html", status=status, **data)


def _sums(here: exams.Exam, mouth: fold.Mouth, age: int | None) -> dict[str, Any]:
    head = perio_board.head_of(here, mouth)
    return {
        "sums": perio.figures(here.teeth), "worst": staging.worst_of(here.teeth), "bpe": perio.bpe(here.teeth),
        "cpi": perio.cpi(here.teeth), "told": staging.suggest(here.teeth, head, age), "head": head,
        "plaque": perio.plaque_bp(here.teeth), "typed": request.form if "head" in request.form else {},
    }  # fmt: skip


def _grid(found: list[exams.Exam], here: exams.Exam, mouth: fold.Mouth) -> dict[str, Any]:
    """Return what a save does not change on the page: the grid and the plain form."""
    gone = {fdi for fdi, tooth in mouth.items() if tooth.presence in ("missing", "unerupted", "impacted")}
    gone -= {fdi for fdi, tooth in here.teeth.items() if tooth.sites}
    former = next((one for one in found if one.on < here.on), None)
    return {
        "grid": perio_board.grid(here, former, gone), "former": former, "rows": perio_board.ROWS,
        "boxes": perio_board.boxes(here, gone), "typed_boxes": request.form, "missing": perio_board.missing_said(gone),
        "degrees": words.DEGREES, "form": request.values.get("as") == "form", "words": perio_board.WORDS,
        "signs": [(sign, perio_board.SIGN_WORDS[flag]) for flag, sign in perio_board.SIGNS],
        "plain": [(fdi, here.teeth.get(fdi, Measured())) for row in teeth.ROWS["permanent"] for fdi in row
                  if fdi not in gone],
    }  # fmt: skip
