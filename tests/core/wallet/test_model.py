"""Thousands of random steps with stored value against a model that shares nothing with our code, on both databases."""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from fractions import Fraction

import pytest

from core.catalog import services as catalog
from core.kernel import clock, settings
from core.kernel.days import add_months
from core.kernel.errors import Refusal
from core.kernel.statements import Statements
from core.kernel.tenancy import acting
from core.ledger.expiry import sweep
from core.orders.models import Orders
from core.orders.quoting import quotes
from core.orders.refunding import refunds
from core.orders.settings import REFUND_PROOF_ABOVE
from core.orders.types import BasketRequest, LineRequest
from core.orders.value.top_up_refund import Choice
from core.people.models import Person
from core.wallet import accounts, limits, services
from core.wallet.giving_back import Payout
from tests.core.wallet import kit
from tests.core.wallet.world import NEVER, Drawn, Top, formulas

KINDS = (("T12", 100_000, 20_000, 1), ("T7", 33_333, 7_777, 0), ("T5", 50_000, 0, 0), ("T1", 101, 99, 1))
PAYOUT = Payout("bank", "尾号 6688")


@dataclass
class Sale:
    """A sale paid with stored value: its number, pieces left of each line, what it drew, list by price."""

    no: str
    left: dict[int, int]
    drawn: list[Drawn]
    factor: Fraction
    tops: list[int] = field(default_factory=list)


