"""The replay of a draft: against orders that really were rung up again, resumed after a kill, blind to other houses."""

from __future__ import annotations

from dataclasses import replace

import pytest

from core.kernel.errors import Invalid, NotFound
from core.kernel.statements import Statements
from core.kernel.tenancy import acting
from core.orders import replay
from core.orders.jobs import replays
from core.orders.types import LineRequest
from core.programme import services as programmes
from core.programme.rules import DiscountBenefit, EntitlementBenefit, Promotion, When
from core.tiers import services as tiers
from tests.core.desk.desk_kit import Desk, web_of
from tests.installation import at


@pytest.fixture
def house(any_installation):
    with acting(any_installation.actor(any_installation.dental)):
        yield any_installation


def member(house, name, phone, tier=""):
    person = house.enrol(name, phone)
    if tier:
        with house.unit() as session:
            st = Statements(session, house.dental.franchise_id)
            from core.kernel import clock

            today = clock.today("Asia/Shanghai")
            tiers.grant(st, person, tier, today, "opening", "test", 1, 1)
            tiers.refresh(
                st,
                person,
                programmes.in_force(session),
                today,
                "Asia/Shanghai",
                cause="t",
                source_kind="t",
                source_id=1,
            )
    return person


def now(house):
    with house.unit("read") as session:
        return programmes.in_force(session)


def replayed(house, draft):
    with house.unit() as session:
        row_id = replay.begin(session, draft).id
    assert replays(house.runtime, house.actor(house.dental))["failed"] == 0
    with house.unit("read") as session:
        row = replay.get(session, row_id)
        return row.state, row.seen, replay.Sums.from_json(row.result)


def discount(programme, tier, pay_bp):
    tiers_ = tuple(
        replace(one, benefits=tuple(replace(b, pay_bp=pay_bp) if isinstance(b, DiscountBenefit) else b for b in one.benefits))
        if one.code == tier
        else one
        for one in programme.tiers
    )  # fmt: skip
    return replace(programme, tiers=tiers_)


def history(house):
    """Sell what there is to sell; return who bought."""
    plain, gold, holder = (
        member(house, "刘普", "13800005051"), member(house, "刘金", "13800005052", "gold"),
        member(house, "刘卡", "13800005053"),
    )  # fmt: skip
    house.sell(plain, "CLEAN", ("PASTE", 2))
    house.sell(gold, "F-RESIN", "CHECK")
    house.sell(holder, "CARD-FAMILY")
    house.sell(holder, "F-RESIN", "CLEAN")
    house.sell(gold, LineRequest("WHITEN", price_fen=100000, price_reason="老客户"), "CHECK")
    house.sell(None, "POLISH")
    gone = house.sell(plain, "CHECK")
    house.refund(gone.order_no, {1: 1})
    half = house.sell(plain, ("PASTE", 3))
    house.refund(half.order_no, {1: 1})
    return plain, gold, holder


def test_the_rules_in_force_replayed_change_nothing_and_meet_what_was_charged(house):
    history(house)
    state, seen, sums = replayed(house, now(house))
    assert (state, seen) == ("done", 8)
    assert sums.alike == 6  # all but the refunded ones, which are taken as what is left of them
    assert sums.left_out == 1
    for group in sums.groups.values():
        assert group.now == group.then
        assert (group.winners, group.losers) == (0, 0)
    assert sums.best == sums.worst == []


def test_a_better_and_a_worse_draft_name_those_who_win_and_lose(house):
    plain, gold, holder = history(house)
    _state, _seen, sums = replayed(house, discount(now(house), "gold", 7000))
    # 480.00 of gold at 85 % and one free check-up; a price set by hand stays what it is
    assert sums.groups["gold"].now.net_fen - sums.groups["gold"].then.net_fen == 40000 * 15 // 100 + 8000 * 15 // 100
    assert (sums.groups["gold"].winners, sums.groups["regular"].winners) == (1, 0)
    assert [entry[2] for entry in sums.best] == [gold]
    _state, _seen, sums = replayed(house, replace(now(house), card_products=now(house).card_products[:1]))
    assert [entry[2] for entry in sums.worst] == [holder]
    assert sums.groups["regular"].losers == 1


