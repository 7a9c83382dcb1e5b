"""Pages of the chronic programmes: what is due at this store, and a member's programmes, readings and plan."""

from __future__ import annotations

import datetime as dt
import json
from typing import TYPE_CHECKING, Any

from flask import request

from core.sdk import (
    Refusal,
    _,
    charts,
    go,
    has_consented,
    ids,
    items_with,
    may_read_health,
    note_health_read,
    on_refusal,
    page,
    page_session,
    person_of,
    render_page,
    safety_of,
    staff_names,
    store_names,
    tenancy,
    toast,
)
from plugins.pharmacy import chronic, chronic_audience
from plugins.pharmacy import chronic_rules as rules
from plugins.pharmacy.attributes import RX_CLASS
from plugins.pharmacy.blueprint import bp, day
from plugins.pharmacy.books import today
from plugins.pharmacy.permissions import BOOKS, CHRONIC
from plugins.pharmacy.rules import NOT_GIVEN

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

LOOK = "pharmacy.chronic"
GOODS = 300


# -- the list of a store ---------------------------------------------------------------------------


@page(bp, "/chronic", permission=BOOKS, endpoint="chronic")
def due_list() -> Any:
    """Show what is due at this store within a week, soonest first, and who might join."""
    unit, actor, now = page_session(), tenancy.current_actor(), today()
    rows = chronic.due(unit, actor.store_id, now + chronic.NEAR, _after())
    more = rows[chronic.SHOWN - 1] if len(rows) > chronic.SHOWN else None
    rows = rows[: chronic.SHOWN]
    people = {one: person_of(unit, one) for one in {row.person_id for row in rows}}
    known = {one for one in people if may_read_health(unit, one)}
    note_health_read(unit, sorted(known), LOOK)
    return render_page(
        "pharmacy/chronic.html", rows=[(row, people[row.person_id], row.person_id in known) for row in rows],
        kinds=rules.KINDS, today=now, after=f"{more.due_on.isoformat()}.{more.id}" if more else "",
        first=_after() is None, store=store_names(unit).get(actor.store_id or 0, ""),
        audience=chronic_audience.figures(unit), programmes=rules.PROGRAMMES,
    )  # fmt: skip


def _after() -> tuple[dt.date, int] | None:
    on, _dot, number = request.args.get("after", "").partition(".")
    known = ids.parse_id(number)
    try:
        return (dt.date.fromisoformat(on), known) if known else None
    except ValueError:
        return None


# -- a member --------------------------------------------------------------------------------------


@page(bp, "/members/<person_id>/chronic", permission=CHRONIC, health=True, unit="write", endpoint="chronic_member")
def chronic_member(person_id: str) -> Any:
    """Show a member's programmes, the plan, readings and their course. A noted read."""
    return _member(page_session(), person_id)


def _member(unit: Session, person_id: str, refusal: Refusal | None = None) -> Any:
    person = person_of(unit, person_id)
    view = safety_of(unit, [person.person_id], LOOK)[person.person_id]
    rows, readings = chronic.of_person(unit, person.person_id), chronic.readings_of(unit, person.person_id)
    points, done = chronic.points_of(unit, person.person_id), chronic.done_of(unit, person.person_id)
    inside = {row.programme: row for row in rows if row.state == chronic.ACTIVE}
    goods = [one for one in items_with(unit, RX_CLASS, limit=GOODS) if one.attributes[RX_CLASS] not in NOT_GIVEN]
    return render_page(
        "pharmacy/chronic_member.html", status=refusal.status if refusal else 200, P=person, refusal=refusal,
        errors={error.field: error.message for error in refusal.errors} if refusal else {}, typed=request.form,
        programmes=rules.PROGRAMMES, measures=rules.MEASURES, kinds=rules.KINDS, today=today(), inside=inside,
        left=[row for row in rows if row.state == chronic.LEFT],
        open_to=[one for key, one in rules.PROGRAMMES.items() if key not in inside and rules.holds(one, view)],
        consented=has_consented(unit, person.person_id, chronic.CONSENT), version=rules.VERSION,
        cards=[_card(key, readings) for key in inside if key], points=points,
        of={row.id: rules.PROGRAMMES[row.programme or ""] for row in rows},
        done=[(row, json.loads(row.note or "{}")) for row in done], goods=goods,
        names=staff_names(unit, [row.done_by for row in done] + [one.row.staff_id for one in readings]),
    )  # fmt: skip


