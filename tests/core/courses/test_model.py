"""Thousands of random steps with courses against a model that shares nothing with our code, on both databases."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta

import pytest

from core.catalog import services as catalog
from core.courses import changes
from core.courses import services as courses
from core.kernel import clock, settings
from core.kernel.errors import Refusal
from core.kernel.tenancy import acting
from core.orders import jobs
from core.orders.models import Orders
from core.orders.refunding import refunds
from core.orders.sessions import burn
from core.orders.settings import REFUND_PROOF_ABOVE
from core.people.models import Person
from tests.core.courses import kit
from tests.core.courses.world import Pack

KINDS = (
    ("P3", 3, 0, 100, 2),
    ("P7", 6, 1, 9_999, 1),
    ("P10", 10, 0, 108_000, 0),
    ("FREE", 2, 0, 0, 1),
    ("P11", 10, 1, 7, 3),
)


class Driver:
    """One member with a drawer of courses, and the model of each."""

    def __init__(self, house, seed):
        self.house, self.rng = house, random.Random(seed)
        self.now = datetime(2026, 1, 5, 2, 0, tzinfo=UTC)
        self.packs: dict[int, Pack] = {}
        self.sold: dict[int, str] = {}
        self.seed, self.step, self.paid, self.refunded = seed, 0, 0, 0

    def open(self):
        with self.house.unit() as session:
            settings.change(session, REFUND_PROOF_ABOVE, 100_000_000)
            catalog.add(session, "ONE", "一次", "service", 5_000)
            for code, sessions, bonus, price, months in KINDS:
                terms = {"core.session_of": "ONE", "core.bonus_sessions": str(bonus), "core.valid_months": str(months)}
                catalog.add(session, code, code, "course", price, sessions=sessions, attributes=terms)
        self.member = self.house.enrol("王芳", "13800001234")
        self.buy()

    @property
    def today(self):
        return clock.business_date(self.now, "Asia/Shanghai")

    def where(self):
        return f"seed {self.seed} step {self.step}"

    def run(self, steps):
        acts = (self.use, self.undo, self.give, self.buy, self.freeze, self.extend, self.tick, self.sweep)
        for self.step in range(1, steps + 1):
            with clock.frozen_at(self.now):
                act = self.rng.choices(acts, (40, 18, 8, 6, 5, 5, 14, 4))[0]
                act()
                self.compare(act.__name__)
                if self.step % 250 == 0:
                    assert kit.problems(self.house) == [], self.where()

    # -- acts ------------------------------------------------------------------------------------

    def pick(self):
        live = list(self.packs)[-6:]
        return self.rng.choice(live)

    def buy(self):
        code, sessions, bonus, price, months = self.rng.choice(KINDS)
        qty = self.rng.choice((1, 1, 1, 2))
        done = self.house.sell(self.member, (code, qty))
        with self.house.unit("read") as session:
            total = session.get(Orders, done.order_id).total_fen
            own = [row for row in courses.owned_by(session, self.member) if row.order_id == done.order_id]
            assert len(own) == qty
            assert sum(row.paid_fen for row in own) == total <= price * qty  # the tier may have taken some off
            for row in own:
                self.packs[row.id] = Pack(self.member, row.paid_fen, sessions + bonus, row.expires_on, sessions + bonus)
                self.sold[row.id] = done.order_no
                assert (row.expires_on is None) == (months == 0)
        self.paid += total

    def use(self):
        course = self.pick()
        pack = self.packs[course]
        able = pack.usable(self.today) and not pack.frozen
        try:
            done = kit.use(self.house, course)
        except Refusal as refusal:
            assert not able, (self.where(), refusal.code)
            return
        assert able, self.where()
        assert done.value_fen == pack.use(done.use_id, self.today), self.where()

    def undo(self):
        course = self.pick()
        pack = self.packs[course]
        if not pack.uses:
            return
        key = self.rng.choice(list(pack.uses))
        with self.house.unit() as session:
            burn.undo(session, course, key, "点错了", approved=True)
        pack.undo(key, self.today)

    def give(self):
        """Give back all or a part of one piece; the product picks the piece of a line, so ask where there is one."""
        course = self.pick()
        if sum(1 for no in self.sold.values() if no == self.sold[course]) > 1:
            return
        pack, left = self.packs[course], self.packs[course].usable(self.today)
        n = self.rng.randrange(1, left + 1) if left and self.rng.random() < 0.6 else None
        asked = {1: n} if n else {}
        try:
            with self.house.unit() as session:
                shown = refunds.preview(session, self.sold[course], {1: 1}, asked)
            with self.house.unit() as session:
                done = refunds.refund(
                    session, self.sold[course], {1: 1}, "测试", preview_id=shown.digest(), sessions=asked
                )
        except Refusal as refusal:
            assert not left, (self.where(), refusal.code)
            return
        assert left, self.where()
        expected = pack.refund(n or left, self.today)
        assert done.amount_fen == expected, self.where()
        self.refunded += expected

    def freeze(self):
        course = self.pick()
        pack = self.packs[course]
        with self.house.unit() as session:
            if pack.frozen:
                changes.unfreeze(session, course)
                pack.unfreeze(self.today)
                return
            try:
                changes.freeze(session, course, "出差")
            except Refusal as refusal:
                assert refusal.code in {"course_expired", "course_ended", "no_sessions_left"}, self.where()
                assert refusal.code != "no_sessions_left" or not pack.usable(self.today), self.where()
                return
        assert pack.usable(self.today), self.where()
        pack.freeze(self.today)

    def extend(self):
        course = self.pick()
        pack, days = self.packs[course], self.rng.randrange(1, 40)
        with self.house.unit() as session:
            try:
                changes.extend(session, course, days, "住院")
            except Refusal as refusal:
                assert refusal.code in {"course_frozen", "course_endless", "course_ended"}, self.where()
                assert pack.frozen or pack.ends is None or pack.back == pack.total, self.where()
                return
        pack.extend(days, self.today)

    def tick(self):
        self.now += timedelta(hours=self.rng.choice((1, 7, 26, 24 * 5, 24 * 20)))

    def sweep(self):
        jobs.expire_points(self.house.runtime, self.house.actor(self.house.dental))
        for pack in self.packs.values():
            pack.sweep(self.today)

    def compare(self, act):
        recent = list(self.packs)[-6:]
        with clock.frozen_at(self.now), self.house.unit("read") as session:
            found = courses.parts_of(session, recent, self.today)
            person = session.get(Person, self.member)
            for course in recent:
                [part], pack = found[course], self.packs[course]
                where = (self.where(), act)
                assert part.usable == pack.usable(self.today), where
                assert (part.used, part.left, part.open_fen) == (len(pack.uses), pack.unused, pack.unspent), where
            assert person.spent_fen == self.paid - self.refunded, (self.where(), act)


@pytest.mark.parametrize("seed", [1, 2])
def test_courses_agree_with_the_model(installation, seed):
    walk(installation, seed, 900)


@pytest.mark.postgres
def test_courses_agree_with_the_model_on_postgres(pg_installation):
    walk(pg_installation, 7, 300)


def walk(house, seed, steps):
    with acting(house.actor(house.dental)):
        driver = Driver(house, seed)
        with clock.frozen_at(driver.now):
            driver.open()
        driver.run(steps)
        with clock.frozen_at(driver.now):
            assert kit.problems(house) == []


@pytest.mark.parametrize("seed", [11, 12, 13])
def test_a_refund_in_any_parts_returns_to_the_start(installation, seed):
    """Uses, undos and refunds in parts: when nothing is used and all is given back, every account is where it began."""
    rng = random.Random(seed)
    house = installation
    with acting(house.actor(house.dental)):
        driver = Driver(house, seed)
        driver.open()
        kit.fix_points(house)
        with house.unit() as session:
            item = catalog.by_code(session, "P7")
            catalog.change(session, item, {"points_fixed": 777})
        person = house.enrol("李娜", "13800002222")
        done = house.sell(person, ("P7", 3))
        left = 21
        for _n in range(12):
            own = [c for c, parts in kit.of(house, person) if sum(p.usable for p in parts)]
            used = kit.use(house, rng.choice(own).id)
            kit.undo(house, used.course_id, used.use_id)
        while left:
            with house.unit("read") as session:
                pieces = sum(1 for _c, parts in kit.of(house, person) if sum(p.usable for p in parts))
            qty = rng.randrange(1, pieces + 1)
            n = rng.randrange(1, min(left, qty * 7) + 1)
            try:
                with house.unit() as session:
                    refunds.refund(session, done.order_no, {1: qty}, "分次退", sessions={1: n})
            except Refusal as refusal:
                assert refusal.code == "invalid"
                continue
            left -= n
        with house.unit("read") as session:
            row = session.get(Person, person)
            assert (row.spent_fen, row.visits) == (0, 0)
        assert kit.points(house, person) == 0
        assert kit.of(house, person) == []
        assert kit.problems(house) == []
