"""Settle a quote: one transaction writes the order and everything that follows from it.

The basket is re-priced under the lock; a difference is refused with the new quote. After that only
prepared statements run (performance.md A): the ORM's unit of work costs ten times as much.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field, replace
from typing import TYPE_CHECKING, Any

from core.cards import services as cards
from core.catalog import services as catalog
from core.coupons import services as coupons
from core.kernel import audit, clock, counters
from core.kernel.errors import Conflict, Forbidden, Refusal
from core.kernel.i18n import _
from core.kernel.ids import new_id
from core.kernel.permissions import may
from core.kernel.sealed import seal_text
from core.kernel.statements import Statements
from core.kernel.tenancy import current_actor
from core.ledger import services as ledger
from core.orders import rules, sites
from core.orders.events import tell_plugins
from core.orders.granting import pending_points, referral_grants, streaks
from core.orders.quoting import finding_rows, price_approval, quotes
from core.orders.quoting import findings as finding_rules
from core.orders.quoting.basket import price_basket
from core.orders.selling import card_savings, payments, tender_list, till_entries
from core.orders.sessions import course_lines, packs
from core.orders.types import BasketRequest, OverrideRequest, Priced, TenderRequest
from core.orders.value import stored_value
from core.org import business_day, dealing, franchises
from core.points.rules import expires_on
from core.pricing.rules import earn_for, spread
from core.referrals import services as referrals
from core.tiers import services as tiers
from core.tiers.rules import QualifyingEvent

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date

    from sqlalchemy.orm import Session

    from core.orders.quoting.findings import Passed
    from core.orders.types import Confirmation
    from core.orders.value.stored_value import Drawing
    from core.points.rules import Earned
    from core.pricing.rules import Matrix, TenderIn
    from core.tiers.services import Moved


@dataclass(slots=True)
class Plan:
    """Everything an order will write, worked out before the first row."""

    priced: Priced
    order_id: int
    quote_id: int
    tenders: Sequence[TenderRequest]
    spread_in: Sequence[TenderIn]
    matrix: Matrix
    earned: Earned
    passed: Sequence[Passed]
    business_on: date
    booked_at: int
    line_ids: dict[int, int] = field(default_factory=dict)
    tender_ids: list[int] = field(default_factory=list)
    sealed_names: dict[int, bytes] = field(default_factory=dict)
    sealed_facts: bytes = b""
    drawing: Drawing | None = None
    referral: referrals.Waiting | None = None
    doing: tender_list.Doing = tender_list.STANDARD

    @property
    def paid_fen(self) -> int:
        """Return what is paid now, fen."""
        return sum(tender.amount_fen for tender in self.tenders)

    @property
    def owed_fen(self) -> int:
        """Return what stays owed, fen."""
        return self.priced.quote.total_fen - self.paid_fen

    def line_owed(self, line: int, net_fen: int) -> int:
        """Return what stays owed of a line, fen."""
        return net_fen - sum(self.matrix.get(line, {}).values())

    @property
    def came_on(self) -> date:
        """Return the day on which the member came: tiers and cards go by it, also after a day close."""
        return business_day.took_place_on(self.business_on, self.booked_at)


@dataclass(frozen=True, slots=True)
class Settled:
    """A settled order: its id and number, and how the member's tier moved."""

    order_id: int
    order_no: str
    moved: Moved | None


def settle(
    session: Session, quote_id: Any, tenders: Sequence[TenderRequest],
    overrides: Sequence[OverrideRequest] = (), occurred_at: int | None = None, *, witness: str | None = None,
    witness_payload: str = "", confirmation: Confirmation | None = None, allow_debt: bool = False,
) -> Settled:  # fmt: skip
    """Turn a stored quote into an order and return it.

    `witness` is a colleague's proof over `witness_payload`, for a cashier who serves their own household;
    `allow_debt`: what the tenders leave stays owed (B53), by permission and for a member. Raises
    Forbidden `own_card` without it, NotFound for a foreign quote, Conflict `quote_used`, `quote_expired`,
    `stale_quote`, refusals `blocked`, `tenders_mismatch`, `tender_not_taken`, `not_enough_points`, `points_in_debt`,
    `coupon_taken`, `debt_not_allowed`, and what stored value raises (stored_value.py).
    """
    actor = current_actor()
    row = quotes.get(session, quote_id)
    st = Statements(session, actor.franchise_id)
    st.lock("stored_quote", [row.id])
    session.refresh(row)
    quotes.check_open(row, clock.now_ms())
    request = quotes.request_of(row)
    franchises.refuse_when_frozen(session, member=request.member_id is not None)
    persons = [request.member_id, *(line.for_member_id for line in request.lines)]
    dealing.refuse_own(session, persons, proof=witness, payload_sha256=witness_payload)
    referral = _lock(session, st, request)
    priced = price_basket(session, request, at=occurred_at)
    _refuse_override_of_price(request)
    if priced.quote.digest != row.digest:
        raise Conflict(
            _("价格刚刚变了，请核对新的报价后再收款。"),
            code="stale_quote",
            extra={"request": request.to_json(), "at": occurred_at},
        )
    doing = tender_list.check(session, tenders)
    passed = finding_rules.settle_findings(session, priced.findings, overrides, row.id)
    tenders, drawing = stored_value.prepare(session, priced, tenders, confirmation, occurred_at)
    plan = make_plan(priced, row.id, tenders, passed, occurred_at, allow_debt=allow_debt, doing=doing)
    plan.drawing, plan.referral = drawing, referral
    payments.refuse_debt(session, plan)
    plan.business_on = business_day.book_on(st, occurred_at)
    done = post(session, plan)
    course_lines.use(session, plan, stored_value.for_courses(confirmation))
    Statements(session, actor.franchise_id).run(
        "UPDATE stored_quote SET order_id = ? WHERE franchise_id = ? AND id = ? AND order_id IS NULL",
        [done.order_id, actor.franchise_id, row.id],
    )
    return done


