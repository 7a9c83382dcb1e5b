"""Pages where a second person comes in: the till's PINs, refunds and prices to be approved, adjustments."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flask import request

from core.desk import rules
from core.desk.blueprint import bp, id_of, who
from core.desk.permissions import ORDERS_REFUND, TILL
from core.desk.selling import guards, order_views, till_views
from core.desk.settings import POINT_REASONS
from core.kernel import clock, settings
from core.kernel.errors import Invalid, NotFound, Refusal
from core.kernel.i18n import _
from core.kernel.permissions import may
from core.kernel.statements import Statements
from core.kernel.tenancy import current_actor
from core.kernel.web.render import go, is_fragment, render_page, toast
from core.kernel.web.routes import on_refusal, own_unit, page, session
from core.ledger import services as ledger
from core.orders.granting import adjustments
from core.orders.refunding import refund_approval
from core.orders.settings import ADJUST_ALONE, ADJUST_MAX
from core.org import staff_changes
from core.org.permissions import STAFF_EDIT
from core.people import services as people
from core.programme import services as programmes
from core.tiers import overrides
from core.tiers.permissions import OVERRIDE

if TYPE_CHECKING:
    from sqlalchemy.orm import Session


# -- the till ------------------------------------------------------------------------------------


@page(bp, "/till/confirm", permission=TILL, unit="own", methods=("POST",))
def till_confirm() -> Any:
    """Take a second person's PIN for a changed price or for the cashier's own household."""
    what = rules.OWN_CARD if request.form.get("what") == rules.OWN_CARD else rules.PRICE
    number, pin = request.form.get("number", "")[:20], request.form.get("pin", "")[:12]
    try:
        with own_unit("write") as unit:
            refused = guards.prove(unit, who().session_id, what, number, pin)
    except Refusal as refusal:
        refused = refusal
    if refused is None and not is_fragment():
        return go("desk.till")
    with own_unit("read") as unit:
        return till_views.show_till(unit, refused, at="pay", status=refused.status if refused else 200)


@page(bp, "/till/price/ask", permission=TILL, unit="write", methods=("POST",))
def till_price_ask() -> Any:
    """Ask for the changed prices of the basket; it stays open meanwhile."""
    on_refusal(lambda refusal: till_views.show_till(session(), refusal, at="pay", status=refusal.status))
    guards.ask_price(session(), who().session_id)
    if is_fragment():
        return till_views.show_till(session())
    return go("desk.till")


# -- refunds above the limit ---------------------------------------------------------------------


@page(bp, "/orders/<order_no>/refund/ask", permission=ORDERS_REFUND, unit="own", methods=("POST",))
def refund_ask(order_no: str) -> Any:
    """Ask for a refund above the limit when nobody who may confirm it is there."""
    form = request.form
    asked = order_views.asked_of(form)
    reason = (form.get("reason_text", "").strip() or form.get("reason", "").strip())[:200]
    try:
        with own_unit("write") as unit:
            times = order_views.sessions_of(form)
            row = refund_approval.ask(
                unit, order_no, asked, reason, form.get("preview_id", "")[:64], times, order_views.choice_of(form)
            )
            request_id = row.id
    except NotFound:
        raise
    except Refusal as refused:
        return order_views.show_refused(order_no, asked, refused)
    toast(_("已提交审批，批准后立即退款。"))
    return go("org.approval", request_id=request_id)


# -- points and tier of a member -----------------------------------------------------------------


@page(bp, "/members/<person_id>/adjust", permission=adjustments.ASK, endpoint="adjust")
def adjust_page(person_id: str) -> Any:
    """Show what may be corrected by hand on a member's account."""
    return _adjust_page(session(), person_id)


def _adjust_page(unit: Session, person_id: str, refusal: Refusal | None = None, at: str = "") -> Any:
    person = people.get(unit, id_of(person_id))
    actor = current_actor()
    today = clock.today(actor.tz)
    programme = programmes.in_force(unit)
    st = Statements(unit, actor.franchise_id)
    usable, debt = ledger.available_of(st, [person.id], ledger.POINTS, today)[person.id]
    tier = programme.tier(person.tier_code)
    present = overrides.in_force(unit, person.id, today)
    return render_page(
        "desk/adjust.html", P=person, usable=usable, debt=debt, tier=tier, tiers=programme.tiers, present=present,
        today=today, most=int(settings.value(unit, ADJUST_MAX)), alone=int(settings.value(unit, ADJUST_ALONE)),
        reasons=settings.value(unit, POINT_REASONS), refusal=refusal, at=at, typed=request.form,
        may_tier=may(actor, OVERRIDE),
        status=refusal.status if refusal else 200,
    )  # fmt: skip


@page(bp, "/members/<person_id>/adjust/points", permission=adjustments.ASK, unit="write", methods=("POST",))
def adjust_points(person_id: str) -> Any:
    """Ask for an adjustment of points."""
    on_refusal(lambda refusal: _adjust_page(session(), person_id, refusal, "points"))
    form = request.form
    reason = form.get("reason_text", "").strip() or form.get("reason", "").strip()
    done = adjustments.adjust(session(), id_of(person_id), ledger.POINTS, _delta(form.get("delta", "")), reason)
    if done.request is None:
        toast(_("积分已调整。"))
        return go("desk.member", person_id=person_id)
    toast(_("已提交审批，批准后立即入账。"))
    return go("org.approval", request_id=done.request.id)


def _delta(raw: str) -> int:
    text = raw.strip().replace(",", "").replace("，", "").replace("＋", "+").replace("－", "-").replace("−", "-")
    if not text.lstrip("+-").isdigit() or len(text) > 9:
        raise Invalid.field("delta", _("请填写整数：加分写 200，扣分写 -200。"))
    return int(text)


@page(bp, "/members/<person_id>/adjust/tier", permission=OVERRIDE, unit="write", methods=("POST",))
def adjust_tier(person_id: str) -> Any:
    """Ask for a tier set by hand, or for its end."""
    on_refusal(lambda refusal: _adjust_page(session(), person_id, refusal, "tier"))
    form = request.form
    tier = "" if form.get("act") == "end" else form.get("tier", "")[:40]
    if form.get("act") != "end" and not tier:
        raise Invalid.field("tier", _("请选择定为哪个等级。"))
    row = overrides.ask(
        session(), id_of(person_id), tier, form.get("until", "")[:10], form.get("reason", "").strip()[:200]
    )
    toast(_("已提交审批，批准后立即生效。"))
    return go("org.approval", request_id=row.id)


# -- staff as persons ----------------------------------------------------------------------------


@page(bp, "/records/staff/<staff_id>/person", permission=STAFF_EDIT, unit="write", methods=("POST",))
def staff_person(staff_id: str) -> Any:
    """Say which member a staff member is, by member number; an empty one takes the link away."""
    row = staff_changes.get(session(), id_of(staff_id))
    number = request.form.get("member_no", "").strip()[:20]
    person = people.by_member_no(session(), number) if number else None
    if number and person is None:
        raise Invalid.field("member_no", _("没有会员号 %(n)s。", n=number))
    staff_changes.link_person(session(), row.id, person.id if person else None)
    toast(_("已关联，%(name)s不能经手本人和家人的账户。", name=row.name) if person else _("已取消关联。"))
    return go("org.staff_member", staff_id=row.id)
