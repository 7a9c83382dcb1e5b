"""An order as people and programs see it: lines with their steps, tenders, refunds, balances, receipt.

Reads only. The JSON is spelt as in contract.md section 4 (POST /orders, GET /orders/{no}).
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from sqlalchemy import select

from core.care.models import Finding
from core.courses import reads as course_reads
from core.kernel import clock
from core.kernel.statements import Statements
from core.kernel.tenancy import current_actor
from core.ledger import pending
from core.ledger import services as ledger
from core.orders.models import OrderInvoice, OrderLine, Orders, Payment, Refund, RefundLine, Tender
from core.orders.selling import invoices, tender_list
from core.orders.selling.receipt import receipt_text
from core.orders.value import stored_value
from core.org.models import Franchise, Staff, Store
from core.people import rules as people_rules
from core.people.models import Person
from core.programme import services as programmes
from core.wallet import services as wallet

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import date

    from sqlalchemy.orm import Session

    from core.courses.reads import CourseSeen
    from core.programme.rules import Programme, Reward

REWARD_LIMIT = 3


@dataclass(frozen=True, slots=True)
class LineSeen:
    """A line with its words: `steps` as the quote explained them, names of who was treated by whom."""

    row: OrderLine
    name: str
    steps: list[dict[str, Any]]
    parts: list[dict[str, Any]]
    treated: str
    performer: str

    @property
    def left_qty(self) -> int:
        """Return the pieces that were not refunded."""
        return self.row.qty - self.row.refunded_qty


@dataclass(frozen=True, slots=True)
class RefundSeen:
    """A refund with what it moved."""

    row: Refund
    lines: list[tuple[int, int, int]]
    effects: list[str]
    reason: str
    staff: str


@dataclass(frozen=True, slots=True)
class FindingSeen:
    """A finding that went with the order, and who let it pass."""

    row: Finding
    text: str
    reason: str
    by: str


@dataclass(slots=True)
class OrderSeen:
    """An order with everything that its page, its receipt and its JSON show."""

    row: Orders
    person: Person | None
    phone: str
    tier_name: str
    store: str
    franchise: str
    cashier: str
    lines: list[LineSeen]
    tenders: list[Tender]
    refunds: list[RefundSeen]
    findings: list[FindingSeen]
    points: int = 0
    debt: int = 0
    pending: list[tuple[date, int]] = field(default_factory=list)
    expiring: list[tuple[date | None, int]] = field(default_factory=list)
    stored: tuple[int, int] = (0, 0)
    rewards: list[Reward] = field(default_factory=list)
    tender_words: dict[str, str] = field(default_factory=dict)
    courses: list[CourseSeen] = field(default_factory=list)
    payments: list[Payment] = field(default_factory=list)
    takers: dict[int, str] = field(default_factory=dict)
    drawer: frozenset[str] = tender_list.DRAWER
    invoice: OrderInvoice | None = None

    @property
    def to_invoice(self) -> int:
        """Return what an invoice may be about, fen."""
        return invoices.to_invoice(self.tenders)

    @property
    def opens_drawer(self) -> bool:
        """Return whether something that was paid goes into the drawer, by the tender list of today."""
        return any(tender.kind in self.drawer for tender in self.tenders)

    @property
    def saved_fen(self) -> int:
        """Return what all rules together took off, fen."""
        return self.row.list_fen - self.row.total_fen

    @property
    def by_value(self) -> bool:
        """Return whether stored value was bought here or paid with, or the payer has some."""
        sold = any(line.row.kind == stored_value.TOPUP for line in self.lines)
        return sold or any(self.stored) or any(tender.kind in stored_value.BOTH for tender in self.tenders)

    @property
    def points_used(self) -> int:
        """Return the points that paid for a part of it."""
        return sum(tender.points for tender in self.tenders)


def see(session: Session, row: Orders) -> OrderSeen:
    """Return an order with its lines, tenders, refunds, findings and the payer's balances of today."""
    lines = session.scalars(select(OrderLine).where(OrderLine.orders_id == row.id).order_by(OrderLine.line_no)).all()
    tenders = list(session.scalars(select(Tender).where(Tender.orders_id == row.id).order_by(Tender.number)))
    findings = session.scalars(select(Finding).where(Finding.order_id == row.id).order_by(Finding.id)).all()
    refunds = session.scalars(select(Refund).where(Refund.orders_id == row.id).order_by(Refund.id)).all()
    payments = list(session.scalars(select(Payment).where(Payment.orders_id == row.id).order_by(Payment.number)))
    persons = _names(session, Person, [row.person_id, *(line.for_person_id for line in lines)])
    staff = _names(
        session, Staff,
        [row.staff_id, *(line.performer_id for line in lines), *(one.override_by for one in findings),
         *(refund.staff_id for refund in refunds), *(one.staff_id for one in payments)],
    )  # fmt: skip
    person = persons.get(row.person_id or 0)
    programme = programmes.numbered(session, row.programme_number)
    store = session.get(Store, row.store_id)
    franchise = session.get(Franchise, row.franchise_id)
    ways = tender_list.ways(session)
    seen = OrderSeen(
        row=row, person=person, phone=masked_phone(session, person),
        tier_name=_tier_name(programme, person.tier_code if person else ""),
        store=store.name if store else "", franchise=franchise.name if franchise else "",
        cashier=_name(staff, row.staff_id),
        lines=[_line(line, persons, staff, row.person_id) for line in lines], tenders=tenders,
        refunds=_refunds(session, refunds, {line.id: line.line_no for line in lines}, staff),
        findings=[_finding(one, staff) for one in findings], tender_words=tender_list.words(ways),
        courses=_courses(session, row, lines), payments=payments,
        takers={one.id: _name(staff, one.staff_id) for one in payments}, drawer=tender_list.doing(ways).drawer,
        invoice=invoices.current(session, row),
    )  # fmt: skip
    if person is not None:
        _balances(session, seen, person.id)
    return seen


