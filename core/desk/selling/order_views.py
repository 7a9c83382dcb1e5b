"""Pages of orders: the day's list, an order with everything it moved, refunds with their preview."""

from __future__ import annotations

import datetime as dt
import hashlib
import secrets
from typing import TYPE_CHECKING, Any

from flask import request
from sqlalchemy import exists, select

from core.care.models import Finding
from core.desk.assets import wallet_words
from core.desk.blueprint import bp
from core.desk.books.order_books import invoice_is
from core.desk.permissions import ORDERS_REFUND, ORDERS_VIEW
from core.desk.selling import till_value
from core.desk.settings import REFUND_REASONS
from core.kernel import settings
from core.kernel.errors import Invalid, Refusal
from core.kernel.i18n import _, _l
from core.kernel.idempotency import perform
from core.kernel.permissions import may
from core.kernel.runtime import runtime
from core.kernel.statements import Statements
from core.kernel.tenancy import current_actor
from core.kernel.web import lists
from core.kernel.web.formats import clock_time, yuan
from core.kernel.web.lists import Column, Filter, ListSpec, Sort, address, link
from core.kernel.web.offered import Offered, offer
from core.kernel.web.render import MenuEntry, go, menu, render_page, toast
from core.kernel.web.routes import on_refusal, own_unit, page, session
from core.orders import reads
from core.orders.models import OrderLine, Orders, Refund
from core.orders.refunding import refunds
from core.orders.selling import tender_list
from core.orders.settings import REFUND_PROOF_ABOVE
from core.orders.value.top_up_refund import Choice
from core.orders.words import INVOICE_ASKED, INVOICE_NAMES, ROUTE_NAMES, SEVERITY_NAMES, STATE_NAMES
from core.org import business_day, dealing
from core.org.models import Staff
from core.org.proofs import make_proof
from core.people.models import Person
from core.wallet import law
from core.wallet.giving_back import Payout

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sqlalchemy.orm import Session

menu.add(MenuEntry("till", _l("收银台"), "desk.till", "till", "desk.till", 10))
menu.add(MenuEntry("till", _l("订单"), "desk.orders", "doc", ORDERS_VIEW, 20))

LOOKS: tuple[tuple[str, Any], ...] = (
    ("owed", _l("有欠款")), ("refunded", _l("有退款")), ("large_refund", _l("大额退款")),
    ("manual_price", _l("改过价")), ("overridden", _l("放行过提示")),
)  # fmt: skip


# -- the day's list --------------------------------------------------------------------------------


def looks(limit_fen: int) -> dict[str, Any]:
    """Return the criterion of each thing worth a look; `limit_fen` is where a refund counts as large."""
    refund = select(Refund.id).where(Refund.orders_id == Orders.id)
    line = select(OrderLine.id).where(OrderLine.orders_id == Orders.id)
    passed = select(Finding.id).where(
        Finding.order_id == Orders.id, Finding.severity == "major", Finding.override_by.is_not(None)
    )
    return {
        "owed": Orders.owed_fen > 0, "refunded": exists(refund),
        "large_refund": exists(refund.where(Refund.amount_fen > limit_fen)),
        "manual_price": exists(line.where(OrderLine.detail.contains('"manual_price"', autoescape=True))),
        "overridden": exists(passed),
    }  # fmt: skip


