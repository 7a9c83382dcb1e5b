"""Points that open later, against an independent model: thousands of steps, both engines (loyalty S6, S8)."""

from __future__ import annotations

import random
from dataclasses import dataclass, replace
from datetime import date, timedelta

import pytest

from core.console import verification
from core.kernel import clock
from core.kernel.ids import new_id
from core.kernel.statements import Statements
from core.kernel.tenancy import acting
from core.ledger import expiry, pending, services
from tests.installation import at

START = date(2026, 1, 5)
STEPS, BLOCK = 1_500, 25


@dataclass(frozen=True)
class Piece:
    """What the model knows of a lot: whose order, how much is left, when it opens (None: open) and ends."""

    order: int
    left: int
    opens: date | None
    ends: date


class Member:
    """One person's points in plain lists: no account, no transfer, no lot use."""

    def __init__(self) -> None:
        self.pieces: list[Piece] = []
        self.debt = 0

    def earn(self, order: int, points: int, opens: date, ends: date) -> None:
        self.pieces.append(Piece(order, points, opens, ends))

    def usable(self, on: date) -> int:
        open_now = sum(one.left for one in self.pieces if one.opens is None and one.ends > on)
        return 0 if self.debt else open_now

    def waiting(self) -> int:
        return sum(one.left for one in self.pieces if one.opens is not None)

    def _take(self, able, amount: int) -> int:
        for one in able:
            part = min(one.left, amount)
            self.pieces[self.pieces.index(one)] = replace(one, left=one.left - part)
            amount -= part
        self.pieces = [one for one in self.pieces if one.left]
        return amount

    def spend(self, amount: int, on: date) -> None:
        able = [one for one in self.pieces if one.opens is None and one.ends > on]
        assert self._take(sorted(able, key=lambda one: one.ends), amount) == 0

    def refund(self, order: int, amount: int) -> None:
        amount = self._take([one for one in self.pieces if one.order == order and one.opens is not None], amount)
        amount = self._take([one for one in self.pieces if one.order == order and one.opens is None], amount)
        others = [one for one in self.pieces if one.opens is None]
        self.debt += self._take(sorted(others, key=lambda one: one.ends), amount)

    def open(self, on: date) -> None:
        for one in sorted(self.pieces, key=lambda one: one.opens or date.min):
            if one.opens is None or one.opens > on:
                continue
            paid = min(self.debt, one.left)
            self.debt -= paid
            self.pieces[self.pieces.index(one)] = replace(one, left=one.left - paid, opens=None)
        self.pieces = [one for one in self.pieces if one.left]

    def expire(self, on: date) -> None:
        self.pieces = [one for one in self.pieces if one.ends > on]


class Driver:
    """The same acts on the ledger."""

    def __init__(self, house, persons):
        self.house, self.persons = house, persons
        self.fid = house.dental.franchise_id
        self.earned: dict[int, list[int]] = {}

    def st(self, session):
        return Statements(session, self.fid)

    def posting(self, on, source, kind="order"):
        return services.Posting(on, clock.now_ms(), kind, source, None, None, "test")

    def earn(self, session, person, order, points, on, opens, ends):
        st = self.st(session)
        balance = pending.account(st, person)
        transfer = pending.credit(
            st, balance, points, self.posting(on, order), rule="base", opens_on=opens, expires_on=ends
        )  # fmt: skip
        self.earned[order] = [transfer, points]

    def refund(self, session, person, order, amount, on):
        st, transfer = self.st(session), self.earned[order][0]
        posting = self.posting(on, new_id(), "refund")
        first = pending.claw_back(
            st, pending.account(st, person), amount, posting, earned_by=order, rule="base", reverses_id=transfer
        )  # fmt: skip
        if first.missing:
            balance = services.balance_of(st, "person", person, "points", person)
            services.claw_back(
                st, balance, "points", first.missing, posting, earned_by=order, rule="base", reverses_id=transfer
            )  # fmt: skip
        self.earned[order][1] -= amount

    def spend(self, session, person, amount, on):
        st = self.st(session)
        balance = services.balance_of(st, "person", person, "points", person)
        services.redeem(st, balance, "points", amount, self.posting(on, new_id()))


@pytest.fixture
def house(any_installation):
    with at(f"{START} 10:00"), acting(any_installation.actor(any_installation.dental)):
        yield any_installation


def test_thousands_of_steps_agree_with_the_model(house):
    dice = random.Random(20260105)
    persons = [house.enrol(name) for name in ("刘超明", "林若兰", "王芳")]
    members = {person: Member() for person in persons}
    driver, on, orders = Driver(house, persons), START, []
    for first in range(0, STEPS, BLOCK):
        with house.unit() as session:
            for _step in range(first, first + BLOCK):
                person = dice.choice(persons)
                act = dice.choice(("earn", "earn", "refund", "refund", "spend", "day"))
                if act == "earn":
                    order, points = new_id(), dice.randint(1, 400)
                    opens, ends = on + timedelta(days=dice.randint(1, 9)), on + timedelta(days=dice.randint(15, 60))
                    driver.earn(session, person, order, points, on, opens, ends)
                    members[person].earn(order, points, opens, ends)
                    orders.append((person, order))
                elif act == "refund" and orders:
                    whose, order = dice.choice(orders[-12:])
                    left = driver.earned[order][1]
                    if left:
                        amount = dice.randint(1, left)
                        driver.refund(session, whose, order, amount, on)
                        members[whose].refund(order, amount)
                elif act == "spend" and (able := members[person].usable(on)):
                    amount = dice.randint(1, able)
                    driver.spend(session, person, amount, on)
                    members[person].spend(amount, on)
                elif act == "day":
                    on += timedelta(days=dice.randint(0, 2))
                    _jobs(driver, session, members, on)
        with house.unit("read") as session:
            _agree(driver, session, members, on)
    assert [row for row in verification.verify(house.runtime, freeze=False) if row.difference] == []


def _jobs(driver, session, members, on):
    pending.sweep(session, driver.fid, on, clock.now_ms())
    while pending.sweep_debtors(session, driver.fid, on, driver.posting(on, 0, "job")):
        pass
    pending.sweep(session, driver.fid, on, clock.now_ms())
    expiry.sweep(session, driver.fid, on, clock.now_ms())
    for member in members.values():
        member.open(on)
        member.expire(on)


def _agree(driver, session, members, on):
    st = driver.st(session)
    found = services.available_of(st, list(members), "points", on)
    for person, member in members.items():
        assert found[person] == (member.usable(on), member.debt)
        assert sum(n for _day, n in pending.of(st, person)) == member.waiting()