def _courses(session: Session, row: Orders, lines: Sequence[OrderLine]) -> list[CourseSeen]:
    """Return the courses that the order handed out; asks nothing where it sold no course and no service."""
    able = [line.id for line in lines if line.kind in {"course", "service"}]
    return course_reads.of_order(session, row.id, able)


def masked_phone(session: Session, person: Person | None) -> str:
    """Return the masked phone of a person, or of the one whose phone they use."""
    if person is None:
        return ""
    if person.phone:
        return people_rules.mask_phone(person.phone)
    contact = session.get(Person, person.contact_of_id) if person.contact_of_id else None
    return people_rules.mask_phone(contact.phone) if contact else ""


def _names(session: Session, model: Any, ids: Iterable[int | None]) -> dict[int, Any]:
    wanted = {one for one in ids if one}
    return {row.id: row for row in session.scalars(select(model).where(model.id.in_(wanted)))} if wanted else {}


def _name(found: dict[int, Any], wanted: int | None) -> str:
    row = found.get(wanted or 0)
    return row.name if row else ""


def _tier_name(programme: Programme, code: str) -> str:
    tier = programme.tier(code)
    return tier.name if tier else ""


def _line(line: OrderLine, persons: dict[int, Person], staff: dict[int, Staff], payer: int | None) -> LineSeen:
    detail = json.loads(line.detail or "{}")
    other = line.for_person_id if line.for_person_id != payer else None
    return LineSeen(
        line, line.name or line.item_code, detail.get("steps", []), detail.get("parts", []),
        _name(persons, other), _name(staff, line.performer_id),
    )  # fmt: skip


def _finding(one: Finding, staff: dict[int, Staff]) -> FindingSeen:
    return FindingSeen(one, one.text or "", one.reason or "", _name(staff, one.override_by))


def _refunds(
    session: Session, refunds: Iterable[Refund], line_nos: dict[int, int], staff: dict[int, Staff]
) -> list[RefundSeen]:
    rows = list(refunds)
    if not rows:
        return []
    by_refund: dict[int, list[tuple[int, int, int]]] = {row.id: [] for row in rows}
    lines = session.scalars(select(RefundLine).where(RefundLine.refund_id.in_(by_refund)).order_by(RefundLine.id))
    for line in lines:
        by_refund[line.refund_id].append((line_nos[line.order_line_id], line.qty, line.amount_fen))
    return [
        RefundSeen(
            row, by_refund[row.id], json.loads(row.effects or "{}").get("effects", []), row.reason or "",
            _name(staff, row.staff_id),
        )
        for row in rows
    ]  # fmt: skip


def _balances(session: Session, seen: OrderSeen, person_id: int) -> None:
    actor = current_actor()
    today = clock.today(actor.tz)
    st = Statements(session, actor.franchise_id)
    seen.points, seen.debt = ledger.available_of(st, [person_id], ledger.POINTS, today)[person_id]
    seen.pending = pending.of(st, person_id)
    seen.stored = wallet.balances(session, [person_id], today)[person_id]
    seen.expiring = ledger.expiring(st, person_id, ledger.POINTS, today)
    seen.rewards = affordable(programmes.in_force(session), seen.points, today)


def affordable(programme: Programme, points: int, today: date) -> list[Reward]:
    """Return up to three rewards that these points take, the dearest first (S2-22)."""
    able = [
        reward for reward in programme.rewards
        if reward.points <= points and (reward.valid_from is None or reward.valid_from <= today)
    ]  # fmt: skip
    return sorted(able, key=lambda reward: (-reward.points, reward.code))[:REWARD_LIMIT]


