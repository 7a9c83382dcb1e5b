"""When a card has paid for itself (S0-18, S1-05): coupons and percentages of everybody on it, less what was refunded."""

from __future__ import annotations

from datetime import date

import pytest

from core.cards import services as cards
from core.kernel.tenancy import acting
from core.orders.selling import card_savings
from tests.core.desk.desk_kit import Desk, plain, web_of
from tests.installation import at


@pytest.fixture
def house(any_installation):
    with acting(any_installation.actor(any_installation.dental)):
        yield any_installation


def payback(house, person):
    with house.unit("read") as session:
        held = cards.cards_of(session, [person])[person]
        found = card_savings.of_cards(session, held)
        return next(iter(found.values()), None)


def products(house):
    with house.unit("read") as session:
        return [(one.code, one.sold, one.back, one.median_days) for one in card_savings.by_product(session)]


def test_a_card_pays_for_itself_on_the_day_its_savings_reach_the_fee(house):
    with at("2026-03-01 10:00"):
        person = house.enrol("刘超明")
        assert payback(house, person) is None, "a free card has no fee"
        house.sell(person, "CARD-FAMILY")
        seen = payback(house, person)
        assert (seen.saved_fen, seen.on) == (0, None)
        assert seen.fee_fen > 0
    with at("2026-03-11 10:00"):
        no = house.sell(person, "F-RESIN").order_no
        seen = payback(house, person)
        assert seen.saved_fen == 24_000, "coupon 200, then 80 % of the rest: 400 becomes 160"
        assert (seen.on, seen.days, seen.left_fen) == (date(2026, 3, 11), 10, 0)
        assert products(house) == [("CARD-FAMILY", 1, 1, 10)]
        house.refund(no, {1: 1})
        seen = payback(house, person)
        assert (seen.saved_fen, seen.on) == (0, None)
        assert products(house) == [("CARD-FAMILY", 1, 0, None)]


def test_the_median_is_of_those_that_did(house):
    people = []
    with at("2026-03-01 10:00"):
        for n in range(4):
            people.append(house.enrol(f"会员{n}"))
            house.sell(people[-1], "CARD-FAMILY")
    for days, person in zip((3, 9, 30), people, strict=False):
        with at(f"2026-03-{1 + days:02d} 10:00"):
            house.sell(person, "F-RESIN")
    assert products(house) == [("CARD-FAMILY", 4, 3, 9)]


def test_the_pages_and_the_api_tell_it(installation):
    house = installation
    owner = Desk(house, web_of(house), house.dental, "owner")
    with acting(owner.actor):
        person = house.enrol("刘超明")
        house.sell(person, "CARD-FAMILY")
        house.sell(person, "F-RESIN")
        with house.unit("read") as session:
            from core.api.member_json import member as member_json
            from core.people.models import Person

            told = member_json(session, session.get(Person, person))
            card = next(one for one in cards.cards_of(session, [person])[person] if one.product_code == "CARD-FAMILY")
            card_id = card.id
    paid = [one["payback"] for one in told["cards"] if one["payback"]]
    assert [one["saved_fen"] for one in paid] == [24_000]
    assert "已省 240.00" in plain(owner.get(f"/members/{person}").text)
    assert "已省 240.00" in plain(owner.get(f"/cards/{card_id}/family").text)
    page = owner.get("/cards/payback")
    assert page.status_code == 200
    assert "100.0%" in plain(page.text)
    for path in ("/cards/payback/CARD-FAMILY", "/cards/payback/CARD-FAMILY?back=1"):
        assert path in page.text, "a number opens the cards behind it"
        behind = plain(owner.get(path).text)
        assert "刘超明" in behind
        assert "240.00" in behind
    with acting(owner.actor), house.unit("read") as session:
        assert card_savings.cards_of(session, "CARD-FAMILY", True, card_id, 9) == [], "below the newest there is none"
    assert Desk(house, web_of(house), house.dental, "front_desk").get("/cards/payback").status_code == 403
