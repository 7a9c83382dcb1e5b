"""The treatment plan: which item does what is planned, at the member's prices; accepted, sent to the till, printed."""

from __future__ import annotations

from typing import Any

from flask import request

from core.sdk import (
    Refusal,
    _,
    clock,
    go,
    may,
    ngettext,
    on_refusal,
    page,
    page_session,
    render_page,
    tenancy,
    toast,
)
from plugins.dental import chart, fold, planned, plans, teeth, words
from plugins.dental.blueprint import bp
from plugins.dental.permissions import CHART, WRITE


@page(bp, "/members/<person_id>/plan", permission=CHART)
def plan(person_id: str) -> Any:
    """Show what is planned with its prices, to decide, to print and to sign: teeth as a Palmer cross (部位记录法)."""
    return _show(person_id)


@page(bp, "/members/<person_id>/plan", permission=WRITE, unit="write", methods=("POST",))
def plan_save(person_id: str) -> Any:
    """Keep items and phases; `act` accept: what is ticked is agreed to; `act` send: the accepted goes to the till."""
    on_refusal(lambda refusal: _show(person_id, refusal))
    unit = page_session()
    person = chart.opened(unit, person_id, each=False)
    events = chart.events_of(unit, person.person_id)
    now = planned.plan_of(unit, person.person_id, events, fold.state(events), priced=False)
    number = request.form.get("number", "")
    act = request.form.get("act", "")
    given = _given(now)
    now = plans.choose(unit, person.person_id, now, given, int(number) if number.isdigit() and len(number) < 9 else -1)
    if act == "accept":
        plans.accept(unit, person.person_id, now, request.form.getlist("pick"))
        toast(_("已记下会员接受的项目和今天的价格。"))
    elif act == "send":
        n = plans.send(unit, person.person_id, now)
        toast(ngettext("已转到收银台，%(n)d 行挂起待收。", "已转到收银台，%(n)d 行挂起待收。", n))
    else:
        toast(_("已保存计划。"))
    return go("dental.plan", person_id=person.person_id)


def _given(now: plans.Plan) -> dict[str, tuple[str, int]]:
    """Return item and phase of the rows that the form had."""
    found = {}
    for row in now.rows:
        if f"item.{row.key}" in request.form:
            phase = request.form.get(f"phase.{row.key}", "1")
            found[row.key] = (request.form[f"item.{row.key}"], int(phase) if phase in ("1", "2", "3") else 0)
    return found


def _show(person_id: str, refusal: Refusal | None = None) -> Any:
    unit, actor = page_session(), tenancy.current_actor()
    person = chart.opened(unit, person_id)
    events = chart.events_of(unit, person.person_id)
    found = planned.plan_of(unit, person.person_id, events, fold.state(events))
    return render_page(
        "dental/plan.html", status=refusal.status if refusal else 200, P=person, plan=found, refusal=refusal,
        rows=[(row, teeth.cross([row.plan.fdi])) for row in found.rows], today=clock.today(actor.tz),
        all=teeth.cross([row.plan.fdi for row in found.rows]), codes=fold.CODES, faces=words.faces_said,
        name=teeth.name, states=planned.STATES, phases=planned.PHASES, may_write=may(actor, WRITE),
    )  # fmt: skip
