"""Stored value in an order: sold as a line of kind topup, drawn as a tender, given back by a refund (S16, S17, B54).

The doors name one tender `stored_value`; inside it is two, its principal (`stored_value`) and its bonus
(`stored_bonus`), so that the matrix, points and refunds keep them apart to the fen (I27). Only the principal earns.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from core.catalog import services as catalog
from core.kernel import audit, settings
from core.kernel.days import add_months
from core.kernel.drawn import LONGEST, is_signature
from core.kernel.errors import FieldError, Invalid, Refusal
from core.kernel.i18n import _, listed
from core.kernel.money import show_yuan
from core.kernel.statements import Statements
from core.kernel.tenancy import current_actor
from core.ledger import services as ledger
from core.orders.types import TenderRequest
from core.orders.words import KIND_NAMES
from core.org import business_day
from core.pricing.rules import remaining_row
from core.wallet import limits, pins, rules, services, settlement
from core.wallet.settings import ATTESTED, CONFIRM_ABOVE

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from sqlalchemy.orm import Session

    from core.orders.models import OrderLine, Orders, Tender
    from core.orders.selling.settle import Plan
    from core.orders.types import Confirmation, Priced
    from core.wallet.rules import Draw
    from core.wallet.services import Held

STORED, BONUS = "stored_value", "stored_bonus"
BOTH = frozenset({STORED, BONUS})
TOPUP = "topup"
# What a top-up may be paid with: money that came from outside.
MONEY = ("cash", "wechat", "alipay", "bank", "other")
BONUS_MONTHS = "core.bonus_months"
PIN, SIGNATURE, STAFF = "pin", "signature", "staff_attested"
MAX_SIGNATURE, MAX_WORDS = LONGEST, 200


@dataclass(frozen=True, slots=True)
class Drawing:
    """A payment with stored value, worked out: whose account, what of which top-up, confirmed how."""

    account_id: int
    person_id: int
    takes: tuple[tuple[Held, Draw], ...]
    method: str
    evidence: str


# -- paying ----------------------------------------------------------------------------------------


def prepare(
    session: Session, priced: Priced, tenders: Sequence[TenderRequest], confirmation: Confirmation | None,
    occurred_at: int | None = None,
) -> tuple[list[TenderRequest], Drawing | None]:  # fmt: skip
    """Return the tenders with stored value as its two shares, and what it draws; check what sells stored value.

    Reads nothing where an order has neither. The payer's row is locked. Raises Refusal `stored_value_needs_member`,
    `not_enough_stored_value`, `topup_tender_not_allowed`, `stored_value_limit`, `confirmation_required` and what the
    limits and the PIN raise; Conflict `stored_value_lost`.
    """
    check_sale(session, priced, tenders)
    return split(session, priced.request.member_id, tenders, confirmation, occurred_at)


def split(
    session: Session, payer: int | None, tenders: Sequence[TenderRequest], confirmation: Confirmation | None,
    occurred_at: int | None = None,
) -> tuple[list[TenderRequest], Drawing | None]:  # fmt: skip
    """Return the tenders with stored value as its two shares, and what it draws; raise as `prepare`.

    Used by a sale and by a later payment alike.
    """
    asked = [n for n, tender in enumerate(tenders) if tender.kind in BOTH]
    if not asked:
        return list(tenders), None
    place = asked[0]
    if any(tenders[n].kind == BONUS for n in asked):
        raise Invalid.field(f"tenders.{place}.kind", _("没有“%(kind)s”这种支付方式。", kind=BONUS))
    if len(asked) > 1:
        raise Invalid.field("tenders", _("储值支付只能填一笔。"))
    tender = tenders[place]
    if tender.amount_fen <= 0:
        raise Invalid.field(f"tenders.{place}.amount_fen", _("支付金额应大于 0。"))
    drawing = _drawing(session, payer, tender.amount_fen, confirmation, occurred_at)
    shares = [
        replace(tender, kind=kind, amount_fen=fen)
        for kind, fen in (
            (STORED, sum(take.principal for _own, take in drawing.takes)),
            (BONUS, sum(take.bonus for _own, take in drawing.takes)),
        )
        if fen
    ]
    return [*tenders[:place], *shares, *tenders[place + 1 :]], drawing


def _drawing(
    session: Session, payer: int | None, amount: int, confirmation: Confirmation | None, occurred_at: int | None
) -> Drawing:
    if payer is None:
        raise Refusal(_("用储值付款须先选择会员。"), code="stored_value_needs_member")
    account = services.locked(session, payer)
    st = Statements(session, current_actor().franchise_id)
    own: list[Held] = []
    if account is not None:
        services.refuse_lost(account.state)
        own = services.held(st, account.id, business_day.book_on(st, occurred_at))
    principal, bonus = services.balance(own)
    if account is None or principal + bonus < amount:
        services.refuse_short(amount, principal, bonus)
    assert account is not None
    method, evidence = confirm(session, payer, amount, confirmation)
    by_id = {one.pair.id: one for one in own}
    takes = rules.draw([one.pair for one in own], amount)
    return Drawing(account.id, payer, tuple((by_id[take.id], take) for take in takes), method, evidence)


def methods(session: Session) -> tuple[str, ...]:
    """Return the ways in which a member may confirm a payment here."""
    return (PIN, SIGNATURE, STAFF) if settings.value(session, ATTESTED) else (PIN, SIGNATURE)


def confirm(session: Session, person_id: int, amount: int, given: Confirmation | None) -> tuple[str, str]:
    """Return (method, what is kept of the evidence) of the member's confirmation; ("", "") where none is needed.

    Raises Refusal `confirmation_required` above the franchise's limit without one, `confirmation_not_allowed` for a
    way that nothing verifies here, and what `pins.check` raises. A PIN is checked and never kept.
    """
    allowed = methods(session)
    method = given.method if given is not None else None
    if given is None or not method:
        limit = int(settings.value(session, CONFIRM_ABOVE))
        if amount <= limit:
            return "", ""
        raise Refusal(
            _("储值付款超过 %(y)s 元，须会员确认：%(ways)s。", y=show_yuan(limit), ways=_ways(allowed)),
            code="confirmation_required", extra={"allowed": list(allowed)},
            errors=[FieldError("confirmation", _("缺少会员的确认。"))],
        )  # fmt: skip
    if method not in allowed:
        raise Refusal(
            _("这里不能用这种确认方式。可以用：%(ways)s。", ways=_ways(allowed)), code="confirmation_not_allowed",
            extra={"allowed": list(allowed)}, errors=[FieldError("confirmation.method", _("没有启用。"))],
        )  # fmt: skip
    if method == PIN:
        pins.check(session, person_id, given.evidence)
        return PIN, ""
    evidence = given.evidence.strip()
    if method == SIGNATURE and not is_signature(evidence):
        raise Invalid.field("confirmation.evidence", _("没有收到会员的签名，请重新签一次。"))
    return method, evidence[: MAX_SIGNATURE if method == SIGNATURE else MAX_WORDS]


def for_courses(given: Confirmation | None) -> Confirmation | None:
    """Return the confirmation as the lines paid with sessions take it: a PIN was checked and names no method there."""
    return None if given is not None and given.method == PIN else given


def _ways(allowed: Iterable[str]) -> str:
    words = {PIN: _("会员密码"), SIGNATURE: _("会员签名"), STAFF: _("员工见证")}
    return listed([words[one] for one in allowed])


def draw(st: Statements, plan: Plan, posting: ledger.Posting) -> None:
    """Draw what the payment takes, and write what legal entities owe each other for it."""
    if plan.drawing is not None:
        quote = plan.priced.quote
        book(st, plan.drawing, plan.order_id, (quote.list_fen, quote.total_fen), posting)


def book(st: Statements, drawing: Drawing, order_id: int, costs: tuple[int, int], posting: ledger.Posting) -> None:
    """Draw what a payment of an order takes; `costs` are the order's price by the list and as charged, fen."""
    payment = services.Payment(order_id, *costs, drawing.method, drawing.evidence)
    spend_id = services.draw(st, drawing.account_id, drawing.person_id, drawing.takes, payment, posting)
    for drawn in services.drawn_by(st, order_id, spend_id):
        settlement.write(
            st, drawn.issuing, drawn.serving, (drawn.principal, drawn.bonus), posting, settlement.ORDER,
            drawn.top_up_id,
        )  # fmt: skip
    audit.insert(
        st, "wallet.spent", "stored_value_account", drawing.account_id, person_id=drawing.person_id,
        detail={"spend": str(spend_id), "principal_fen": sum(t.principal for _o, t in drawing.takes),
                "bonus_fen": sum(t.bonus for _o, t in drawing.takes), "method": drawing.method},
    )  # fmt: skip


