"""An order as a refund or a later payment needs it: locked, with its lines, tenders and the line × tender matrix."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING, Any

from sqlalchemy import select

from core.courses.models import Course
from core.kernel.errors import NotFound
from core.kernel.i18n import _
from core.kernel.statements import as_date
from core.orders import rules
from core.orders.models import LineTender, OrderLine, Orders, Payment, Tender
from core.org import business_day
from core.pricing.rules import remaining_row
from core.referrals import services as referrals

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sqlalchemy.orm import Session

    from core.kernel.statements import Statements

TOPUP = "topup"
Key = tuple[str, int | None]


@dataclass(slots=True)
class Loaded:
    """An order with its parts. `cells`: per line what paid it, oldest first (tender number, fen, units left then).

    `packs` are the lines that handed out courses or stored value: their units are fen. `came` says when each tender's
    money came; `referral` waits for the last payment of an order that is owed.
    """

    row: Orders
    lines: dict[int, OrderLine]
    tenders: list[Tender]
    cells: dict[int, list[tuple[int, int, int]]]
    packs: set[int] = field(default_factory=set)
    kinds: dict[int, str] = field(default_factory=dict)
    came: dict[int, date] = field(default_factory=dict)
    referral: referrals.Waiting | None = None

    @property
    def sold_on(self) -> date:
        """Return the day of the sale."""
        return business_day.took_place_on(self.row.business_on, self.row.booked_at)


def find(session: Session, order_no: str) -> Orders:
    """Return an order of the franchise by its number; raise NotFound."""
    row = session.scalar(select(Orders).where(Orders.order_no == order_no))
    if row is None:
        raise NotFound(_("没有找到订单 %(no)s。", no=order_no[:30]))
    return row


def load(session: Session, st: Statements, order_no: str) -> Loaded:
    """Lock an order, its member and whom its referral rewards; return it as it is now."""
    row = find(session, order_no)
    st.lock("orders", [row.id])
    referral = referrals.waiting(st, row.person_id) if row.owed_fen else None
    if row.person_id:
        concerned = [*referrals.receivers_of(st, row.id), *(referral.receivers if referral else ())]
        st.lock("person", [row.person_id, *concerned])
    session.refresh(row)
    lines = session.scalars(
        select(OrderLine).where(OrderLine.orders_id == row.id).order_by(OrderLine.line_no)
        .execution_options(populate_existing=True)
    ).all()  # fmt: skip
    tenders = session.scalars(
        select(Tender).where(Tender.orders_id == row.id).order_by(Tender.number)
        .execution_options(populate_existing=True)
    ).all()  # fmt: skip
    order = Loaded(row, {line.line_no: line for line in lines}, list(tenders), {line.line_no: [] for line in lines})
    order.referral = referral
    order.kinds = {tender.number: tender.kind for tender in tenders}
    order.came = {tender.number: order.sold_on for tender in tenders}
    _read_cells(session, order)
    _read_later(session, order)
    by_id = {line.id: line.line_no for line in lines}
    found = session.scalars(select(Course.order_line_id).where(Course.order_line_id.in_(list(by_id))).distinct())
    order.packs = {by_id[line_id] for line_id in found if line_id}
    order.packs |= {line.line_no for line in lines if line.kind == TOPUP}
    return order


def _read_cells(session: Session, order: Loaded) -> None:
    numbers = {tender.id: tender.number for tender in order.tenders}
    by_id = {line.id: line for line in order.lines.values()}
    found = session.execute(
        select(LineTender.order_line_id, LineTender.tender_id, LineTender.amount_fen, LineTender.units_left)
        .where(LineTender.order_line_id.in_(list(by_id)))
        .order_by(LineTender.id)
    )
    for line_id, tender_id, fen, left in found:
        order.cells[by_id[line_id].line_no].append((numbers[tender_id], fen, left))


def _read_later(session: Session, order: Loaded) -> None:
    """Date the tenders that came with later payments."""
    later = {tender.payment_id: tender.number for tender in order.tenders if tender.payment_id}
    if not later:
        return
    dates = {
        one.id: business_day.took_place_on(one.business_on, one.booked_at)
        for one in session.scalars(select(Payment).where(Payment.orders_id == order.row.id))
    }
    order.came.update({t.number: dates[t.payment_id] for t in order.tenders if t.payment_id})


def units(order: Loaded, line: OrderLine) -> int:
    """Return what a line counts in: its pieces, of a course fen of its value."""
    return max(line.net_fen, 1) if line.line_no in order.packs else line.qty


def units_gone(order: Loaded, line: OrderLine) -> int:
    """Return the units of a line that were given back."""
    return line.refunded_fen + line.released_fen if line.line_no in order.packs else line.refunded_qty


def units_left(order: Loaded, line: OrderLine) -> int:
    """Return the units of a line that were not given back."""
    return units(order, line) - units_gone(order, line)


def state(order: Loaded, line: OrderLine) -> rules.LineState:
    """Return a line as its payments and refunds leave it."""
    whole = units(order, line)
    paid = [(number, fen, left or whole) for number, fen, left in order.cells[line.line_no]]
    return rules.line_state(line.line_no, line.net_fen, whole, units_gone(order, line), paid)


def stays(order: Loaded, line: OrderLine) -> dict[int, int]:
    """Return what of each tender (by number) stays on a line now, fen."""
    now = state(order, line)
    row = remaining_row(now.row, now.qty, now.qty - now.refunded_qty)
    return {number: fen for number, fen in row.items() if number != rules.OWED}


def by_kind(order: Loaded, rows: Mapping[int, Mapping[int, int]]) -> dict[int, dict[str, int]]:
    """Return rows (line: tender number: fen) with the tenders of one kind added up."""
    paid: dict[int, dict[str, int]] = {}
    for line_no, row in rows.items():
        kinds = paid.setdefault(line_no, {})
        for number, fen in row.items():
            kinds[order.kinds[number]] = kinds.get(order.kinds[number], 0) + fen
    return paid


@dataclass(frozen=True, slots=True)
class Credited:
    """An earn transfer of the order: what of it is not reversed, and the day it was given."""

    id: int
    net: int
    on: date


def booked(st: Statements, order_id: int, facts: dict[str, Any]) -> tuple[dict[Key, int], dict[Key, list[Credited]]]:
    """Return what is booked net for each (rule, months) of the order, and the transfers that credited it."""
    rows = st.all(
        "SELECT t.id, t.rule, t.amount - COALESCE((SELECT SUM(r.amount) FROM transfer r"
        " WHERE r.franchise_id = t.franchise_id AND r.reverses_id = t.id), 0), t.business_on, t.booked_at"
        " FROM transfer t"
        " WHERE t.franchise_id = ? AND t.source_kind = 'order' AND t.source_id = ? AND t.reason = 'earn'"
        " ORDER BY t.id",
        [st.franchise_id, order_id],
    )
    sums: dict[Key, int] = {}
    transfers: dict[Key, list[Credited]] = {}
    # Lots were credited in this order: the n-th earn transfer is the n-th lot.
    for (transfer_id, rule, net, business_on, booked_at), lot in zip(rows, facts["lots"], strict=True):
        key = (rule, lot["expires_months"])
        on = business_day.took_place_on(as_date(business_on) or date.min, int(booked_at))
        sums[key] = sums.get(key, 0) + int(net)
        transfers.setdefault(key, []).append(Credited(int(transfer_id), int(net), on))
    return sums, transfers


def persons_of(order: Loaded) -> list[int | None]:
    """Return whose order it is: the payer and everybody treated."""
    return [order.row.person_id, *(line.for_person_id for line in order.lines.values())]