def list_spec(unit: Session, on: dt.date) -> ListSpec:
    """Return the orders of a business day; those of the actor's store where the role is bound to one."""
    actor = current_actor()
    stores = actor.grants.get(ORDERS_VIEW) or frozenset()
    wanted = looks(int(settings.value(unit, REFUND_PROOF_ABOVE)))
    persons = select(Person.name).where(Person.id == Orders.person_id).correlate(Orders).scalar_subquery()
    cashier = select(Staff.name).where(Staff.id == Orders.staff_id).correlate(Orders).scalar_subquery()
    return ListSpec(
        key="orders", model=Orders, noun=_l("单"),
        keeps=(("on", on.isoformat()),) if on != _today(unit) else (), context=(("on", on.isoformat()),),
        search_hint=_l("单号后几位"),
        search=lambda _session, text: select(Orders.id).where(
            Orders.business_on == on, Orders.order_no.endswith(text.strip()[-30:], autoescape=True)
        ),
        where=lambda _session: (Orders.business_on == on) & (Orders.store_id.in_(stores) if stores else True),
        columns=(
            Column(
                "no", _l("单号"), (Orders.order_no,),
                lambda row: link(address("desk.order", order_no=row.order_no), row.order_no), phone="title", fixed=True,
            ),
            Column("at", _l("时间"), (Orders.booked_at,), lambda row: clock_time(row.booked_at), phone="meta"),
            Column("who", _l("会员"), (persons.label("who"),), lambda row: row.who or _("不记名")),
            Column("list", _l("原价"), (Orders.list_fen,), lambda row: yuan(row.list_fen), numeric=True, quiet=True),
            Column(
                "total", _l("实收"), (Orders.paid_fen,), lambda row: yuan(row.paid_fen), numeric=True, phone="value"
            ),
            Column(
                "owed", _l("欠款"), (Orders.owed_fen,), lambda row: yuan(row.owed_fen) if row.owed_fen else "—",
                numeric=True, phone="note",
            ),
            Column(
                "back", _l("退款"), (Orders.refunded_fen,),
                lambda row: yuan(-row.refunded_fen) if row.refunded_fen else "—", numeric=True,
            ),
            Column("points", _l("得积分"), (Orders.earned_points,), lambda row: f"{row.earned_points:,}", numeric=True),
            Column(
                "state", _l("状态"), (Orders.state,), lambda row: str(STATE_NAMES.get(row.state, row.state)),
                phone="note",
            ),
            Column("by", _l("收银"), (cashier.label("by"),), lambda row: row.by or "—", quiet=True),
        ),
        sorts=(Sort("latest", _l("最新在前"), (Orders.id,), down=True, column="at"),),
        filters=(
            Filter("state", _l("状态"), tuple(STATE_NAMES.items()), lambda value: Orders.state == value),
            Filter("invoice", _l("发票"), INVOICE_ASKED, invoice_is),
            Filter("look", _l("留意"), LOOKS, lambda value: wanted[value]),
        ),
    )  # fmt: skip


def made(unit: Session, state: Mapping[str, str]) -> ListSpec:
    """Return the orders of the day that the list's page shows."""
    return list_spec(unit, _day(state.get("on"), _today(unit)))


offer(Offered("orders", _l("订单"), ORDERS_VIEW, made, "desk.orders", "orders"))


@page(bp, "/orders", permission=ORDERS_VIEW, endpoint="orders")
def orders_page() -> Any:
    """Show the orders of a business day."""
    today = _today(session())
    on = _day(request.args.get("on"), today)
    listing = lists.load(session(), list_spec(session(), on), request.args)
    return render_page(
        "desk/orders.html", listing=listing, title=_("订单"), on=on, today=today,
        before=on - dt.timedelta(days=1), after=on + dt.timedelta(days=1) if on < today else None, sub="",
    )  # fmt: skip


def _today(unit: Session) -> dt.date:
    """Return the store's business date: after a day close the next one, so that late orders are seen."""
    return business_day.current(Statements(unit, current_actor().franchise_id))


def _day(text: str | None, today: dt.date) -> dt.date:
    try:
        return min(dt.date.fromisoformat(text or ""), today)
    except ValueError:
        return today


# -- an order --------------------------------------------------------------------------------------


@page(bp, "/orders/<order_no>", permission=ORDERS_VIEW, endpoint="order")
def order_page(order_no: str) -> Any:
    """Show an order: lines with their steps, payments, findings, refunds."""
    return show_order(session(), order_no)