# -- selling ---------------------------------------------------------------------------------------


def check_sale(session: Session, priced: Priced, tenders: Sequence[TenderRequest]) -> None:
    """Raise why the top-ups of a basket may not be sold so; reads nothing for a basket without any (S16, C1)."""
    amount = sum(line.net_fen for line in priced.quote.lines if priced.items[line.item].kind == TOPUP)
    lines = [line for line in priced.quote.lines if priced.items[line.item].kind == TOPUP]
    if not lines:
        return
    payer = priced.request.member_id
    if payer is None:
        raise Refusal(_("充值须记在一位会员名下。请先选择会员。"), code="topup_needs_member")
    if any(line.net_fen <= 0 for line in lines):
        raise Refusal(_("充值的金额应大于 0。"), code="topup_amount")
    for n, tender in enumerate(tenders):
        if tender.kind not in MONEY and tender.amount_fen:
            word = str(KIND_NAMES.get(tender.kind, tender.kind[:20]))
            raise Refusal(
                _("有充值的单不能用“%(kind)s”付款：充值只收真金白银。其它项目请另开一单。", kind=word),
                code="topup_tender_not_allowed", errors=[FieldError(f"tenders.{n}.kind", _("充值不能这样付。"))],
            )  # fmt: skip
    account = services.locked(session, payer)
    st = Statements(session, current_actor().franchise_id)
    if account is not None:
        services.refuse_lost(account.state)
    principal = services.balance(services.held(st, account.id, priced.basket.as_of))[0] if account else 0
    paid: dict[str, int] = {}
    for tender in tenders:
        paid[tender.kind] = paid.get(tender.kind, 0) + tender.amount_fen
    own = priced.programme.stored_value
    limits.check_purchase(
        session, amount, principal, paid, identified=account is not None and bool(account.identity_kind),
        programme_max=own.max_card_fen if own else None,
    )  # fmt: skip