class Driver:
    """One member with a stored-value account, and the model of it."""

    def __init__(self, house, seed):
        self.house, self.rng, self.seed, self.step = house, random.Random(seed), seed, 0
        self.now = datetime(2026, 1, 5, 2, 0, tzinfo=UTC)
        self.tops: dict[int, Top] = {}
        self.bought: dict[int, str] = {}
        self.sales: list[Sale] = []
        self.lost, self.spent = False, 0

    def open(self):
        with self.house.unit() as session:
            settings.change(session, REFUND_PROOF_ABOVE, 10**8)
            limits.change(session, "named_max_fen", 10**10, "测试要很多充值")
            for code, price, bonus, months in KINDS:
                catalog.add(
                    session, code, code, "topup", price, bonus_fen=bonus,
                    attributes={"core.bonus_months": str(months)} if months else {},
                )  # fmt: skip
            for code, price in (("A", 1), ("B", 999), ("C", 12_345), ("D", 60_000)):
                catalog.add(session, code, code, "service", price)
        self.member = self.house.enrol("王芳", "13800001234")

    @property
    def today(self) -> date:
        return clock.business_date(self.now, "Asia/Shanghai")

    def where(self):
        return f"seed {self.seed} step {self.step}"

    def run(self, steps):
        acts = (self.top_up, self.pay, self.refund_sale, self.give_back, self.lose, self.tick, self.sweep)
        for self.step in range(1, steps + 1):
            with clock.frozen_at(self.now):
                act = self.rng.choices(acts, (9, 46, 20, 5, 3, 13, 4))[0]
                act()
                self.compare(act.__name__)
                if self.step % 250 == 0:
                    assert kit.problems(self.house) == [], self.where()

    # -- acts ------------------------------------------------------------------------------------

    def top_up(self):
        code, paid, given, months = self.rng.choice(KINDS)
        try:
            done = kit.top_up(self.house, self.member, code)
        except Refusal as refusal:
            assert self.lost, (self.where(), refusal.code)
            return
        assert not self.lost, self.where()
        with self.house.unit("read") as session:
            row = max(self.held(session), key=lambda one: one.pair.id).pair
        ends = add_months(self.today, months) if months else NEVER
        self.tops[row.id] = Top(paid, given, ends, self.today + timedelta(days=7))
        self.bought[row.id] = done.order_no

    def held(self, session):
        st = Statements(session, self.house.dental.franchise_id)
        account = services.of_person(session, self.member)
        return services.held(st, account.id, self.today) if account else []

    def usable(self):
        return sum(top.left(self.today) for top in self.tops.values())

    def pay(self):
        count = self.rng.choice((1, 1, 2, 3))
        lines = [(self.rng.choice("ABCD"), self.rng.choice((1, 1, 2, 3))) for _n in range(count)]
        stored = self.rng.choice((None, None, 1, 7, 500, 10_000))
        with self.house.unit() as session:
            asked = tuple(LineRequest(*line) for line in lines)
            _row, priced = quotes.store(session, BasketRequest(asked, self.member))
        total = priced.quote.total_fen
        amount = min(total, self.usable()) if stored is None else min(stored, total)
        if not amount:
            return
        try:
            done = kit.pay(self.house, self.member, *lines, stored=amount)
        except Refusal as refusal:
            assert self.lost or amount > self.usable(), (self.where(), refusal.code)
            return
        assert not self.lost and amount <= self.usable(), self.where()
        sale = Sale(done.order_no, {n: qty for n, (_c, qty) in enumerate(lines, 1)}, [], Fraction(0))
        with self.house.unit("read") as session:
            row = session.get(Orders, done.order_id)
            sale.factor = Fraction(row.list_fen, row.total_fen)
        rest = amount
        for key in sorted(self.tops):
            top = self.tops[key]
            part = min(top.left(self.today), rest)
            if part:
                principal, uses = top.draw(part, self.today)
                sale.drawn.append(Drawn(top, principal, uses))
                sale.tops.append(key)
                rest -= part
        self.sales.append(sale)

    def refund_sale(self):
        able = [sale for sale in self.sales[-self.rng.choice((5, 40)) :] if any(sale.left.values())]
        if not able:
            return
        sale = self.rng.choice(able)
        whole = self.rng.random() < 0.4
        asked = {n: qty if whole else self.rng.randrange(qty + 1) for n, qty in sale.left.items() if qty}
        asked = {n: qty for n, qty in asked.items() if qty}
        if not asked:
            return
        before = self.reversed_of(sale)
        effects = self.house.refund(sale.no, asked)
        for n, qty in asked.items():
            sale.left[n] -= qty
        after = self.reversed_of(sale)
        told = effects.stored or {"principal_fen": 0, "bonus_fen": 0}
        sums = [sum(after[key][k] - before[key][k] for key in after) for k in (0, 1)]
        assert sums == [told["principal_fen"], told["bonus_fen"]], self.where()
        for key, one in zip(sale.tops, sale.drawn, strict=True):
            one.give_back(after[key][0] - before[key][0], after[key][1] - before[key][1], self.today)
        for own, share in ((0, "principal"), (1, "bonus")):
            whole_of = sum(getattr(one, share) for one in sale.drawn)
            back = sum(after[key][own] for key in after)
            for key, one in zip(sale.tops, sale.drawn, strict=True):
                exact = Fraction(getattr(one, share) * back, whole_of) if whole_of else Fraction(0)
                assert abs(after[key][own] - exact) < 3, self.where()  # pro rata over the top-ups, to some fen
        if not any(sale.left.values()):
            assert all((one.principal_back, one.bonus_back) == (one.principal, one.bonus) for one in sale.drawn)

    def reversed_of(self, sale):
        """Return (principal, bonus) that came back of a sale so far, by top-up: from the ledger's transfers alone."""
        with self.house.unit("read") as session:
            st = Statements(session, self.house.dental.franchise_id)
            rows = st.all(
                "SELECT d.top_up_id, r.unit, SUM(r.amount) FROM orders o JOIN stored_value_spend s ON s.order_id = o.id"
                " JOIN stored_value_draw d ON d.stored_value_spend_id = s.id JOIN transfer r"
                " ON r.reverses_id IN (d.principal_transfer_id, d.bonus_transfer_id) WHERE o.franchise_id = ?"
                " AND o.order_no = ? GROUP BY d.top_up_id, r.unit",
                [st.franchise_id, sale.no],
            )
        found = {key: [0, 0] for key in sale.tops}
        for key, unit, amount in rows:
            found[int(key)][unit == "bonus"] = int(amount)
        return found

    def give_back(self):
        live = [key for key, top in self.tops.items() if top.left(self.today)]
        key = self.rng.choice(list(live or self.tops) or [0])
        if not key:
            return
        top, formula = self.tops[key], self.rng.choice(("seven_day", "operator", "consumer"))
        drawn = [
            (one, sale.factor) for sale in self.sales for k, one in zip(sale.tops, sale.drawn, strict=True) if k == key
        ]
        expected = formulas(top, drawn, self.today)[formula]
        try:
            effects = kit.give_back(self.house, self.bought[key], formula, PAYOUT)
        except Refusal as refusal:
            assert self.lost or not top.left(self.today) or expected is None, (self.where(), refusal.code)
            return
        assert not self.lost and expected is not None, self.where()
        assert effects.amount_fen == expected, self.where()
        [told] = effects.top_ups
        assert (told["principal_fen"], told["bonus_fen"]) == (top.principal, top.bonus(self.today)), self.where()
        top.gone_paid += top.principal
        top.gone_given += top.bonus(self.today)
        top.principal, top.back = 0, True
        for lot in top.lots:
            lot.left -= lot.usable(self.today)

    def lose(self):
        with self.house.unit() as session:
            if services.of_person(session, self.member) is None:
                return
            accounts.act(session, self.member, "reopen" if self.lost else "report_lost", "测试")
        self.lost = not self.lost

    def tick(self):
        self.now += timedelta(hours=self.rng.choice((1, 7, 26, 24 * 5, 24 * 20)))

    def sweep(self):
        with self.house.unit() as session:
            sweep(session, self.house.dental.franchise_id, self.today, clock.now_ms())
        for top in self.tops.values():
            top.sweep(self.today)

    def compare(self, act):
        with clock.frozen_at(self.now), self.house.unit("read") as session:
            found = {one.pair.id: (one.pair.principal, one.pair.bonus) for one in self.held(session)}
            for key, top in self.tops.items():
                expected = (0, 0) if top.back else (top.principal, top.bonus(self.today))
                assert found.get(key, (0, 0)) == expected, (self.where(), act, key)
            both = services.balances(session, [self.member], self.today)[self.member]
            assert sum(both) == self.usable(), (self.where(), act)
            assert session.get(Person, self.member).spent_fen >= 0, self.where()


