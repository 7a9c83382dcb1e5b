"""Orders that are not paid at once: what may stay owed, and the payments that come later (B53).

Points, tier metric and what a member spent count money received: each payment adds what the whole order earns for all
that came in so far, less what is booked, under the rules and the tier of the sale.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import literal_column, select

from core.kernel import audit, clock, counters
from core.kernel.errors import Conflict, FieldError, Forbidden, Invalid, Refusal
from core.kernel.i18n import _
from core.kernel.ids import new_id
from core.kernel.permissions import may
from core.kernel.sealed import seal_text
from core.kernel.statements import Statements
from core.kernel.tenancy import current_actor
from core.ledger import services as ledger
from core.orders import loading, rules
from core.orders.events import tell_plugins
from core.orders.granting import pending_points, referral_grants
from core.orders.models import Orders, Payment
from core.orders.selling import tender_list, till_entries
from core.orders.value import stored_value
from core.org import business_day, dealing, franchises
from core.points.rules import earn, expires_on, reversal_target
from core.pricing.quote_json import read_earn_line
from core.pricing.rules import TenderIn, spread
from core.programme import services as programmes
from core.tiers import services as tiers
from core.tiers.rules import QualifyingEvent

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy.orm import Session

    from core.orders.loading import Key, Loaded
    from core.orders.selling.settle import Plan
    from core.orders.types import Confirmation, TenderRequest
    from core.points.rules import Earned

DEBT = "orders.debt"
# What is handed out whole at the sale and paid with again: a card's coupons, stored value.
NEVER_OWED = frozenset({"card", "topup"})


def refuse_debt(session: Session, plan: Plan) -> None:
    """Raise why the plan may not leave anything owed: Forbidden `debt_not_allowed`, Refusal `debt_needs_member`."""
    if not plan.owed_fen:
        return
    if not may(current_actor(), DEBT):
        raise Forbidden(_("没有挂账的权限。请收齐应收，或请店长来办。"), code="debt_not_allowed")
    if plan.priced.request.member_id is None:
        raise Refusal(
            _("挂账须记在一位会员名下。请先选择会员。"), code="debt_needs_member",
            errors=[FieldError("member_id", _("挂账须选择会员。"))],
        )  # fmt: skip
    for line in plan.priced.quote.lines:
        if plan.priced.items[line.item].kind in NEVER_OWED and plan.line_owed(line.line, line.net_fen):
            raise Refusal(
                _("第 %(n)d 行“%(name)s”须当场付清，不能挂账。请把它单独开单收款。", n=line.line, name=line.name),
                code="debt_not_allowed",
                errors=[FieldError("tenders", _("会员卡和储值须付清。"))],
            )  # fmt: skip


def owed_orders(session: Session, person_id: int) -> list[tuple[str, int]]:
    """Return (number, fen owed) of a member's open orders, the oldest first."""
    found = session.execute(
        select(Orders.order_no, Orders.owed_fen)
        .where(Orders.person_id == person_id, Orders.owed_fen > literal_column("0"))
        .order_by(Orders.id)
    )  # fmt: skip
    return [(row[0], row[1]) for row in found]


def owed_of(session: Session, person_id: int) -> int:
    """Return what a member owes in all, fen."""
    return sum(fen for _no, fen in owed_orders(session, person_id))


def pay(
    session: Session, order_no: str, tenders: Sequence[TenderRequest], *, witness: str | None = None,
    witness_payload: str = "", confirmation: Confirmation | None = None,
) -> Payment:  # fmt: skip
    """Take a payment of an order that is still owed and return it; its points are granted at once (B53).

    Raises NotFound, Conflict `nothing_owed`, Invalid for a bad tender, Refusal `tenders_mismatch` for more than is
    owed, Forbidden `other_store`, `own_card`, and what a payment with stored value raises at a sale.
    """
    actor = current_actor()
    st = Statements(session, actor.franchise_id)
    order = loading.load(session, st, order_no)
    row = order.row
    franchises.refuse_when_frozen(session, member=True)
    if not row.owed_fen:
        raise Conflict(_("订单 %(no)s 已付清。", no=row.order_no), code="nothing_owed")
    dealing.refuse_own(session, loading.persons_of(order), proof=witness, payload_sha256=witness_payload)
    doing = _check(session, tenders, row.owed_fen)
    tenders, drawing = stored_value.split(session, row.person_id, tenders, confirmation)
    cells = _spread(order, tenders)
    more = _earned_more(st, order)
    payment = _write(st, order, tenders, sum(more.points.values()))
    _write_tenders(st, order, payment, tenders, cells, doing.drawer)
    if drawing is not None:
        stored_value.book(st, drawing, row.id, (row.list_fen, row.total_fen), _posting(order, payment))
    _grant(st, order, payment, more)
    _raise_tier(session, st, payment, tenders, tender_list.off_tier(more.facts))
    if payment.amount_fen == row.owed_fen:
        referral_grants.at_last_payment(session, st, order.referral, _posting(order, payment))
    audit.insert(
        st, "orders.order.paid_later", "orders", row.id, person_id=row.person_id,
        detail={"order_no": row.order_no, "amount_fen": payment.amount_fen,
                "owed_fen": row.owed_fen - payment.amount_fen},
    )  # fmt: skip
    tell_plugins(st, "order.payment", row.id, row.person_id)
    session.expire_all()
    return payment


