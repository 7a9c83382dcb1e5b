"""Cards that were sold elsewhere and come in with a list: taken over, corrected, given back.

An imported card (`source` import) has no order here, so that no refund can touch it; benefits and coupons are its
product's, as if it had been sold here.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any

from sqlalchemy import delete, select

from core.cards import services
from core.cards.models import Card, CardSeat, Household
from core.kernel import audit, clock
from core.kernel.errors import Conflict, FieldError, Refusal
from core.kernel.i18n import _
from core.kernel.statements import Statements
from core.people import services as people
from core.people.models import SearchToken
from core.people.rules import card_key

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy.orm import Session

    from core.people.models import Person
    from core.programme.rules import CardProduct

IMPORTED = "import"
_FIELDS = ("valid_from", "valid_until", "status", "product_code", "seats", "source")
# Our own numbers look like this; a printed one of the same look could be given out a second time.
OURS = re.compile(r"8800\d{12}")


@dataclass(frozen=True, slots=True)
class Terms:
    """What a list says of a card: when it holds, its state (active, frozen, lost)."""

    valid_from: date
    valid_until: date | None
    status: str = "active"


def take_over(
    session: Session, person: Person, product: CardProduct, programme_number: int, number: str, terms: Terms,
    family: Sequence[Person] = (),
) -> Card:  # fmt: skip
    """Return a card of `product` that was sold elsewhere, with its holder's seat and the family's.

    Raises Conflict `card_number_taken`, Refusal `household_full` when the product has fewer seats.
    """
    if services.by_number(session, number) is not None:
        raise Conflict(_("卡号 %(number)s 已经有了。", number=number), code="card_number_taken")
    card = services.issue(
        session, person, product, programme_number, start=terms.valid_from, number=number, source=IMPORTED
    )
    card.valid_until, card.status = terms.valid_until, terms.status
    add_tokens(session, card)
    seat_all(session, card, family)
    session.flush()
    return card


def correct(session: Session, card: Card, values: dict[str, Any], family: Sequence[Person] = ()) -> dict[str, Any]:
    """Change an imported card's dates, state or product, and add seats; return what there was before."""
    before = {key: getattr(card, key) for key in _FIELDS if key in values and getattr(card, key) != values[key]}
    for key in before:
        setattr(card, key, values[key])
    card.version += 1
    session.flush()
    if card.seats > 1:
        services.open_household(session, card)
    seat_all(session, card, family)
    add_tokens(session, card)
    audit.record(
        session, "cards.card.corrected", "card", card.id, person_id=card.person_id,
        detail={key: [str(old or ""), str(getattr(card, key) or "")] for key, old in before.items()},
    )  # fmt: skip
    session.flush()
    return before


def seat_all(session: Session, card: Card, family: Sequence[Person]) -> None:
    """Give each person a seat, also on a card that is over or frozen; raise Refusal `household_full` beyond that."""
    if not family:
        return
    taken = services.count_seats(session, [card.id]).get(card.id, 0)
    if taken + len(family) > card.seats:
        raise Refusal(
            _("这张卡最多 %(n)d 人共用（含持卡人），已满。可以先移出一位家人，或再购一张卡。", n=card.seats),
            code="household_full",
            errors=[FieldError("member_id", _("%(n)d 个名额已用完。", n=card.seats))],
        )
    now = clock.now_ms()
    for person in family:
        session.add(CardSeat(card_id=card.id, person_id=person.id, role="other", joined_at=now))
        audit.record(session, "cards.seat.filled", "card", card.id, person_id=person.id, detail={"role": "other"})
    session.flush()


def add_tokens(session: Session, card: Card) -> None:
    """Let the card's holder be found by its printed number: whole, and by its runs of digits."""
    key = card_key(card.number)
    wanted = {key, *re.findall(r"\d{4,}", key)}
    have = set(
        session.scalars(
            select(SearchToken.token).where(SearchToken.person_id == card.person_id, SearchToken.token.in_(wanted))
        )
    )
    st = Statements(session, card.franchise_id)
    rows = [people.token_row(card.franchise_id, card.person_id, token) for token in sorted(wanted - have)]
    st.insert_many("search_token", rows)


def give_back(session: Session, card: Card, tokens: Sequence[str]) -> None:
    """Take an imported card back: nobody has a seat, its number is free again and finds nobody."""
    audit.record(
        session, "cards.card.given_back", "card", card.id, person_id=card.person_id,
        detail={"number": card.number, "product": card.product_code},
    )  # fmt: skip
    now = clock.now_ms()
    for row in session.scalars(select(CardSeat).where(CardSeat.card_id == card.id, CardSeat.left_at.is_(None))):
        row.left_at = now
    _drop_tokens(session, card, tokens)
    card.status, card.number = "revoked", f"x{card.id}"[:20]
    card.version += 1
    session.flush()


def put_back(
    session: Session, card: Card, values: dict[str, Any], family: Sequence[int], tokens: Sequence[str], *, alone: bool
) -> None:
    """Undo a correction: old values, the added seats and search words gone; `alone`: there was no household."""
    now = clock.now_ms()
    for row in session.scalars(
        select(CardSeat).where(CardSeat.card_id == card.id, CardSeat.person_id.in_(family), CardSeat.left_at.is_(None))
    ):
        row.left_at = now
    was = {key: str(getattr(card, key) or "") for key in values}
    for key, value in values.items():
        setattr(card, key, value)
    card.version += 1
    session.flush()
    if alone:
        session.execute(delete(Household).where(Household.card_id == card.id))
    _drop_tokens(session, card, tokens)
    audit.record(
        session, "cards.card.corrected", "card", card.id, person_id=card.person_id,
        detail={key: [was[key], str(values[key] or "")] for key in values},
    )  # fmt: skip
    session.flush()


def _drop_tokens(session: Session, card: Card, tokens: Sequence[str]) -> None:
    session.flush()
    session.execute(
        delete(SearchToken).where(SearchToken.person_id == card.person_id, SearchToken.token.in_(list(tokens)))
    )


def tokens_of(session: Session, person_id: int) -> set[str]:
    """Return the search words of a person."""
    return set(session.scalars(select(SearchToken.token).where(SearchToken.person_id == person_id)))
