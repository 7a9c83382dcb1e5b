"""A member as the desk sees them: the till's column, the member page, and what hooks are told.

Reads only; phones leave here masked.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from sqlalchemy import select

from core.cards import rules as card_rules
from core.cards import services as cards
from core.cards.rights import coupons_of, service_rights_of
from core.care import strip
from core.catalog.models import Item
from core.catalog.services import attributes_of
from core.courses import reads as course_reads
from core.hooktypes import Alert, BoughtItem, CouponView, CourseView, PersonView, SeatView, hook_context
from core.kernel import clock
from core.kernel.days import add_months
from core.kernel.permissions import may
from core.kernel.plugin_types import Unavailable
from core.kernel.runtime import runtime
from core.kernel.statements import Statements
from core.kernel.tenancy import current_actor
from core.ledger import pending
from core.ledger import services as ledger
from core.orders.models import OrderLine, Orders
from core.orders.reads import masked_phone
from core.orders.selling import card_savings, payments
from core.people import rules as people_rules
from core.programme import services as programmes
from core.tiers import rules as tier_rules
from core.tiers import services as tiers
from core.wallet import reads as wallet_reads

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date

    from sqlalchemy.orm import Session

    from core.cards.models import Card
    from core.care.strip import Strip
    from core.coupons.rules import CouponState, ServiceRight
    from core.courses.reads import CourseSeen
    from core.hooktypes import PanelSpec
    from core.orders.selling.card_savings import Payback
    from core.people.models import Person
    from core.programme.rules import Programme, Tier
    from core.tiers.rules import Gap, QualifyingEvent
    from core.wallet.reads import Wallet

RECENT = 20


@dataclass(frozen=True, slots=True)
class CardSeen:
    """A card in which the person has a seat; `until` is the last usable day, None for life."""

    card: Card
    name: str
    used: int
    usable: bool
    payback: Payback | None = None

    @property
    def shared(self) -> bool:
        """Return whether it is a card for several people."""
        return self.card.seats > 1


@dataclass(frozen=True, slots=True)
class Failed:
    """A plugin that did not answer: its key and the number of the failure."""

    plugin: str
    number: str


@dataclass(slots=True)
class MemberSeen:
    """A person with tier, points, cards, coupons and warnings, as of today."""

    person: Person
    phone: str
    age: int | None
    tier_name: str
    rank: int
    steps: int
    points: int
    debt: int
    lots: list[tuple[date | None, int]]
    soon_months: int
    gap: Gap | None
    keep: Gap | None
    cards: list[CardSeen]
    family: CardSeen | None
    seats: list[cards.SeatView]
    coupons: list[CouponState]
    rights: list[ServiceRight]
    pending: list[tuple[date, int]] = field(default_factory=list)
    courses: list[CourseSeen] = field(default_factory=list)
    owed: list[tuple[str, int]] = field(default_factory=list)
    wallet: Wallet | None = None
    strip: Strip | None = None
    alerts: list[Alert] = field(default_factory=list)
    failed: list[Failed] = field(default_factory=list)

    @property
    def soon(self) -> bool:
        """Return whether points run out within the programme's time of notice."""
        first = self.lots[0][0] if self.lots else None
        return first is not None and first <= add_months(clock.today(current_actor().tz), self.soon_months)

    @property
    def owed_fen(self) -> int:
        """Return what the member owes over all orders, fen."""
        return sum(fen for _no, fen in self.owed)

    @property
    def sessions_left(self) -> int:
        """Return the sessions that may be used today, over all courses."""
        return sum(one.left for one in self.courses if one.live)

    @property
    def coupons_left(self) -> list[CouponState]:
        """Return the coupons that may still be used."""
        return [one for one in self.coupons if one.state == "open"]


def see(session: Session, person: Person, *, alerts: bool = True) -> MemberSeen:
    """Return what the desk shows of a person; a plugin that fails is named in `failed`."""
    actor = current_actor()
    today = clock.today(actor.tz)
    programme = programmes.in_force(session)
    st = Statements(session, actor.franchise_id)
    points, debt = ledger.available_of(st, [person.id], ledger.POINTS, today)[person.id]
    code = person.tier_code or programme.base_tier().code
    tier = programme.tier(code)
    held = _cards(session, programme, person, today)
    family = next((one for one in held if one.shared and one.usable), None)
    events, joined = tiers.events_of(st, person.id, actor.tz), tiers.joined_day(person.joined_at, actor.tz)
    seats = cards.seats_of(session, family.card) if family else []
    seen = MemberSeen(
        person=person, phone=masked_phone(session, person), age=age_of(person, today),
        tier_name=tier.name if tier else code, rank=programme.rank(code) + 1, steps=len(programme.tiers),
        points=points, debt=debt, lots=ledger.expiring(st, person.id, ledger.POINTS, today),
        soon_months=programme.points.notice_months, pending=pending.of(st, person.id),
        gap=tier_rules.gap(events, programme.tiers, today, code, joined),
        keep=_keep(events, tier, person, today, joined),
        cards=held, family=family, seats=seats,
        coupons=coupons_of(session, st, programme, person, [one.card for one in held if one.usable], today),
        rights=service_rights_of(session, st, programme, person, today),
        courses=course_reads.of_member(session, person.id, [seat.person.id for seat in seats]),
        owed=payments.owed_orders(session, person.id),
        wallet=wallet_reads.see(session, person.id),
    )  # fmt: skip
    if alerts:
        seen.strip = strip.of(session, person.id)
        _alerts(session, seen)
    return seen


