"""The chart's pages: the mouth at a date, noting by keyboard, by mouse or by a plain form, taking back, printing."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from typing import Any

from flask import request

from core.sdk import (
    Invalid,
    PersonView,
    Refusal,
    _,
    _l,
    clock,
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
from plugins.dental import banners, board, chart, exams, fold, perio, perio_board, planned, staging, teeth, who, words
from plugins.dental.blueprint import bp
from plugins.dental.chart import Entry
from plugins.dental.permissions import CHART, WRITE

# Buttons of the panel: code and key. What a key does, the script reads from the page.
DIAGNOSES = (
    ("caries", "C"), ("missing", "X"), ("crown", "K"), ("rct", "R"), ("filling", "F"), ("mobility", "W"),
    ("wear", "E"), ("implant", "I"), ("sound", "Z"), ("residual_root", "Q"), ("sealant", "S"), ("impacted", "Y"),
)  # fmt: skip
PLANS = (("filling", "F"), ("rct", "R"), ("crown", "K"), ("extraction", "X"), ("implant", "I"), ("sealant", "S"))
KINDS = ((fold.DONE, "N"), (fold.EXISTING, "H"), (fold.WATCH, "U"))
MORE = tuple(code for code in fold.CODES if code not in dict(DIAGNOSES))
SHORT = {"sealant": _l("封闭")}  # where a button is narrow
KEPT = ("view", "as", "num", "on")


@page(bp, "/members/<person_id>", permission=CHART)
def record(person_id: str) -> Any:
    """Show a person's mouth as it stands, or as it stood on a day."""
    return _show(person_id)


@page(bp, "/members/<person_id>/teeth", permission=WRITE, unit="write", methods=("POST",))
def note(person_id: str) -> Any:
    """Note what was seen, planned or done: of the panel's form, or several events that were typed."""
    on_refusal(lambda refusal: _show(person_id, refusal))
    person = chart.opened(page_session(), person_id, each=False)
    made = chart.note(page_session(), person.person_id, _entries(), _day(request.form.get("noted", "")))
    told = _told(made[-1])
    if is_fragment():
        return _show(person_id, done=told, last=[one.id for one in made])
    toast(told)
    return go("dental.record", person_id=person.person_id, **_kept(), tooth=made[-1].fdi, s=made[-1].surfaces)


@page(bp, "/members/<person_id>/void/<event_id>", permission=WRITE, unit="write", methods=("POST",))
def void(person_id: str, event_id: str) -> Any:
    """Take an event back that was entered by mistake."""
    on_refusal(lambda refusal: _show(person_id, refusal))
    person = chart.opened(page_session(), person_id, each=False)
    gone = chart.void(page_session(), person.person_id, ids.parse_id(event_id) or 0)
    told = _("已撤回 %(fdi)s：%(what)s。", fdi=gone.fdi, what=words.told(gone))
    if is_fragment():
        return _show(person_id, done=told)
    toast(told)
    return go("dental.record", person_id=person.person_id, **_kept(), tooth=gone.fdi)


def _told(one: fold.Event) -> str:
    what = words.told(one)
    if one.on == clock.today(tenancy.current_actor().tz):
        return _("已记录 %(fdi)s：%(what)s。", fdi=one.fdi, what=what)
    return _("已记录 %(fdi)s：%(what)s，日期 %(day)s。", fdi=one.fdi, what=what, day=one.on.isoformat())


# -- what was sent ---------------------------------------------------------------------------------


def _entries() -> list[Entry]:
    """Return the events of the request: `e` lines `36|O|caries|condition|2|` of the script, else the form's one."""
    lines = request.form.getlist("e")
    if lines:
        note = request.form.get("note", "").strip()
        return [replace(_typed(line), note=note) for line in lines]
    form = request.form
    planned, code = form.get("plan", ""), form.get("code", "") or form.get("more", "")
    return [
        Entry(
            form.get("fdi", "").strip().upper(), planned or code, "".join(form.getlist("s")),
            fold.PLANNED if planned else form.get("kind", ""),
            _grade(form.get("grade", "")) if code in ("caries", "mobility") and not planned else 0,
            form.get("cause", "") if code in ("missing", "extraction", "crown") and not planned else "",
            form.get("note", "").strip(),
        )
    ]  # fmt: skip


def _typed(line: str) -> Entry:
    parts = line.split("|")
    if len(parts) != 6:
        raise Invalid.field("code", _("请选择诊断或处置。"))
    fdi, surfaces, code, kind, grade, cause = parts
    return Entry(fdi, code, surfaces, kind, _grade(grade), cause)


def _grade(text: str) -> int:
    return int(text) if text in ("1", "2", "3") else 0


def _day(text: str) -> dt.date | None:
    try:
        return dt.date.fromisoformat(text.strip()) if text.strip() else None
    except ValueError:
        raise Invalid.field("on", _("请按 2026-05-02 的样子填写日期。")) from None


def _kept() -> dict[str, str]:
    """Return how the page was being looked at, to look at it so again."""
    return {key: value for key in KEPT if (value := request.values.get(key, ""))[:12]}


