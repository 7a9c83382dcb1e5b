"""Verbs of cards: issue, share, seat, freeze, renew; what pricing needs to know of them."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any

from sqlalchemy import func, select

from core.cards import rules
from core.cards.models import Card, CardSeat, Household
from core.kernel import audit, clock, counters
from core.kernel.errors import Conflict, FieldError, Invalid, NotFound, Refusal
from core.kernel.i18n import _
from core.kernel.ids import new_code, parse_id
from core.kernel.statements import Statements
from core.kernel.tenancy import current_actor
from core.people import services as people
from core.people.models import Person
from core.programme import services as programmes

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sqlalchemy.orm import Session

    from core.programme.rules import CardProduct


@dataclass(frozen=True, slots=True)
class SeatView:
    """A person on a shared card, as household lists show them."""

    person: Person
    role: str
    joined_at: int


def get(session: Session, card_id: Any) -> Card:
    """Return a card of the franchise; raise NotFound."""
    wanted = card_id if isinstance(card_id, int) else parse_id(card_id)
    row = session.get(Card, wanted) if wanted else None
    if row is None:
        raise NotFound(_("没有找到这张卡。"))
    return row


def by_number(session: Session, number: str) -> Card | None:
    """Return the card with this number, spaces ignored, or None."""
    return session.scalar(select(Card).where(Card.number == "".join(number.split())))


def enrol(session: Session, new: people.NewPerson) -> Person:
    """Add a person as a member: base tier and, where the programme has one, its free card.

    Raises what `people.enrol` raises.
    """
    person = people.enrol(session, new)
    programme = programmes.in_force(session)
    today = clock.today(current_actor().tz)
    person.tier_code = programme.base_tier().code
    person.tier_since = today
    free = programme.free_card()
    if free is not None:
        issue(session, person, free, programme.version)
    session.flush()
    return person


def issue(
    session: Session, person: Person, product: CardProduct, programme_number: int, *,
    order_id: int | None = None, start: date | None = None, number: str = "", source: str = "",
) -> Card:  # fmt: skip
    """Issue a card of `product` to `person` with its holder's seat, and a household when it is shared.

    Its number is a new one of ours; a printed `number` comes with its search words (cards/imported.py).
    """
    actor = current_actor()
    session.flush()
    st = Statements(session, actor.franchise_id)
    begin = start or clock.today(actor.tz)
    code = new_code()
    card = Card(
        person_id=person.id,
        number=number or rules.number(counters.take(st, "card_number")),
        product_code=product.code,
        seats=product.seats,
        valid_from=begin,
        valid_until=rules.valid_until(product, begin),
        programme_number=programme_number,
        order_id=order_id,
        source=source,
        qr_hash=hashlib.sha256(code.encode()).digest(),
        issued_at=clock.now_ms(),
    )
    card.qr = code
    session.add(card)
    session.add(CardSeat(card_id=card.id, person_id=person.id, role="holder", joined_at=clock.now_ms()))
    session.flush()
    if product.seats > 1:
        open_household(session, card)
    if not number:
        st.insert("search_token", people.token_row(person.franchise_id, person.id, card.number))
    audit.record(
        session, "cards.card.issued", "card", card.id, person_id=person.id,
        detail={"product": product.code, "number": card.number, **({"source": source} if source else {})},
    )  # fmt: skip
    return card


def open_household(session: Session, card: Card) -> Household:
    """Return the household of a shared card, opening it when there is none.

    Raises Refusal `not_shared` for a card of one seat.
    """
    found = session.scalar(select(Household).where(Household.card_id == card.id))
    if found is not None:
        return found
    if card.seats < 2:
        raise Refusal(_("这张卡只供一人使用，不能开家庭。请购买家庭卡。"), code="not_shared")
    household = Household(card_id=card.id, holder_id=card.person_id, made_at=clock.now_ms())
    session.add(household)
    session.flush()
    return household


def household(session: Session, household_id: Any) -> Household:
    """Return a household of the franchise; raise NotFound."""
    wanted = household_id if isinstance(household_id, int) else parse_id(household_id)
    row = session.get(Household, wanted) if wanted else None
    if row is None:
        raise NotFound(_("没有找到这个家庭。"))
    return row


def seat(session: Session, card: Card, person: Person, role: str) -> CardSeat:
    """Give `person` a seat on a shared card (S1-01, S1-04).

    Raises `household_full` when every seat is taken, `already_seated` when the person has one, Refusal
    when the card is not usable. The card's row is locked: two tills cannot fill the last seat twice.
    """
    if role not in rules.ROLES or role == "holder":
        raise Invalid.field("role", _("请选择与持卡人的关系：配偶、子女、父母或其他。"))
    Statements(session, card.franchise_id).lock("card", [card.id])
    today = clock.today(current_actor().tz)
    if not rules.usable(card.status, card.valid_from, card.valid_until, today):
        raise Refusal(_("这张卡现在不能使用，不能添加家人。"), code="card_not_usable")
    taken = session.scalars(select(CardSeat).where(CardSeat.card_id == card.id, CardSeat.left_at.is_(None))).all()
    if any(row.person_id == person.id for row in taken):
        raise Conflict(_("%(name)s 已在这张卡的家庭中。", name=person.name), code="already_seated")
    if len(taken) >= card.seats:
        raise Refusal(
            _("这张卡最多 %(n)d 人共用（含持卡人），已满。可以先移出一位家人，或再购一张卡。", n=card.seats),
            code="household_full",
            errors=[FieldError("member_id", _("%(n)d 个名额已用完。", n=card.seats))],
            extra={"seats": {"used": len(taken), "total": card.seats}},
        )
    row = CardSeat(card_id=card.id, person_id=person.id, role=role, joined_at=clock.now_ms())
    session.add(row)
    session.flush()
    audit.record(session, "cards.seat.filled", "card", card.id, person_id=person.id, detail={"role": role})
    return row


def leave(session: Session, card: Card, person: Person) -> None:
    """End a person's seat on a shared card; raise Refusal for its holder, NotFound without a seat."""
    if person.id == card.person_id:
        raise Refusal(_("持卡人不能移出自己的家庭。"), code="holder_stays")
    row = session.scalar(
        select(CardSeat).where(CardSeat.card_id == card.id, CardSeat.person_id == person.id, CardSeat.left_at.is_(None))
    )
    if row is None:
        raise NotFound(_("%(name)s 不在这张卡的家庭中。", name=person.name))
    row.left_at = clock.now_ms()
    audit.record(session, "cards.seat.left", "card", card.id, person_id=person.id)