def _keep(
    events: Sequence[QualifyingEvent], tier: Tier | None, person: Person, today: date, joined: date
) -> Gap | None:
    """Return what is missing to keep the tier when it is next looked at; None if nothing is, or it never is."""
    if tier is None or person.tier_until is None or person.tier_until < today:
        return None
    review = person.tier_until + timedelta(days=1)
    gap = tier_rules.keep_gap(events, tier, review, today, joined)
    if gap is None:
        return None
    lacking = [need.missing > 0 for need in gap.needs]
    return gap if (all if gap.match == "any" else any)(lacking) else None


def age_of(person: Person, today: date) -> int | None:
    """Return the age in whole years, or None without a date of birth."""
    return people_rules.age_on(person.birth_on, today) if person.birth_on else None


def _cards(session: Session, programme: Programme, person: Person, today: date) -> list[CardSeen]:
    held = cards.cards_of(session, [person.id])[person.id]
    used = cards.count_seats(session, [card.id for card in held])
    paid = card_savings.of_cards(session, held)
    found = []
    for card in held:
        product = programme.card_product(card.product_code)
        usable = card_rules.usable(card.status, card.valid_from, card.valid_until, today)
        name = product.name if product else card.product_code
        found.append(CardSeen(card, name, used.get(card.id, 0), usable, paid.get(card.id)))
    return found


# -- for hooks -------------------------------------------------------------------------------------


def person_view(session: Session, seen: MemberSeen) -> PersonView:
    """Return the person as hooks are told of them."""
    person = seen.person
    programme = programmes.in_force(session)
    st = Statements(session, current_actor().franchise_id)
    today = clock.today(current_actor().tz)
    family = [seen.family.card] if seen.family else []
    return PersonView(
        person_id=person.id, name=person.name, gender=person.gender, birth_date=person.birth_on,
        tier=person.tier_code, member_no=person.member_no,
        coupons=tuple(_coupon_view(one) for one in seen.coupons),
        recent=tuple(recent_items(session, person.id)),
        household=tuple(
            SeatView(
                seat.person.id, seat.person.name, seat.role,
                tuple(
                    _coupon_view(one)
                    for one in coupons_of(session, st, programme, seat.person, family, today)
                ),
            )
            for seat in seen.seats
        ),
        courses=tuple(
            CourseView(one.row.item_code, one.name, one.left, one.total, one.until) for one in seen.courses if one.left
        ),
    )  # fmt: skip


def _coupon_view(one: CouponState) -> CouponView:
    classes = one.rule.items.classes
    return CouponView(one.rule.code, one.rule.name, one.state, frozenset(classes or ()), one.valid_until)


def recent_items(session: Session, person_id: int, limit: int = RECENT) -> list[BoughtItem]:
    """Return what the person had lately, newest first; what was wholly refunded is left out."""
    rows = session.execute(
        select(OrderLine, Orders.business_on)
        .join(Orders, Orders.id == OrderLine.orders_id)
        .where(OrderLine.for_person_id == person_id, OrderLine.refunded_qty < OrderLine.qty)
        .order_by(OrderLine.id.desc())
        .limit(limit)
    ).all()
    codes = {line.item_code for line, _on in rows}
    items = {row.code: row for row in session.scalars(select(Item).where(Item.code.in_(codes)))}
    return [
        BoughtItem(
            line.item_code, line.name or line.item_code, on, line.qty - line.refunded_qty,
            attributes_of(items[line.item_code]) if line.item_code in items else {},
        )
        for line, on in rows
    ]  # fmt: skip


def panel_specs(*places: str) -> list[tuple[str, PanelSpec]]:
    """Return (plugin, panel) of the panels for these places that the actor may see, in order."""
    host, actor = runtime().host, current_actor()
    if host is None:
        return []
    found = [
        (one.plugin or "", one.value)
        for one in host.declared("register_panels")
        if not one.failed and one.value.place in places and (one.plugin is None or one.plugin in actor.plugins)
    ]
    return [(key, spec) for key, spec in found if may(actor, spec.permission)]


def _alerts(session: Session, seen: MemberSeen) -> None:
    host = runtime().host
    if host is None:
        return
    answers = host.call("person_alerts", hook_context(session), person=person_view(session, seen))
    seen.alerts = [answer.value for answer in answers if not answer.failed]
    seen.failed = [failed_of(answer.value) for answer in answers if isinstance(answer.value, Unavailable)]


def failed_of(missing: Any) -> Failed:
    """Return what a page says of a plugin that did not answer."""
    return Failed(missing.plugin, missing.number)
