"""Rewards by the services, on both databases: B11, B13, S2-14 to S2-16, reservations, taking back (S23, S9)."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from core.catalog import services as catalog
from core.courses import services as courses
from core.kernel import settings
from core.kernel.errors import Refusal
from core.kernel.tenancy import acting
from core.orders.sessions import burn
from core.orders.sessions.burn import Burning
from core.programme.document import Reward
from core.rewards import jobs, reads
from core.rewards.settings import COUPON_FROM
from tests.core.courses import kit as course_kit
from tests.core.rewards import kit
from tests.installation import at

NOON = "2026-03-10 12:00"


@pytest.fixture
def house(any_installation):
    with at(NOON), acting(any_installation.actor(any_installation.dental)):
        kit.open_shop(any_installation)
        yield any_installation


@pytest.fixture
def member(house):
    return house.enrol("王芳", "13800001234")


def code_of(house, *args, **more):
    with pytest.raises(Refusal) as caught:
        kit.take(house, *args, **more)
    return caught.value.code


def test_1200_points_take_waist_head_and_a_coupon(house, member):
    """B13, S2-14, S2-15: 1200 − 800 − 300 leaves 100, the coupon takes these; it is for the next visit."""
    kit.give(house, member, 1_200, date(2027, 3, 10))
    kit.take(house, member, "R-WAIST")
    kit.take(house, member, "R-HEAD")
    assert kit.points(house, member) == (100, 0)
    kit.take(house, member, "R-C10")
    assert kit.points(house, member) == (0, 0)
    assert kit.coupons(house, member) == [("C10", date(2026, 3, 11), "open")]
    sold = course_kit.of(house, member)
    assert [(row.item_code, row.source_kind, row.paid_fen, parts[0].usable) for row, parts in sold] == [
        ("WAIST", "reward", 0, 1), ("HEAD", "reward", 0, 1),
    ]  # fmt: skip
    assert {row.state for row in kit.redemptions(house)} == {"fulfilled"}
    assert kit.problems(house) == []


def test_2200_points_are_220_yuan_of_coupons(house, member):
    """B11: 4 × 500 give four of 50.00, 2 × 100 two of 10.00."""
    kit.give(house, member, 2_200)
    kit.take(house, member, "R-C50", 4)
    kit.take(house, member, "R-C10", 2)
    assert [code for code, _day, _state in kit.coupons(house, member)] == ["C50"] * 4 + ["C10"] * 2
    assert kit.points(house, member) == (0, 0)
    assert kit.problems(house) == []


def test_the_coupon_lowers_the_next_visit_and_not_today(house, member):
    kit.give(house, member, 500)
    kit.take(house, member, "R-C50")
    assert house.sell(member, "HEAD")
    with at("2026-03-11 09:00"):
        done = house.sell(member, "HEAD")
    with house.unit("read") as session:
        from core.orders.models import Orders

        totals = sorted(row.total_fen for row in session.query(Orders))
        assert session.get(Orders, done.order_id).total_fen == totals[0] == 4_800
        assert totals[1] == 9_800


def test_a_franchise_may_let_coupons_count_at_once(house, member):
    with house.unit() as session:
        settings.change(session, COUPON_FROM, "at_once")
    kit.give(house, member, 100)
    kit.take(house, member, "R-C10")
    assert kit.coupons(house, member) == [("C10", date(2026, 3, 10), "open")]


def test_goods_leave_the_stock_of_the_store_until_there_is_none(house, member):
    """S2-16: stock −1; none left is refused and takes no point."""
    kit.give(house, member, 2_000)
    kit.take(house, member, "R-PILLOW")
    assert kit.stock(house, "PILLOW") == 1
    kit.take(house, member, "R-PILLOW")
    assert code_of(house, member, "R-PILLOW") == "out_of_stock"
    assert kit.points(house, member) == (800, 0)
    assert kit.stock(house, "PILLOW") == 0
    assert kit.problems(house) == []


def test_another_stores_stock_does_not_count(house, member):
    kit.give(house, member, 200)
    actor = house.actor(house.dental).at_store(house.dental.other_store_id)
    with acting(actor):
        assert code_of(house, member, "R-FOOT") == "out_of_stock"
        with house.unit("read") as session:
            offers = {one.reward.code: one for one in reads.catalogue(session, member).offers}
        assert offers["R-FOOT"].standing.state == "no_stock"


def test_refusals_say_why_and_move_nothing(house, member):
    kit.give(house, member, 299)
    assert code_of(house, member, "R-HEAD") == "not_enough_points"
    assert code_of(house, member, "R-NONE") == "unknown_reward"
    assert code_of(house, member, "R-C10", 0) == "invalid"
    assert code_of(house, member, "R-C10", 101) == "invalid"
    kit.publish(house, Reward("R-LATER", "以后", "coupon", 10, coupon="C10", valid_from=date(2026, 3, 11)),
                Reward("R-GONE", "没了", "goods", 10, item="NOWHERE"))  # fmt: skip
    assert code_of(house, member, "R-LATER") == "reward_not_yet"
    assert code_of(house, member, "R-GONE") == "reward_unavailable"
    with at("2026-03-11 00:01"):
        assert kit.take(house, member, "R-LATER").points == 10
    kit.claw(house, member, 299)
    assert code_of(house, member, "R-LATER") in {"reward_not_yet", "points_in_debt"}
    assert kit.problems(house) == []


def test_a_foreign_member_is_absent(house):
    away = house.actor(house.pharmacy)
    with acting(away):
        stranger = house.enrol("外人", "13900001111")
    assert code_of(house, stranger, "R-C10") == "not_found"


def test_the_price_of_the_moment_is_the_price(house, member):
    """S2-25: a lower price counts from the next redemption; what was redeemed keeps its own."""
    kit.give(house, member, 1_000)
    old = kit.take(house, member, "R-HEAD")
    kit.publish(house, Reward("R-HEAD", "头部按摩一次", "course", 250, item="HEAD"))
    new = kit.take(house, member, "R-HEAD")
    assert (old.points, new.points) == (300, 250)
    assert new.programme_number > old.programme_number
    kit.act(house, "cancel", old, "换了")
    assert kit.points(house, member) == (750, 0)


# -- reservations ----------------------------------------------------------------------------------


def test_a_reservation_holds_points_and_stock_until_it_is_confirmed(house, member):
    kit.give(house, member, 300, date(2027, 1, 1))
    row = kit.take(house, member, "R-FOOT", hold=True)
    assert (row.state, kit.points(house, member), kit.stock(house, "FOOT-PACK")) == ("reserved", (100, 0), 1)
    assert kit.problems(house) == []
    assert code_of(house, member, "R-FOOT") == "not_enough_points"
    done = kit.act(house, "confirm", row, handed=False)
    assert (done.state, kit.points(house, member), kit.stock(house, "FOOT-PACK")) == ("confirmed", (100, 0), 1)
    assert kit.act(house, "fulfil", row).state == "fulfilled"
    assert kit.problems(house) == []
    with pytest.raises(Refusal) as caught:
        kit.act(house, "confirm", row)
    assert caught.value.code == "reservation_over"


def test_a_reservation_that_is_let_go_gives_everything_back(house, member):
    kit.give(house, member, 150, date(2026, 6, 1))
    kit.give(house, member, 150, date(2026, 9, 1))
    row = kit.take(house, member, "R-FOOT", hold=True)
    assert kit.lots(house, member) == [(date(2026, 9, 1), 100)]
    assert kit.act(house, "cancel", row, "不要了").state == "cancelled"
    assert kit.lots(house, member) == [(date(2026, 6, 1), 150), (date(2026, 9, 1), 150)]
    assert kit.stock(house, "FOOT-PACK") == 2
    assert kit.problems(house) == []


def test_after_its_time_a_reservation_is_free_for_everybody_before_any_job(house, member):
    """S23: a late job never blocks anybody and loses nothing."""
    kit.give(house, member, 200)
    other = house.enrol("李娜", "13800002222")
    kit.give(house, other, 400)
    with house.unit() as session:
        catalog.set_stock(session, catalog.by_code(session, "FOOT-PACK"), {house.dental.store_id: 1})
    row = kit.take(house, member, "R-FOOT", hold=True)
    assert code_of(house, other, "R-FOOT") == "out_of_stock"
    with at("2026-03-10 12:15"):
        with house.unit("read") as session:
            seen = reads.catalogue(session, member)
            assert (seen.points, seen.held) == (200, 0)
            assert {one.reward.code for one in seen.able} >= {"R-FOOT"}
        with pytest.raises(Refusal) as caught:
            kit.act(house, "confirm", row)
        assert caught.value.code == "reservation_over"
        kit.take(house, other, "R-FOOT")
        assert kit.points(house, member) == (200, 0)
        assert [one.state for one in kit.redemptions(house)] == ["expired", "fulfilled"]
        actor = house.actor(house.dental)
        assert jobs.free_reservations(house.runtime, actor)["done"] == 0
        kit.take(house, member, "R-C10", hold=True)
    with at("2026-03-10 12:31"):
        assert jobs.free_reservations(house.runtime, actor)["done"] == 1
        assert jobs.free_reservations(house.runtime, actor)["done"] == 0
        assert kit.points(house, member) == (200, 0)
        assert kit.problems(house) == []


def test_over_midnight_a_hold_neither_loses_nor_lengthens(house, member):
    """What is confirmed was secured in time; what is let go is over, as it would be without the reservation."""
    kit.give(house, member, 100, date(2026, 3, 11))
    kit.give(house, member, 100, date(2026, 3, 11))
    with at("2026-03-10 23:55"):
        first = kit.take(house, member, "R-C10", hold=True)
        second = kit.take(house, member, "R-C10", hold=True)
    with at("2026-03-11 00:05"):
        assert kit.act(house, "confirm", first).state == "fulfilled"
        kit.act(house, "cancel", second, "不要了")
        assert kit.points(house, member) == (0, 0)
        assert kit.problems(house) == []


def test_a_debt_made_meanwhile_stops_the_confirmation_and_is_settled_first(house, member):
    kit.give(house, member, 300)
    row = kit.take(house, member, "R-HEAD", hold=True)
    kit.claw(house, member, 120)
    assert kit.points(house, member) == (0, 120)
    with pytest.raises(Refusal) as caught:
        kit.act(house, "confirm", row)
    assert caught.value.code == "points_in_debt"
    kit.act(house, "cancel", row, "不要了")
    assert kit.points(house, member) == (180, 0)
    assert kit.problems(house) == []


# -- taking back -----------------------------------------------------------------------------------


def test_what_is_taken_back_restores_lots_stock_coupons_and_sessions(house, member):
    """S9: the points go back to the lots they came from, with their own last day."""
    kit.give(house, member, 100, date(2026, 6, 1))
    kit.give(house, member, 2_000, date(2026, 9, 1))
    taken = [kit.take(house, member, code) for code in ("R-FOOT", "R-C10", "R-HEAD")]
    for row in taken:
        assert kit.act(house, "cancel", row, "点错了").state == "cancelled"
    assert kit.lots(house, member) == [(date(2026, 6, 1), 100), (date(2026, 9, 1), 2_000)]
    assert kit.stock(house, "FOOT-PACK") == 2
    assert [state for _code, _day, state in kit.coupons(house, member)] == ["revoked"]
    assert course_kit.of(house, member) == []
    assert kit.problems(house) == []
    with pytest.raises(Refusal) as caught:
        kit.act(house, "cancel", taken[0], "再来")
    assert caught.value.code == "already_cancelled"


def test_what_was_used_is_not_taken_back(house, member):
    kit.give(house, member, 1_000)
    head, coupon = kit.take(house, member, "R-HEAD"), kit.take(house, member, "R-C10")
    [(course, _parts)] = course_kit.of(house, member)
    with house.unit() as session:
        burn.burn(session, course.id, Burning())
    with house.unit() as session:
        settings.change(session, COUPON_FROM, "at_once")
    with at("2026-03-11 09:00"):
        house.sell(member, "HEAD")
        for row in (head, coupon):
            with pytest.raises(Refusal) as caught:
                kit.act(house, "cancel", row, "点错了", approved=True)
            assert caught.value.code == "reward_used"
        assert kit.problems(house) == []


def test_after_the_lots_end_points_come_back_for_thirty_days(house, member):
    """B22 for a reward: the lot is over, so what comes back has a month."""
    kit.give(house, member, 200, date(2026, 3, 20))
    row = kit.take(house, member, "R-FOOT")
    with at("2026-04-01 10:00"):
        with pytest.raises(Refusal) as caught:
            kit.act(house, "cancel", row, "质量问题")
        assert caught.value.code == "cancel_needs_approval"
        kit.act(house, "cancel", row, "质量问题", approved=True)
        assert kit.lots(house, member) == [(date(2026, 4, 1) + timedelta(days=30), 200)]
        assert kit.problems(house) == []


def test_staff_do_not_redeem_for_themselves(house, member):
    from dataclasses import replace

    kit.give(house, member, 300)
    actor = replace(house.actor(house.dental), person_id=member)
    with acting(actor):
        assert code_of(house, member, "R-C10") == "own_card"
    row = kit.take(house, member, "R-C10")
    with acting(actor), pytest.raises(Refusal) as caught:
        kit.act(house, "cancel", row, "点错了")
    assert caught.value.code == "own_card"


def test_a_course_of_an_item_with_parts_is_given_whole(house, member):
    with house.unit() as session:
        catalog.add(
            session, "HEAD3", "头部按摩三次", "course", 25_000, sessions=3, attributes={"core.session_of": "HEAD"}
        )
    kit.publish(house, Reward("R-HEAD3", "头部按摩三次", "course", 700, item="HEAD3"))
    kit.give(house, member, 700)
    kit.take(house, member, "R-HEAD3")
    [(course, parts)] = course_kit.of(house, member)
    assert (course.sessions, parts[0].usable) == (3, 3)
    with house.unit() as session:
        assert courses.get(session, course.id).paid_fen == 0
    assert kit.problems(house) == []
