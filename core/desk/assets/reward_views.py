"""The rewards desk: whose points, what they take, which lots a redemption is paid from (S2-14 to S2-16)."""

from __future__ import annotations

import secrets
from datetime import date
from typing import TYPE_CHECKING, Any

from flask import request, url_for
from sqlalchemy import select

from core.desk.assets.course_views import pin_proof
from core.desk.blueprint import bp, id_of
from core.desk.people import member
from core.kernel import clock, settings
from core.kernel.errors import Invalid, Refusal
from core.kernel.i18n import _, _l
from core.kernel.idempotency import perform
from core.kernel.money import parse_yuan
from core.kernel.permissions import may
from core.kernel.runtime import runtime
from core.kernel.statements import Statements
from core.kernel.tenancy import current_actor
from core.kernel.web.render import MenuEntry, go, menu, render_page, toast
from core.kernel.web.routes import on_refusal, own_unit, page, session
from core.orders.models import Orders
from core.orders.rewarding import redeem, redeem_checks
from core.orders.selling import tender_list
from core.orders.types import TenderRequest
from core.org import approvals, business_day, dealing
from core.people import services as people
from core.rewards import approval, reads, rules
from core.rewards import services as rewards
from core.rewards.permissions import CANCEL_APPROVE, REDEEM, VIEW
from core.rewards.settings import COUPON_FROM, HOLD_MINUTES

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from core.people.models import Person

menu.add(MenuEntry("till", _l("积分兑换"), "desk.rewards", "gift", VIEW, 12))

KIND_NAMES: dict[str, Any] = {"goods": _l("礼品"), "coupon": _l("券"), "course": _l("服务次数")}
STATE_NAMES: dict[str, Any] = {
    "reserved": _l("已预留"), "confirmed": _l("待交付"), "fulfilled": _l("已完成"), "cancelled": _l("已撤销"),
    "expired": _l("到时取消"),
}  # fmt: skip
CANCEL_REASONS = (_l("点错了"), _l("会员改主意"), _l("礼品有问题"))
MOST_LOTS = 5
NOT_MONEY = ("points", "stored_value", "insurance_pooled", "insurance_personal")


# -- the desk --------------------------------------------------------------------------------------


@page(bp, "/rewards", permission=VIEW, endpoint="rewards")
def rewards_page() -> Any:
    """Show the catalogue as it stands at this store, before a member is chosen."""
    return render_page(
        "desk/rewards.html", C=reads.catalogue(session()), M=None, kind_names=KIND_NAMES, pick=None, history=[],
        state_names=STATE_NAMES, may_redeem=may(current_actor(), REDEEM), refusal=None,
    )  # fmt: skip


@page(bp, "/rewards/<person_id>", permission=VIEW, endpoint="rewards_of")
def rewards_of(person_id: str) -> Any:
    """Show what a member can have for their points; a chosen reward is laid out before it is taken."""
    return _desk(session(), id_of(person_id), request.args)


def _desk(unit: Session, person_id: int, typed: Any, refusal: Refusal | None = None) -> Any:
    person = people.get(unit, person_id)
    qty = _qty(typed.get("qty")) or 1
    seen = reads.catalogue(unit, person.id)
    # The cards speak of one piece each; what was chosen of so many.
    several = reads.catalogue(unit, person.id, qty) if qty > 1 else seen
    chosen = next((one for one in several.offers if one.reward.code == typed.get("reward")), None)
    answer = render_page(
        "desk/rewards.html", status=refusal.status if refusal else 200, C=seen, kind_names=KIND_NAMES,
        M=member.see(unit, person, alerts=False), pick=chosen, qty=qty,
        takes=_takes(unit, person, seen, chosen, qty), history=reads.of_member(unit, person.id, 6),
        state_names=STATE_NAMES, may_redeem=may(current_actor(), REDEEM), refusal=refusal, typed=typed,
        once=secrets.token_urlsafe(16), own=dealing.is_own(unit, [person.id]), most=rules.MOST,
        tenders=_ways(unit) if chosen and chosen.reward.cash_fen else [], now=clock.now_ms(),
        minutes=int(settings.value(unit, HOLD_MINUTES)),
        at_once=settings.value(unit, COUPON_FROM) == "at_once", today=clock.today(current_actor().tz),
    )  # fmt: skip
    answer.headers["Cache-Control"] = "no-store"
    return answer


def _qty(text: str | None) -> int | None:
    return int(text) if text and text.isascii() and text.isdigit() and len(text) < 5 else None


def _takes(
    unit: Session, person: Person, seen: reads.Catalogue, chosen: reads.Offer | None, qty: int
) -> list[tuple[date | None, int, int]]:
    """Return (end, points taken, points left) of the lots that a reward would be paid from, soonest first."""
    if chosen is None or seen.debt or chosen.reward.points * qty > (seen.points or 0):
        return []
    need, found = chosen.reward.points * qty, []
    for ends, points in member.see(unit, person, alerts=False).lots:
        part = min(need, points)
        if part:
            found.append((ends, part, points - part))
        need -= part
    return found[:MOST_LOTS]


