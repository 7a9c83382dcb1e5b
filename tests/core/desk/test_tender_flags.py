"""What a way to pay does: points, tier, drawer and the way back go by the tender list, kept with the sale (B34)."""

from __future__ import annotations

import re

import pytest
from sqlalchemy import select

from core.console import verification
from core.kernel.errors import Invalid, Refusal
from core.kernel.tenancy import acting
from core.orders import reads
from core.orders.models import Orders, TillEntry
from core.orders.refunding import refunds
from core.orders.selling import tender_list
from core.orders.selling.receipt import receipt_text
from core.orders.types import TenderRequest
from core.people.models import Person
from tests.core.desk.desk_kit import plain
from tests.core.desk.test_tenders import keep


def sold(house, person, *tenders):
    done = house.sell(person, "CHECK", tenders=[TenderRequest(*one) for one in tenders])
    with house.unit("read") as session:
        row = session.get(Orders, done.order_id)
        session.expunge_all()
        return row


def spend_of(house, person):
    from core.tiers.models import TierEvent

    with house.unit("read") as session:
        return sum(session.scalars(select(TierEvent.spend_fen).where(TierEvent.person_id == person)))


def money_of(house, source):
    with house.unit("read") as session:
        rows = session.execute(
            select(TillEntry.kind, TillEntry.amount_fen).where(TillEntry.source_kind == source).order_by(TillEntry.id)
        )
        return [tuple(row) for row in rows]


def test_b34_the_list_as_it_stands_changes_nothing(installation):
    with acting(installation.actor(installation.dental)):
        person = installation.enrol("刘超明")
        row = sold(installation, person, ("wechat", 5_000), ("insurance_pooled", 3_000))
        assert row.earned_points == 50
        assert spend_of(installation, person) == 5_000


def test_a_way_earns_only_if_list_and_rule_let_it_and_a_refund_goes_by_the_sale(installation):
    house = installation
    with acting(house.actor(house.dental)):
        person = house.enrol("刘超明")
        keep(house, platform_voucher={"earns": False, "tier": False}, insurance_pooled={"earns": True})
        row = sold(house, person, ("cash", 3_000), ("platform_voucher", 4_000), ("insurance_pooled", 1_000))
        assert row.earned_points == 30, "the voucher by the list, the insurance by the rule"
        assert spend_of(house, person) == 3_000
        keep(house)  # the list of before the sale: what was sold keeps its own
        effects = house.refund(row.order_no, {1: 1})
        assert effects.points_taken == 30
        assert spend_of(house, person) == 0
        with house.unit("read") as session:
            assert session.get(Person, person).spent_fen == 0
        report = verification.verify(house.runtime, freeze=False)
        assert [one for one in report if one.difference] == []


@pytest.mark.parametrize(
    ("route", "booked", "says"),
    [("same", "wechat", "按原支付方式退回"), ("cash", "cash", "从钱箱付现金"), ("bank", "bank", "转账退到银行账户"),
     ("manual", "wechat", "须人工办理退回")],
)  # fmt: skip
def test_the_way_back_is_shown_and_booked(installation, route, booked, says):
    house = installation
    with acting(house.actor(house.dental)):
        keep(house, wechat={"route": route})
        row = sold(house, house.enrol("刘超明"), ("wechat", 8_000))
        with house.unit() as session:
            shown = refunds.preview(session, row.order_no, {1: 1})
            session.rollback()
        done = house.refund(row.order_no, {1: 1})
        assert shown.digest() == done.digest()
        assert says in " ".join(done.effects)
        tender = done.to_json()["tenders"][0]
        assert (tender["kind"], tender["route"], tender["paid_by"]) == ("wechat", route, booked)
        assert money_of(house, "refund") == [(booked, -8_000)]


def test_a_preview_of_another_route_is_not_done(installation):
    house = installation
    with acting(house.actor(house.dental)):
        row = sold(house, house.enrol("刘超明"), ("wechat", 8_000))
        with house.unit() as session:
            shown = refunds.preview(session, row.order_no, {1: 1}).digest()
        keep(house, wechat={"route": "cash"})
        with pytest.raises(Refusal) as moved, house.unit() as session:
            refunds.refund(session, row.order_no, {1: 1}, "改约", preview_id=shown)
        assert moved.value.code == "refund_moved"


def test_the_drawer_opens_for_what_lies_in_it(installation):
    house = installation
    with acting(house.actor(house.dental)):
        keep(house, platform_voucher={"drawer": True})
        told = {}
        for kind in ("cash", "platform_voucher", "wechat"):
            row = sold(house, None, (kind, 8_000))
            with house.unit("read") as session:
                order = session.get(Orders, row.id)
                told[kind] = reads.order_json(session, order)["opens_drawer"]
                assert ("开钱箱" in receipt_text(reads.see(session, order))) is told[kind]
        assert told == {"cash": True, "platform_voucher": True, "wechat": False}


def test_the_funds_money_never_leaves_in_cash(sit):
    owner = sit("owner")
    with acting(owner.actor), pytest.raises(Invalid):
        keep(owner.installation, insurance_pooled={"route": "cash"})
    page = owner.get("/records/tenders")
    was = re.search(r'name="was" value="([^"]*)"', page.text).group(1)
    form = {"layer": "franchise", "was": was, "on_cash": "1", "route_insurance_pooled": "bank"}
    refused = owner.post("/records/tenders", form)
    assert refused.status_code == 422
    assert "医保付的钱只能原路退回" in plain(refused.text)


def test_the_flags_on_the_page_and_at_the_refund(sit):
    owner = sit("owner")
    page = owner.get("/records/tenders")
    form = {"layer": "franchise", "was": re.search(r'name="was" value="([^"]*)"', page.text).group(1)}
    form |= {f"{flag}_{code}": "1" for flag in ("on", "earns", "tier") for code in tender_list.CODES}
    form |= {"drawer_cash": "1", "route_alipay": "bank"}
    del form["earns_other"]
    assert owner.post("/records/tenders", form).status_code == 303
    with acting(owner.actor), owner.installation.unit("read") as session:
        ways = {way.kind: way for way in tender_list.ways(session)}
    assert (ways["other"].earns, ways["cash"].drawer, ways["alipay"].route) == (False, True, "bank")
    order = owner.ring_up(owner.enrol(), "CHECK", kind="alipay")
    shown = plain(owner.post(f"/orders/{order.order_no}/refund/preview", {"qty_1": "1"}).text)
    assert "支付宝 → 退到银行账户" in shown
    assert "“支付宝” 80.00 元转账退到银行账户" in shown
    done = owner.ring_up(None, "CHECK", kind="cash")
    assert "钱箱已打开" in plain(owner.get(f"/till?done={done.id}").text)
