"""A visit at the counter, by the services: price, settle, refund, on both databases (B01–B06, B21, B22)."""

from __future__ import annotations

import pytest

from core.cards import services as cards
from core.console import verification
from core.kernel.errors import Refusal
from core.kernel.statements import Statements
from core.kernel.tenancy import acting
from core.ledger import services as ledger
from core.orders.types import LineRequest, TenderRequest
from core.people import services as people
from tests.installation import at

NAMES = ("刘母", "刘父", "刘兄", "刘姐", "刘弟", "刘妹", "刘小明")


@pytest.fixture
def house(any_installation):
    with acting(any_installation.actor(any_installation.dental)):
        yield any_installation


def family(house):
    """Sell a family card and fill its eight seats; return (holder, card, everyone)."""
    holder = house.enrol("刘超明", "13800005051")
    house.sell(holder, "CARD-FAMILY")
    with house.unit() as session:
        _household, card = cards.household_of(session, people.get(session, holder))
    everyone = [holder]
    for n, name in enumerate(NAMES):
        person = house.enrol(name, f"1380000{6000 + n}")
        with house.unit() as session:
            cards.seat(session, cards.get(session, card.id), people.get(session, person), "other")
        everyone.append(person)
    return holder, card, everyone


def points_of(house, person):
    with house.unit("read") as session:
        st = Statements(session, house.dental.franchise_id)
        return ledger.available_of(st, [person], ledger.POINTS, _today())[person]


def _today():
    from core.kernel import clock

    return clock.today("Asia/Shanghai")


def order(house, order_id):
    with house.unit("read") as session:
        from core.orders.models import Orders

        row = session.get(Orders, order_id)
        return row.total_fen, row.earned_points, row.state


def verified(house):
    return [r for r in verification.verify(house.runtime, freeze=False) if r.difference]


def test_eight_people_share_a_card_and_the_ninth_is_refused(house):
    holder, card, everyone = family(house)
    paid = 0
    for person in everyone:
        done = house.sell(person, "F-RESIN")
        assert order(house, done.order_id)[:2] == (16_000, 160)
        paid += 16_000
    assert paid == 128_000
    assert 8 * 40_000 - paid - 19_900 == 172_100
    ninth = house.enrol("第九人", "13800009999")
    with house.unit() as session, pytest.raises(Refusal) as refusal:
        cards.seat(session, cards.get(session, card.id), people.get(session, ninth), "other")
    assert refusal.value.code == "household_full"
    assert "8" in refusal.value.message
    assert verified(house) == []


def test_the_second_filling_pays_eighty_percent_without_the_coupon(house):
    holder, _card, _everyone = family(house)
    house.sell(holder, "F-RESIN")
    done = house.sell(holder, "F-RESIN")
    assert order(house, done.order_id)[0] == 32_000


@pytest.mark.parametrize(("item", "total"), [("F-BASIC", 1_600), ("F-TEMP", 0)])
def test_cheaper_material(house, item, total):
    holder = house.enrol("刘超明", "13800005051")
    house.sell(holder, "CARD-FAMILY")
    done = house.sell(holder, item)
    assert order(house, done.order_id)[0] == total


def test_refund_of_a_filling_gives_back_money_points_coupon_and_tier(house):
    holder = house.enrol("刘超明", "13800005051")
    house.sell(holder, "CARD-FAMILY")
    done = house.sell(holder, "F-RESIN")
    assert points_of(house, holder) == (160, 0)
    effects = house.refund(done.order_no, {1: 1})
    assert effects.amount_fen == 16_000
    assert effects.points_taken == 160
    assert effects.coupons == [{"code": "filling200", "line": 1, "usable": True}]
    assert points_of(house, holder) == (0, 0)
    assert order(house, done.order_id)[2] == "refunded"
    again = house.sell(holder, "F-RESIN")
    assert order(house, again.order_id)[0] == 16_000
    assert verified(house) == []


