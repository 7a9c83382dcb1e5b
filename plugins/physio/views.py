"""Pages of the physio plugin: a person's record, the entry of an assessment, the screening."""

from __future__ import annotations

from typing import Any

from flask import request

from core.sdk import (
    Invalid,
    Refusal,
    _,
    charts,
    clock,
    go,
    has_consented,
    ids,
    may,
    on_refusal,
    page,
    page_session,
    person_of,
    render_page,
    setting_value,
    staff_names,
    tenancy,
    toast,
)
from plugins.physio import (
    contraindications,
    entries,
    entry_views,
    exercises,
    instruments,
    motion,
    records,
    treatments,
)
from plugins.physio.blueprint import bp, day_of, errors_of
from plugins.physio.instruments import HUNDRED, Instrument
from plugins.physio.permissions import ASSESS, RECORD
from plugins.physio.settings import TITLES

__all__ = ["bp", "entry_views"]
SHOWN = 12  # treatments on the chart


@page(bp, "/members/<person_id>", permission=RECORD, health=True)
def record(person_id: str) -> Any:
    """Show a person's scores over time and what speaks against a modality."""
    return _record(person_id)


def _record(person_id: str, refusal: Refusal | None = None) -> Any:
    unit = page_session()
    person = person_of(unit, person_id)
    by_key = records.assessments(unit, person.person_id)
    cards = [_card(instruments.ALL[key], rows) for key, rows in by_key.items()]
    screened = records.screening(unit, person.person_id)
    done = entries.treatments_of(unit, person.person_id)
    measured = entries.of_person(unit, person.person_id, entries.ROM)
    given = entries.of_person(unit, person.person_id, entries.EXERCISES)
    noted = [*(one for one, _what in done), *measured, *given]
    names = staff_names(
        unit, [one.row.staff_id for rows in by_key.values() for one in rows] + [one.row.staff_id for one in noted]
    )
    return render_page(
        "physio/record.html", P=person, cards=cards, screened=screened, names=names, refusal=refusal,
        conditions=contraindications.CONDITIONS, may_assess=may(tenancy.current_actor(), ASSESS),
        consented=has_consented(unit, person.person_id, records.HEALTH), version=contraindications.VERSION,
        done=done[::-1], pain=_pain(done), T=treatments, ways=motion.WAYS,
        measured=[(one, *motion.of_plain(one.data)) for one in measured], instruments=instruments.ALL,
        given=(given[-1], exercises.of_plain(given[-1].data)) if given else None,
    )  # fmt: skip


def _pain(done: list[tuple[entries.Entry, treatments.Treatment]]) -> Any:
    """Return the chart of pain before each of the latest treatments."""
    asked = [(one, what) for one, what in done if what.before is not None][-SHOWN:]
    if not asked:
        return ""
    nrs = instruments.NRS
    return charts.course(
        [(f"{one.row.on:%Y-%m-%d}", (what.before or 0) * HUNDRED, str(what.before)) for one, what in asked],
        _("每次治疗前的疼痛"), top=nrs.top * HUNDRED, bands=[(upper * HUNDRED, name) for upper, name in nrs.bands],
        marks=[n for n, (_one, what) in enumerate(asked) if what.responder],
    )  # fmt: skip


def _card(one: Instrument, rows: list[records.Assessment]) -> dict[str, Any]:
    """Return what a card of an instrument shows: the latest score, how it moved, the chart, the rows."""
    scored = [row for row in rows if row.score is not None]
    last = scored[-1] if scored else None
    first, before = (scored[0], scored[-2]) if len(scored) > 1 else (None, None)
    marks = [
        n for n, row in enumerate(scored)
        if n and one.important(scored[0].score or 0, row.score or 0)
    ]  # fmt: skip
    chart = charts.course(
        [(f"{row.row.on:%Y-%m-%d}", row.score or 0, one.show(row.score)) for row in scored],
        _("%(name)s 得分", name=one.name), top=one.top * HUNDRED,
        bands=[(upper * HUNDRED, name) for upper, name in one.bands], marks=marks, rising=one.rising,
    )  # fmt: skip
    return {
        "points": instruments.points, "one": one, "rows": rows[::-1], "last": last, "marked": bool(marks),
        "chart": chart if scored else None,
        "since_first": instruments.change(one, first.score, last.score) if first and last else None,
        "since_before": instruments.change(one, before.score, last.score) if before and last else None,
    }  # fmt: skip