def show_order(
    unit: Session, order_no: str, *, refusal: Refusal | None = None, typed: Mapping[str, str] | None = None,
    status: int = 200, invoice_refusal: Refusal | None = None,
) -> Any:  # fmt: skip
    """Return an order's page; `refusal` is of a later payment, `invoice_refusal` of its invoice, `typed` the form."""
    seen = reads.see(unit, refunds.find(unit, order_no))
    open_ = bool(seen.row.owed_fen) and may(current_actor(), "orders.sell", seen.row.store_id)
    return render_page(
        "desk/order.html", status=status, S=seen, R=seen.row, kind_names=seen.tender_words, state_names=STATE_NAMES,
        severity_names=SEVERITY_NAMES, refusal=refusal, typed=typed or {}, once=secrets.token_urlsafe(16),
        ways=[way for way in tender_list.ways(unit) if way.on] if open_ else (),
        own=open_ and _is_own(unit, seen), invoice_names=INVOICE_NAMES, invoice_refusal=invoice_refusal,
        V=till_value.for_order(unit, seen.row.person_id, seen.row.owed_fen) if open_ else None,
        may_invoice=may(current_actor(), "orders.sell", seen.row.store_id),
        may_refund=may(current_actor(), ORDERS_REFUND, seen.row.store_id) and seen.row.state != "refunded",
    )  # fmt: skip


# -- refunds ---------------------------------------------------------------------------------------


@page(bp, "/orders/<order_no>/refund", permission=ORDERS_REFUND)
def refund(order_no: str) -> Any:
    """Show what may be refunded."""
    return _refund_page(session(), order_no, {})


def _refund_page(
    unit: Session, order_no: str, asked: Mapping[int, int], *, effects: refunds.Effects | None = None,
    refusal: Refusal | None = None, typed: Any = None,
) -> Any:  # fmt: skip
    seen = reads.see(unit, refunds.find(unit, order_no))
    limit = int(settings.value(unit, REFUND_PROOF_ABOVE))
    return render_page(
        "desk/refund.html", S=seen, R=seen.row, asked=asked, effects=effects, refusal=refusal, typed=typed or {},
        reasons=settings.value(unit, REFUND_REASONS), limit=limit, kind_names=tender_list.names(unit),
        once=secrets.token_urlsafe(16), packs=_packs(seen), top_ups=wallet_words.of_order(unit, seen),
        route_names=ROUTE_NAMES,
        formula_names=wallet_words.FORMULA_NAMES, formula_says=wallet_words.FORMULA_SAYS,
        formula_sources=law.FORMULA_SOURCES, payout_names=wallet_words.PAYOUT_NAMES,
        needs_proof=effects is not None and effects.amount_fen > limit, own=_is_own(unit, seen),
    )  # fmt: skip


def _packs(seen: Any) -> dict[int, tuple[int, int]]:
    """Return (pieces with unused sessions, unused sessions) of the lines that handed out courses."""
    numbers = {line.row.id: line.row.line_no for line in seen.lines}
    found: dict[int, tuple[int, int]] = {}
    for one in seen.courses:
        n = numbers[one.row.order_line_id]
        pieces, left = found.get(n, (0, 0))
        found[n] = (pieces + (one.left > 0), left + one.left)
    return found


def _is_own(unit: Session, seen: Any) -> bool:
    """Return whether the order belongs to the cashier's own household: a colleague's PIN is needed then."""
    return dealing.is_own(unit, [seen.row.person_id, *(line.row.for_person_id for line in seen.lines)])


def asked_of(form: Mapping[str, str], prefix: str = "qty_") -> dict[int, int]:
    """Return line number to pieces (or, by the prefix `ses_`, sessions) of a form; raise Invalid for no number."""
    asked = {}
    for name, raw in form.items():
        if not name.startswith(prefix) or not raw.strip():
            continue
        number = name[4:]
        if not (number.isdigit() and raw.strip().isdigit() and len(raw.strip()) <= 5):
            raise Invalid.field("lines", _("退几件须填写整数。"))
        if int(raw):
            asked[int(number)] = int(raw)
    return asked


@page(bp, "/orders/<order_no>/refund/preview", permission=ORDERS_REFUND, unit="write", methods=("POST",))
def refund_preview(order_no: str) -> Any:
    """Show what the chosen refund would move, by the very code that will do it; nothing stays written."""
    on_refusal(lambda refusal: _refund_page(session(), order_no, _lenient(request.form), refusal=refusal))
    asked, times = asked_of(request.form), sessions_of(request.form)
    effects = refunds.preview(session(), order_no, asked, times, choice_of(request.form))
    return _refund_page(session(), order_no, asked, effects=effects, typed=request.form)