def _lock(session: Session, st: Statements, request: BasketRequest) -> referrals.Waiting | None:
    """Lock the persons of the basket and those whom its referral would reward, then cards, each in order of id.

    Returns the payer's referral that waits for a first paid order.
    """
    persons = {line.for_member_id for line in request.lines} | {request.member_id}
    paying = course_lines.owners(session, request)
    referral = referrals.waiting(st, request.member_id)
    ids = [person_id for person_id in {*persons, *paying.values()} if person_id]
    st.lock("person", [*ids, *(referral.receivers if referral else ())])
    if st.locks_rows and ids:
        held = cards.cards_of(session, ids)
        st.lock("card", [card.id for own in held.values() for card in own])
    return referral


def _refuse_override_of_price(request: BasketRequest) -> None:
    if any(line.price_fen is not None for line in request.lines) and not may(current_actor(), "orders.price.override"):
        raise Forbidden(_("改价须由规则管理员或加盟主操作（S1-18）。"), code="price_override_forbidden")


def make_plan(
    priced: Priced, quote_id: int, tenders: Sequence[TenderRequest], passed: Sequence[Passed],
    occurred_at: int | None = None, *, allow_debt: bool = False, doing: tender_list.Doing = tender_list.STANDARD,
) -> Plan:  # fmt: skip
    """Work out tenders, matrix, points and sealed values of an order: reads nothing, writes nothing."""
    actor = current_actor()
    quote = priced.quote
    spread_in = rules.check_tenders(
        tenders, quote.total_fen, priced.programme.tender, quote.points_max, less=allow_debt
    )
    matrix = spread({line.line: line.net_fen for line in quote.lines}, spread_in)
    earn_lines = tender_list.bar(quote.earn_lines, doing.earnless)
    earned = earn_for(replace(quote, earn_lines=earn_lines), spread_in, matrix)
    order_id = new_id()
    at = occurred_at or clock.now_ms()
    plan = Plan(
        priced, order_id, quote_id, tenders, spread_in, matrix, earned, passed,
        clock.business_date(clock.from_ms(at), actor.tz), clock.now_ms(), doing=doing,
    )  # fmt: skip
    for line in quote.lines:
        line_id = new_id()
        plan.line_ids[line.line] = line_id
        plan.sealed_names[line.line] = seal_text("order_line", "name_sealed", line_id, actor.franchise_id, line.name)
    plan.tender_ids = [new_id() for _tender in tenders]
    facts = json.dumps(
        {
            "earn_lines": [asdict(line) for line in earn_lines],
            "lots": [asdict(lot) for lot in earned.lots],
            "off_tier": sorted(doing.off_tier),
            "pending_days": priced.programme.points.pending_days,
            **sites.facts(priced.request),
        }
    )
    plan.sealed_facts = seal_text("orders", "facts_sealed", order_id, actor.franchise_id, facts)
    return plan


