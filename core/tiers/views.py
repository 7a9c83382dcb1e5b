"""Pages of tiers: what publishing the draft would do to everybody, and the publishing itself."""

from __future__ import annotations

import csv
import io
import json
from datetime import datetime, time
from typing import TYPE_CHECKING, Any

from flask import Blueprint, make_response, request
from sqlalchemy import select

from core.kernel import audit, clock
from core.kernel.errors import FieldError, Invalid, Refusal
from core.kernel.i18n import _
from core.kernel.ids import parse_id
from core.kernel.runtime import runtime
from core.kernel.tenancy import current_actor
from core.kernel.web.render import go, render_page, toast
from core.kernel.web.routes import on_refusal, own_unit, page, session
from core.people.models import Person
from core.programme import drafts, services
from core.programme.models import ProgrammePreview
from core.programme.permissions import EDIT, PUBLISH, VIEW
from core.programme.rules import Programme, document_hash
from core.tiers import jobs, movement, report

if TYPE_CHECKING:
    from datetime import date

    from sqlalchemy.orm import Session

bp = Blueprint("tiers", __name__, url_prefix="/programme")

NAMED = 50
AT_ONCE = 2_000
"""Moves up to here are booked before the page answers; more are the worker's."""


@page(bp, "/preview", permission=EDIT)
def preview() -> Any:
    """Show what to choose before a preview, or the preview asked for."""
    wanted = parse_id(request.args.get("id", ""))
    return _page(session(), drafts.preview(session(), wanted) if wanted else None)


def _page(unit: Session, seen: ProgrammePreview | None, refusal: Refusal | None = None) -> Any:
    draft = drafts.required(unit)
    reading = drafts.read(unit, draft)
    current = services.newest(unit)
    result = json.loads(seen.result) if seen else None
    tz = current_actor().tz
    fresh = bool(
        seen and reading.programme and current
        and seen.sha256 == document_hash(reading.programme) and seen.base_sha256 == current.sha256
    )  # fmt: skip
    return render_page(
        "tiers/preview.html", draft=draft, reading=reading, seen=seen, result=result, fresh=fresh, refusal=refusal,
        names=_names(unit, result["first"]) if result else {}, today=clock.today(tz),
        day=clock.business_date(clock.from_ms(seen.effective_at), tz) if seen else clock.today(tz),
        changes=len(drafts.differences(unit, draft)),
    )  # fmt: skip


def _names(unit: Session, moves: list[dict[str, Any]]) -> dict[int, tuple[str, str]]:
    ids = [int(move["id"]) for move in moves[:NAMED]]
    rows = unit.execute(select(Person.id, Person.name, Person.member_no).where(Person.id.in_(ids)))
    return {row.id: (row.name, row.member_no) for row in rows}


@page(bp, "/preview", permission=EDIT, unit="write", methods=("POST",), endpoint="make_preview")
def make_preview() -> Any:
    """Work out what publishing the draft on a day would do, and keep it."""
    on_refusal(lambda refusal: _page(session(), None, refusal))
    unit = session()
    reading = drafts.read(unit, drafts.required(unit))
    if reading.programme is None:
        faults = [FieldError(one.field, one.message) for one in reading.errors]
        raise Invalid(_("草稿还有错误，改好才能预览。"), errors=faults)
    day = _day(request.form.get("day", ""))
    keep = request.form.get("keep") == "1"
    old, new = services.in_force(unit), reading.programme
    outcome = movement.preview(unit, old, new, day, current_actor().tz, keep_holders=keep)
    result = _result(outcome, old, new)
    row = drafts.keep_preview(unit, document_hash(new), _starts(day), keep, outcome.moved, result)
    return go("tiers.preview", id=row.id)


def _day(text: str) -> date:
    today = clock.today(current_actor().tz)
    if not text:
        return today
    try:
        day = datetime.strptime(text, "%Y-%m-%d").date()
    except ValueError as problem:
        raise Invalid.field("day", _("请填生效日期，例如 2027-01-01。")) from problem
    if day < today:
        raise Invalid.field("day", _("生效日期不能早于今天：已经收的款按当时的规则。"))
    return day


