"""Referrals through the services: B14, B15, B38, the refusals, claw-back and what verify says."""

from __future__ import annotations

from dataclasses import replace

import pytest

from core.kernel import settings
from core.kernel.errors import Refusal
from core.kernel.tenancy import acting
from core.orders.refunding import refunds
from core.orders.types import TenderRequest
from core.programme import services as programmes
from core.programme.rules import Referral as Rule
from core.referrals.settings import ATTACH_DAYS, MINIMUM, STAFF_POINTS
from tests.core.referrals import kit
from tests.installation import at


@pytest.fixture
def house(any_installation):
    """The dental franchise with the physio rule of referral: 200 / 100 at the first paid order."""
    with acting(any_installation.actor(any_installation.dental)):
        kit.publish(any_installation, kit.FIRST_ORDER)
        yield any_installation


@pytest.fixture
def one(installation):
    """The same on SQLite alone, for what no SQL decides."""
    with acting(installation.actor(installation.dental)):
        kit.publish(installation, kit.FIRST_ORDER)
        yield installation


def pair(house):
    a = kit.enrol(house, "刘超明", phone="13800005051")
    return a, kit.enrol(house, "王芳", a, "13800005052")


def test_b14_the_first_paid_order_rewards_both_its_refund_takes_it_back_a_second_gives_nothing(house):
    a, b = pair(house)
    assert kit.points(house, a, b) == [0, 0]
    assert kit.state(house, b) == ("pending", "")
    order = house.sell(b, "CLEAN")
    assert kit.points(house, a, b) == [200, 200 + 100]
    assert kit.state(house, b) == ("rewarded", "")
    with house.unit() as session:
        shown = refunds.preview(session, order.order_no, {1: 1})
    assert kit.points(house, a, b) == [200, 300]
    done = house.refund(order.order_no, {1: 1})
    assert shown.digest() == done.digest()
    assert [(r["level"], r["points"]) for r in done.to_json()["referral"]] == [(0, -100), (1, -200)]
    assert kit.points(house, a, b) == [0, 0]
    assert kit.state(house, b) == ("clawed_back", "")
    house.sell(b, "CLEAN")
    assert kit.points(house, a, b) == [0, 200]
    assert kit.problems(house) == []


def test_b14_points_spent_meanwhile_become_a_debt(one):
    a, b = pair(one)
    order = one.sell(b, "CLEAN")
    paid = one.sell(a, "CLEAN", tenders=[TenderRequest("points", 200, 200), TenderRequest("cash", 19_800)])
    assert kit.points(one, a) == [198]
    one.refund(order.order_no, {1: 1})
    assert kit.points(one, a) == [-2]
    one.refund(paid.order_no, {1: 1})
    assert kit.points(one, a) == [0]
    assert kit.problems(one) == []


def test_part_refunds_take_back_once_less_than_the_minimum_is_left(one):
    with one.unit() as session:
        settings.change(session, MINIMUM, 10_000)
    a, b = pair(one)
    order = one.sell(b, "CLEAN", "CHECK")
    assert kit.given(one, a) == [(1, 200, False)]
    assert one.refund(order.order_no, {2: 1}).referral == []
    assert kit.given(one, a) == [(1, 200, False)]
    told = one.refund(order.order_no, {1: 1})
    assert [r["points"] for r in told.referral] == [-100, -200]
    assert any("收回推荐人所得的 200 分" in line for line in told.effects)
    assert kit.problems(one) == []


def test_an_order_below_the_minimum_leaves_it_waiting(one):
    with one.unit() as session:
        settings.change(session, MINIMUM, 10_000)
    a, b = pair(one)
    one.sell(b, "CHECK")
    assert kit.state(one, b) == ("pending", "")
    one.sell(b, "CLEAN")
    assert kit.points(one, a) == [200]


def test_points_and_insured_money_are_no_money_received(one):
    a, b = pair(one)
    one.sell(b, "CLEAN", tenders=[TenderRequest("insurance_personal", 20_000)])
    assert kit.state(one, b) == ("pending", "")
    one.sell(b, "CHECK")
    assert kit.points(one, a) == [200]


