"""The life of points: notices a month before (S2-12, B19), extension by hand and by rule (S2-13, I14), the veto (B33)."""

from __future__ import annotations

import json
from datetime import date, timedelta

import pytest
from sqlalchemy import select, text

from core.catalog import services as catalog
from core.contact.models import MessageTemplate
from core.kernel import clock, keys, outbox, settings
from core.kernel.days import add_months
from core.kernel.errors import Refusal
from core.kernel.models import OutboxMessage
from core.kernel.sealed import aad
from core.kernel.tenancy import acting
from core.ledger.models import LotExtension
from core.orders import jobs as order_jobs
from core.people import consents
from core.people import services as people
from core.points import extension
from core.points.settings import EXTENSIONS
from core.programme.document import Extension, PointsRule, Reward
from core.rewards import jobs, reads, rules
from core.rewards.models import ExpiryNotice
from tests.core.rewards import kit
from tests.installation import at


@pytest.fixture
def house(any_installation):
    with at("2025-03-01 12:00"), acting(any_installation.actor(any_installation.dental)):
        kit.open_shop(any_installation)
        yield any_installation


@pytest.fixture
def member(house):
    return house.enrol("王芳", "13800001234")


def template(house, **more):
    with house.unit() as session:
        values = {
            "channel": "sms",
            "purpose": "notice",
            "body": "{name}，{expiring} 分 {expires_on} 到期，共 {points} 分。",
        }
        session.add(MessageTemplate(code="points_expiry", name="到期提醒", **{**values, **more}))


def run(house):
    told = jobs.expiry_notices(house.runtime, house.actor(house.dental))
    return told["done"], told["skipped"]


def notices(house):
    with house.unit("read") as session:
        rows = session.scalars(select(ExpiryNotice).order_by(ExpiryNotice.expires_on, ExpiryNotice.id))
        return [(row.person_id, row.expires_on, row.points, row.state) for row in rows]


def messages(house):
    with house.unit("read") as session:
        rows = session.scalars(
            select(OutboxMessage).where(OutboxMessage.topic == "message:sms").order_by(OutboxMessage.id)
        )
        place = [(row.id, row.payload_sealed, row.franchise_id) for row in rows]
    return [
        json.loads(keys.ring().open(blob, aad("outbox_message", "payload_sealed", row_id), fid))["text"]
        for row_id, blob, fid in place
    ]


def test_b19_a_notice_one_month_before_and_zero_on_the_day(house, member):
    template(house)
    kit.give(house, member, 300, date(2026, 3, 1))
    with at("2026-01-31 23:00"):
        assert run(house) == (0, 0)
    with at("2026-02-01 00:10"):
        assert run(house) == (1, 0)
        assert run(house) == (0, 0)
        assert notices(house) == [(member, date(2026, 3, 1), 300, "queued")]
        assert messages(house) == ["王芳，300 分 2026-03-01 到期，共 300 分。"]
    with at("2026-02-28 12:00"):
        assert kit.points(house, member) == (300, 0)
        assert run(house) == (0, 0)
    with at("2026-03-01 00:00"):
        assert kit.points(house, member) == (0, 0)
        assert kit.problems(house) == []


def test_the_day_is_clamped_to_the_months_end(house, member):
    """S2-12: 2026-03-31 is told of on 2026-02-28; a late run catches up, what is over is not told of."""
    template(house)
    for day in (date(2026, 3, 28), date(2026, 3, 31), date(2026, 4, 1), date(2026, 2, 27)):
        kit.give(house, member, 10, day)
    with at("2026-02-28 09:00"):
        assert run(house) == (2, 0)
        assert [row[1] for row in notices(house)] == [date(2026, 3, 28), date(2026, 3, 31)]
    with at("2026-03-29 09:00"):
        assert run(house) == (1, 0)


def test_lots_of_one_day_share_a_message_and_each_has_its_row(house, member):
    template(house)
    for points in (10, 20, 30):
        kit.give(house, member, points, date(2026, 3, 1))
    kit.give(house, member, 5)
    with at("2026-02-10 09:00"):
        assert run(house) == (3, 0)
        assert messages(house) == ["王芳，60 分 2026-03-01 到期，共 65 分。"]