def _check(session: Session, tenders: Sequence[TenderRequest], owed_fen: int) -> tender_list.Doing:
    if not tenders:
        raise Invalid.field("tenders", _("请填写支付金额。"))
    if any(tender.kind == rules.POINTS for tender in tenders):
        raise Refusal(_("积分只能在开单时抵扣，补收款请用其他方式。"), code="points_not_allowed")
    rules.check_tenders(tenders, owed_fen, None, 0, less=True)
    return tender_list.check(session, tenders)


@dataclass(frozen=True, slots=True)
class _Cell:
    """What a tender (its place in the payment) pays of a line, and the units of the line that are left."""

    line: int
    place: int
    fen: int
    left: int


def _spread(order: Loaded, tenders: Sequence[TenderRequest]) -> list[_Cell]:
    """Spread the tenders over what the lines still owe; the order holds them from now on."""
    given = [TenderIn(tender.kind, tender.amount_fen, tender.lines) for tender in tenders]
    matrix = spread({n: line.owed_fen for n, line in order.lines.items()}, given)
    first = len(order.tenders) + 1
    order.kinds.update({first + n: tender.kind for n, tender in enumerate(tenders)})
    cells = []
    for line_no, row in matrix.items():
        left = loading.units_left(order, order.lines[line_no])
        for place, fen in row.items():
            cells.append(_Cell(line_no, place, fen, left))
            order.cells[line_no].append((first + place, fen, left))
    return cells


@dataclass(frozen=True, slots=True)
class _More:
    """What a payment earns: points by (rule, months), all that the order earns by now, the facts of the sale."""

    points: dict[Key, int]
    earned: Earned
    facts: dict[str, Any]


def _earned_more(st: Statements, order: Loaded) -> _More:
    """Return what the order earns more for all that it holds now than what is booked."""
    facts = json.loads(order.row.facts or "{}")
    stays = {n: loading.stays(order, line) for n, line in order.lines.items()}
    earned = earn([read_earn_line(line) for line in facts["earn_lines"]], loading.by_kind(order, stays))
    booked, _transfers = loading.booked(st, order.row.id, facts)
    return _More({key: -points for key, points in reversal_target(booked, earned).items() if points < 0}, earned, facts)


def _write(st: Statements, order: Loaded, tenders: Sequence[TenderRequest], points: int) -> Payment:
    """Write the payment and what the order owes after it."""
    actor, row = current_actor(), order.row
    payment = Payment(
        id=new_id(), orders_id=row.id, number=counters.take(st, f"payment:{row.id}"), person_id=row.person_id,
        store_id=actor.store_id, staff_id=actor.staff_id, amount_fen=sum(one.amount_fen for one in tenders),
        points=points, business_on=business_day.book_on(st), booked_at=clock.now_ms(), door=actor.door,
    )  # fmt: skip
    st.insert(
        "payment",
        {
            "id": payment.id, "franchise_id": st.franchise_id, "orders_id": row.id, "number": payment.number,
            "person_id": row.person_id, "store_id": payment.store_id, "staff_id": payment.staff_id,
            "amount_fen": payment.amount_fen, "points": points, "business_on": payment.business_on,
            "booked_at": payment.booked_at, "door": payment.door,
        },
    )  # fmt: skip
    owed = row.owed_fen - payment.amount_fen
    state = {"open": "open" if owed else "paid"}.get(row.state, row.state)
    st.run(
        "UPDATE orders SET paid_fen = paid_fen + ?, owed_fen = owed_fen - ?, state = ?, version = version + 1"
        " WHERE franchise_id = ? AND id = ?",
        [payment.amount_fen, payment.amount_fen, state, st.franchise_id, row.id],
    )
    return payment


