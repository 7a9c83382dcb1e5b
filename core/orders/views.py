"""The page of a replay: what the last 90 days would have come to under the draft of the programme."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flask import Blueprint, request

from core.kernel.errors import FieldError, Invalid, Refusal
from core.kernel.i18n import _
from core.kernel.ids import parse_id
from core.kernel.web.render import go, render_page
from core.kernel.web.routes import on_refusal, own_unit, page, session
from core.orders import replay
from core.programme import drafts, services
from core.programme.permissions import EDIT
from core.programme.rules import Programme, document_hash

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from core.orders.models import Replay

bp = Blueprint("replay", __name__, url_prefix="/programme")

AT_ONCE = 4
"""Slices replayed before the page answers; the rest is the worker's."""


@page(bp, "/replay", permission=EDIT, endpoint="page")
def replay_page() -> Any:
    """Show a replay as far as it is, or what to do for one."""
    unit = session()
    wanted = parse_id(request.args.get("id", ""))
    return _page(unit, replay.get(unit, wanted) if wanted else None)


def _page(unit: Session, row: Replay | None, refusal: Refusal | None = None) -> Any:
    draft = drafts.current(unit)
    reading = drafts.read(unit, draft) if draft else None
    sums = replay.Sums.from_json(row.result) if row else None
    return render_page(
        "orders/replay.html", row=row, sums=sums, draft=draft, reading=reading, refusal=refusal, days=replay.DAYS,
        fresh=bool(row and reading and reading.programme and document_hash(reading.programme) == row.sha256),
        groups=_groups(unit, sums) if sums else [], names=replay.named(unit, sums) if sums else {},
        done=bool(row and row.state == "done"),
    )  # fmt: skip


def _groups(unit: Session, sums: replay.Sums) -> list[tuple[str, replay.Group]]:
    """Return (name, group) by tier, lowest first, sales without a member last, and the sum when there are several."""
    programme: Programme = services.in_force(unit)
    order = {tier.code: (n, tier.name) for n, tier in enumerate(programme.tiers)}
    order[""] = (len(order) + 1, _("散客"))
    rows = sorted(sums.groups.items(), key=lambda pair: order.get(pair[0], (len(order), "")))
    found = [(order.get(code, (0, code))[1], group) for code, group in rows]
    return [*found, (_("合计"), _whole(sums))] if len(found) > 1 else found


def _whole(sums: replay.Sums) -> replay.Group:
    whole = replay.Group()
    for one in sums.groups.values():
        whole.orders += one.orders
        whole.list_fen += one.list_fen
        whole.members += one.members
        whole.winners += one.winners
        whole.losers += one.losers
        for mine, theirs in ((whole.now, one.now), (whole.then, one.then)):
            mine.net_fen += theirs.net_fen
            mine.points += theirs.points
    return whole


@page(bp, "/replay", permission=EDIT, unit="own", methods=("POST",), endpoint="start")
def replay_start() -> Any:
    """Replay the open draft; a short history is done when the page comes back."""
    on_refusal(lambda refusal: _page(session(), None, refusal))
    with own_unit("write") as unit:
        reading = drafts.read(unit, drafts.required(unit))
        if reading.programme is None:
            faults = [FieldError(one.field, one.message) for one in reading.errors]
            raise Invalid(_("草稿还有错误，改好才能重算。"), errors=faults)
        row_id = replay.begin(unit, reading.programme).id
    for _n in range(AT_ONCE):
        with own_unit("write") as unit:
            row = replay.get(unit, row_id)
            if row.state in ("done", "failed") or not replay.advance(unit, row):
                break
    return go("replay.page", id=row_id)