def sessions_of(form: Mapping[str, str]) -> dict[int, int]:
    """Return how many sessions of the courses on lines go back; a line without a number gives back all unused."""
    asked = asked_of(form)
    return {n: times for n, times in asked_of(form, "ses_").items() if n in asked}


def choice_of(form: Mapping[str, str]) -> Choice:
    """Return what a form chooses for top-ups: formulas by line of those that go back, how the money leaves."""
    asked = _lenient(form)
    formulas = {n: form.get(f"formula_{n}", "")[:16] for n in asked if form.get(f"formula_{n}")}
    return Choice(formulas, Payout(form.get("payout", "")[:20], form.get("payout_reference", "").strip()[:120]))


def _lenient(form: Mapping[str, str], prefix: str = "qty_") -> dict[int, int]:
    try:
        return sessions_of(form) if prefix == "ses_" else asked_of(form)
    except Invalid:
        return {}


@page(
    bp,
    "/orders/<order_no>/refund",
    permission=ORDERS_REFUND,
    unit="own",
    methods=("POST",),
    endpoint="refund_post",
)
def refund_post(order_no: str) -> Any:
    """Refund what the preview showed, once; above the limit with the PIN of somebody who may."""
    form = request.form
    asked = _lenient(form)
    reason = (form.get("reason_text", "").strip() or form.get("reason", "").strip())[:200]
    shown = form.get("preview_id", "")[:64]
    try:
        if not shown:
            raise Invalid(_("请先预览退款结果，再确认。"))
        if not reason:
            raise Invalid.field("reason", _("请选择或填写退款原因。"))
        proof, payload = refund_proof(order_no, shown, reason)
        outcome = perform(
            runtime().db, current_actor(), f"refund:{order_no[:30]}", form.get("once", "")[:60] or shown,
            shown.encode(),
            lambda unit: _done(unit, order_no, asked, reason, shown, proof, payload),
        )  # fmt: skip
        if outcome.status >= 400:
            raise Refusal(outcome.answer["title"], code=outcome.answer["code"], status=outcome.status)
    except Refusal as refused:
        return show_refused(order_no, asked, refused)
    toast(
        _(
            "已退款 %(yuan)s，退款单 %(no)s。",
            yuan=yuan(outcome.answer["amount_fen"]),
            no=outcome.answer["refund_no"],
        )
    )
    return go("desk.order", order_no=order_no)


def _done(
    unit: Session, order_no: str, asked: Mapping[int, int], reason: str, shown: str, proof: str | None, payload: str
) -> tuple[int, dict[str, Any]]:  # fmt: skip
    effects = refunds.refund(
        unit, order_no, asked, reason, preview_id=shown, proof=proof, payload_sha256=payload,
        sessions=_lenient(request.form, "ses_"), choice=choice_of(request.form),
    )  # fmt: skip
    return 201, {"refund_no": effects.refund_no, "amount_fen": effects.amount_fen}


def refund_proof(about: str, shown: str, reason: str) -> tuple[str | None, str]:
    """Return the proof of the PIN that was entered, if any, and the hash of what it is for."""
    payload = hashlib.sha256(f"{about}|{shown}|{reason}".encode()).hexdigest()
    number, pin = request.form.get("number", "").strip()[:20], request.form.get("pin", "").strip()[:12]
    if not number and not pin:
        return None, payload
    with own_unit("write") as unit:
        made = make_proof(unit, number, pin, "refund", payload)
    if made.refusal is not None:
        raise made.refusal
    return made.proof, payload


def show_refused(order_no: str, asked: Mapping[int, int], refused: Refusal) -> Any:
    """Show the refund again with its effects of now; the preview is made anew."""
    effects = None
    if asked:
        try:
            with own_unit("write") as unit:
                times = _lenient(request.form, "ses_")
                effects = refunds.preview(unit, order_no, asked, times, choice_of(request.form))
        except Refusal as problem:
            refused = problem
    with own_unit("read") as unit:
        answer = _refund_page(unit, order_no, asked, effects=effects, refusal=refused, typed=request.form)
    answer.status_code = refused.status
    return answer
