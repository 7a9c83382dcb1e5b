"""What the till shows: the open basket priced anew, its member, its findings, why it cannot be paid yet."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from sqlalchemy import select

from core.catalog import prices
from core.catalog.models import Item
from core.desk import rules, services
from core.desk.people import member
from core.desk.selling import guards, till_value
from core.kernel import clock
from core.kernel.errors import Refusal
from core.kernel.i18n import _
from core.kernel.permissions import may
from core.kernel.tenancy import current_actor
from core.orders import sites
from core.orders.quoting.basket import price_basket
from core.orders.rules import POINTS, STORED, STORED_BONUS
from core.orders.types import TenderRequest
from core.org import dealing, franchises
from core.org.models import Staff
from core.people import services as people
from core.people.models import Person
from core.pricing.rules import TenderIn, earn_for, spread
from core.programme import services as programmes

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from core.hooktypes import LineField, PanelSpec
    from core.orders.types import FindingView, Priced
    from core.pricing.rules import QuoteLine
    from core.programme.rules import CardProduct, TenderRule


@dataclass(frozen=True, slots=True)
class FindingShown:
    """A finding on the basket; `given` says who let it pass, if anybody did; `asked`: a colleague was asked."""

    view: FindingView
    given: rules.Given | None
    asked: bool = False

    @property
    def open(self) -> bool:
        """Return whether it still stands between the basket and the payment."""
        return self.view.severity != "info" and self.given is None


@dataclass(slots=True)
class LineShown:
    """A line: what was asked for, what it costs and why (None while the basket cannot be priced)."""

    asked: rules.DraftLine
    number: int
    name: str
    kind: str
    unit_fen: int
    quote: QuoteLine | None = None
    patient: str = ""
    performer: str = ""
    asks: LineField | None = None
    findings: list[FindingShown] = field(default_factory=list)

    @property
    def tint(self) -> str:
        """Return how the line is drawn: bad, warn or plain."""
        if any(one.open and one.view.severity in ("major", "contraindicated") for one in self.findings):
            return "bad"
        return "warn" if any(one.open for one in self.findings) else ""


@dataclass(frozen=True, slots=True)
class Patient:
    """Somebody who may be treated on the payer's account. `id` 0: the payer."""

    id: int
    name: str
    role: str


@dataclass(frozen=True, slots=True)
class CardOffer:
    """A shared card that may be offered: its product, its item, today's price in fen, what to say (S1-17)."""

    product: CardProduct
    item: Item
    price_fen: int
    script: list[str]


@dataclass(slots=True)
class Till:
    """Everything on the till page."""

    draft: rules.Draft
    pay_key: str
    lines: list[LineShown]
    member: member.MemberSeen | None
    patients: list[Patient]
    performers: list[Staff]
    priced: Priced | None = None
    problem: Refusal | None = None
    points: TenderRequest | None = None
    value: till_value.ValueShown | None = None
    rule: TenderRule | None = None
    earn: int = 0
    general: list[FindingShown] = field(default_factory=list)
    why_not: str = ""
    offers: list[CardOffer] = field(default_factory=list)
    scripts: list[tuple[str, list[str]]] = field(default_factory=list)
    may_price: bool = False
    price: guards.PriceState = field(default_factory=lambda: guards.PriceState())
    own: bool = False
    witness: str = ""
    panels: list[PanelSpec] = field(default_factory=list)

    @property
    def total_fen(self) -> int:
        """Return what is to be paid in all, fen."""
        return self.priced.quote.total_fen if self.priced else 0

    @property
    def due_fen(self) -> int:
        """Return what is to be paid in money, fen."""
        return self.total_fen - (self.points.amount_fen if self.points else 0) - (self.value.fen if self.value else 0)

    @property
    def after_points(self) -> int:
        """Return the member's points after this order."""
        had = self.member.points if self.member else 0
        return had - (self.points.points if self.points else 0) + self.earn

    @property
    def not_applied(self) -> list[dict[str, str]]:
        """Return the offers that did not work, each once: what it is called, and why it did not."""
        if self.priced is None:
            return []
        names = _offer_names(self.priced)
        found = {
            (one.rule, one.hint): {"rule": names.get(one.rule, one.rule), "reason": one.hint, "hint": ""}
            for one in self.priced.quote.not_applied
        }
        return list(found.values())

    @property
    def graver(self) -> bool:
        """Return whether somebody may have to let a finding pass."""
        every = [*self.general, *(one for line in self.lines for one in line.findings)]
        return any(one.open and one.view.overridable_by for one in every)

    @property
    def sells_card(self) -> bool:
        """Return whether a card is in the basket."""
        return any(line.kind == "card" for line in self.lines)