# -- what is shown ---------------------------------------------------------------------------------


def _show(person_id: str, refusal: Refusal | None = None, done: str = "", last: list[int] | None = None) -> Any:
    unit, actor = page_session(), tenancy.current_actor()
    person = chart.opened(unit, person_id, each=not is_fragment())
    events, today = chart.events_of(unit, person.person_id), clock.today(actor.tz)
    on = _on(today)
    mouth = fold.state(events, on)
    age = board.age_on(person.birth_date, on or today)
    view = request.values.get("view", "")
    view = view if view in board.VIEWS else board.usual_view(mouth, age)
    system = request.values.get("num", "") if request.values.get("num", "") in board.SYSTEMS else "fdi"
    here = request.values.get("tooth", "") or request.form.get("fdi", "")
    here = here if teeth.is_tooth(here) else ""
    exam = next(iter(exams.exams_of(unit, person.person_id, 1, until=on or today)), None)
    safety = safety_of(unit, [person.person_id], "dental.chart").get(person.person_id)
    data = {
        "P": person, "age": age, "view": view, "views": board.VIEWS, "system": system, "systems": board.SYSTEMS,
        "as_table": request.values.get("as") == "table", "on": on, "today": today, "here": here, "refusal": refusal,
        "done": done, "last": last or [], "kept": _kept(), "may_write": may(actor, WRITE) and on is None,
        "halves": board.halves(mouth, board.rows(view, mouth, age), here, system, exam.teeth if exam else {}),
        "width": board.WIDTH,
        "days": (days := board.days_of(events)), "line": board.line(days, today) if days else None,
        "before": max((day for day in days if day < (on or today)), default=None),
        "after": min((day for day in days if on and day > on), default=None),
        "plan": planned.plan_of(unit, person.person_id, events, mouth, priced=on is None), "states": planned.STATES,
        "exam": exam, "probed": perio.figures(exam.teeth) if exam else None, "staged": _staged(exam, mouth, person),
        "codes": fold.CODES, "kinds": fold.KINDS, "causes": fold.CAUSES,
        "depths": fold.DEPTHS, "diagnoses": DIAGNOSES, "planned": PLANS, "marks": KINDS, "more": MORE, "short": SHORT,
        "noted": request.values.get("noted", "")[:10], "name": teeth.name,
        "safety": safety, "banners": banners.of(safety),
        **_figures(events, mouth, on or today, person.birth_date), **_tooth(here, mouth, events, on),
        "rows": _table(mouth) if request.values.get("as") == "table" else [],
    }  # fmt: skip
    data["names"] = staff_names(unit, chart.staff_of(data["history"]))
    status = refusal.status if refusal else 200
    return render_page("dental/_chart.html" if is_fragment() else "dental/chart.html", status=status, **data)


def _staged(exam: exams.Exam | None, mouth: fold.Mouth, person: PersonView) -> str:
    """Return stage and grade as the latest examination suggests them; empty where nothing is suggested."""
    if exam is None:
        return ""
    age = board.age_on(person.birth_date, exam.on)
    return staging.suggest(exam.teeth, perio_board.head_of(exam, mouth), age).name


def _on(today: dt.date) -> dt.date | None:
    """Return the past day to show, or None for now."""
    try:
        found = dt.date.fromisoformat(request.values.get("on", ""))
    except ValueError:
        return None
    return found if found < today else None


def _figures(events: list[fold.Event], mouth: fold.Mouth, day: dt.date, birth: dt.date | None) -> dict[str, Any]:
    age = board.age_on(birth, day)
    years = board.by_year([one for one in events if one.on <= day], day, birth, primary=False)
    return {
        "dmft": who.index(mouth, primary=False, age=age), "milk": who.index(mouth, primary=True, age=age),
        "bars": board.bars(years), "all_lost_from": who.ALL_LOST_FROM,
    }  # fmt: skip


def _tooth(here: str, mouth: fold.Mouth, events: list[fold.Event], on: dt.date | None) -> dict[str, Any]:
    """Return what the panel beside the picture shows of the chosen tooth."""
    if not here:
        return {"faces": [], "chosen": "", "history": [], "facts": []}
    own = teeth.surfaces_of(here)
    written = "".join(request.values.getlist("s"))
    history = [one for one in fold.live(events) if one.fdi == here and (on is None or one.on <= on)][::-1]
    return {
        "faces": [(s, teeth.SURFACES[s]) for s in own], "chosen": teeth.surfaces(here, written) or "",
        "history": history[:30], "facts": words.facts(mouth.get(here, fold.NOTHING)),
    }  # fmt: skip


def _table(mouth: fold.Mouth) -> list[tuple[str, str, str, str]]:
    """Return (tooth, name, WHO code with its word, what is known) of every tooth something was noted about."""
    found = []
    for fdi in sorted(mouth):
        code = who.code(mouth[fdi])
        found.append((fdi, str(teeth.name(fdi)), f"{who.letter(fdi, code)} {who.WORDS[code]}",
                      "；".join(words.facts(mouth[fdi]))))  # fmt: skip
    return found


bp.add_app_template_global(words.told, "dental_told")