def seats_of(session: Session, card: Card) -> list[SeatView]:
    """Return who shares the card, the holder first."""
    rows = session.execute(
        select(CardSeat, Person)
        .join(Person, Person.id == CardSeat.person_id)
        .where(CardSeat.card_id == card.id, CardSeat.left_at.is_(None))
        .order_by(CardSeat.joined_at, CardSeat.id)
    )
    return [SeatView(person, row.role, row.joined_at) for row, person in rows]


def count_seats(session: Session, card_ids: Iterable[int]) -> dict[int, int]:
    """Return how many seats of each card are taken."""
    rows = session.execute(
        select(CardSeat.card_id, func.count())
        .where(CardSeat.card_id.in_(list(card_ids)), CardSeat.left_at.is_(None))
        .group_by(CardSeat.card_id)
    )
    return {int(card_id): int(n) for card_id, n in rows}


def cards_of(session: Session, person_ids: Iterable[int]) -> dict[int, list[Card]]:
    """Return the cards in which each person has a seat, newest first."""
    wanted = list(person_ids)
    found: dict[int, list[Card]] = {person_id: [] for person_id in wanted}
    rows = session.execute(
        select(CardSeat.person_id, Card)
        .join(Card, Card.id == CardSeat.card_id)
        .where(CardSeat.person_id.in_(wanted), CardSeat.left_at.is_(None))
        .order_by(Card.id.desc())
    )
    for person_id, card in rows:
        found[person_id].append(card)
    return found


def household_of(session: Session, person: Person) -> tuple[Household, Card] | None:
    """Return the newest household (with its card) in which the person has a seat, or None."""
    row = session.execute(
        select(Household, Card)
        .join(Card, Card.id == Household.card_id)
        .join(CardSeat, CardSeat.card_id == Card.id)
        .where(CardSeat.person_id == person.id, CardSeat.left_at.is_(None))
        .order_by(Household.id.desc())
        .limit(1)
    ).first()
    return (row[0], row[1]) if row else None


_NEXT = {
    "report_lost": ("active", "lost"), "freeze": ("active", "frozen"), "unfreeze": ("frozen", "active"),
}  # fmt: skip


def act(session: Session, card: Card, action: str, reason: str) -> Card:
    """Do one of report_lost, replace, freeze, unfreeze, renew; return the card (on replace: the new one).

    Raises Invalid for an unknown action or a missing reason, Conflict when the card's state forbids it.
    """
    if not (reason or "").strip():
        raise Invalid.field("reason", _("请填写原因。"))
    if action in _NEXT:
        before, after = _NEXT[action]
        if card.status != before:
            raise Conflict(_("卡的状态不允许这样做，请刷新后再看。"), code="card_state")
        card.status = after
        result = card
    elif action == "replace":
        result = _replace(session, card)
    elif action == "renew":
        result = _renew(session, card)
    else:
        raise Invalid.field("action", _("没有“%(a)s”这种操作。", a=action))
    card.version += 1
    audit.record(
        session,
        f"cards.card.{action}",
        "card",
        card.id,
        person_id=card.person_id,
        detail={"reason": reason.strip()},
    )
    return result


def _replace(session: Session, card: Card) -> Card:
    """Give the card a new number and QR; the old number finds its holder still, but opens nothing."""
    if card.status not in {"active", "lost"}:
        raise Conflict(_("卡的状态不允许补卡，请刷新后再看。"), code="card_state")
    st = Statements(session, card.franchise_id)
    code = new_code()
    card.number = rules.number(counters.take(st, "card_number"))
    card.qr = code
    card.qr_hash = hashlib.sha256(code.encode()).digest()
    card.status = "active"
    session.flush()
    st.insert("search_token", people.token_row(card.franchise_id, card.person_id, card.number))
    return card


def _renew(session: Session, card: Card) -> Card:
    product = programmes.in_force(session).card_product(card.product_code)
    if product is None or product.months is None:
        raise Conflict(_("这种卡不需要续期。"), code="card_state")
    today = clock.today(current_actor().tz)
    begin = max(card.valid_until or today, today)
    card.valid_until = rules.valid_until(product, begin)
    return card


def of_order(session: Session, order_id: int) -> list[Card]:
    """Return the cards that an order sold and that are not revoked."""
    return list(session.scalars(select(Card).where(Card.order_id == order_id, Card.status != "revoked")))


def revoke_of_order(session: Session, order_id: int) -> list[Card]:
    """Revoke the cards that an order sold (its card line was refunded); return them."""
    cards = of_order(session, order_id)
    for card in cards:
        card.status = "revoked"
        card.version += 1
        audit.record(session, "cards.card.revoked", "card", card.id, person_id=card.person_id)
    return cards