def _starts(day: date) -> int:
    """Return the instant at which a business day begins; for today: now."""
    tz = current_actor().tz
    if day <= clock.today(tz):
        return clock.now_ms()
    return clock.to_ms(datetime.combine(day, time.min, clock.zone(tz)))


def _result(outcome: movement.Outcome, old: Programme, new: Programme) -> dict[str, Any]:
    names = {tier.code: tier.name for programme in (old, new) for tier in programme.tiers}
    order = [tier.code for tier in new.tiers] + [t.code for t in old.tiers if new.tier(t.code) is None]
    cells = [[outcome.matrix.get((before, after), 0) for after in order] for before in order]
    rows = [place for place, cell in enumerate(cells) if any(cell)]
    return {
        "tiers": [names[code] for code in order], "cells": cells, "rows": rows, "kept": outcome.kept,
        "examined": outcome.examined, "cost_fen": outcome.cost_fen,
        "first": [
            {"id": str(move.person_id), "before": names.get(move.before, move.before),
             "after": names.get(move.after, move.after), "up": new.rank(move.after) > new.rank(move.before),
             "spend_fen": move.spend_fen}
            for move in outcome.first
        ],
    }  # fmt: skip


@page(bp, "/preview/<preview_id>.csv", permission=EDIT, unit="write")
def preview_csv(preview_id: str) -> Any:
    """Hand out who moves in a preview (the first 500), audited."""
    unit = session()
    seen = drafts.preview(unit, parse_id(preview_id) or 0)
    moves = json.loads(seen.result)["first"]
    ids = [int(move["id"]) for move in moves]
    rows = unit.execute(select(Person.id, Person.name, Person.member_no).where(Person.id.in_(ids)))
    people = {row.id: (row.member_no, row.name) for row in rows}
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow([_("会员号"), _("姓名"), _("原来"), _("以后")])
    for move in moves:
        writer.writerow([*people.get(int(move["id"]), ("", "")), move["before"], move["after"]])
    audit.record(unit, "tiers.preview.exported", "programme_preview", seen.id, detail={"rows": len(moves)})
    answer = make_response("\ufeff" + out.getvalue())
    answer.headers["Content-Type"] = "text/csv; charset=utf-8"
    answer.headers["Content-Disposition"] = 'attachment; filename="moves.csv"'
    return answer


@page(bp, "/publish", permission=PUBLISH, unit="own", methods=("POST",))
def publish() -> Any:
    """Publish the draft as it was previewed; few moves are booked at once."""
    wanted = parse_id(request.form.get("preview", "")) or 0
    on_refusal(lambda refusal: _page(session(), None, refusal))
    with own_unit("write") as unit:
        seen = drafts.preview(unit, wanted)
        version = drafts.publish(unit, drafts.required(unit), seen)
        movement.announce(
            unit, version.number, version.effective_at, keep_holders=seen.keep_holders, previewed=seen.moved
        )
        number, due, moved = version.number, version.effective_at <= clock.now_ms(), seen.moved
    if due and moved <= AT_ONCE:
        jobs.programme_effects(runtime(), current_actor())
    toast(_("第 %(n)d 版已发布。", n=number))
    return go("programme.version", number=number)


@page(bp, "/versions/<number>/movement", permission=VIEW, endpoint="movement")
def movement_report(number: str) -> Any:
    """Show what became of a version's preview: found again as of its day, or booked."""
    unit = session()
    found = report.report(unit, parse_id(number) or 0, current_actor().tz)
    ids = [*found.joined[:NAMED], *found.left[:NAMED]]
    rows = unit.execute(select(Person.id, Person.name, Person.member_no).where(Person.id.in_(ids)))
    return render_page("tiers/movement.html", R=found, names={row.id: (row.name, row.member_no) for row in rows})