def post(session: Session, plan: Plan) -> Settled:
    """Write the order of a plan: rows, value, tier, audit, outbox, in one fixed order."""
    actor = current_actor()
    st = Statements(session, actor.franchise_id)
    order_no = _order_no(st, plan)
    _write_order(st, plan, order_no)
    _write_lines(st, plan)
    _write_tenders(st, plan)
    _write_findings(st, plan)
    coupons.occupy(st, [_use_row(plan, use) for use in plan.priced.quote.coupon_uses], plan.order_id, plan.booked_at)
    posting = ledger.Posting(
        plan.business_on, plan.booked_at, "order", plan.order_id, actor.staff_id, actor.store_id, actor.door
    )
    _post_points(st, plan, posting)
    _move_stock(st, plan)
    moved = _post_tier(st, plan)
    if plan.priced.request.member_id is not None:
        streaks.give(st, plan.priced.request.member_id, plan.priced.programme, posting, plan.came_on)
    referral_grants.at_sale(session, st, plan, posting)
    _issue_cards(session, plan)
    card_savings.note(st, plan)
    packs.issue(st, plan, posting)
    stored_value.issue(st, plan, posting)
    stored_value.draw(st, plan, posting)
    payer = plan.priced.request.member_id
    audit.insert(
        st, "orders.order.settled", "orders", plan.order_id, person_id=payer,
        detail={"order_no": order_no, "total_fen": plan.priced.quote.total_fen, "owed_fen": plan.owed_fen},
    )  # fmt: skip
    price_approval.note(st, plan.priced, plan.order_id)
    tell_plugins(st, "order.paid", plan.order_id, payer)
    return Settled(plan.order_id, order_no, moved)


def _order_no(st: Statements, plan: Plan) -> str:
    store = franchises.store_code(st, current_actor().store_id)
    n = counters.take(st, f"order:{store}:{plan.business_on:%Y%m%d}")
    return f"{plan.business_on:%Y%m%d}-{store}-{n:04d}"


def _write_order(st: Statements, plan: Plan, order_no: str) -> None:
    actor = current_actor()
    priced, quote = plan.priced, plan.priced.quote
    payer = priced.persons.get(priced.request.member_id or 0)
    st.insert(
        "orders",
        {
            "id": plan.order_id, "franchise_id": st.franchise_id, "order_no": order_no,
            "person_id": priced.request.member_id, "store_id": actor.store_id, "staff_id": actor.staff_id,
            "list_fen": quote.list_fen, "total_fen": quote.total_fen, "paid_fen": plan.paid_fen,
            "owed_fen": plan.owed_fen, "refunded_fen": 0, "earned_points": plan.earned.points,
            "state": "open" if plan.owed_fen else "paid",
            "tier_before": payer.tier_code if payer else "", "programme_number": quote.programme_version,
            "business_on": plan.business_on, "booked_at": plan.booked_at, "door": actor.door,
            "quote_id": plan.quote_id, "facts_sealed": plan.sealed_facts, "version": 1,
        },
    )  # fmt: skip


def _write_lines(st: Statements, plan: Plan) -> None:
    priced = plan.priced
    points, parts = rules.by_line(plan.earned)
    rows = []
    for asked, line in zip(priced.request.lines, priced.quote.lines, strict=True):
        item = priced.items[line.item]
        detail = {"steps": [_step(one) for one in line.steps], "parts": parts.get(line.line, [])}
        rows.append(
            {
                "id": plan.line_ids[line.line], "franchise_id": st.franchise_id, "orders_id": plan.order_id,
                "person_id": priced.request.member_id,
                "for_person_id": asked.for_member_id or priced.request.member_id, "line_no": line.line,
                "item_id": item.id, "item_code": item.code, "category": item.category, "kind": item.kind,
                "name_sealed": plan.sealed_names[line.line], "qty": line.qty, "list_fen": line.list_fen,
                "net_fen": line.net_fen, "points": points.get(line.line, 0), "performer_id": asked.performer,
                "seller_id": asked.seller, "detail": json.dumps(detail, ensure_ascii=False),
                "refunded_qty": 0, "refunded_fen": 0, "owed_fen": plan.line_owed(line.line, line.net_fen),
                "released_fen": 0,
            }
        )  # fmt: skip
    st.insert_many("order_line", rows)


def _step(step: Any) -> dict[str, Any]:
    return {"stage": step.stage, "rule": step.rule, "before_fen": step.before_fen, "after_fen": step.after_fen,
            "text": step.text}  # fmt: skip


def _write_tenders(st: Statements, plan: Plan) -> None:
    fid = st.franchise_id
    rows = []
    for n, tender in enumerate(plan.tenders):
        reference = tender.reference.strip()[:120]
        sealed = seal_text("tender", "reference_sealed", plan.tender_ids[n], fid, reference) if reference else None
        rows.append(
            {
                "id": plan.tender_ids[n], "franchise_id": fid, "orders_id": plan.order_id,
                "person_id": plan.priced.request.member_id, "number": n + 1, "kind": tender.kind,
                "amount_fen": tender.amount_fen, "points": tender.points, "refunded_fen": 0,
                "refunded_points": 0, "reference_sealed": sealed, "booked_at": plan.booked_at,
            }
        )  # fmt: skip
    st.insert_many("tender", rows)
    cells = [
        {"id": new_id(), "franchise_id": fid, "order_line_id": plan.line_ids[line],
         "tender_id": plan.tender_ids[position], "amount_fen": fen, "units_left": 0}
        for line, row in plan.matrix.items()
        for position, fen in row.items()
    ]  # fmt: skip
    st.insert_many("line_tender", cells)
    parts = [(tender.kind, tender.amount_fen) for tender in plan.tenders]
    till_entries.write(
        st, till_entries.ORDER, plan.order_id, parts, plan.business_on, plan.booked_at, plan.doing.drawer
    )


