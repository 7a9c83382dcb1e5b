"""The invoice state of an order: asked for, issued elsewhere, to be taken back after a refund.

This is no tax system: numbers and days are those of the invoice system, written down here so that nobody forgets an
invoice and no refund leaves one standing. Points and stored value are left out of the amount: the seller issues none
for what a prepaid card paid (State Taxation Administration, announcement 53 of 2016, art. 3).
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from sqlalchemy import func, select

from core.kernel import audit, clock
from core.kernel.errors import Conflict, Forbidden, Invalid
from core.kernel.i18n import _
from core.kernel.money import show_yuan
from core.kernel.permissions import may
from core.kernel.statements import Statements
from core.kernel.tenancy import current_actor
from core.orders.loading import find
from core.orders.models import OrderInvoice, Orders, Tender
from core.orders.rules import NO_MONEY

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import date

    from sqlalchemy.orm import Session

    from core.orders.refunding.refund_effects import Effects

NONE, REQUESTED, ISSUED, NEEDS_RED, VOIDED, WITHDRAWN = (
    "none", "requested", "issued", "needs_red", "voided", "withdrawn",
)  # fmt: skip
SELL = "orders.sell"
MAX_TITLE = 100
_TAXPAYER = re.compile(r"[0-9A-Z]{15,20}")
_NUMBER = re.compile(r"[0-9A-Za-z-]{4,40}")


def to_invoice(tenders: Iterable[Tender]) -> int:
    """Return what of an order an invoice may be about: money received and not given back, fen."""
    return sum(one.amount_fen - one.refunded_fen for one in tenders if one.kind not in NO_MONEY)


def current(session: Session, order: Orders) -> OrderInvoice | None:
    """Return the invoice of an order that counts; reads nothing where none was asked for."""
    if order.invoice_state == NONE:
        return None
    return session.scalar(
        select(OrderInvoice).where(OrderInvoice.orders_id == order.id).order_by(OrderInvoice.seq.desc()).limit(1)
        .execution_options(populate_existing=True)
    )  # fmt: skip


def request(session: Session, order_no: str, title: str, taxpayer: str = "") -> OrderInvoice:
    """Note that an invoice is wanted, made out to `title`; again, while none is issued, it changes the note.

    Raises NotFound, Invalid, Forbidden `other_store`, Conflict `nothing_to_invoice`, `invoice_state` for one that is
    issued.
    """
    order = _locked(session, order_no)
    name, number = " ".join(title.split())[: MAX_TITLE + 1], taxpayer.strip().upper()
    if not 2 <= len(name) <= MAX_TITLE:
        raise Invalid.field("title", _("请填写发票抬头，2 到 %(n)d 个字。", n=MAX_TITLE))
    if number and not _TAXPAYER.fullmatch(number):
        raise Invalid.field("taxpayer_id", _("纳税人识别号应为 15 到 20 位数字或大写字母；个人抬头可不填。"))
    if order.invoice_state not in (NONE, REQUESTED, VOIDED):
        raise Conflict(_("这张订单已经开票。要改抬头，请先在开票系统冲红重开。"), code="invoice_state")
    amount = to_invoice(session.scalars(select(Tender).where(Tender.orders_id == order.id)))
    if amount <= 0:
        raise Conflict(
            _("这张订单没有可开票的金额：积分和储值付的部分不开票，已退的也不开。"), code="nothing_to_invoice"
        )
    row = current(session, order) if order.invoice_state == REQUESTED else None
    if row is None:
        last = select(func.max(OrderInvoice.seq)).where(OrderInvoice.orders_id == order.id)
        row = OrderInvoice(
            orders_id=order.id, seq=(session.scalar(last) or 0) + 1, person_id=order.person_id, state=REQUESTED,
            amount_fen=amount, red_fen=0, red_due_fen=0, staff_id=current_actor().staff_id, asked_at=clock.now_ms(),
            changed_at=clock.now_ms(),
        )  # fmt: skip
        session.add(row)
        session.flush()
    row.title, row.taxpayer, row.amount_fen = name, number or None, amount
    _move(session, order, row, REQUESTED, "orders.invoice.requested")
    return row


def withdraw(session: Session, order_no: str) -> None:
    """Take back that an invoice is wanted. Raises Conflict `invoice_state` unless it is still to be issued."""
    order, row = _in_state(session, order_no, REQUESTED)
    _move(session, order, row, NONE, "orders.invoice.withdrawn")
    row.state = WITHDRAWN
    session.flush()


def issue(session: Session, order_no: str, number: str, on: date | None = None) -> OrderInvoice:
    """Note the number and day of the invoice that was issued. Raises as `request`, Invalid for a bad number or day."""
    order, row = _in_state(session, order_no, REQUESTED)
    row.invoice_no, row.issued_on = _number(number), _day(on, order)
    row.amount_fen = to_invoice(session.scalars(select(Tender).where(Tender.orders_id == order.id)))
    _move(session, order, row, ISSUED, "orders.invoice.issued")
    return row


def red_letter(session: Session, order_no: str, number: str, on: date | None = None) -> OrderInvoice:
    """Note the red letter that takes back what was refunded; what is left of the invoice stays issued.

    Raises Conflict `invoice_state` where nothing has to be taken back.
    """
    order, row = _in_state(session, order_no, NEEDS_RED, VOIDED)
    if not row.red_due_fen:
        raise Conflict(_("这张发票没有待冲的金额。"), code="invoice_state")
    row.red_no, row.red_on = _number(number), _day(on, order)
    row.red_fen, row.red_due_fen = row.red_fen + row.red_due_fen, 0
    _move(session, order, row, ISSUED if row.red_fen < row.amount_fen else VOIDED, "orders.invoice.red")
    return row


def at_refund(session: Session, st: Statements, order: Orders, effects: Effects) -> None:
    """Let a refund change the order's invoice, and say what is to be done; asks nothing without one."""
    money = sum(one["amount_fen"] for one in effects.tenders if one["kind"] not in NO_MONEY)
    if order.invoice_state in (NONE, VOIDED) or not money:
        return
    row = st.one(
        "SELECT i.id, i.amount_fen, i.red_fen, i.red_due_fen, i.invoice_no FROM order_invoice i"
        " WHERE i.franchise_id = ? AND i.orders_id = ? ORDER BY i.seq DESC LIMIT 1",
        [st.franchise_id, order.id],
    )
    assert row is not None
    amount, due, number = int(row[1]), int(row[3]), str(row[4])
    if order.invoice_state == REQUESTED:
        left = amount - money
        state = REQUESTED if left > 0 else NONE
        st.run(
            "UPDATE order_invoice SET amount_fen = ?, state = ? WHERE franchise_id = ? AND id = ?",
            [left if left > 0 else amount, state if left > 0 else WITHDRAWN, st.franchise_id, int(row[0])],
        )
        effects.effects.append(_("开票金额改为 %(y)s 元。", y=show_yuan(left)) if left > 0 else _("开票登记一并撤销。"))
    else:
        due = min(amount - int(row[2]), due + money)
        state = VOIDED if due + int(row[2]) >= amount else NEEDS_RED
        st.run(
            "UPDATE order_invoice SET red_due_fen = ?, state = ? WHERE franchise_id = ? AND id = ?",
            [due, state, st.franchise_id, int(row[0])],
        )
        told = {"no": number, "y": show_yuan(due)}
        effects.effects.append(
            _("本单已开发票 %(no)s：请在开票系统作废或全额红冲 %(y)s 元，再回订单页填红字号码。", **told)
            if state == VOIDED
            else _("本单已开发票 %(no)s：请开具红字发票冲 %(y)s 元，再回订单页填红字号码。", **told)
        )
    st.run("UPDATE orders SET invoice_state = ? WHERE franchise_id = ? AND id = ?", [state, st.franchise_id, order.id])
    if state != order.invoice_state:
        audit.insert(
            st, "orders.invoice.refunded", "orders", order.id, person_id=order.person_id,
            detail={"order_no": order.order_no, "state": [order.invoice_state, state], "red_due_fen": due},
        )  # fmt: skip