def _card(key: str, readings: list[chronic.Reading]) -> dict[str, Any]:
    """Return what the card of a programme shows: its readings, newest first, and their course."""
    measure = rules.MEASURES[rules.PROGRAMMES[key].measure]
    own = [one for one in readings if one.measure is measure][-chronic.TREND :]
    drawn = []
    for name, label, _least, _most in measure.fields:
        least, most = measure.drawn[name]
        values = [
            (f"{one.row.on:%Y-%m-%d}", one.values[name] - least, rules.shown(measure, one.values[name])) for one in own
        ]  # fmt: skip
        title = _("%(what)s（%(unit)s）", what=label, unit=measure.unit)
        drawn.append((label, charts.course(values, title, top=most - least, bands=_bands(measure, name), rising=True)))
    return {"key": key, "measure": measure, "readings": own[::-1], "charts": drawn if own else []}


def _bands(measure: rules.Measure, name: str) -> list[tuple[int, str]]:
    """Return the bands that a course shows: those below its top, the one that reaches it cut there."""
    least, most = measure.drawn[name]
    found: list[tuple[int, str]] = []
    for band in measure.bands[name]:
        found.append((min(band.upper, most) - least, str(band.name)))
        if band.upper >= most:
            break
    return found


def _back(person_id: int) -> Any:
    return go("pharmacy.chronic_member", person_id=person_id)


@page(
    bp, "/members/<person_id>/chronic", permission=CHRONIC, health=True, unit="write", methods=("POST",),
    endpoint="chronic_enrol",
)  # fmt: skip
def chronic_enrol(person_id: str) -> Any:
    """Take a member into a programme, or out of it (`act` leave)."""
    unit, form = page_session(), request.form
    person = person_of(unit, person_id)
    on_refusal(lambda refusal: _member(page_session(), person_id, refusal))
    if form.get("act") == "leave":
        chronic.leave(unit, person.person_id, form.get("programme", ""), form.get("why", ""))
        toast(_("已退出，未做的项目已取消。"))
        return _back(person.person_id)
    view = safety_of(unit, [person.person_id], LOOK)[person.person_id]
    chronic.enrol(unit, person.person_id, form.get("programme", ""), view, form.get("agreed", ""))
    toast(_("已加入，计划从今天开始。"))
    return _back(person.person_id)


@page(
    bp, "/members/<person_id>/chronic/readings", permission=CHRONIC, health=True, unit="write", methods=("POST",),
    endpoint="chronic_read",
)  # fmt: skip
def chronic_read(person_id: str) -> Any:
    """Note a reading, or make one void (`void` its id)."""
    unit, form = page_session(), request.form
    person = person_of(unit, person_id)
    on_refusal(lambda refusal: _member(page_session(), person_id, refusal))
    if form.get("void"):
        chronic.void(unit, person.person_id, ids.parse_id(form["void"]))
        toast(_("这次测量已作废。"))
        return _back(person.person_id)
    made = chronic.read(
        unit, person.person_id, form.get("programme", ""), form.to_dict(), day("on", form.get("on", ""))
    )
    if made.urgent:
        toast(_("%(value)s 需要尽快就医，请当面告诉会员。", value=f"{made.written} {made.measure.unit}"), kind="bad")
    else:
        toast(_("已记下，%(band)s。", band=made.band.name))
    return _back(person.person_id)


@page(
    bp, "/members/<person_id>/chronic/points/<point_id>", permission=CHRONIC, health=True, unit="write",
    methods=("POST",), endpoint="chronic_do",
)  # fmt: skip
def chronic_do(person_id: str, point_id: str) -> Any:
    """Do a point of the plan."""
    unit, form = page_session(), request.form
    person = person_of(unit, person_id)
    on_refusal(lambda refusal: _member(page_session(), person_id, refusal))
    chronic.do(unit, person.person_id, ids.parse_id(point_id), form.get("note", ""), form.get("offered", ""))
    toast(_("已完成。"))
    return _back(person.person_id)