def _write_findings(st: Statements, plan: Plan) -> None:
    rows = [
        finding_rows.row(
            one, st.franchise_id, plan.order_id, _treated(plan, one.finding.line), one.finding.line or 0, plan.booked_at
        )
        for one in plan.passed
    ]
    st.insert_many("finding", rows)


def _treated(plan: Plan, line_no: int | None) -> int | None:
    request = plan.priced.request
    if line_no is None:
        return request.member_id
    return request.lines[line_no - 1].for_member_id or request.member_id


def _use_row(plan: Plan, use: Any) -> dict[str, Any]:
    bundled = use.source_kind in {"card", "benefit"}
    return {
        "coupon_id": None if bundled else int(use.coupon_id),
        "person_id": int(use.person_id),
        "source_kind": use.source_kind,
        "source_id": int(use.source_id),
        "code": use.code,
        "key": use.key,
        # The right was counted when the basket was re-priced under the lock.
        "times": MANY if use.source_kind == "benefit" else 1,
        "line_no": use.line,
        "pieces": use.pieces,
        "saved_fen": use.saved_fen,
    }


MANY = 999


def _post_points(st: Statements, plan: Plan, posting: ledger.Posting) -> None:
    payer = plan.priced.request.member_id
    spent = sum(tender.points for tender in plan.tenders)
    if payer is None:
        if spent:
            raise Refusal(_("不记名的单不能用积分支付。"), code="points_not_allowed")
        return
    if not spent and not plan.earned.lots:
        return
    balance = ledger.balance_of(st, "person", payer, ledger.POINTS, payer)
    if spent:
        ledger.redeem(st, balance, ledger.POINTS, spent, posting)
    days = plan.priced.programme.points.pending_days
    if days:
        ends = [(one.rule, one.points, expires_on(plan.business_on, one.expires_months)) for one in plan.earned.lots]
        pending_points.grant(st, payer, days, ends, posting, plan.business_on)
        return
    for lot in plan.earned.lots:
        ledger.credit(
            st, balance, ledger.POINTS, lot.points, posting, rule=lot.rule,
            expires_on=expires_on(plan.business_on, lot.expires_months),
        )  # fmt: skip


def _move_stock(st: Statements, plan: Plan) -> None:
    store_id = current_actor().store_id
    for line in plan.priced.quote.lines:
        item = plan.priced.items[line.item]
        if item.kind == "goods" and store_id is not None:
            catalog.move_stock(st, item.id, store_id, -line.qty)


def _post_tier(st: Statements, plan: Plan) -> Moved | None:
    payer = plan.priced.request.member_id
    if payer is None:
        return None
    counted = stored_value.counted(plan, plan.doing.off_tier, rules.POINTS)
    event = QualifyingEvent(
        on=plan.came_on, spend_fen=counted.spend, visits=1, points=plan.earned.points, topup_fen=counted.topup,
        source=str(plan.order_id),
    )  # fmt: skip
    tiers.note(st, payer, event, "order", plan.order_id, plan.booked_at)
    st.run(
        "UPDATE person SET visits = visits + 1, spent_fen = spent_fen + ?, last_visit_at = CASE"
        " WHEN last_visit_at < ? THEN ? ELSE last_visit_at END WHERE franchise_id = ? AND id = ?",
        [counted.received, plan.booked_at, plan.booked_at, st.franchise_id, payer],
    )
    return tiers.refresh(
        st, payer, plan.priced.programme, plan.came_on, current_actor().tz, cause="order",
        source_kind="order", source_id=plan.order_id,
    )  # fmt: skip


def _issue_cards(session: Session, plan: Plan) -> None:
    """Issue the cards that the order sold, to the person treated on the line, else to the payer."""
    request = plan.priced.request
    for asked, line in zip(request.lines, plan.priced.quote.lines, strict=True):
        if plan.priced.items[line.item].kind != "card":
            continue
        holder = plan.priced.persons.get(asked.for_member_id or request.member_id or 0)
        product = plan.priced.programme.card_product(line.item)
        if holder is None:
            raise Refusal(_("会员卡须卖给一位会员。请先选择会员。"), code="card_needs_member")
        if product is None:
            raise Refusal(_("会员方案里没有卡种 %(code)s。", code=line.item), code="unknown_card_product")
        for _piece in range(line.qty):
            cards.issue(
                session, holder, product, plan.priced.programme.version, order_id=plan.order_id,
                start=plan.came_on,
            )  # fmt: skip