def issue(st: Statements, plan: Plan, posting: ledger.Posting) -> None:
    """Pay in what the order's lines of kind topup sold: principal as paid, bonus as the item gives it."""
    payer, priced = plan.priced.request.member_id, plan.priced
    lines = [line for line in priced.quote.lines if priced.items[line.item].kind == TOPUP]
    if not lines or payer is None:
        return
    account_id = services.open_account(st, payer, posting)
    days = limits.all_of(st.session)["cooling_days"].value
    for line in lines:
        item = priced.items[line.item]
        months = str(catalog.attributes_of(item).get(BONUS_MONTHS) or "")
        ends = add_months(plan.came_on, int(months)) if months.isdigit() and int(months) else None
        sale = services.Sale(
            item.code, plan.order_id, plan.line_ids[line.line], line.net_fen, item.bonus_fen * line.qty, days, ends
        )
        services.issue(st, account_id, payer, sale, posting, plan.came_on)


@dataclass(frozen=True, slots=True)
class Counted:
    """What an order counts as, fen: consumption for the tier (`spend`) and in all (`received`), and top-ups."""

    spend: int
    received: int
    topup: int


def counted(plan: Plan, not_for_tier: frozenset[str], points: str) -> Counted:
    """Return what an order counts as: top-ups apart, principal when it is spent, bonus never (S14, S16)."""
    priced = plan.priced
    sold = {line.line for line in priced.quote.lines if priced.items[line.item].kind == TOPUP}
    topup = sum(line.net_fen for line in priced.quote.lines if line.line in sold)
    spend = sum(t.amount_fen for t in plan.tenders if t.kind not in not_for_tier) - topup
    received = sum(t.amount_fen for t in plan.tenders if t.kind not in (points, BONUS)) - topup
    return Counted(spend, received, topup)


