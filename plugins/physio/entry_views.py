"""Pages of treatments, range of motion and home exercises, and the report over treatments."""

from __future__ import annotations

import datetime as dt
from typing import Any

from flask import request

from core.sdk import (
    Invalid,
    Refusal,
    _,
    charts,
    clock,
    go,
    ids,
    on_refusal,
    page,
    page_session,
    person_of,
    render_page,
    tenancy,
    toast,
)
from plugins.physio import entries, exercises, instruments, motion, treatments
from plugins.physio.blueprint import bp, day_of, errors_of
from plugins.physio.permissions import ASSESS, RECORD, REPORT

REPORT_DAYS = (30, 90, 365)
SCALE = [(str(n), str(n)) for n in range(11)]


def _today() -> dt.date:
    return clock.today(tenancy.current_actor().tz)


def _old(person_id: int, kind: str) -> entries.Entry | None:
    """Return the entry that is being corrected, if one is."""
    chain = ids.parse_id(request.values.get("replaces"))
    return entries.newest(page_session(), person_id, kind, chain) if chain else None


def _save(person_id: int, kind: str, data: dict[str, Any]) -> None:
    form = request.form
    entries.write(
        page_session(), person_id, kind, day_of(form.get("on", "")), data,
        replaces=ids.parse_id(form.get("replaces")), why=form.get("why", ""),
    )  # fmt: skip


def _shell(person_id: str, old: entries.Entry | None, refusal: Refusal | None) -> dict[str, Any]:
    """Return what all three forms show: who, the day, a correction and its reason, what was refused."""
    form = request.form
    return {
        "P": person_of(page_session(), person_id), "refusal": refusal, "errors": errors_of(refusal),
        "day": form.get("on") or (old.row.on if old else _today()).isoformat(), "why": form.get("why", ""),
        "replaces": old.row.chain if old else None,
    }  # fmt: skip


# -- treatments ------------------------------------------------------------------------------------


@page(bp, "/members/<person_id>/treatment", permission=ASSESS, health=True)
def treatment(person_id: str) -> Any:
    """Show the form of a treatment, filled with the last one's modalities and doses."""
    return _treatment(person_id)


def _treatment(person_id: str, refusal: Refusal | None = None) -> Any:
    shell = _shell(person_id, None, refusal)
    person = shell["P"]
    old = _old(person.person_id, entries.SESSION)
    shell |= {"replaces": old.row.chain if old else None}
    last = old or next(iter(entries.of_person(page_session(), person.person_id, entries.SESSION)[::-1]), None)
    known = treatments.of_plain(last.data) if last else None
    typed = dict(request.form) if request.form else _typed(known, whole=old is not None)
    if old and not request.form:
        shell["day"] = old.row.on.isoformat()
    chosen = request.form.getlist("modality") if request.form else [one[0] for one in known.modalities] if known else []
    return render_page(
        "physio/treatment.html", typed=typed, chosen=chosen, T=treatments, scale=SCALE,
        repeated=known is not None and old is None,
        status=422 if refusal else 200, **shell,
    )  # fmt: skip


def _typed(known: treatments.Treatment | None, *, whole: bool) -> dict[str, str]:
    """Return the fields as the last treatment had them; pain and words only where that one is corrected."""
    if known is None:
        return {}
    typed = {"region": known.region, "side": known.side}
    for code, minutes, dose in known.modalities:
        typed |= {f"minutes_{code}": str(minutes or ""), f"dose_{code}": dose}
    if whole:
        numbers = {"before": known.before, "after": known.after}
        typed |= {name: "" if value is None else str(value) for name, value in numbers.items()}
        typed |= {"response": known.response, "note": known.note, "plan": known.plan}
    return typed


@page(
    bp, "/members/<person_id>/treatment", permission=ASSESS, health=True, unit="write", methods=("POST",),
    endpoint="treatment_post",
)  # fmt: skip
def treatment_post(person_id: str) -> Any:
    """Write a treatment or the correction of one."""
    person = person_of(page_session(), person_id)
    on_refusal(lambda refusal: _treatment(person_id, refusal))
    done = treatments.read(request.form, request.form.getlist("modality"))
    _save(person.person_id, entries.SESSION, done.to_plain())
    toast(
        _("已记录治疗，疼痛 %(a)d → %(b)d。", a=done.before, b=done.after)
        if done.before is not None and done.after is not None
        else _("已记录治疗。")
    )
    return go("physio.record", person_id=person.person_id)