def test_b15_a_registration_rewards_at_once_at_most_ten_a_month(house):
    kit.publish(house, Rule("registration", 100))
    with at("2026-03-02 10:00"):
        a = kit.enrol(house, "刘超明", phone="13800005051")
        b = kit.enrol(house, "王芳", a, "13800005052")
        assert kit.points(house, a, b) == [100, 0]
        with pytest.raises(Refusal) as again:
            kit.enrol(house, "王芳", a, "13800005052")
        assert again.value.code == "duplicate_phone"
        assert kit.points(house, a) == [100]
        for n in range(11):
            kit.enrol(house, "新人", a, f"138000060{n:02d}")
        assert kit.points(house, a) == [1000]
    with at("2026-04-01 10:00"):
        last = kit.enrol(house, "四月", a, "13800007000")
        assert kit.points(house, a) == [1100]
        assert kit.state(house, last) == ("rewarded", "")
        house.sell(last, "CLEAN")
        assert kit.points(house, a) == [1100]
    assert kit.problems(house) == []


def test_b15_ones_own_family_is_no_referral(one):
    kit.publish(one, Rule("registration", 100))
    a = kit.enrol(one, "刘超明", phone="13800005051")
    with pytest.raises(Refusal) as refused:
        kit.enrol(one, "刘小明", a, contact_of=a)
    assert refused.value.code == "referrer_household"
    assert refused.value.errors[0].field == "referrer"
    assert kit.points(one, a) == [0]


def test_b38_depth_one_never_pays_the_referrers_referrer(house):
    a, b = pair(house)
    c = kit.enrol(house, "李雷", b, "13800005053")
    house.sell(c, "WHITEN")
    assert kit.given(house, a) == []
    assert kit.given(house, b) == [(1, 200, False)]


def test_b38_depth_two_pays_level_two_and_never_level_three(house):
    kit.publish(house, Rule("first_paid_order", 200, 100, 2, 50))
    a, b = pair(house)
    c = kit.enrol(house, "李雷", b, "13800005053")
    d = kit.enrol(house, "韩梅", c, "13800005054")
    order = house.sell(c, "CLEAN")
    assert kit.given(house, a) == [(2, 50, False)]
    house.sell(d, "CLEAN")
    assert kit.given(house, a) == [(2, 50, False)]
    assert kit.given(house, b) == [(1, 200, False), (2, 50, False)]
    house.refund(order.order_no, {1: 1})
    assert kit.given(house, a) == [(2, 50, True)]
    assert kit.points(house, a) == [0]
    assert kit.problems(house) == []


def test_a_registration_never_pays_a_second_level(one):
    kit.publish(one, replace(Rule("registration", 100), depth=2, level2_points=50))
    a, b = pair(one)
    kit.enrol(one, "李雷", b, "13800005053")
    assert kit.given(one, a) == [(1, 100, False)]


def test_a_programme_without_a_rule_decides_the_first_order_for_good(one):
    kit.publish(one, None)
    a, b = pair(one)
    one.sell(b, "CLEAN")
    assert kit.state(one, b) == ("refused", "no_rule")
    kit.publish(one, kit.FIRST_ORDER)
    one.sell(b, "CLEAN")
    assert kit.points(one, a) == [0]


def test_staff_are_named_but_get_no_points_unless_the_franchise_says_so(one):
    a, b = pair(one)
    kit.make_staff(one, a)
    one.sell(b, "CLEAN")
    assert kit.points(one, a, b) == [0, 300]
    assert kit.state(one, b) == ("rewarded", "staff")
    with one.unit() as session:
        settings.change(session, STAFF_POINTS, True)
    c = kit.enrol(one, "李雷", a, "13800005053")
    one.sell(c, "CLEAN")
    assert kit.points(one, a) == [200]


def test_a_household_that_came_to_be_meanwhile_gives_nothing(one):
    from core.cards import services as cards
    from core.people import services as people

    a, b = pair(one)
    one.sell(a, "CARD-FAMILY")
    before = kit.points(one, a)
    with one.unit() as session:
        [card] = [c for c in cards.cards_of(session, [a])[a] if c.seats > 1]
        cards.seat(session, card, people.get(session, b), "spouse")
    one.sell(b, "CLEAN")
    assert kit.state(one, b) == ("refused", "kin")
    assert kit.points(one, a) == before