def _locked(session: Session, order_no: str) -> Orders:
    actor = current_actor()
    order = find(session, order_no)
    if may(actor, SELL) and not may(actor, SELL, order.store_id):
        raise Forbidden(_("这张订单属于别的门店，请到原门店办理开票。"), code="other_store")
    Statements(session, actor.franchise_id).lock("orders", [order.id])
    session.refresh(order)
    return order


def _in_state(session: Session, order_no: str, *states: str) -> tuple[Orders, OrderInvoice]:
    order = _locked(session, order_no)
    row = current(session, order)
    if row is None or order.invoice_state not in states:
        raise Conflict(_("这张订单的发票不在能这样办的状态，请刷新后再看。"), code="invoice_state")
    return order, row


def _number(raw: str) -> str:
    number = raw.strip()
    if not _NUMBER.fullmatch(number):
        raise Invalid.field("number", _("发票号码应为 4 到 40 位数字或字母。"))
    return number


def _day(on: date | None, order: Orders) -> date:
    today = clock.today(current_actor().tz)
    if on is not None and not order.business_on <= on <= today:
        raise Invalid.field("issued_on", _("开票日期应在开单日和今天之间。"))
    return on or today


def _move(session: Session, order: Orders, row: OrderInvoice, state: str, action: str) -> None:
    """Put order and invoice into a state and write down from which; numbers are no personal data, titles are."""
    before = order.invoice_state
    row.state, row.changed_at, order.invoice_state = state, clock.now_ms(), state
    session.flush()
    detail = {"order_no": order.order_no, "state": [before, state], "amount_fen": row.amount_fen}
    if row.invoice_no:
        detail["number"] = row.red_no or row.invoice_no
    audit.record(session, action, "orders", order.id, person_id=order.person_id, detail=detail)
    session.flush()
