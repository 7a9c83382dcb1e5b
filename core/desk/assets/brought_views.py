"""Pages of giving back stored value that a member brought along: the formulas, what it comes to, the confirmation."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING, Any

from flask import request

from core.desk.assets import wallet_words as words
from core.desk.blueprint import bp, id_of
from core.desk.selling.order_views import refund_proof
from core.desk.settings import REFUND_REASONS
from core.kernel import clock, settings
from core.kernel.errors import Invalid, Refusal
from core.kernel.i18n import _
from core.kernel.idempotency import perform
from core.kernel.runtime import runtime
from core.kernel.tenancy import current_actor
from core.kernel.web.formats import yuan
from core.kernel.web.render import go, render_page, toast
from core.kernel.web.routes import on_refusal, own_unit, page, session
from core.orders.settings import REFUND_PROOF_ABOVE
from core.orders.value import brought_back
from core.org import dealing
from core.people import services as people
from core.wallet import giving_back, law
from core.wallet.giving_back import Payout

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

LINE = 0  # the formulas' part names its fields by a line; here is one


@page(bp, "/members/<person_id>/stored-value/<top_up_id>/refund", permission=brought_back.REFUND)
def value_back(person_id: str, top_up_id: str) -> Any:
    """Show by which formulas a brought top-up may go back and how the money may leave."""
    return _page(session(), person_id, top_up_id)


def _page(unit: Session, person_id: str, top_up_id: str, refusal: Refusal | None = None, *, shown: bool = False) -> Any:
    person, form = people.get(unit, id_of(person_id)), request.form
    top_up = brought_back.see(unit, person.id, id_of(top_up_id))
    today = clock.today(current_actor().tz)
    found = brought_back.preview(unit, person.id, id_of(top_up_id), _formula()) if shown else None
    limit = int(settings.value(unit, REFUND_PROOF_ABOVE))
    return render_page(
        "desk/value_back.html", status=refusal.status if refusal else 200, P=person, top_up_id=top_up_id, n=LINE,
        top=giving_back.back_of(unit, top_up, today),
        found=found, refusal=refusal, typed=form, once=secrets.token_urlsafe(16), limit=limit,
        formula_names=words.FORMULA_NAMES, formula_says=words.FORMULA_SAYS, formula_sources=law.FORMULA_SOURCES,
        payout_names=words.PAYOUT_NAMES, reasons=settings.value(unit, REFUND_REASONS),
        needs_proof=found is not None and found.plan.fen > limit, own=dealing.is_own(unit, [person.id]),
    )  # fmt: skip


def _formula() -> str | None:
    return request.form.get(f"formula_{LINE}", "")[:16] or None


@page(
    bp, "/members/<person_id>/stored-value/<top_up_id>/refund/preview", permission=brought_back.REFUND, unit="write",
    methods=("POST",),
)  # fmt: skip
def value_back_preview(person_id: str, top_up_id: str) -> Any:
    """Show what it comes to by the chosen formula; nothing is written."""
    on_refusal(lambda refusal: _page(session(), person_id, top_up_id, refusal))
    return _page(session(), person_id, top_up_id, shown=True)


@page(
    bp, "/members/<person_id>/stored-value/<top_up_id>/refund", permission=brought_back.REFUND, unit="own",
    methods=("POST",), endpoint="value_back_post",
)  # fmt: skip
def value_back_post(person_id: str, top_up_id: str) -> Any:
    """Give back what the preview showed, once; above the limit with the PIN of somebody who may."""
    form = request.form
    reason = (form.get("reason_text", "").strip() or form.get("reason", "").strip())[:200]
    shown = form.get("preview_id", "")[:64]
    try:
        if not shown:
            raise Invalid(_("请先预览退款结果，再确认。"))
        if not reason:
            raise Invalid.field("reason", _("请选择或填写退款原因。"))
        proof, payload = refund_proof(top_up_id, shown, reason)
        outcome = perform(
            runtime().db, current_actor(), f"value_back:{top_up_id[:30]}", form.get("once", "")[:60] or shown,
            shown.encode(), lambda unit: _done(unit, person_id, top_up_id, reason, shown, proof, payload),
        )  # fmt: skip
        if outcome.status >= 400:
            raise Refusal(outcome.answer["title"], code=outcome.answer["code"], status=outcome.status)
    except Refusal as refused:
        return _refused(person_id, top_up_id, refused)
    toast(_("已退 %(yuan)s。", yuan=yuan(outcome.answer["amount_fen"])))
    return go("desk.wallet", person_id=person_id)


def _refused(person_id: str, top_up_id: str, refused: Refusal) -> Any:
    """Show the page again with what it comes to now; without it where that is what was refused."""
    try:
        with own_unit("write") as unit:
            return _page(unit, person_id, top_up_id, refused, shown=True)
    except Refusal as problem:
        with own_unit("read") as unit:
            return _page(unit, person_id, top_up_id, problem)


def _done(
    unit: Session, person_id: str, top_up_id: str, reason: str, shown: str, proof: str | None, payload: str
) -> tuple[int, dict[str, Any]]:  # fmt: skip
    form = request.form
    payout = Payout(form.get("payout", "")[:20], form.get("payout_reference", "").strip()[:120])
    done = brought_back.give_back(
        unit, people.get(unit, id_of(person_id)).id, id_of(top_up_id), _formula(), payout, reason, preview_id=shown,
        proof=proof, payload_sha256=payload,
    )  # fmt: skip
    return 201, {"amount_fen": done.plan.fen}
