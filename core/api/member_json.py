"""Members, cards and households as contract.md section 4 spells them. Phones leave masked."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy import select

from core.cards import rights
from core.cards import rules as card_rules
from core.cards import services as cards
from core.courses import reads as course_reads
from core.kernel import clock
from core.kernel.statements import Statements
from core.kernel.tenancy import current_actor
from core.ledger import pending
from core.ledger import services as ledger
from core.orders.reads import masked_phone, tier_json
from core.orders.selling import card_savings, payments
from core.org.models import Staff
from core.people import custom
from core.people import services as people
from core.programme import services as programmes
from core.wallet import reads as wallet_reads
from core.wallet import services as wallet

if TYPE_CHECKING:
    from datetime import date

    from sqlalchemy.orm import Session

    from core.cards.models import Card, Household
    from core.people.models import Person
    from core.programme.rules import Programme


def instant(ms: int) -> str:
    """Return an instant in milliseconds as RFC 3339 UTC."""
    return datetime.fromtimestamp(ms / 1000, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def day(value: date | None) -> str | None:
    """Return a day as `YYYY-MM-DD`, or None."""
    return value.isoformat() if value else None


def found(session: Session, person: Person, programme: Programme) -> dict[str, Any]:
    """Return a person as a search shows them."""
    return {
        "id": str(person.id),
        "member_no": person.member_no,
        "name": person.name,
        "phone_masked": masked_phone(session, person),
        "gender": person.gender,
        "birth_date": day(person.birth_on),
        "tier": tier_json(programme, person),
        "version": person.version,
    }


def member(session: Session, person: Person) -> dict[str, Any]:
    """Return a person with tier, household, cards, points, coupons and consents, as of today."""
    actor = current_actor()
    today = clock.today(actor.tz)
    programme = programmes.in_force(session)
    st = Statements(session, actor.franchise_id)
    held = cards.cards_of(session, [person.id])[person.id]
    used = cards.count_seats(session, [card.id for card in held])
    paid = card_savings.of_cards(session, held)
    referrer = people.get(session, person.referrer_id) if person.referrer_id else None
    return {
        **found(session, person, programme),
        "birth_calendar": person.birth_calendar,
        "occupation": person.occupation,
        "company": person.company,
        "industry": person.industry,
        "interests": person.interests,
        "adviser": session.scalar(select(Staff.number).where(Staff.id == person.adviser_id)) or None,
        "own_fields": {
            one.field.key: one.value for one in custom.shown(session, person.id, protected=False) if one.value
        },
        "contact_of": str(person.contact_of_id) if person.contact_of_id else None,
        "tags": [row.tag for row in people.tags_of(session, person)],
        "household": _household_of(session, person),
        "referrer": referrer.member_no if referrer else None,
        "cards": [{**card_json(card, used.get(card.id, 0)), "payback": _payback(paid.get(card.id))} for card in held],
        "points": _points(st, person, today),
        "stored_value": wallet_reads.to_json(*wallet.balances(session, [person.id], today)[person.id]),
        "owed_fen": payments.owed_of(session, person.id),
        "coupons": _coupons(session, st, programme, person, held, today),
        "courses": [course_reads.to_json(one) for one in course_reads.of_member(session, person.id)],
        "consents": [consent_json(row) for row in people.consents_of(session, person).values()],
    }


def _payback(one: card_savings.Payback | None) -> dict[str, Any] | None:
    return {"fee_fen": one.fee_fen, "saved_fen": one.saved_fen, "on": day(one.on)} if one else None


def consent_json(row: Any) -> dict[str, Any]:
    """Return a consent row."""
    return {
        "id": str(row.id),
        "purpose": row.purpose,
        "granted": row.granted,
        "at": instant(row.at),
        "text_version": row.text_version,
    }


def card_json(card: Card, used: int) -> dict[str, Any]:
    """Return a card with its seats; `valid_until` is the last usable day, null for life."""
    return {
        "id": str(card.id),
        "number": card.number,
        "product": card.product_code,
        "status": card.status,
        "valid_from": card.valid_from.isoformat(),
        "valid_until": day(card.valid_until),
        "seats": {"used": used, "total": card.seats},
    }


def household_json(session: Session, household: Household) -> dict[str, Any]:
    """Return a household with everyone who has a seat, the holder first."""
    card = cards.get(session, household.card_id)
    seats = cards.seats_of(session, card)
    return {
        "id": str(household.id),
        "card_id": str(card.id),
        "seats": {"used": len(seats), "total": card.seats},
        "members": _seats(seats),
        "version": household.version,
    }


def _seats(seats: list[cards.SeatView]) -> list[dict[str, Any]]:
    return [{"member_id": str(s.person.id), "name": s.person.name, "role": s.role} for s in seats]


def _household_of(session: Session, person: Person) -> dict[str, Any] | None:
    pair = cards.household_of(session, person)
    if pair is None:
        return None
    household, card = pair
    seats = cards.seats_of(session, card)
    role = next(seat.role for seat in seats if seat.person.id == person.id)
    return {"id": str(household.id), "role": role, "members": _seats(seats)}


def _points(st: Statements, person: Person, today: date) -> dict[str, Any]:
    available, debt = ledger.available_of(st, [person.id], ledger.POINTS, today)[person.id]
    expiring = ledger.expiring(st, person.id, ledger.POINTS, today)
    return {
        "available": available,
        "pending": sum(points for _on, points in pending.of(st, person.id)),
        "debt": debt,
        "expiring": [{"on": on.isoformat(), "points": points} for on, points in expiring if on],
    }


def _coupons(
    session: Session, st: Statements, programme: Programme, person: Person, held: list[Card], today: date
) -> list[dict[str, Any]]:
    usable = [
        card for card in held
        if card_rules.usable(card.status, card.valid_from, card.valid_until, today)
    ]  # fmt: skip
    return [
        {
            "id": one.id, "code": one.rule.code, "name": one.rule.name,
            "valid_from": day(one.valid_from) if one.valid_from and one.valid_from > today else None,
            "valid_until": day(one.valid_until), "for": one.person_id,
        }
        for one in rights.coupons_of(session, st, programme, person, usable, today)
        if one.state == "open"
    ]  # fmt: skip