@pytest.mark.parametrize("seed", [1])
def test_stored_value_agrees_with_the_model(installation, seed):
    tops = walk(installation, seed, 400)
    assert sum(lot.grace for top in tops for lot in top.lots) > 1
    assert sum(top.gone_paid > 0 for top in tops) > 3
    assert any(top.swept for top in tops)


@pytest.mark.postgres
def test_stored_value_agrees_with_the_model_on_postgres(pg_installation):
    walk(pg_installation, 7, 200)


def walk(house, seed, steps):
    with acting(house.actor(house.dental)):
        driver = Driver(house, seed)
        with clock.frozen_at(driver.now):
            driver.open()
        driver.run(steps)
        with clock.frozen_at(driver.now):
            assert kit.problems(house) == []
        return driver.tops.values()


@pytest.mark.parametrize("seed", range(4))
def test_any_refunds_in_parts_end_where_it_began(installation, seed):
    """I27, I28: when every sale is given back piece by piece, each lot of each top-up is what it was."""
    rng, house = random.Random(seed), installation
    with acting(house.actor(house.dental)):
        driver = Driver(house, seed)
        driver.open()
        for code in ("T12", "T1", "T7", "T5"):
            kit.top_up(house, driver.member, code)
        with house.unit("read") as session:
            before = [(one.pair.principal, one.pair.bonus) for one in driver.held(session)]
        done = kit.pay(house, driver.member, ("C", 3), ("B", 3), ("A", 3), ("D", 2), stored=150_000)
        left = {1: 3, 2: 3, 3: 3, 4: 2}
        while any(left.values()):
            n = rng.choice([n for n, qty in left.items() if qty])
            qty = rng.randrange(1, left[n] + 1)
            with house.unit() as session:
                refunds.refund(session, done.order_no, {n: qty}, "分次退", choice=Choice())
            left[n] -= qty
        with house.unit("read") as session:
            assert [(one.pair.principal, one.pair.bonus) for one in driver.held(session)] == before
        assert kit.problems(house) == []
