"""A tier set by hand: honoured by the till, the review and verify; over on its last day; ended early."""

from __future__ import annotations

import datetime as dt

import pytest
from sqlalchemy import select

from core.console import verification
from core.kernel import clock
from core.kernel.errors import Invalid, Refusal
from core.kernel.tenancy import acting
from core.orders.jobs import tier_review
from core.orders.quoting.basket import price_basket
from core.orders.types import BasketRequest, LineRequest
from core.org import approvals
from core.org.models import ApprovalRequest
from core.org.proofs import make_proof
from core.people.models import Person
from core.programme import services as programmes
from core.tiers import overrides
from core.tiers.models import TierOverride, TierStanding
from tests.installation import PIN, at


class House:
    """The dental house with a member at the base tier."""

    def __init__(self, installation):
        self.i, self.h = installation, installation.dental
        with acting(self.actor("owner")):
            self.member = installation.enrol("刘超明", "13800005051")
            with installation.unit("read") as s:
                self.tiers = [t.code for t in programmes.in_force(s).tiers]

    def actor(self, role):
        return self.i.actor(self.h, role)

    def ask(self, tier, until, reason="老客户转来"):
        with acting(self.actor("front_desk")), self.i.unit() as s:
            return overrides.ask(s, self.member, tier, until, reason).id

    def approve(self, request_id, role="manager"):
        with acting(self.actor(role)):
            with self.i.unit() as s:
                payload = approvals.proof_payload(s.get(ApprovalRequest, request_id))
                secret = make_proof(s, self.h.numbers[role], PIN, "approve", payload).proof
            with self.i.unit() as s:
                done = approvals.decide(s, request_id, approve=True, proof=secret, proof_payload_sha256=payload)
                return done.row.state, done.refusal.code if done.refusal else None

    def person(self):
        with acting(self.actor("owner")), self.i.unit("read") as s:
            row = s.get(Person, self.member)
            s.expunge(row)
            return row

    def review(self):
        with acting(self.actor("owner")):
            return tier_review(self.i.runtime, self.actor("owner"))


@pytest.fixture
def house(any_installation):
    return House(any_installation)


def until(days):
    return (clock.today("Asia/Shanghai") + dt.timedelta(days=days)).isoformat()


def test_approved_it_is_held_through_its_last_day_and_no_longer(house):
    with at("2026-11-21 10:00"):
        top = house.tiers[-1]
        assert house.approve(house.ask(top, "2026-12-31")) == ("executed", None)
        assert (house.person().tier_code, house.person().tier_until) == (top, dt.date(2026, 12, 31))
        with acting(house.actor("owner")), house.i.unit("read") as s:
            row = s.scalar(select(TierOverride))
            assert (row.reason, row.start_on) == ("老客户转来", dt.date(2026, 11, 21))
            assert s.scalar(select(TierStanding.cause).order_by(TierStanding.id.desc())) == "override"
    with at("2026-12-31 22:00"):
        house.review()
        assert house.person().tier_code == top
    with at("2027-01-01 02:00"):
        assert house.review()["done"] == 1
        assert house.person().tier_code == house.tiers[0]


def test_the_till_prices_with_it(house):
    with at("2026-11-21 10:00"):
        house.approve(house.ask(house.tiers[-1], "2026-12-31"))
        with acting(house.actor("owner")), house.i.unit("read") as s:
            priced = price_basket(s, BasketRequest((LineRequest("F-TEMP"),), house.member))
            assert priced.basket.payer.tier == house.tiers[-1]


def test_a_purchase_meanwhile_does_not_take_it_away(house):
    with at("2026-11-21 10:00"):
        house.approve(house.ask(house.tiers[-1], "2026-12-31"))
        with acting(house.actor("owner")):
            house.i.sell(house.member, "F-TEMP")
        assert house.person().tier_code == house.tiers[-1]


def test_ended_early_the_computed_tier_is_back(house):
    with at("2026-11-21 10:00"):
        house.approve(house.ask(house.tiers[-1], "2026-12-31"))
        request_id = house.ask("", "", "顾客自己要求")
        assert house.approve(request_id) == ("executed", None)
        assert house.person().tier_code == house.tiers[0]
        with pytest.raises(Invalid):
            house.ask("", "", "再结束一次")


def test_it_is_void_when_the_tier_moved_after_it_was_asked(house):
    with at("2026-11-21 10:00"):
        first, second = house.ask(house.tiers[1], "2026-12-31"), house.ask(house.tiers[-1], "2026-12-31")
        assert house.approve(first) == ("executed", None)
        assert house.approve(second) == ("failed", "approval_stale")
        assert house.person().tier_code == house.tiers[1]


@pytest.mark.parametrize(("tier", "days"), [("no-such-tier", 10), (None, -1), (None, 4_000)])
def test_what_cannot_be_is_refused_when_it_is_asked(house, tier, days):
    with pytest.raises(Refusal):
        house.ask(tier or house.tiers[-1], until(days))
    with pytest.raises(Refusal):
        house.ask(house.tiers[-1], "下个月")


def test_verify_agrees_with_it_and_notices_a_tier_that_nobody_set(house):
    with at("2026-11-21 10:00"):
        with acting(house.actor("owner")):
            house.i.sell(house.member, "F-TEMP")
        house.approve(house.ask(house.tiers[-1], "2026-12-31"))
        with acting(house.actor("owner")), house.i.unit("read") as s:
            assert list(verification._tiers(s)) == []
        with acting(house.actor("owner")), house.i.unit() as s:
            s.scalars(select(TierOverride)).one().ended_at = 1
        with acting(house.actor("owner")), house.i.unit("read") as s:
            assert "the events say" in next(verification._tiers(s))