@page(bp, "/rewards/<person_id>", permission=REDEEM, unit="own", methods=("POST",), endpoint="rewards_take")
def rewards_take(person_id: str) -> Any:
    """Redeem or reserve the chosen reward, once for each showing of the page."""
    person = id_of(person_id)
    try:
        done = _perform(person)
    except Refusal as refusal:
        with own_unit("read") as unit:
            return _desk(unit, person, request.form, refusal)
    undo = url_for("desk.redemption_cancel", redemption_id=done["id"])
    if done["state"] == rules.RESERVED:
        toast(_("已预留“%(name)s”，请在时限内确认。", name=done["name"]), undo=undo)
    else:
        toast(
            _("已兑换“%(name)s”，用 %(n)s 分，还剩 %(left)s 分。", name=done["name"], n=f"{done['points']:,}",
              left=f"{done['left']:,}"),
            undo=None if done["order"] else undo,
        )  # fmt: skip
    return go("desk.rewards_of", person_id=person)


def _perform(person_id: int) -> dict[str, Any]:
    form = request.form
    qty = _qty(form.get("qty", "1"))
    if qty is None:
        raise Invalid.field("qty", _("一次兑换 1 到 %(n)d 件。", n=rules.MOST))
    once = form.get("once", "")[:60] or secrets.token_urlsafe(16)
    payload = f"redeem|{person_id}|{form.get('reward', '')}|{qty}|{once}"
    witness = None
    if form.get("pin"):
        witness = pin_proof(form.get("number", ""), form["pin"], dealing.PURPOSE, payload)
    asked = rewards.Asked(
        form.get("reward", "")[:40], qty, hold=form.get("act") == "hold", handed=form.get("later") != "1",
        proof=witness, payload_sha256=approvals.sha_of(payload),
    )  # fmt: skip
    tenders = _tenders(form)

    def work(unit: Session) -> tuple[int, dict[str, Any]]:
        row = redeem.redeem(unit, person_id, asked, tenders)
        told = {"id": str(row.id), "name": row.name, "points": row.points, "state": row.state,
                "order": row.order_id is not None}  # fmt: skip
        unit.flush()
        return 201, {**told, "left": reads.catalogue(unit, person_id).points or 0}

    content = f"{person_id}|{asked.reward}|{qty}|{asked.hold}".encode()
    outcome = perform(runtime().db, current_actor(), "desk:redeem", once, content, work)
    if outcome.status >= 400:
        raise Refusal(outcome.answer["title"], code=outcome.answer["code"], status=outcome.status)
    return outcome.answer


def _tenders(form: Any) -> list[TenderRequest]:
    if not form.get("kind"):
        return []
    amount = parse_yuan(form.get("amount", ""))
    return [TenderRequest(form["kind"][:20], amount, reference=form.get("reference", "")[:120])]


def _ways(unit: Session) -> list[Any]:
    """Return the ways to pay money here."""
    return [one for one in tender_list.ways(unit) if one.on and one.kind not in NOT_MONEY]


# -- one redemption --------------------------------------------------------------------------------


@page(bp, "/rewards/redemptions/<redemption_id>", permission=VIEW, endpoint="redemption")
def redemption_page(redemption_id: str) -> Any:
    """Show a redemption: what it cost and gave, and what can still be done with it."""
    return _redemption(session(), redemption_id)


def _redemption(unit: Session, redemption_id: Any, refusal: Refusal | None = None) -> Any:
    row = rewards.get(unit, redemption_id)
    [seen] = reads.see(unit, [row])
    today = business_day.current(Statements(unit, current_actor().franchise_id))
    order_no = unit.scalar(select(Orders.order_no).where(Orders.id == row.order_id)) if row.order_id else None
    return render_page(
        "desk/redemption.html", status=refusal.status if refusal else 200, R=row, S=seen, refusal=refusal,
        P=people.get(unit, row.person_id), kind_names=KIND_NAMES, state_names=STATE_NAMES, typed=request.form,
        may_redeem=may(current_actor(), REDEEM), may_approve=may(current_actor(), CANCEL_APPROVE),
        same_day=seen.state == rules.RESERVED or row.business_on == today, reasons=CANCEL_REASONS,
        order_no=order_no, reason=row.reason or "",
    )  # fmt: skip


@page(bp, "/rewards/redemptions/<redemption_id>/step", permission=REDEEM, unit="write", methods=("POST",))
def redemption_step(redemption_id: str) -> Any:
    """Confirm a reservation, or note that goods were handed over."""
    on_refusal(lambda refusal: _redemption(session(), redemption_id, refusal))
    if request.form.get("act") == "fulfil":
        row = rewards.fulfil(session(), redemption_id)
        toast(_("已记下：交给会员了。"))
    else:
        row = redeem_checks.confirm(session(), redemption_id, handed=request.form.get("handed") != "0")
        toast(_("已兑换“%(name)s”。", name=row.name), undo=url_for("desk.redemption_cancel", redemption_id=row.id))
    return go("desk.rewards_of", person_id=row.person_id)


@page(bp, "/rewards/redemptions/<redemption_id>/cancel", permission=REDEEM, unit="write", methods=("POST",))
def redemption_cancel(redemption_id: str) -> Any:
    """Take a redemption of today or a reservation back; one of an earlier day is asked for."""
    on_refusal(lambda refusal: _redemption(session(), redemption_id, refusal))
    form = request.form
    reason = form.get("reason_text", "").strip() or form.get("reason", "").strip()
    if form.get("act") == "ask":
        asked = approval.ask_cancel(session(), redemption_id, reason)
        toast(_("已提交申请，批准后撤销。"))
        return go("org.approval", request_id=asked.id)
    row = rewards.cancel(session(), redemption_id, reason or _("当场撤销"))
    toast(_("已撤销，%(n)s 分退回原来的批次。", n=f"{row.points:,}"))
    return go("desk.rewards_of", person_id=row.person_id)
