"""The expiry sweep: every overdue lot once, in chunks, whoever owns it; a run that dies goes on (S2-11, I11)."""

from __future__ import annotations

from datetime import date

import pytest
from sqlalchemy import func, select

from core.console import verification
from core.kernel import clock
from core.kernel.models import AuditEntry
from core.kernel.statements import Statements
from core.kernel.tenancy import acting
from core.ledger import expiry, services
from core.ledger.models import Lot, LotUse, Transfer
from core.orders import jobs
from tests.installation import at

TODAY = date(2026, 11, 20)


@pytest.fixture()
def house(any_installation):
    with at("2026-11-20 10:00"), acting(any_installation.actor(any_installation.dental)):
        yield any_installation


def credit(house, person, amount, expires_on, unit=services.POINTS):
    with house.unit() as session:
        st = Statements(session, house.dental.franchise_id)
        posting = services.Posting(date(2025, 1, 1), clock.now_ms(), "order", person, None, None, "job")
        balance = services.balance_of(st, "person", person, unit, person)
        services.credit(st, balance, unit, amount, posting, rule="base", expires_on=expires_on)


def run(house):
    return jobs.expire_points(house.runtime, house.actor(house.dental))["done"]


def expired(house):
    with house.unit("read") as session:
        rows = session.execute(
            select(Transfer.person_id, Transfer.unit, Transfer.amount).where(Transfer.reason == "expire")
        )
        return sorted(tuple(row) for row in rows)


def wrong(house):
    return [r.name for r in verification.verify(house.runtime, freeze=False) if r.difference]


def test_lots_of_every_unit_expire_on_their_first_day_without_use(house):
    one, two = house.enrol("刘超明", "13800005051"), house.enrol("林若兰", "13900008888")
    credit(house, one, 100, date(2026, 11, 20))
    credit(house, one, 30, date(2026, 11, 21))
    credit(house, two, 50, date(2026, 10, 1))
    credit(house, two, 7, None)
    credit(house, two, 4, date(2026, 11, 1), services.SESSIONS)
    assert run(house) == 3
    assert expired(house) == sorted([(one, "points", 100), (two, "points", 50), (two, "sessions", 4)])
    assert run(house) == 0
    with house.unit("read") as session:
        st = Statements(session, house.dental.franchise_id)
        assert services.available_of(st, [one, two], services.POINTS, TODAY) == {one: (30, 0), two: (7, 0)}
        notes = session.scalars(select(AuditEntry.action).where(AuditEntry.action == "ledger.lots.expired")).all()
    assert len(notes) == 1, "a run with something to book leaves one line in the trail, one without none"
    assert wrong(house) == []


def test_of_a_lot_used_in_part_only_the_rest_expires(house):
    member = house.enrol("刘超明", "13800005051")
    credit(house, member, 100, date(2026, 11, 25))
    with house.unit() as session:
        st = Statements(session, house.dental.franchise_id)
        posting = services.Posting(TODAY, clock.now_ms(), "order", member, None, None, "job")
        services.redeem(st, services.balance_of(st, "person", member, "points", member), "points", 30, posting)
    with at("2026-11-25 00:00"):
        assert run(house) == 1
    assert expired(house) == [(member, "points", 70)]
    assert wrong(house) == []


@pytest.mark.parametrize("dies_after", range(1, 5))
def test_a_run_that_dies_between_or_within_chunks_books_each_lot_once(house, monkeypatch, dies_after):
    members = [house.enrol(f"会员{n}", f"1390000{n:04d}") for n in range(4)]
    for n in range(11):
        credit(house, members[n % 4], 10 + n, date(2026, 11, 1 + n % 5))
    monkeypatch.setattr(expiry, "CHUNK", 3)
    statements, whole = [], Statements.run

    def dies(self, sql, params=()):
        done = whole(self, sql, params)
        statements.append(sql.startswith("INSERT INTO lot_use"))
        if sum(statements) == dies_after:
            raise KeyboardInterrupt
        return done

    with monkeypatch.context() as patched:
        patched.setattr(Statements, "run", dies)
        with pytest.raises(KeyboardInterrupt):
            run(house)
    booked = len(expired(house))
    assert booked == 3 * (dies_after - 1), "what was booked before stays, the chunk that died is not there"
    assert run(house) == 11 - booked
    with house.unit("read") as session:
        assert session.scalar(select(func.count()).select_from(Lot).where(Lot.remaining > 0)) == 0
        uses = select(func.count()).select_from(LotUse).join(Transfer, Transfer.id == LotUse.transfer_id)
        assert session.scalar(uses.where(Transfer.reason == "expire")) == 11
    assert wrong(house) == []


def test_another_franchise_keeps_its_overdue_lots(house):
    with acting(house.actor(house.pharmacy)):
        away = house.enrol("别家会员", "13700000000")
        with house.unit() as session:
            st = Statements(session, house.pharmacy.franchise_id)
            posting = services.Posting(date(2025, 1, 1), clock.now_ms(), "order", away, None, None, "job")
            balance = services.balance_of(st, "person", away, "points", away)
            services.credit(st, balance, "points", 9, posting, expires_on=date(2026, 1, 1))
    assert run(house) == 0
    with acting(house.actor(house.pharmacy)):
        assert jobs.expire_points(house.runtime, house.actor(house.pharmacy))["done"] == 1


def test_a_large_sweep_is_shared_by_accounts_and_an_ordinary_day_is_not(house, monkeypatch):
    members = [house.enrol(f"会员{n}") for n in range(4)]
    for n, member in enumerate(members):
        for _lot in range(5 if n == 1 else 1):
            credit(house, member, 10, date(2026, 11, 1))
    monkeypatch.setattr(expiry, "CHUNK", 8)
    fid = house.dental.franchise_id
    with house.unit("read") as session:
        assert expiry.stretches(session, fid, TODAY) == [None]
    monkeypatch.setattr(expiry, "CHUNK", 3)
    with house.unit("read") as session:
        shared = expiry.stretches(session, fid, TODAY)
    assert [after for after, _until in shared[1:]] == [until for _after, until in shared[:-1]], "no gap between them"
    assert len(shared) == 2, "an account with more lots than a chunk ends one stretch and is swept in several goes"
    assert run(house) == 8
    assert wrong(house) == []
