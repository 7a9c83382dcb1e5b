"""A filling redone within the warranty: told of, and free where the franchise has it so; the same by every door."""

from __future__ import annotations

import pytest

from core.kernel import settings
from core.kernel.tenancy import acting
from core.orders import verify
from core.orders.models import Orders
from core.orders.quoting import quotes
from core.orders.quoting.basket import price_basket
from core.orders.quoting.previews import prices_for
from core.orders.types import BasketRequest, LineRequest, OverrideRequest
from tests.core.api.conftest import api_app, till_of
from tests.installation import at

pytestmark = pytest.mark.usefixtures("clock_2026")


@pytest.fixture
def clock_2026():
    with at("2026-11-20 10:00"):
        yield


@pytest.fixture
def house(installation):
    with acting(installation.actor(installation.dental, "owner")):
        yield installation


@pytest.fixture
def free(house):
    switch(house, True)
    return house


def switch(house, on):
    with house.unit() as session:
        settings.change(session, "dental.warranty_free", on)


def before(house, member, day="2026-06-01", site="36 MO"):
    """Sell a filling that costs less than what a refund asks a PIN for."""
    with at(f"{day} 10:00"):
        return house.sell(member, LineRequest("F-TEMP", site=site))


def asked(house, member, *lines):
    """Return (net fen of each line, findings but the count of fillings as (code, severity, line))."""
    with house.unit() as session:
        priced = price_basket(session, BasketRequest(tuple(lines), member))
    found = [(one.code, one.severity, one.line) for one in priced.findings if one.code != "dental.filling_count"]
    return [line.net_fen for line in priced.quote.lines], found, priced


def resin(site, **more):
    return LineRequest("F-RESIN", site=site, **more)


def test_a_second_filling_of_the_same_day_is_no_warranty_case(house):
    member = house.enrol()
    before(house, member)
    warned = [("dental.warranty", "moderate", 1)]
    assert asked(house, member, resin("36 O"))[1] == warned
    # Two in one basket: the first redoes the old one, the second is one more of today.
    assert asked(house, member, resin("36 O"), resin("36 O"))[1] == warned
    with house.unit() as session:
        [finding] = price_basket(session, BasketRequest((resin("36 O"),), member)).findings
    house.sell(member, resin("36 O"), overrides=(OverrideRequest(finding.id, "已和医师确认"),))
    with at("2026-11-20 11:00"):
        assert asked(house, member, resin("36 O"))[1] == []
    with at("2026-11-21 10:00"):
        assert asked(house, member, resin("36 O"))[1] == warned


def test_a_redone_filling_is_free_by_setting_and_its_trail_names_the_earlier_order(free):
    member = free.enrol()
    sold = before(free, member)
    nets, found, priced = asked(free, member, resin("36 O"))
    assert (nets, found) == ([0], [("dental.warranty", "info", 1)])
    assert priced.quote.lines[0].steps[-1].text == f"质保内重做，免收（2026-06-01 的 {sold.order_no}）"
    assert priced.quote.earn.points == 0
    switch(free, False)
    assert asked(free, member, resin("36 O"))[:2] == ([40_000], [("dental.warranty", "moderate", 1)])


def test_it_is_sold_for_nothing_refunded_for_nothing_and_the_books_agree(free):
    member = free.enrol()
    before(free, member)
    redone = free.sell(member, resin("36 O"))
    with free.unit() as session:
        order = session.get(Orders, redone.order_id)
        assert (order.total_fen, order.earned_points) == (0, 0)
        assert prices_for(session, member, [resin("46 O")])[0].net_fen == 40_000
    with at("2026-11-21 10:00"):
        effects = free.refund(redone.order_no, {1: 1})
        assert (effects.amount_fen, effects.points_taken) == (0, 0)
        assert asked(free, member, resin("36 O"))[0] == [0]
    with free.unit("read") as session:
        assert [one for one in verify.check(session, free.dental.franchise_id) if one[1]] == []


def test_what_was_redone_for_nothing_starts_no_new_warranty(free):
    member = free.enrol()
    before(free, member, "2025-12-01")
    assert free.sell(member, resin("36 O")).order_no
    with at("2026-11-30 10:00"):
        assert asked(free, member, resin("36 O"))[0] == [0]
    with at("2026-12-02 10:00"):  # the one that was paid for is a year old, the redone one eleven days
        assert asked(free, member, resin("36 O"))[:2] == ([40_000], [("dental.warranty", "moderate", 1)])


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ({"site": "36 O"}, {"site": "36 MO"}),  # larger than what was done
        ({"site": "36 O"}, {"site": "46 O"}),
        ({"site": "36"}, {"site": "36 O"}),  # nobody knows which surface it was
        ({"site": "36 O"}, {"site": "36"}),
        ({"site": "36 O", "day": "2025-11-20"}, {"site": "36 O"}),  # a year ago to the day: over
        ({"site": "36 O"}, {"site": "36 O", "price_fen": 39_900, "price_reason": "另一处新龋"}),
    ],
)
def test_what_is_no_redoing_costs_what_it_costs(free, old, new):
    member = free.enrol()
    before(free, member, **old)
    assert asked(free, member, resin(**new))[0] == [new.get("price_fen", 40_000)]


def test_neither_for_somebody_else_nor_after_the_money_went_back(free):
    member, other = free.enrol(), free.enrol("李雷", "13800005053")
    sold = before(free, member)
    assert asked(free, other, resin("36 O"))[0] == [40_000]
    assert asked(free, other, resin("36 O", for_member_id=member))[0] == [0]  # whoever pays: who is treated counts
    free.refund(sold.order_no, {1: 1})
    assert asked(free, member, resin("36 O"))[:2] == ([40_000], [])


def test_no_coupon_is_spent_on_what_is_free_and_one_piece_is(free):
    member = free.enrol()
    with at("2026-06-01 09:00"):
        free.sell(member, "CARD-FAMILY")
        free.sell(member, resin("36 O"), coupons=())
    nets, _found, priced = asked(free, member, resin("36 O"))
    assert nets == [0]
    assert priced.quote.coupon_uses == ()
    assert asked(free, member, resin("36 O", qty=2))[0] == [16_000]  # one redone, one as B01: 400 − 200, then 80 %


def test_till_api_and_plan_agree(free):
    till = till_of(free, api_app(free), free.dental)
    with acting(free.actor(free.dental, "owner")):
        member = free.enrol("韩梅", "13800005054")
        sold = before(free, member)
    body = {"member_id": str(member), "lines": [{"item": "F-RESIN", "qty": 1, "site": "36 O"}]}
    quote = till.ok("POST", "/quotes", body)
    assert quote["total_fen"] == 0
    step = quote["lines"][0]["steps"][-1]
    assert (step["stage"], step["after_fen"], sold.order_no in step["text"]) == ("item_promotion", 0, True)
    with acting(free.actor(free.dental, "clinician")), free.unit() as session:
        [planned] = prices_for(session, member, [resin("36 O")])
        assert (planned.net_fen, planned.list_fen) == (0, 40_000)
        row, priced = quotes.store(session, BasketRequest((resin("36 O"),), member))
        assert priced.quote.total_fen == 0
    with acting(free.actor(free.dental, "owner")):
        free.refund(sold.order_no, {1: 1})
    order = {"quote_id": quote["quote_id"], "tenders": []}
    assert till.refused("POST", "/orders", order, key="w-1") == (409, "stale_quote")
