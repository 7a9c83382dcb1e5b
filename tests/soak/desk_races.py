"""Races at the desk: the cap of a referrer (B38), the last payment of an open order (B53), the day close (B51)."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

from core.cash import days
from core.cash import rules as cash_rules
from core.kernel import clock
from core.kernel.tenancy import acting, current_actor
from core.orders import loading
from core.orders.quoting import quotes
from core.orders.selling import payments, settle
from core.orders.types import TenderRequest
from core.org import business_day
from core.org.models import Store
from core.programme.rules import Referral as ReferralRule
from core.referrals import services as referrals
from tests.core.courses import kit as course_kit
from tests.core.referrals import kit as referral_kit
from tests.installation import Installation
from tests.soak.race_kit import (
    BOOK_ON,
    LOAD,
    PAUSE,
    UPLINE,
    Race,
    Task,
    count,
    guards_off,
    late,
    nothing,
    quote,
    st,
)

# -- two first orders at the cap of one referrer (B38) -------------------------------------------------------


def _capped(house: Installation) -> None:
    referral_kit.publish(house, ReferralRule("first_paid_order", 200, 100, monthly_cap=1))


def _at_the_cap(house: Installation, member: int, n: int) -> list[Task]:
    tasks = []
    for k, store in enumerate((house.dental.store_id, house.dental.other_store_id)):
        brought = referral_kit.enrol(house, f"新人{n}", member, f"13{5 + k}{n:08d}")
        with acting(current_actor().at_store(store)):
            quote_id = quote(house, brought, "CHECK")
        tasks.append({"member": brought, "by": member, "quote_id": quote_id, "store": store})
    return tasks


def _first_order(house: Installation, task: Task) -> None:
    with acting(current_actor().at_store(task["store"])), house.unit() as session:
        row = quotes.get(session, task["quote_id"])
        total = settle.price_basket(session, quotes.request_of(row)).quote.total_fen
        settle.settle(session, row.id, [TenderRequest("cash", total)])


def _first_order_blind(house: Installation, task: Task) -> None:
    with house.unit() as session:
        seen = UPLINE(st(session), task["by"], 1, set(), course_kit.today())
    time.sleep(PAUSE)
    referrals._upline = lambda *args: seen  # type: ignore[assignment]
    try:
        _first_order(house, task)
    finally:
        referrals._upline = UPLINE


def _brought(house: Installation, task: Task) -> int:
    return count(house, "SELECT COUNT(*) FROM referral_grant WHERE franchise_id = ? AND person_id = ? AND level = 1",
                  task["by"])  # fmt: skip


# -- two last payments of one open order (B53) ---------------------------------------------------------------


def _left_open(house: Installation, member: int, _n: int) -> list[Task]:
    quote_id = quote(house, member, "POLISH")
    with house.unit() as session:
        done = settle.settle(session, quote_id, [], allow_debt=True)
    with house.unit("read") as session:
        owed = loading.find(session, done.order_no).owed_fen
    return [{"order_no": done.order_no, "order_id": done.order_id, "fen": owed, "place": n} for n in range(2)]


def _last_payment(house: Installation, task: Task) -> None:
    with house.unit() as session:
        payments.pay(session, task["order_no"], [TenderRequest("cash", task["fen"])])


def _last_payment_blind(house: Installation, task: Task) -> None:
    with house.unit() as session:
        order = LOAD(session, st(session), task["order_no"])
        session.expunge_all()
    order.tenders = [SimpleNamespace()] * task["place"]  # a number of its own, or the second could not be written
    time.sleep(PAUSE)
    booked = loading.booked
    loading.load, loading.booked = lambda *args: order, lambda *args: ({}, {})
    try:
        with house.unit() as session:
            guards_off(session)
            payments.pay(session, task["order_no"], [TenderRequest("cash", task["fen"])])
    finally:
        loading.load, loading.booked = LOAD, booked


def _paid_times(house: Installation, task: Task) -> int:
    return count(house, "SELECT COUNT(*) FROM payment WHERE franchise_id = ? AND orders_id = ?", task["order_id"])


# -- a sale while the day is closed (B51) --------------------------------------------------------------------

FIRST_DAY = datetime(2026, 1, 5, 2, 0, tzinfo=UTC)


def _a_day(house: Installation, member: int, n: int) -> list[Task]:
    """A day of its own each round: the one before is closed, whoever won."""
    if n:
        with clock.frozen_at(FIRST_DAY + timedelta(days=n - 1)):
            day, seen, closed = _see_day(house)
            if not closed:
                _close_day(house, day, seen)
    now = FIRST_DAY + timedelta(days=n)
    with clock.frozen_at(now):
        house.sell(member, "POLISH")
        day, seen, _closed = _see_day(house)
        quote_id = quote(house, member, "POLISH")
    task = {"now": clock.to_ms(now), "day": day}
    return [{**task, "quote_id": quote_id}, {**task, "seen": seen}]


def _see_day(house: Installation) -> tuple[Any, str, bool]:
    today = clock.today("Asia/Shanghai")
    with house.unit("read") as session:
        seen = days.see(session, session.get(Store, house.dental.store_id), today)
        return today, seen.digest(), seen.closed is not None


def _close_day(house: Installation, day: Any, seen: str) -> None:
    with house.unit() as session:
        kinds = {one.kind for one in days.see(session, session.get(Store, house.dental.store_id), day).sums}
        ticks = {kind: cash_rules.Tick(done=True) for kind in kinds}
        days.close(session, house.dental.store_id, day, ticks, seen)


def _sell_or_close(house: Installation, task: Task) -> None:
    with clock.frozen_at(clock.from_ms(task["now"])):
        if "seen" in task:
            _close_day(house, task["day"], task["seen"])
            return
        with house.unit() as session:
            row = quotes.get(session, task["quote_id"])
            total = settle.price_basket(session, quotes.request_of(row)).quote.total_fen
            settle.settle(session, row.id, [TenderRequest("cash", total)])


def _sell_or_close_blind(house: Installation, task: Task) -> None:
    if "seen" in task:
        late(_sell_or_close, house, task)
        return
    with clock.frozen_at(clock.from_ms(task["now"])), house.unit() as session:
        day = BOOK_ON(st(session))
    time.sleep(PAUSE)
    business_day.book_on = lambda *args: day
    try:
        _sell_or_close(house, task)
    finally:
        business_day.book_on = BOOK_ON


def _day_moved(house: Installation, task: Task) -> int:
    """Return 1 for a day that is open, or closed with all of its money; 2 for one with money that nobody counted."""
    counted = count(house, "SELECT COALESCE(SUM(received_fen), -1) FROM day_close WHERE franchise_id = ?"
                     " AND business_on = ?", task["day"])  # fmt: skip
    held = count(house, "SELECT SUM(amount_fen) FROM till_entry WHERE franchise_id = ? AND business_on = ?",
                  task["day"])  # fmt: skip
    return 1 if counted in (-1, held) else 2


DESK_RACES: dict[str, Race] = {
    "cap": Race(_capped, _at_the_cap, _first_order, _first_order_blind, _brought, frozenset(), all_win=True),
    "debt": Race(nothing, _left_open, _last_payment, _last_payment_blind, _paid_times, frozenset({"nothing_owed"})),
    "day": Race(
        nothing, _a_day, _sell_or_close, _sell_or_close_blind, _day_moved, frozenset({"stale_version"}),
        may_refuse=True,
    ),
}  # fmt: skip
