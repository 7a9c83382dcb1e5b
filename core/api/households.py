"""Households and cards: share a card, give seats, act on a card."""

from __future__ import annotations

from typing import Any

from core.api import answers, schemas
from core.api.calls import ApiBlueprint, Work, call
from core.api.member_json import card_json, household_json
from core.api.money import ACCEPTED
from core.cards import services as cards
from core.people import services as people

bp = ApiBlueprint("households", "Households and cards")
MEMBERS = ("members",)


@call(
    bp, "POST", "/households", permission="cards.seat", scopes=MEMBERS, unit="write", once=ACCEPTED, status=201,
    body=schemas.NewHousehold, answer=answers.Household, example={"card_id": "7101880533221376"},
)  # fmt: skip
def open_household(work: Work, data: dict[str, Any]) -> dict[str, Any]:
    """Open the household of a shared card, or return the one that stands already.

    422 not_shared for a card of one seat.
    """
    household = cards.open_household(work.session, cards.get(work.session, data["card_id"]))
    return household_json(work.session, household)


@call(
    bp, "POST", "/households/<household_id>/members", permission="cards.seat", scopes=MEMBERS, unit="write",
    once=ACCEPTED, status=201, body=schemas.NewSeat, answer=answers.Household,
    example={"member_id": "7101880533221377", "role": "child"},
)  # fmt: skip
def seat(work: Work, data: dict[str, Any], household_id: str) -> dict[str, Any]:
    """Give a member a seat on the household's card. 422 household_full when every seat is taken."""
    household = cards.household(work.session, household_id)
    person = people.get(work.session, data["member_id"])
    cards.seat(work.session, cards.get(work.session, household.card_id), person, data["role"])
    return household_json(work.session, household)


@call(
    bp, "POST", "/cards/<card_id>/actions", permission="people.edit", scopes=MEMBERS, unit="write",
    once=ACCEPTED, body=schemas.CardAction, answer=answers.MemberCard,
    example={"action": "report_lost", "reason": "顾客来电挂失"},
)  # fmt: skip
def act(work: Work, data: dict[str, Any], card_id: str) -> dict[str, Any]:
    """Report a card lost, replace, freeze, unfreeze or renew it. 409 card_state when its state forbids it."""
    card = cards.act(work.session, cards.get(work.session, card_id), data["action"], data["reason"])
    work.session.flush()
    return card_json(card, cards.count_seats(work.session, [card.id]).get(card.id, 0))