# -- JSON ------------------------------------------------------------------------------------------


def order_json(session: Session, row: Orders) -> dict[str, Any]:
    """Return an order as the API answers it: contract.md section 4, money in fen, points integers."""
    seen = see(session, row)
    person = seen.person
    return {
        "order_no": row.order_no,
        "id": str(row.id),
        "member_id": str(row.person_id) if row.person_id else None,
        "state": row.state,
        "business_date": row.business_on.isoformat(),
        "booked_at": clock.from_ms(row.booked_at).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "lines": [_line_json(line, row.person_id) for line in seen.lines],
        "list_fen": row.list_fen,
        "total_fen": row.total_fen,
        "paid_fen": row.paid_fen,
        "owed_fen": row.owed_fen,
        "refunded_fen": row.refunded_fen,
        "tenders": stored_value.merged(_tender_json(tender, seen.payments) for tender in seen.tenders),
        "payments": [_payment_json(one) for one in seen.payments],
        "opens_drawer": seen.opens_drawer,
        "invoice": _invoice_json(seen),
        "earned_points": row.earned_points,
        "balances": {
            "points": {"available": seen.points, "pending": sum(n for _day, n in seen.pending), "debt": seen.debt},
            "stored_value": {"principal_fen": seen.stored[0], "bonus_fen": seen.stored[1]},
        },
        "tier": tier_json(programmes.in_force(session), person) if person else None,
        "findings": [_finding_json(one) for one in seen.findings],
        "refunds": [_refund_json(refund) for refund in seen.refunds],
        "courses": [course_reads.to_json(one) for one in seen.courses],
        "receipt_text": receipt_text(seen),
    }


def tier_json(programme: Programme, person: Person) -> dict[str, Any]:
    """Return a person's tier as contract.md spells it; `until` is the last day before the next review."""
    tier = programme.tier(person.tier_code) or programme.base_tier()
    return {
        "code": tier.code,
        "name": tier.name,
        "since": person.tier_since.isoformat() if person.tier_since else None,
        "until": person.tier_until.isoformat() if person.tier_until else None,
    }


def _line_json(line: LineSeen, payer: int | None) -> dict[str, Any]:
    row = line.row
    treated = row.for_person_id or payer
    return {
        "line": row.line_no, "item": row.item_code, "name": line.name, "qty": row.qty,
        "list_fen": row.list_fen, "net_fen": row.net_fen, "steps": line.steps, "points": row.points,
        "for_member_id": str(treated) if treated else None, "refunded_qty": row.refunded_qty,
        "refunded_fen": row.refunded_fen, "owed_fen": row.owed_fen,
    }  # fmt: skip


def _tender_json(tender: Tender, payments: Sequence[Payment]) -> dict[str, Any]:
    numbers = {one.id: one.number for one in payments}
    return {
        "kind": tender.kind, "amount_fen": tender.amount_fen, "points": tender.points,
        "refunded_fen": tender.refunded_fen, "refunded_points": tender.refunded_points,
        "payment": numbers.get(tender.payment_id or 0),
    }  # fmt: skip


def _invoice_json(seen: OrderSeen) -> dict[str, Any]:
    one = seen.invoice
    return {
        "state": seen.row.invoice_state, "amount_fen": one.amount_fen if one else seen.to_invoice,
        "title": one.title if one else None, "taxpayer_id": one.taxpayer if one else None,
        "number": (one.invoice_no or None) if one else None,
        "issued_on": one.issued_on.isoformat() if one and one.issued_on else None,
        "red_due_fen": one.red_due_fen if one else 0, "red_number": (one.red_no or None) if one else None,
    }  # fmt: skip


def _payment_json(one: Payment) -> dict[str, Any]:
    return {
        "payment": one.number, "amount_fen": one.amount_fen, "points": one.points,
        "business_date": one.business_on.isoformat(),
        "booked_at": clock.from_ms(one.booked_at).strftime("%Y-%m-%dT%H:%M:%SZ"),
    }  # fmt: skip


def _finding_json(one: FindingSeen) -> dict[str, Any]:
    return {
        "code": one.row.code, "severity": one.row.severity, "line": one.row.line_no or None, "text": one.text,
        "overridden_by": one.by or None,
    }  # fmt: skip


def _refund_json(refund: RefundSeen) -> dict[str, Any]:
    stored = json.loads(refund.row.effects or "{}")
    lines = [{"line": n, "qty": qty, "amount_fen": fen} for n, qty, fen in refund.lines]
    stored = {"released_fen": 0, "stored_value": {"top_ups": [], "returned": {}}, **stored}
    return {**stored, "refund_no": refund.row.refund_no, "lines": lines, "reason": refund.reason}