@page(bp, "/members/<person_id>/assess/<key>", permission=ASSESS, health=True)
def assess(person_id: str, key: str) -> Any:
    """Show the form of an assessment, or of the correction of one."""
    one = records.instrument(key)
    person = person_of(page_session(), person_id)
    chain = ids.parse_id(request.args.get("replaces"))
    old = records.newest(page_session(), person.person_id, key, chain) if chain else None
    return _form(person_id, one, old)


def _form(person_id: str, one: Instrument, old: records.Assessment | None, refusal: Refusal | None = None) -> Any:
    unit, form = page_session(), request.form
    person = person_of(unit, person_id)
    given = [str(answer) if answer is not None else "" for answer in (old.answers if old else ())]
    typed = [form.get(f"a{n}", "") for n in range(1, one.items + 1)] if form else given
    titles = list(setting_value(unit, TITLES[one.key])) if one.key in TITLES else []
    day = form.get("on") or (old.row.on if old else clock.today(tenancy.current_actor().tz)).isoformat()
    return render_page(
        "physio/assess.html", P=person, one=one, day=day, typed=typed + [""] * one.items, quick=form.get("quick", ""),
        why=form.get("why", ""), replaces=old.row.chain if old else None, refusal=refusal, titles=titles,
        errors=errors_of(refusal),
    )  # fmt: skip


@page(
    bp, "/members/<person_id>/assess/<key>", permission=ASSESS, health=True, unit="write", methods=("POST",),
    endpoint="assess_post",
)  # fmt: skip
def assess_post(person_id: str, key: str) -> Any:
    """Write an assessment or the correction of one."""
    one, form = records.instrument(key), request.form
    chain = ids.parse_id(form.get("replaces"))

    def again(refusal: Refusal) -> Any:
        person = person_of(page_session(), person_id)
        old = records.newest(page_session(), person.person_id, key, chain) if chain else None
        return _form(person_id, one, old, refusal)

    person = person_of(page_session(), person_id)
    if chain:
        records.newest(page_session(), person.person_id, key, chain)
    on_refusal(again)
    answers = instruments.read(one, form.get("quick", ""), [form.get(f"a{n}", "") for n in range(1, one.items + 1)])
    records.assess(
        page_session(),
        person.person_id,
        one,
        day_of(form.get("on", "")),
        answers,
        replaces=chain,
        why=form.get("why", ""),
    )
    score = one.score(answers)
    if score is None:
        toast(_("已记录，但答得太少，不计分（至少 %(n)d 题）。", n=one.fewest))
    else:
        toast(_("已记录：%(name)s %(score)s。", name=one.name, score=one.show(score)))
    return go("physio.record", person_id=person.person_id)


@page(bp, "/members/<person_id>/screening", permission=ASSESS, health=True, unit="write", methods=("POST",))
def screening(person_id: str) -> Any:
    """Write what speaks against a modality, as asked today."""
    on_refusal(lambda refusal: _record(person_id, refusal))
    person = person_of(page_session(), person_id)
    found = request.form.getlist("found")
    if not found and request.form.get("none") != "1":
        raise Invalid.field("none", _("一项也没有时，请勾选“逐项问过，都没有”。"))
    records.screen(page_session(), person.person_id, found)
    toast(_("已记录筛查：%(n)d 项。", n=len(set(found))) if found else _("已记录筛查：都没有。"))
    return go("physio.record", person_id=person.person_id)