def test_points_spent_meanwhile_become_a_debt_that_the_next_credit_settles(house):
    member = house.enrol("王芳", "13800001234")
    first = house.sell(member, "CHECK", "CHECK")
    assert points_of(house, member)[0] == 160
    house.sell(
        member,
        "CHECK",
        "CHECK",
        tenders=[TenderRequest("points", 100, points=100), TenderRequest("cash", 15_900)],
    )
    assert points_of(house, member)[0] == 160 - 100 + 159
    house.sell(member, "POLISH", tenders=[TenderRequest("points", 200, points=200), TenderRequest("cash", 5_800)])
    assert points_of(house, member)[0] == 19 + 58
    effects = house.refund(first.order_no, {1: 1, 2: 1})
    assert effects.points_taken == 160
    assert effects.points_debt == 160 - 77
    assert points_of(house, member) == (0, 83)
    house.sell(member, "CHECK", "POLISH")
    assert points_of(house, member) == (140 - 83, 0)
    assert verified(house) == []


def test_spending_takes_the_soonest_lot_first(house):
    with at("2026-01-10 10:00"):
        member = house.enrol("王芳", "13800001234")
        house.sell(member, "CHECK", "POLISH")
    with at("2026-03-10 10:00"):
        house.sell(member, "CLEAN")
        house.sell(member, "CLEAN", tenders=[TenderRequest("points", 200, points=200), TenderRequest("cash", 19_800)])
        with house.unit("read") as session:
            st = Statements(session, house.dental.franchise_id)
            lots = ledger.expiring(st, member, ledger.POINTS, _today())
    assert [(day.isoformat(), n) for day, n in lots] == [("2027-03-10", 140 + 200 - 200 + 198)]


def test_restored_points_of_an_expired_lot_live_thirty_days(house):
    with at("2025-01-10 10:00"):
        member = house.enrol("王芳", "13800001234")
        house.sell(member, "CLEAN")
    with at("2026-01-09 23:00"):
        spent = house.sell(
            member, "CHECK", tenders=[TenderRequest("points", 200, points=200), TenderRequest("cash", 7_800)]
        )
        assert points_of(house, member)[0] == 78
    with at("2026-01-20 10:00"):
        effects = house.refund(spent.order_no, {1: 1})
        assert effects.points_returned == 200
        with house.unit("read") as session:
            st = Statements(session, house.dental.franchise_id)
            lots = ledger.expiring(st, member, ledger.POINTS, _today())
        assert [(day.isoformat(), n) for day, n in lots] == [("2026-02-19", 200)]
    with at("2026-02-19 00:01"):
        assert points_of(house, member)[0] == 0
    assert verified(house) == []


def test_a_card_whose_coupon_was_used_is_not_refunded_before_it(house):
    holder = house.enrol("刘超明", "13800005051")
    sold = house.sell(holder, "CARD-FAMILY")
    filling = house.sell(holder, "F-RESIN")
    with pytest.raises(Refusal) as refusal:
        house.refund(sold.order_no, {1: 1})
    assert refusal.value.code == "card_used"
    house.refund(filling.order_no, {1: 1})
    effects = house.refund(sold.order_no, {1: 1})
    assert effects.amount_fen == 19_900
    done = house.sell(holder, "F-RESIN")
    assert order(house, done.order_id)[0] == 40_000


def test_wrong_tenders_are_refused_with_the_gap_named(house):
    member = house.enrol("王芳", "13800001234")
    with pytest.raises(Refusal) as refusal:
        house.sell(member, "CLEAN", tenders=[TenderRequest("cash", 19_000)])
    assert refusal.value.code == "tenders_mismatch"
    assert "10.00" in refusal.value.message


def test_someone_elses_filling_uses_their_own_coupon_and_the_payer_earns(house):
    holder, _card, everyone = family(house)
    done = house.sell(holder, LineRequest("F-RESIN", for_member_id=everyone[3]))
    assert order(house, done.order_id)[:2] == (16_000, 160)
    assert points_of(house, holder)[0] == 160
    own = house.sell(holder, "F-RESIN")
    assert order(house, own.order_id)[0] == 16_000
