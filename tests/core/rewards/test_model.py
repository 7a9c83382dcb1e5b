"""Thousands of random steps with points and rewards against a model that shares nothing with ours, on both databases."""

from __future__ import annotations

import copy
import random
from datetime import UTC, datetime, timedelta

import pytest

from core.kernel import clock
from core.kernel.errors import Refusal
from core.kernel.tenancy import acting
from core.orders import jobs as order_jobs
from core.points import extension
from core.rewards import jobs
from tests.core.rewards import kit
from tests.core.rewards.world import Drawer, month_later

PRICES = {"R-C10": (100, False), "R-FOOT": (200, True), "R-HEAD": (300, False)}
SHELF = 6


class Driver:
    """One member, their drawer, and a franchise that does the same."""

    def __init__(self, house, seed):
        self.house, self.rng, self.seed, self.step = house, random.Random(seed), seed, 0
        self.now = datetime(2026, 1, 5, 2, 0, tzinfo=UTC)
        self.drawer = Drawer(SHELF)
        self.rows = {}
        self.outcomes = {}

    def open(self):
        kit.open_shop(self.house, stock=SHELF)
        other = self.house.enrol("垫底", "13900009999")
        self.bottomless = kit.give(self.house, other, 10**9)
        self.member = self.house.enrol("王芳", "13800001234")

    @property
    def today(self):
        return clock.business_date(self.now, "Asia/Shanghai")

    @property
    def ms(self):
        return clock.to_ms(self.now)

    def run(self, steps):
        acts = (
            self.earn,
            self.take,
            self.confirm,
            self.back,
            self.claw,
            self.sweep,
            self.lapse,
            self.extend,
            self.tick,
        )
        for self.step in range(1, steps + 1):
            with clock.frozen_at(self.now):
                act = self.rng.choices(acts, (18, 30, 12, 14, 4, 4, 4, 5, 16))[0]
                said = act()
                key = (act.__name__, said)
                self.outcomes[key] = self.outcomes.get(key, 0) + 1
                self.compare(act.__name__)
                if self.step % 250 == 0:
                    assert kit.problems(self.house) == [], self.where()

    def where(self):
        return f"seed {self.seed} step {self.step}"

    def earn(self):
        points = self.rng.randrange(1, 400)
        end = None if self.rng.random() < 0.1 else self.today + timedelta(days=self.rng.randrange(1, 90))
        kit.give(self.house, self.member, points, end)
        self.drawer.add(points, end, self.today)

    def take(self):
        code = self.rng.choice(list(PRICES))
        price, goods = PRICES[code]
        pieces, hold = self.rng.choice((1, 1, 2)), self.rng.random() < 0.4
        tried = copy.deepcopy(self.drawer)
        tried.lapse(self.ms, self.today)
        able = tried.take(-1, price, pieces, goods, self.today, self.ms + 15 * 60_000 if hold else None)
        try:
            row = kit.take(self.house, self.member, code, pieces, hold=hold)
        except Refusal as refusal:
            assert not able, (self.where(), refusal.code)
            return refusal.code
        assert able, self.where()
        tried.taken[row.id] = tried.taken.pop(-1)
        self.drawer, self.rows[row.id] = tried, row
        return "held" if hold else "done"

    def confirm(self):
        held = [key for key, one in self.drawer.taken.items() if one.state == "reserved"]
        if not held:
            return None
        key = self.rng.choice(held)
        able = self.drawer.confirm(key, self.ms, self.today)
        try:
            kit.act(self.house, "confirm", self.rows[key])
        except Refusal as refusal:
            assert not able, (self.where(), refusal.code)
            return refusal.code
        assert able, self.where()
        return "done"

    def back(self):
        held = [key for key, one in self.drawer.taken.items() if one.state in ("reserved", "fulfilled")][-5:]
        if not held:
            return None
        key = self.rng.choice(held)
        kit.act(self.house, "cancel", self.rows[key], "测试", approved=True)
        self.drawer.back(key, self.today)
        return "done"

    def claw(self):
        points = self.rng.randrange(1, 300)
        kit.claw(self.house, self.member, points, self.bottomless)
        self.drawer.claw(points)

    def sweep(self):
        order_jobs.expire_points(self.house.runtime, self.house.actor(self.house.dental))
        self.drawer.sweep(self.today)

    def lapse(self):
        done = jobs.free_reservations(self.house.runtime, self.house.actor(self.house.dental))["done"]
        assert done == self.drawer.lapse(self.ms, self.today), self.where()
        return done

    def extend(self):
        pile = self.drawer.first(self.today)
        with self.house.unit("read") as session:
            lots = extension.lots_of(session, self.member)
        if pile is None:
            assert lots == [], self.where()
            return None
        assert (lots[0].expires_on, lots[0].points) == (pile.end, pile.points), self.where()
        try:
            with self.house.unit() as session:
                extension.by_hand(session, self.member, lots[0].id, "测试")
        except Refusal as refusal:
            assert pile.longer, (self.where(), refusal.code)
            return refusal.code
        assert not pile.longer, self.where()
        pile.end, pile.longer = month_later(pile.end), 1
        return "done"

    def tick(self):
        self.now += timedelta(minutes=self.rng.choice((5, 14, 16, 60 * 7, 60 * 26, 60 * 24 * 9)))

    def compare(self, act):
        with clock.frozen_at(self.now):
            where = (self.where(), act)
            assert kit.points(self.house, self.member) == (self.drawer.available(self.today), self.drawer.debt), where
            if not self.drawer.debt:
                assert dict(kit.lots(self.house, self.member)) == self.drawer.by_end(self.today), where
            assert kit.stock(self.house, "FOOT-PACK") == self.drawer.shelf, where


@pytest.mark.parametrize("seed", [1])
def test_points_and_rewards_agree_with_the_model(installation, seed):
    told = walk(installation, seed, 700)
    assert {("take", "done"), ("take", "held"), ("take", "out_of_stock"), ("confirm", "done")} <= set(told)
    assert {("confirm", "reservation_over"), ("extend", "done"), ("extend", "extended_already")} <= set(told)


@pytest.mark.postgres
def test_points_and_rewards_agree_with_the_model_on_postgres(pg_installation):
    walk(pg_installation, 7, 300)


def walk(house, seed, steps):
    with acting(house.actor(house.dental)):
        driver = Driver(house, seed)
        with clock.frozen_at(driver.now):
            driver.open()
        driver.run(steps)
        with clock.frozen_at(driver.now):
            assert kit.problems(house) == []
    return driver.outcomes