def show(session: Session, web_session_id: int) -> Till:
    """Return the till of a session, priced at this instant; nothing is stored."""
    draft, pay_key = services.draft_of(session, web_session_id)
    seen = _member(session, draft)
    items = {row.code: row for row in session.scalars(select(Item).where(Item.code.in_(_codes(draft))))}
    costs = prices.of(session, items.values())
    performers = list(
        session.scalars(select(Staff).where(Staff.performs.is_(True), Staff.active.is_(True)).order_by(Staff.number))
    )
    till = Till(
        draft, pay_key, [], seen, _patients(seen), performers,
        may_price=may(current_actor(), "orders.price.override"),
    )  # fmt: skip
    names = _names(session, till)
    staff = {row.id: row.name for row in performers}
    for n, asked in enumerate(draft.lines, 1):
        item = items.get(asked.item)
        till.lines.append(
            LineShown(
                asked, n, item.name if item else asked.item, item.kind if item else "",
                costs[item.id] if item else 0, patient=names.get(asked.for_id, "") if asked.for_id else "",
                performer=staff.get(asked.performer or 0, ""), asks=sites.field_of(item),
            )
        )  # fmt: skip
    _price(session, till)
    till.price = guards.price_state(session, till.draft)
    till.own = dealing.is_own(session, [till.draft.member_id, *(line.for_id for line in till.draft.lines)])
    till.witness = guards.witness_name(till.draft)
    till.why_not = _why_not(session, till)
    till.offers = _offers(session, till)
    till.panels = [spec for _plugin, spec in member.panel_specs("till")] if seen else []
    sold = [items[line.asked.item] for line in till.lines if line.kind == "card"]
    till.scripts = [(item.name, script_of(item)) for item in dict.fromkeys(sold) if item.desk_script.strip()]
    return till


def _codes(draft: rules.Draft) -> list[str]:
    return [line.item for line in draft.lines]


def _member(session: Session, draft: rules.Draft) -> member.MemberSeen | None:
    if draft.member_id is None:
        return None
    person = session.get(Person, draft.member_id)
    return member.see(session, person) if person else None


def _patients(seen: member.MemberSeen | None) -> list[Patient]:
    """Return who may be treated on the payer's account: the payer, then those who share the card."""
    if seen is None:
        return []
    others = [
        Patient(seat.person.id, seat.person.name, seat.role) for seat in seen.seats if seat.person.id != seen.person.id
    ]
    return [Patient(0, seen.person.name, "self"), *others] if others else []


def _names(session: Session, till: Till) -> dict[int, str]:
    known = {one.id: one.name for one in till.patients}
    missing = {line.for_id for line in till.draft.lines if line.for_id} - set(known)
    if missing:
        rows = session.execute(select(Person.id, Person.name).where(Person.id.in_(missing)))
        known.update({row[0]: row[1] for row in rows})
    return known


def _price(session: Session, till: Till) -> None:
    if not till.draft.lines:
        return
    try:
        priced = price_basket(session, rules.request_of(till.draft))
    except Refusal as refusal:
        till.problem = refusal
        return
    till.priced = priced
    for line, quoted in zip(till.lines, priced.quote.lines, strict=True):
        line.quote = quoted
    given = {one.finding: one for one in rules.still_given(till.draft, clock.now_ms())}
    for view in priced.findings:
        shown = FindingShown(view, given.get(view.id), view.id in till.draft.asked)
        (till.lines[view.line - 1].findings if view.line else till.general).append(shown)
    till.rule = priced.programme.tender
    till.points = services.points_of(till.draft, priced)
    till.value = till_value.show(session, till.draft, priced, till.member)
    till.earn = earn_preview(priced, till.points, till.value) if till.member else 0


def earn_preview(
    priced: Priced, points: TenderRequest | None, value: till_value.ValueShown | None = None
) -> int:  # fmt: skip
    """Return the points that this order will earn when the rest is paid in money; stored bonus earns none."""
    quote = priced.quote
    tenders = [TenderIn(POINTS, points.amount_fen, None)] if points else []
    if value is not None:
        shares = ((STORED, value.principal), (STORED_BONUS, value.bonus))
        tenders += [TenderIn(kind, fen, None) for kind, fen in shares if fen]
    left = quote.total_fen - sum(tender.amount_fen for tender in tenders)
    if left:
        tenders.append(TenderIn("cash", left, None))
    matrix = spread({line.line: line.net_fen for line in quote.lines}, tenders)
    return earn_for(quote, tenders, matrix).points