# -- giving back what was paid with stored value ----------------------------------------------------


def restore(
    st: Statements, order: Orders, tenders: Sequence[Tender], before: Mapping[int, int], by_tender: Mapping[int, int],
    posting: ledger.Posting,
) -> dict[str, int] | None:  # fmt: skip
    """Put a refund's share of stored value back into the very lots it came from; return what moved, None for nothing.

    `before` is what each tender had given back, `by_tender` what it gives now. The shares of the top-ups are
    differences of cumulative targets, pro rata, so that their pairs keep their ratio (I27, I28, I32).
    """
    own = [tender for tender in tenders if tender.kind in BOTH]
    if not any(by_tender.get(tender.number) for tender in own):
        return None
    drawn = services.drawn_by(st, order.id)
    moved: dict[int, list[int]] = {n: [0, 0] for n in range(len(drawn))}
    told = {"principal_fen": 0, "bonus_fen": 0, "grace_fen": 0}
    for paid, draws in _payments(own, drawn):
        for column, kind, name in ((0, STORED, "principal_fen"), (1, BONUS, "bonus_fen")):
            mine = [tender for tender in paid if tender.kind == kind]
            total = sum(tender.amount_fen for tender in mine)
            was = sum(before.get(tender.number, 0) for tender in mine)
            now = was + sum(by_tender.get(tender.number, 0) for tender in mine)
            if now == was:
                continue
            row = {n: (drawn[n].principal, drawn[n].bonus)[column] for n in draws}
            stayed, stays = remaining_row(row, total, total - was), remaining_row(row, total, total - now)
            for n in draws:
                moved[n][column] = stayed.get(n, 0) - stays.get(n, 0)
            told[name] += now - was
    for n, one in enumerate(drawn):
        principal, bonus = moved[n]
        if not principal and not bonus:
            continue
        told["grace_fen"] += services.put_back(st, one, principal, bonus, posting)
        settlement.write(st, one.issuing, one.serving, (-principal, -bonus), posting, settlement.REFUND, one.top_up_id)
    audit.insert(
        st, "wallet.returned", "stored_value_account", drawn[0].account_id, person_id=order.person_id,
        detail={"order_no": order.order_no, **told},
    )  # fmt: skip
    return told


def _payments(tenders: Sequence[Tender], drawn: Sequence[services.Drawn]) -> list[tuple[list[Tender], list[int]]]:
    """Return each payment with stored value of an order: its tenders, and the places of what it drew.

    A payment draws once, so the n-th spend is that of the n-th payment: a refund between two of them has given back
    shares of the first alone.
    """
    paid: dict[int, list[Tender]] = {}
    for tender in tenders:
        paid.setdefault(tender.payment_id or 0, []).append(tender)
    places: dict[int, list[int]] = {}
    for n, one in enumerate(drawn):
        places.setdefault(one.spend_id, []).append(n)
    return list(zip(paid.values(), places.values(), strict=True))


def merged(tenders: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return tenders as the doors tell them: stored value as one, with its two shares beside."""
    found: list[dict[str, Any]] = []
    for tender in tenders:
        if tender["kind"] not in BOTH:
            found.append(tender)
            continue
        share = "principal_fen" if tender["kind"] == STORED else "bonus_fen"
        one = next((other for other in found if other["kind"] == STORED), None)
        if one is None:
            one = {**dict.fromkeys(tender, 0), "kind": STORED, "principal_fen": 0, "bonus_fen": 0}
            one |= {"payment": tender["payment"]} if "payment" in tender else {}
            found.append(one)
        for key, value in tender.items():
            if key not in ("kind", "payment") and isinstance(value, int):
                one[key] += value
        one[share] += tender["amount_fen"]
    return found


def lines_of(lines: Mapping[int, OrderLine]) -> list[int]:
    """Return the numbers of the lines that sold a top-up."""
    return [n for n, line in lines.items() if line.kind == TOPUP]
