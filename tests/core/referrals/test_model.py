"""Random steps against a model that shares nothing with our code, on both databases."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta

import pytest

from core.kernel import clock
from core.kernel.errors import Refusal
from core.kernel.tenancy import acting
from core.programme.rules import Referral as Rule
from tests.core.referrals import kit

RULES = (
    Rule("first_paid_order", 200, 100, 1, 0, 2),
    Rule("first_paid_order", 200, 100, 2, 50, 3),
    Rule("registration", 100, 30, 1, 0, 2),
    None,
)


class Model:
    """Who brought whom, what stands, worked out from the words of the rule alone."""

    def __init__(self):
        self.above, self.state, self.paid = {}, {}, set()
        self.stands = []  # (month, who, points, brought)

    def _times(self, who, month):
        return sum(1 for m, w, _p, brought in self.stands if (m, w) == (month, who) and w != brought)

    def give(self, rule, member, month):
        wanted = [(member, rule.referee_points)]
        up = self.above[member]
        for points in (rule.referrer_points, rule.level2_points if rule.depth == 2 else 0):
            if up is None:
                break
            if points and self._times(up, month) < rule.monthly_cap:
                wanted.append((up, points))
            up = self.above.get(up)
        got = [(month, who, points, member) for who, points in wanted if points]
        self.stands += got
        self.state[member] = "rewarded" if got else "refused"

    def came(self, member, by, rule, month):
        self.above[member] = by
        self.state[member] = "pending"
        if rule is not None and rule.on == "registration":
            self.give(rule, member, month)

    def bought(self, member, rule, month):
        self.paid.add(member)
        if self.state.get(member) != "pending":
            return False
        if rule is None or rule.on == "registration":
            self.state[member] = "refused"
            return False
        self.give(rule, member, month)
        return self.state[member] == "rewarded"

    def gave_back(self, member):
        self.stands = [one for one in self.stands if one[3] != member]
        self.state[member] = "clawed_back"

    def points(self, who):
        return sum(points for _m, w, points, _b in self.stands if w == who)

    def circle(self, member, by):
        while by is not None:
            if by == member:
                return True
            by = self.above.get(by)
        return False


class Driver:
    """Random acts at the services, each followed by a look at what stands."""

    def __init__(self, house, seed):
        self.house, self.rng, self.model = house, random.Random(seed), Model()
        self.now = datetime(2026, 1, 5, 2, 0, tzinfo=UTC)
        self.rule, self.people, self.orders = None, [], []
        self.qualified, self.joined, self.phones, self.seed, self.step = {}, {}, 0, seed, 0

    @property
    def month(self):
        day = clock.business_date(self.now, "Asia/Shanghai")
        return day.year * 100 + day.month

    def run(self, steps):
        self.enrol()
        acts, weights = (self.enrol, self.attach, self.buy, self.refund, self.tick, self.change), (34, 20, 22, 12, 9, 3)
        for self.step in range(1, steps + 1):
            with clock.frozen_at(self.now):
                self.rng.choices(acts, weights)[0]()
                self.compare()
                if self.step % 200 == 0:
                    assert kit.problems(self.house) == [], (self.seed, self.step)
        with clock.frozen_at(self.now):
            assert kit.problems(self.house) == []

    def enrol(self):
        by = self.rng.choice(self.people[-12:]) if self.people and self.rng.random() < 0.7 else None
        self.phones += 1
        with clock.frozen_at(self.now):
            member = kit.enrol(self.house, "新人", by, f"138{self.phones:08d}")
        self.people.append(member)
        self.joined[member] = self.now
        self.model.above.setdefault(member, None)
        if by is not None:
            self.model.came(member, by, self.rule, self.month)

    def attach(self):
        member, by = self.rng.choice(self.people[-15:]), self.rng.choice(self.people[-15:])
        fits = (
            self.model.above[member] is None
            and member not in self.model.paid
            and not self.model.circle(member, by)
            and (clock.business_date(self.now, "Asia/Shanghai")
                 - clock.business_date(self.joined[member], "Asia/Shanghai")).days <= 30
        )  # fmt: skip
        try:
            kit.attach(self.house, member, by)
        except Refusal as refusal:
            assert not fits, (self.seed, self.step, refusal.code)
            return
        assert fits, (self.seed, self.step)
        self.model.came(member, by, self.rule, self.month)

    def buy(self):
        member = self.rng.choice(self.people[-10:])
        done = self.house.sell(member, "CHECK")
        if self.model.bought(member, self.rule, self.month):
            self.qualified[done.order_no] = member
        self.orders.append(done.order_no)

    def refund(self):
        if not self.orders:
            return
        number = self.orders.pop(self.rng.randrange(len(self.orders)))
        told = self.house.refund(number, {1: 1}).referral
        member = self.qualified.pop(number, None)
        assert bool(told) == (member is not None), (self.seed, self.step)
        if member is not None:
            assert -sum(one["points"] for one in told) == sum(p for _m, _w, p, b in self.model.stands if b == member)
            self.model.gave_back(member)

    def tick(self):
        self.now += timedelta(days=self.rng.choice((0, 1, 3, 12)), hours=self.rng.randrange(1, 12))

    def change(self):
        self.rule = self.rng.choice(RULES)
        kit.publish(self.house, self.rule)

    def compare(self):
        ids = self.people[-20:]
        stand = kit.standing(self.house, ids)
        assert stand == {one: self.model.points(one) for one in ids}, (self.seed, self.step)
        for one in ids[-3:]:
            assert kit.state(self.house, one)[0] == self.model.state.get(one, "none"), (self.seed, self.step)


def test_steps_on_sqlite(installation):
    with acting(installation.actor(installation.dental)):
        with clock.frozen_at(datetime(2026, 1, 4, tzinfo=UTC)):
            kit.publish(installation, None)
        Driver(installation, 1).run(400)


@pytest.mark.postgres
def test_steps_on_postgres(pg_installation):
    with acting(pg_installation.actor(pg_installation.dental)):
        with clock.frozen_at(datetime(2026, 1, 4, tzinfo=UTC)):
            kit.publish(pg_installation, None)
        Driver(pg_installation, 3).run(120)
