"""A member's points by lot, soonest to end first, and letting one live longer by hand (S2-13)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flask import request
from sqlalchemy import select

from core.desk.blueprint import bp, id_of
from core.desk.permissions import VIEW
from core.kernel.errors import Refusal
from core.kernel.i18n import _, _l
from core.kernel.permissions import may
from core.kernel.tenancy import current_actor
from core.kernel.web.render import go, render_page, toast
from core.kernel.web.routes import on_refusal, page, session
from core.ledger.models import LotExtension
from core.people import services as people
from core.points import extension
from core.points.permissions import EXTEND
from core.rewards import notices
from core.rewards.models import ExpiryNotice

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

REASONS = (_l("会员来不及用"), _l("门店停业耽误"), _l("老会员关怀"))


@page(bp, "/members/<person_id>/lots", permission=VIEW, endpoint="lots")
def lots_page(person_id: str) -> Any:
    """Show which points run out when, what was extended, whether the member was told."""
    return _lots_page(session(), person_id)


def _lots_page(unit: Session, person_id: str, refusal: Refusal | None = None) -> Any:
    person = people.get(unit, id_of(person_id))
    rows = extension.lots_of(unit, person.id)
    told = {
        row.lot_id: row
        for row in unit.scalars(select(ExpiryNotice).where(ExpiryNotice.lot_id.in_([one.id for one in rows])))
    }
    extended = unit.scalars(
        select(LotExtension).where(LotExtension.person_id == person.id).order_by(LotExtension.id.desc()).limit(20)
    ).all()
    template = notices.template_of(unit)
    return render_page(
        "desk/lots.html", status=refusal.status if refusal else 200, P=person, rows=rows, told=told,
        extended=extended, may_extend=may(current_actor(), EXTEND), reasons=REASONS, refusal=refusal,
        typed=request.form, notice_template=template, sends=template is not None and notices.can_send(template.channel),
    )  # fmt: skip


@page(bp, "/members/<person_id>/lots/<lot_id>/extend", permission=EXTEND, unit="write", methods=("POST",))
def lot_extend(person_id: str, lot_id: str) -> Any:
    """Let one lot live longer, with a reason."""
    on_refusal(lambda refusal: _lots_page(session(), person_id, refusal))
    reason = request.form.get("reason_text", "").strip() or request.form.get("reason", "").strip()
    done = extension.by_hand(session(), id_of(person_id), lot_id, reason)
    toast(_("已延期：%(a)s 改为 %(b)s。", a=done.from_on.isoformat(), b=done.to_on.isoformat()))
    return go("desk.lots", person_id=id_of(person_id))