# -- attaching later -------------------------------------------------------------------------------


def code_of(house, person, by, why="登记漏了"):
    with pytest.raises(Refusal) as refused:
        kit.attach(house, person, by, why)
    return refused.value.code


def test_a_referrer_is_attached_later_once_for_ever(one):
    a = kit.enrol(one, "刘超明", phone="13800005051")
    b = kit.enrol(one, "王芳", phone="13800005052")
    c = kit.enrol(one, "李雷", phone="13800005053")
    assert code_of(one, b, a, " ") == "invalid"
    assert code_of(one, b, b) == "referrer_self"
    kit.attach(one, b, a)
    assert code_of(one, b, c) == "referrer_set"
    one.sell(b, "CLEAN")
    assert kit.points(one, a) == [200]


@pytest.mark.parametrize("length", [2, 3, 7])
def test_circles_of_any_length_are_refused(house, length):
    chain = [kit.enrol(house, "甲", phone="13800005000")]
    for n in range(1, length):
        chain.append(kit.enrol(house, "乙", chain[-1], f"138000050{n:02d}"))
    assert code_of(house, chain[0], chain[-1]) == "referrer_cycle"
    assert kit.problems(house) == []


def test_too_late_is_after_the_days_or_the_first_payment(one):
    with at("2026-03-02 10:00"):
        a = kit.enrol(one, "刘超明", phone="13800005051")
        b = kit.enrol(one, "王芳", phone="13800005052")
        c = kit.enrol(one, "李雷", phone="13800005053")
        order = one.sell(c, "CLEAN")
        one.refund(order.order_no, {1: 1})
        assert code_of(one, c, a) == "referrer_late"
    with at("2026-04-02 10:00"):
        assert code_of(one, b, a) == "referrer_late"
        with one.unit() as session:
            settings.change(session, ATTACH_DAYS, 31)
        kit.attach(one, b, a)


def test_a_registration_rule_rewards_an_attachment_too(one):
    kit.publish(one, Rule("registration", 100))
    a = kit.enrol(one, "刘超明", phone="13800005051")
    b = kit.enrol(one, "王芳", phone="13800005052")
    kit.attach(one, b, a)
    assert kit.points(one, a) == [100]


def test_a_second_level_is_not_published_before_the_owner_answered_for_it(one):
    with one.unit() as session:
        deep = replace(programmes.in_force(session), referral=Rule("first_paid_order", 200, 100, 2, 50))
        with pytest.raises(Refusal) as refused:
            programmes.publish(session, deep)
        assert refused.value.code == "depth_not_acknowledged"


def test_a_third_level_has_no_row(one):
    from sqlalchemy.exc import IntegrityError

    from core.referrals.models import Referral, ReferralGrant

    a, b = pair(one)
    with pytest.raises(IntegrityError), one.unit() as session:
        row = session.query(Referral).filter_by(person_id=b).one()
        session.add(
            ReferralGrant(
                referral_id=row.id, person_id=a, level=3, points=1, month=202611, cap=10, transfer_id=1,
                business_on=row.attached_on,
            )
        )  # fmt: skip


def test_verify_names_what_does_not_add_up(one):
    from sqlalchemy import text

    a, b = pair(one)
    one.sell(b, "CLEAN")
    for sql, name in (
        ("UPDATE referral_grant SET points = 201 WHERE level = 1", "referrals.grants_are_transfers"),
        ("UPDATE referral_grant SET cap = 0 WHERE level = 1", "referrals.within_the_cap"),
        ("UPDATE referral SET state = 'clawed_back'", "referrals.states_agree"),
        (f"UPDATE person SET referrer_id = NULL WHERE id = {b}", "referrals.agree_with_persons"),
        ("DELETE FROM referral_grant WHERE level = 1", "referrals.transfers_are_grants"),
    ):
        with one.runtime.db.engine.begin() as connection:
            savepoint = connection.begin_nested()
            connection.execute(text(sql))
            from core.referrals import verify

            with one.runtime.db._sessions(bind=connection) as session:
                found = dict(verify.check(session, one.dental.franchise_id))
            assert found[name], name
            savepoint.rollback()
    assert kit.problems(one) == []