# -- range of motion -------------------------------------------------------------------------------


@page(bp, "/members/<person_id>/motion", permission=ASSESS, health=True)
def rom(person_id: str) -> Any:
    """Show the form of measures."""
    return _rom(person_id)


def _rom(person_id: str, refusal: Refusal | None = None) -> Any:
    person = person_of(page_session(), person_id)
    old = _old(person.person_id, entries.ROM)
    typed = dict(request.form)
    if old and not request.form:
        way, found = motion.of_plain(old.data)
        typed = {"way": way}
        for one in found:
            name = motion.name_of(one.joint, one.motion, one.hand)
            typed |= {name: str(one.degrees), f"{name}_pain": "1" if one.pain else ""}
    return render_page(
        "physio/motion.html", status=422 if refusal else 200, typed=typed, M=motion, **_shell(person_id, old, refusal)
    )


@page(
    bp, "/members/<person_id>/motion", permission=ASSESS, health=True, unit="write", methods=("POST",),
    endpoint="rom_post",
)  # fmt: skip
def rom_post(person_id: str) -> Any:
    """Write measures or the correction of some."""
    person = person_of(page_session(), person_id)
    on_refusal(lambda refusal: _rom(person_id, refusal))
    way, found = motion.read(request.form)
    _save(person.person_id, entries.ROM, motion.to_plain(way, found))
    toast(_("已记录 %(n)d 项活动度。", n=len(found)))
    return go("physio.record", person_id=person.person_id)


# -- home exercises --------------------------------------------------------------------------------


@page(bp, "/members/<person_id>/exercises", permission=ASSESS, health=True)
def exercise(person_id: str) -> Any:
    """Show what may be given to do at home."""
    return _exercise(person_id)


def _exercise(person_id: str, refusal: Refusal | None = None) -> Any:
    person = person_of(page_session(), person_id)
    last = next(iter(entries.of_person(page_session(), person.person_id, entries.EXERCISES)[::-1]), None)
    typed, chosen = dict(request.form), request.form.getlist("exercise")
    if last and not request.form:
        for one in exercises.of_plain(last.data):
            chosen.append(one.code)
            typed |= {f"sets_{one.code}": str(one.sets), f"times_{one.code}": str(one.times)}
            typed[f"note_{one.code}"] = one.note
    return render_page(
        "physio/exercises.html", status=422 if refusal else 200, typed=typed, chosen=chosen, E=exercises,
        **_shell(person_id, None, refusal),
    )  # fmt: skip


@page(
    bp, "/members/<person_id>/exercises", permission=ASSESS, health=True, unit="write", methods=("POST",),
    endpoint="exercise_post",
)  # fmt: skip
def exercise_post(person_id: str) -> Any:
    """Write what somebody is to do at home: it takes the place of what they were told before."""
    person = person_of(page_session(), person_id)
    on_refusal(lambda refusal: _exercise(person_id, refusal))
    tasks = exercises.read(request.form, request.form.getlist("exercise"))
    _save(person.person_id, entries.EXERCISES, exercises.to_plain(tasks))
    toast(_("已开 %(n)d 个家庭训练动作。", n=len(tasks)))
    return go("physio.record", person_id=person.person_id)


@page(bp, "/members/<person_id>/exercises/sheet", permission=RECORD, health=True)
def exercise_sheet(person_id: str) -> Any:
    """Show the exercises on paper, for the member to take home."""
    person = person_of(page_session(), person_id)
    last = next(iter(entries.of_person(page_session(), person.person_id, entries.EXERCISES)[::-1]), None)
    if last is None:
        raise Invalid(_("还没有开过家庭训练。"))
    return render_page("physio/exercise_sheet.html", P=person, on=last.row.on, tasks=exercises.of_plain(last.data))


# -- the report ------------------------------------------------------------------------------------


@page(bp, "/report", permission=REPORT)
def report() -> Any:
    """Show treatments by modality, and what they brought; groups of fewer than five people say nothing."""
    asked = request.args.get("days", "")
    days = int(asked) if asked.isdigit() and int(asked) in REPORT_DAYS else 90
    rows = entries.between(page_session(), _today() - dt.timedelta(days=days - 1), _today())
    return render_page(
        "physio/report.html", shares=treatments.shares(rows), days=days, choices=REPORT_DAYS, words=treatments.WORDS,
        few=charts.few, points=instruments.points, total=len(rows), most=entries.REPORT_MOST,
        people=len({person for person, _one in rows}),
    )  # fmt: skip