def test_who_cannot_be_told_is_written_down_with_the_reason(house, member):
    kit.give(house, member, 10, date(2026, 3, 1))
    with at("2026-01-30 09:00"):
        overtaken = house.enrol("赵敏", "13800003333")
        with house.unit() as session:
            people.consent(session, people.get(session, overtaken), "membership", granted=True)
    with at("2026-02-01 09:00"):
        assert run(house) == (0, 1)
        template(house)
        kit.give(house, overtaken, 7, date(2026, 3, 1))
        with house.unit() as session:  # a material text came after their word: it counts no more
            consents.publish_text(session, "membership", "会员服务的文本有了实质改动。", material=True)
        child = house.enrol("王小明", None, contact_of=None, email="a@example.com")
        against = house.enrol("李娜", "13800002222")
        with house.unit() as session:
            people.consent(session, people.get(session, against), "membership", granted=False)
        for one in (child, against):
            kit.give(house, one, 7, date(2026, 3, 1))
        assert run(house) == (0, 3)
        found = {person: state for person, _day, _points, state in notices(house)}
        assert found == {member: "no_template", child: "no_contact", against: "no_consent", overtaken: "no_consent"}
        assert messages(house) == []


def test_messages_that_nobody_delivers_here_take_no_turns(house, member):
    """Two hundred waiting notices do not keep a plugin's event from being delivered."""
    template(house)
    for n in range(120):
        kit.give(house, member, 1, date(2026, 3, 1) + timedelta(days=n % 20))
    with at("2026-03-01 09:00"):
        run(house)
        heard = []
        outbox.handle("test_topic", heard.append)
        try:
            with house.unit() as session:
                from core.kernel.statements import Statements

                outbox.put(Statements(session, house.dental.franchise_id), "test_topic:a", "1", {"n": 1})
            outbox.drain(house.runtime.db, house.actor(house.dental), limit=5)
            assert heard == [{"n": 1}]
        finally:
            outbox._handlers.pop("test_topic")


def test_many_lots_are_told_of_in_blocks(house):
    """More lots than a block holds; every one gets one row."""
    members = [house.enrol(f"会员{n}", f"1390000{n:04d}") for n in range(3)]
    with house.unit() as session:
        from core.kernel.statements import Statements
        from core.ledger import services as ledger

        st = Statements(session, house.dental.franchise_id)
        posting = ledger.Posting(kit.today(), clock.now_ms(), "test", 1)
        for person in members:
            balance = ledger.balance_of(st, "person", person, ledger.POINTS, person)
            for n in range(300):
                ledger.credit(
                    st, balance, ledger.POINTS, 1, posting, expires_on=date(2026, 3, 1) + timedelta(days=n % 9)
                )
    template(house)
    with at("2026-02-10 09:00"):
        assert run(house) == (900, 0)
        assert len(notices(house)) == 900
        assert len(messages(house)) == 27


# -- extension -------------------------------------------------------------------------------------


def extensions_of(house):
    with house.unit("read") as session:
        return [
            (row.from_on, row.to_on, row.kind, row.reason)
            for row in session.scalars(select(LotExtension).order_by(LotExtension.id))
        ]


def lot_of(house, person):
    with house.unit("read") as session:
        return extension.lots_of(session, person)[0]


def by_hand(house, person, reason="来不及用"):
    with house.unit() as session:
        return extension.by_hand(session, person, lot_of(house, person).id, reason)


def test_by_hand_once_a_lot_with_a_reason(house, member):
    """S2-13: 2026-01-31 becomes 2026-02-28; I14: no balance moves, nothing ends sooner."""
    kit.give(house, member, 300, date(2026, 1, 31))
    with at("2026-01-30 09:00"):
        by_hand(house, member)
        assert extensions_of(house) == [(date(2026, 1, 31), date(2026, 2, 28), "hand", "来不及用")]
        assert kit.lots(house, member) == [(date(2026, 2, 28), 300)]
        with pytest.raises(Refusal) as caught:
            by_hand(house, member)
        assert caught.value.code == "extended_already"
        with house.unit() as session:
            settings.change(session, EXTENSIONS, 2)
        by_hand(house, member)
        assert kit.lots(house, member) == [(date(2026, 3, 28), 300)]
        with pytest.raises(Refusal):
            by_hand(house, member, " ")
    with at("2026-02-15 09:00"):
        order_jobs.expire_points(house.runtime, house.actor(house.dental))
        assert kit.points(house, member) == (300, 0)
        assert kit.problems(house) == []
        with house.unit() as session, pytest.raises(Exception, match="append-only|written|lot_extension"):
            session.execute(text("UPDATE lot_extension SET to_on = from_on"))