def test_the_replay_equals_selling_again_under_the_new_rules(house):
    """The slow way: publish the draft and ring the same baskets up once more."""
    plain, _gold, _holder = history(house)
    draft = replace(now(house), promotions=(Promotion("sale", When(), name="九折", pay_bp=9000, public=True),))
    _state, _seen, sums = replayed(house, draft)
    with house.unit() as session:
        programmes.publish(session, draft, 0)
    again = house.sell(plain, "CLEAN", ("PASTE", 2)), house.sell(plain, ("PASTE", 2))
    with house.unit("read") as session:
        from core.orders.models import Orders

        mine = sum(session.get(Orders, one.order_id).total_fen for one in again)
    assert sums.groups[""].then.net_fen == 5400
    regular = sums.groups["regular"].then.net_fen
    # The rest of the tier: a card fee (no promotion), a filling (coupon, then the card's 80 %), a cleaning at 90 %.
    assert regular - mine == 19900 + 16000 + 18000


def test_a_killed_replay_goes_on_and_counts_nobody_twice(house, monkeypatch):
    history(house)
    monkeypatch.setattr(replay, "SLICE", 1)
    draft = discount(now(house), "gold", 7000)
    with house.unit() as session:
        row_id = replay.begin(session, draft).id
    for _n in range(2):
        with house.unit() as session:
            replay.advance(session, replay.get(session, row_id))
    with pytest.raises(RuntimeError), house.unit() as session:
        replay.advance(session, replay.get(session, row_id))
        raise RuntimeError("killed")
    replays(house.runtime, house.actor(house.dental))
    with house.unit("read") as session:
        row = replay.get(session, row_id)
        pieces = replay.Sums.from_json(row.result)
        assert (row.state, row.seen) == ("done", row.orders)
    monkeypatch.setattr(replay, "SLICE", 100)
    with house.unit() as session:
        replay.fail(session, replay.get(session, row_id))
    assert replayed(house, draft)[2] == pieces


def test_a_replay_that_cannot_be_finished_says_so_and_holds_nobody_up(house, monkeypatch):
    history(house)
    with house.unit() as session:
        row_id = replay.begin(session, now(house)).id
    monkeypatch.setattr(replay, "price", lambda *_a: 1 / 0)
    assert replays(house.runtime, house.actor(house.dental))["failed"] == 1
    with house.unit("read") as session:
        assert replay.get(session, row_id).state == "failed"
        assert replay.waiting(session) is None


def test_without_orders_there_is_nothing_to_replay_and_old_orders_do_not_count(house):
    with house.unit() as session, pytest.raises(Invalid):
        replay.begin(session, now(house))
    with at("2026-01-05 10:00"):
        house.sell(None, "CLEAN")
    with house.unit() as session, pytest.raises(Invalid):
        replay.begin(session, now(house))


def test_a_foreign_replay_does_not_exist(house):
    history(house)
    with house.unit() as session:
        row_id = replay.begin(session, now(house)).id
    with acting(house.actor(house.pharmacy)), house.unit("read") as session, pytest.raises(NotFound):
        replay.get(session, row_id)


def test_the_page_from_the_editor_to_the_result(installation):
    owner = Desk(installation, web_of(installation), installation.dental, "owner")
    assert "还没有重算" in owner.get("/programme/replay").text
    assert owner.post("/programme/replay").status_code in {404, 409, 422}
    owner.post("/programme/draft", {"preset": ""})
    assert "没有订单" in owner.post("/programme/replay").text
    with acting(owner.actor):
        history(installation)
    answer = owner.post("/programme/replay")
    assert answer.status_code == 303
    page = owner.get(answer.location).text
    assert "各等级的变化" in page
    assert "金卡会员" in page
    assert "散客" in page


def test_a_right_of_several_times_is_counted_as_often_as_it_was_used(house):
    base = now(house)
    twice = tuple(
        replace(one, benefits=tuple(replace(b, times=2) if isinstance(b, EntitlementBenefit) else b for b in one.benefits))
        for one in base.tiers
    )  # fmt: skip
    with house.unit() as session:
        programmes.publish(session, replace(base, tiers=twice))
    gold = member(house, "刘金", "13800005052", "gold")
    for _n in range(3):
        house.sell(gold, "CHECK")
    _state, _seen, sums = replayed(house, now(house))
    assert sums.groups["gold"].now.net_fen == 6800
    assert sums.alike == 3