def _why_not(session: Session, till: Till) -> str:
    """Return why the basket cannot be paid yet, in one sentence, or an empty text."""
    if not till.lines:
        return _("先添加项目再收款")
    if till.problem is not None:
        return till.problem.message
    if current_actor().store_id is None:
        return _("请先在右上角选择门店")
    for line in till.lines:
        if any(one.open for one in line.findings):
            return _("第 %(n)d 行有提示未处理，先处理才能收款", n=line.number)
        if line.kind == "card" and till.draft.member_id is None:
            return _("第 %(n)d 行是会员卡，请先查找或新建会员", n=line.number)
        if line.kind == "topup" and till.draft.member_id is None:
            return _("第 %(n)d 行是充值，请先查找或新建会员", n=line.number)
        if till.priced is not None and line.asked.item in till.priced.packs and till.draft.member_id is None:
            return _("第 %(n)d 行是疗程或套餐，请先查找或新建会员", n=line.number)
        if line.asked.price_fen is not None and not (till.may_price or till.price.agreed):
            return _("第 %(n)d 行改过价，须由规则管理员或加盟主同意", n=line.number)
    if till.own and not till.witness:
        return _("这是你本人或家人的账户，须同事作证")
    if any(one.open for one in till.general):
        return _("本单有提示未处理，先处理才能收款")
    try:
        franchises.refuse_when_frozen(session, member=till.draft.member_id is not None)
    except Refusal as refusal:
        return refusal.message
    return ""


def _offers(session: Session, till: Till) -> list[CardOffer]:
    """Return the shared cards that may be offered to a member who has none (S1-07)."""
    if till.member is None or till.member.family or till.sells_card:
        return []
    programme = programmes.in_force(session)
    products = {one.code: one for one in programme.card_products if one.seats > 1 and not one.free}
    if not products:
        return []
    items = session.scalars(
        select(Item).where(Item.code.in_(products), Item.active.is_(True)).order_by(Item.code)
    ).all()
    costs = prices.of(session, items)
    return [CardOffer(products[item.code], item, costs[item.id], script_of(item)) for item in items]


def script_of(item: Item) -> list[str]:
    """Return what the desk says when it sells a card, a sentence each (S1-17)."""
    return [line.strip() for line in item.desk_script.splitlines() if line.strip()]


def _offer_names(priced: Priced) -> dict[str, str]:
    """Return what the rules of the programme and the coupons in hand are called, by code."""
    programme = priced.programme
    own = [coupon.rule for state in priced.basket.people.values() for coupon in state.coupons]
    bundled = [rule for product in programme.card_products for rule in product.coupons]
    rules_ = [*programme.coupons, *bundled, *own]
    return {
        **{one.code: one.name for one in programme.promotions if one.name},
        **{f"tier:{one.code}": one.name for one in programme.tiers},
        **{one.code: one.name for one in rules_ if one.name},
    }


def found_rows(session: Session, text: str) -> list[dict[str, Any]]:
    """Return up to eight persons that match, as the search box shows them (ux 2.1)."""
    from core.cards import services as cards
    from core.orders.reads import masked_phone
    from core.org.models import Store

    persons = people.find(session, text)
    if not persons:
        return []
    programme = programmes.in_force(session)
    stores = {row.id: row.name for row in session.scalars(select(Store))}
    held = cards.cards_of(session, [person.id for person in persons])
    zone = clock.zone(current_actor().tz)
    rows = []
    for person in persons:
        tier = programme.tier(person.tier_code)
        last = clock.from_ms(person.last_visit_at).astimezone(zone).date() if person.last_visit_at else None
        rows.append(
            {
                "id": person.id, "name": person.name, "member_no": person.member_no,
                "phone": masked_phone(session, person), "tier": tier.name if tier else "",
                "rank": programme.rank(person.tier_code) + 1, "steps": len(programme.tiers),
                "store": stores.get(person.store_id or 0, ""), "last": last,
                "family": any(card.seats > 1 and card.status == "active" for card in held[person.id]),
                "child": person.contact_of_id is not None and not person.phone_blind,
            }
        )  # fmt: skip
    return rows