def _write_tenders(
    st: Statements, order: Loaded, payment: Payment, tenders: Sequence[TenderRequest], cells: Sequence[_Cell],
    drawers: frozenset[str],
) -> None:  # fmt: skip
    row, fid = order.row, st.franchise_id
    ids = [new_id() for _tender in tenders]
    rows = []
    for n, tender in enumerate(tenders):
        reference = tender.reference.strip()[:120]
        sealed = seal_text("tender", "reference_sealed", ids[n], fid, reference) if reference else None
        rows.append(
            {
                "id": ids[n], "franchise_id": fid, "orders_id": row.id, "payment_id": payment.id,
                "person_id": row.person_id, "number": len(order.tenders) + 1 + n, "kind": tender.kind,
                "amount_fen": tender.amount_fen, "points": 0, "refunded_fen": 0, "refunded_points": 0,
                "reference_sealed": sealed, "booked_at": payment.booked_at,
            }
        )  # fmt: skip
    st.insert_many("tender", rows)
    st.insert_many(
        "line_tender",
        [
            {"id": new_id(), "franchise_id": fid, "order_line_id": order.lines[one.line].id,
             "tender_id": ids[one.place], "amount_fen": one.fen, "units_left": one.left}
            for one in cells
        ],
    )  # fmt: skip
    for one in cells:
        st.run(
            "UPDATE order_line SET owed_fen = owed_fen - ? WHERE franchise_id = ? AND id = ?",
            [one.fen, fid, order.lines[one.line].id],
        )
    parts = [(tender.kind, tender.amount_fen) for tender in tenders]
    till_entries.write(st, till_entries.PAYMENT, payment.id, parts, payment.business_on, payment.booked_at, drawers)


def _grant(st: Statements, order: Loaded, payment: Payment, more: _More) -> None:
    """Grant what the payment earned, as lots of the order, and let order and lines say so."""
    row = order.row
    if not more.points or row.person_id is None:
        return
    posting = _posting(order, payment)
    days = int(more.facts.get("pending_days") or 0)
    if days:
        ends = [(rule, n, expires_on(payment.business_on, months)) for (rule, months), n in more.points.items()]
        pending_points.grant(st, row.person_id, days, ends, posting, payment.business_on)
    balance = ledger.balance_of(st, "person", row.person_id, ledger.POINTS, row.person_id)
    for (rule, months), points in more.points.items():
        if not days:
            ledger.credit(
                st, balance, ledger.POINTS, points, posting, rule=rule,
                expires_on=expires_on(payment.business_on, months),
            )  # fmt: skip
        lot = {"rule": rule, "points": points, "expires_months": months, "exact_num": points, "exact_den": 1}
        more.facts["lots"].append(lot)
    sealed = seal_text("orders", "facts_sealed", row.id, st.franchise_id, json.dumps(more.facts))
    st.run(
        "UPDATE orders SET earned_points = earned_points + ?, facts_sealed = ? WHERE franchise_id = ? AND id = ?",
        [payment.points, sealed, st.franchise_id, row.id],
    )
    if not any(line.refunded_qty for line in order.lines.values()):
        _explain(st, order, more.earned)


def _posting(order: Loaded, payment: Payment) -> ledger.Posting:
    """Return how the payment books value: as the order's, on its own day."""
    return ledger.Posting(
        payment.business_on, payment.booked_at, "order", order.row.id, payment.staff_id, payment.store_id, payment.door
    )


def _explain(st: Statements, order: Loaded, earned: Earned) -> None:
    """Let each line say what it earned by now."""
    points, parts = rules.by_line(earned)
    for n, line in order.lines.items():
        detail = {**json.loads(line.detail or "{}"), "parts": parts.get(n, [])}
        st.run(
            "UPDATE order_line SET points = ?, detail = ? WHERE franchise_id = ? AND id = ?",
            [points.get(n, 0), json.dumps(detail, ensure_ascii=False), st.franchise_id, line.id],
        )


def _raise_tier(
    session: Session, st: Statements, payment: Payment, tenders: Sequence[TenderRequest], barred: frozenset[str]
) -> None:
    """Count the money where it came in: on the day of the payment; the visit was counted at the sale."""
    actor = current_actor()
    person_id = payment.person_id
    if person_id is None:
        return
    counted = sum(one.amount_fen for one in tenders if one.kind not in barred)
    came_on = business_day.took_place_on(payment.business_on, payment.booked_at)
    event = QualifyingEvent(on=came_on, spend_fen=counted, visits=0, points=payment.points, source=str(payment.id))
    tiers.note(st, person_id, event, "payment", payment.id, payment.booked_at)
    st.run(
        "UPDATE person SET spent_fen = spent_fen + ? WHERE franchise_id = ? AND id = ?",
        [sum(one.amount_fen for one in tenders if one.kind != rules.STORED_BONUS), st.franchise_id, person_id],
    )
    tiers.refresh(
        st, person_id, programmes.in_force(session), came_on, actor.tz, cause="order", source_kind="payment",
        source_id=payment.id,
    )  # fmt: skip