def test_what_is_over_or_another_members_is_not_extended(house, member):
    kit.give(house, member, 300, date(2026, 1, 31))
    other = house.enrol("李娜", "13800002222")
    lot = None
    with at("2026-01-30 09:00"):
        lot = lot_of(house, member).id
        with house.unit() as session, pytest.raises(Refusal) as caught:
            extension.by_hand(session, other, lot, "试试")
        assert caught.value.code == "not_found"
    with at("2026-01-31 09:00"), house.unit() as session, pytest.raises(Refusal) as caught:
        extension.by_hand(session, member, lot, "试试")
    assert caught.value.code == "not_found"


def test_by_rule_a_large_balance_lives_a_month_longer(house, member):
    with house.unit("read") as session:
        from core.programme import services as programmes

        points = programmes.in_force(session).points
    from dataclasses import replace

    kit.publish(house, *kit.REWARDS, points=replace(points, extension=Extension(1, 500)))
    assert isinstance(points, PointsRule)
    small = house.enrol("李娜", "13800002222")
    kit.give(house, member, 400, date(2026, 1, 31))
    kit.give(house, member, 200, date(2026, 8, 1))
    kit.give(house, small, 499, date(2026, 1, 31))
    with at("2026-01-23 09:00"):
        assert jobs.extend_by_rule(house.runtime) == 0
    with at("2026-01-24 09:00"):
        assert jobs.extend_by_rule(house.runtime) == 1
        assert jobs.extend_by_rule(house.runtime) == 0
        assert kit.lots(house, member) == [(date(2026, 2, 28), 400), (date(2026, 8, 1), 200)]
        assert kit.lots(house, small) == [(date(2026, 1, 31), 499)]
        assert [row[2] for row in extensions_of(house)] == ["rule"]
    with at("2026-02-25 09:00"):
        assert jobs.extend_by_rule(house.runtime) == 0
        assert kit.problems(house) == []


def test_the_latest_day_to_tell_of_is_the_one_by_brute_force():
    day = date(2024, 1, 1)
    for _n in range(800):
        for months in (1, 2, 12):
            wanted = max(end for k in range(430) if add_months(end := day + timedelta(days=k), -months) <= day)
            assert rules.last_to_notice(day, months) == wanted
        day += timedelta(days=1)


# -- the veto --------------------------------------------------------------------------------------


@pytest.mark.parametrize("rx_class", ["Rx", "OTC-A"])
def test_no_prescription_or_class_a_drug_is_ever_handed_out(installation, rx_class):
    """B33, S4-01: refused with the rule named, when offered and when taken, also if it became one after publishing."""
    house = installation
    with at("2026-03-10 12:00"), acting(house.actor(house.pharmacy)):
        with house.unit() as session:
            item = catalog.add(session, "PLAIN", "维生素片", "goods", 3_000)
            catalog.set_stock(session, item, {house.pharmacy.store_id: 5})
        kit.publish(house, Reward("R-PLAIN", "维生素片", "goods", 10, item="PLAIN"))
        member = house.enrol("王芳", "13800001234")
        with house.unit() as session:
            from core.kernel.statements import Statements
            from core.ledger import services as ledger

            st = Statements(session, house.pharmacy.franchise_id)
            balance = ledger.balance_of(st, "person", member, ledger.POINTS, member)
            ledger.credit(st, balance, ledger.POINTS, 100, ledger.Posting(kit.today(), clock.now_ms(), "test", 1))
        held = kit.take(house, member, "R-PLAIN", hold=True)
        with house.unit() as session:
            catalog.change(session, catalog.by_code(session, "PLAIN"), {"attributes": {"pharmacy.rx_class": rx_class}})
        with house.unit("read") as session:
            [offer] = reads.catalogue(session, member).offers
        assert (offer.standing.state, "维生素片" in offer.why) == ("forbidden", True)
        for act in (lambda: kit.take(house, member, "R-PLAIN"), lambda: kit.act(house, "confirm", held)):
            with pytest.raises(Refusal) as caught:
                act()
            assert caught.value.code == "reward_forbidden"
            assert "维生素片" in caught.value.message
            assert len(caught.value.message) > 15
        kit.act(house, "cancel", held, "不能兑")
        assert kit.problems(house) == []
