"""The races of stored value, courses, rewards, referrals, debts and the day close.

Each says what a round begins with, what every worker does, what one does that trusts an earlier look (the control),
which refusals are fair for whoever came second, and what really happened.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

from sqlalchemy import text

from core.cash import days
from core.cash import rules as cash_rules
from core.catalog import services as catalog
from core.courses import services as courses
from core.kernel import clock
from core.kernel.statements import Statements
from core.kernel.tenancy import acting, current_actor
from core.ledger import services as ledger
from core.orders import burn, loading, payments, quotes, settle, stored_value
from core.orders.types import BasketRequest, LineRequest, TenderRequest
from core.org import business_day
from core.org.models import Store
from core.programme.rules import Referral as ReferralRule
from core.referrals import services as referrals
from core.rewards import handing
from core.rewards import services as rewards_services
from core.wallet import services as wallet
from tests.core.courses import kit as course_kit
from tests.core.referrals import kit as referral_kit
from tests.core.rewards import kit as reward_kit
from tests.core.wallet import kit as wallet_kit
from tests.installation import Installation

# How long a control holds what it read: long enough for the other worker to read it too, on a busy machine.
PAUSE = 0.25
LAST_FEN = 10_000
READ_BALANCE, LOAD, BOOK_ON, UPLINE = ledger.balance_of, loading.load, business_day.book_on, referrals._upline
TAKE_STOCK, PARTS_OF = catalog.take_stock, courses.parts_of
MOVE_ACCOUNT, MOVE_LOT = ledger._move_account, ledger._move_lot
Task = dict[str, Any]


@dataclass(frozen=True)
class Race:
    """A race: `fair` are the refusals of whoever is late, `all_win` says that nobody is."""

    prepare: Any
    situation: Any
    act: Any
    blind: Any
    effects: Any
    fair: frozenset[str]
    workers: int = 2
    all_win: bool = False
    may_refuse: bool = False


# -- helpers ---------------------------------------------------------------------------------------


def _nothing(_house: Installation) -> None:
    """Prepare nothing."""


def _count(house: Installation, sql: str, *params: Any) -> int:
    with house.unit("read") as session:
        row = Statements(session, house.dental.franchise_id).one(sql, [house.dental.franchise_id, *params])
    return int(row[0]) if row else 0


def _st(session: Any) -> Statements:
    return Statements(session, current_actor().franchise_id)


def _quote(house: Installation, member: int, *items: str) -> int:
    with house.unit() as session:
        row, _priced = quotes.store(session, BasketRequest(tuple(LineRequest(item) for item in items), member))
        return int(row.id)


def _guards_off(session: Any) -> None:
    """Let the database believe what a blind worker writes."""
    if session.connection().dialect.name == "sqlite":
        session.execute(text("PRAGMA ignore_check_constraints=ON"))


def _believe(balances: dict[tuple[str, str], Any]) -> None:
    """Let every later look at these accounts see what was read before, and write over what moved meanwhile."""

    def balance_of(st: Any, kind: str, owner: int, unit: str, person: Any = None, **more: Any) -> Any:
        found = None if more else balances.get((kind, unit))
        return found or READ_BALANCE(st, kind, owner, unit, person, **more)

    def move_account(st: Any, bal: Any, delta: int, debt: int) -> None:
        st.run("UPDATE account SET balance = ?, debt = ? WHERE franchise_id = ? AND id = ?",
               [bal.balance + delta, debt, st.franchise_id, bal.account_id])  # fmt: skip

    def move_lot(st: Any, bal: Any, lot_id: int, delta: int) -> None:
        left = next(lot.remaining for lot in bal.lots if lot.id == lot_id)
        st.run(
            "UPDATE lot SET remaining = ? WHERE franchise_id = ? AND id = ?", [left + delta, st.franchise_id, lot_id]
        )

    ledger.balance_of = balance_of  # type: ignore[assignment]
    ledger._move_account, ledger._move_lot = move_account, move_lot


def _see_again() -> None:
    """End `_believe`."""
    ledger.balance_of, ledger._move_account, ledger._move_lot = READ_BALANCE, MOVE_ACCOUNT, MOVE_LOT
    courses.parts_of = PARTS_OF


def _look(session: Any, kind: str, owner: int, unit: str, person: int) -> Any:
    found = READ_BALANCE(_st(session), kind, owner, unit, person)
    found.lots  # noqa: B018 (read now, as the fault would)
    return found


# -- the last 100.00 of stored value, at two tills; and given back while it is spent -------------------


def _wallet_items(house: Installation) -> None:
    with house.unit() as session:
        catalog.add(session, "TOP100", "充值 100", "topup", LAST_FEN)
        catalog.add(session, "CARE", "护理", "service", LAST_FEN)


def _last_value(house: Installation, member: int, _n: int) -> list[Task]:
    wallet_kit.top_up(house, member, "TOP100")
    return [{"member": member, "quote_id": _quote(house, member, "CARE")} for _w in range(2)]


STORED = [TenderRequest("stored_value", LAST_FEN)]


def _spend(house: Installation, task: Task) -> None:
    with house.unit() as session:
        settle.settle(session, task["quote_id"], STORED, confirmation=wallet_kit.ATTESTED)


def _spend_blind(house: Installation, task: Task) -> None:
    with house.unit() as session:
        row = quotes.get(session, task["quote_id"])
        priced = settle.price_basket(session, quotes.request_of(row))
        tenders, drawing = stored_value.prepare(session, priced, STORED, wallet_kit.ATTESTED)
        plan = settle.make_plan(priced, row.id, tenders, [])
        plan.drawing = drawing
        seen = {(wallet.OWNER, unit): _look(session, wallet.OWNER, drawing.account_id, unit, task["member"])
                for unit in (wallet.PRINCIPAL,)}  # fmt: skip
    time.sleep(PAUSE)
    _believe(seen)
    try:
        with house.unit() as session:
            _guards_off(session)
            settle.post(session, plan)
    finally:
        _see_again()


def _spends(house: Installation, task: Task) -> int:
    return _count(house, "SELECT COUNT(*) FROM stored_value_spend WHERE franchise_id = ? AND person_id = ?",
                  task["member"])  # fmt: skip


def _spent_or_back(house: Installation, member: int, _n: int) -> list[Task]:
    done = wallet_kit.top_up(house, member, "TOP100")
    return [{"member": member, "quote_id": _quote(house, member, "CARE"), "order_id": done.order_id},
            {"member": member, "order_no": done.order_no, "order_id": done.order_id}]  # fmt: skip


def _spend_or_give(house: Installation, task: Task) -> None:
    if "quote_id" in task:
        _spend(house, task)
    else:
        wallet_kit.give_back(house, task["order_no"], "operator")


def _spend_or_give_blind(house: Installation, task: Task) -> None:
    _spend_blind(house, task) if "quote_id" in task else _late(_spend_or_give, house, task)


def _late(act: Any, house: Installation, task: Task) -> None:
    """Act when the other has read and not yet written."""
    time.sleep(PAUSE / 2)
    act(house, task)


def _spends_and_backs(house: Installation, task: Task) -> int:
    return _spends(house, task) + _count(
        house, "SELECT COUNT(*) FROM refund WHERE franchise_id = ? AND orders_id = ?", task["order_id"]
    )


# -- the last session of a course: used, or given back -----------------------------------------------------


def _course_items(house: Installation) -> None:
    with house.unit() as session:
        catalog.add(session, "TWICE", "两次卡", "course", 20_000, sessions=2)


def _used_or_back(house: Installation, member: int, _n: int) -> list[Task]:
    done = house.sell(member, "TWICE")
    with house.unit("read") as session:
        course = courses.owned_by(session, member)[0].id
    course_kit.use(house, course)
    task = {"member": member, "course": course, "order_id": done.order_id}
    return [task, {**task, "order_no": done.order_no}]


def _use_or_give(house: Installation, task: Task) -> None:
    if "order_no" in task:
        house.refund(task["order_no"], {1: 1})
    else:
        course_kit.use(house, task["course"])


def _use_or_give_blind(house: Installation, task: Task) -> None:
    if "order_no" in task:
        _late(_use_or_give, house, task)
        return
    with house.unit() as session:
        parts = PARTS_OF(session, [task["course"]], course_kit.today())
        part = parts[task["course"]][0].row.id
        seen = {(courses.OWNER, ledger.SESSIONS): _look(session, courses.OWNER, part, ledger.SESSIONS, task["member"])}
        session.expunge_all()
    time.sleep(PAUSE)
    _believe(seen)
    courses.parts_of = lambda *args: parts
    try:
        with house.unit() as session:
            _guards_off(session)
            burn.burn(session, task["course"], burn.Burning())
    finally:
        _see_again()


def _uses_and_backs(house: Installation, task: Task) -> int:
    used = _count(house, "SELECT COUNT(*) - 1 FROM course_use WHERE franchise_id = ? AND course_id = ?", task["course"])
    back = _count(house, "SELECT COUNT(*) FROM refund WHERE franchise_id = ? AND orders_id = ?", task["order_id"])
    return used + back


# -- the last piece of a reward; one member's points for a reward and for a bill ----------------------------


def _reward_shop(house: Installation) -> None:
    reward_kit.open_shop(house, stock=0)


def _last_piece(house: Installation, member: int, n: int) -> list[Task]:
    other = house.enrol(f"礼品{n}", f"136{n:08d}")
    for one in (member, other):
        reward_kit.give(house, one, 200)
    with house.unit() as session:
        catalog.set_stock(session, catalog.by_code(session, "FOOT-PACK"), {house.dental.store_id: 1})
    return [{"member": one, "both": (member, other)} for one in (member, other)]


def _take_piece(house: Installation, task: Task) -> None:
    reward_kit.take(house, task["member"], "R-FOOT")


def _take_piece_blind(house: Installation, task: Task) -> None:
    seen = reward_kit.stock(house, "FOOT-PACK")
    time.sleep(PAUSE)

    def by_an_earlier_look(st: Any, item_id: int, store_id: int, pieces: int) -> bool:
        catalog.move_stock(st, item_id, store_id, -pieces)
        return seen >= pieces

    handing.catalog.take_stock = by_an_earlier_look  # type: ignore[assignment]
    try:
        _take_piece(house, task)
    finally:
        handing.catalog.take_stock = TAKE_STOCK


def _pieces(house: Installation, task: Task) -> int:
    return _count(house, "SELECT COUNT(*) FROM redemption WHERE franchise_id = ? AND person_id IN (?, ?)",
                  *task["both"])  # fmt: skip


def _last_points(house: Installation, member: int, _n: int) -> list[Task]:
    reward_kit.give(house, member, 100)
    return [{"member": member}, {"member": member, "quote_id": _quote(house, member, "POLISH")}]


POINTS = [TenderRequest("points", 100, points=100), TenderRequest("cash", 5_900)]


def _redeem_or_pay(house: Installation, task: Task) -> None:
    if "quote_id" not in task:
        reward_kit.take(house, task["member"], "R-C10")
        return
    with house.unit() as session:
        settle.settle(session, task["quote_id"], POINTS)


def _redeem_or_pay_blind(house: Installation, task: Task) -> None:
    plan = None
    with house.unit() as session:
        if "quote_id" in task:
            row = quotes.get(session, task["quote_id"])
            plan = settle.make_plan(settle.price_basket(session, quotes.request_of(row)), row.id, POINTS, [])
        seen = {("person", ledger.POINTS): _look(session, "person", task["member"], ledger.POINTS, task["member"])}
    time.sleep(PAUSE)
    _believe(seen)
    try:
        if plan is None:
            reward_kit.take(house, task["member"], "R-C10")
            return
        with house.unit() as session:
            _guards_off(session)
            settle.post(session, plan)
    finally:
        _see_again()


def _points_spent(house: Installation, task: Task) -> int:
    return _count(
        house, "SELECT COUNT(*) FROM transfer WHERE franchise_id = ? AND person_id = ? AND reason IN ('redeem', 'reward')",
        task["member"],
    )  # fmt: skip


# -- a reservation confirmed at two desks -------------------------------------------------------------------


def _reserved(house: Installation, member: int, _n: int) -> list[Task]:
    reward_kit.give(house, member, 300)
    row = reward_kit.take(house, member, "R-HEAD", hold=True)
    return [{"member": member, "redemption": row.id}] * 2


def _confirm(house: Installation, task: Task) -> None:
    with house.unit() as session:
        rewards_services.confirm(session, task["redemption"])


def _confirm_blind(house: Installation, task: Task) -> None:
    plain = rewards_services.locked
    with house.unit() as session:
        _held_st, row = plain(session, task["redemption"])
        state = row.state
        seen = {("person", ledger.POINTS): _look(session, "person", task["member"], ledger.POINTS, task["member"])}
    time.sleep(PAUSE)

    def as_it_was(session: Any, redemption_id: Any) -> Any:
        st, row = plain(session, redemption_id)
        row.state, row.reserved_until = state, clock.now_ms() + 60_000
        return st, row

    _believe(seen)
    # What was set aside is gone from its own lot by then: a worker that does not look takes it all the same.
    ledger._move_lot = lambda *args: None
    rewards_services.locked = as_it_was
    try:
        with house.unit() as session:
            _guards_off(session)
            rewards_services.confirm(session, task["redemption"])
    finally:
        _see_again()
        rewards_services.locked = plain


def _confirmed(house: Installation, task: Task) -> int:
    return _count(house, "SELECT COUNT(*) FROM redemption_gift WHERE franchise_id = ? AND redemption_id = ?",
                  task["redemption"])  # fmt: skip


# -- two first orders at the cap of one referrer (B38) -------------------------------------------------------


def _capped(house: Installation) -> None:
    referral_kit.publish(house, ReferralRule("first_paid_order", 200, 100, monthly_cap=1))


def _at_the_cap(house: Installation, member: int, n: int) -> list[Task]:
    tasks = []
    for k, store in enumerate((house.dental.store_id, house.dental.other_store_id)):
        brought = referral_kit.enrol(house, f"新人{n}", member, f"13{5 + k}{n:08d}")
        with acting(current_actor().at_store(store)):
            quote_id = _quote(house, brought, "CHECK")
        tasks.append({"member": brought, "by": member, "quote_id": quote_id, "store": store})
    return tasks


def _first_order(house: Installation, task: Task) -> None:
    with acting(current_actor().at_store(task["store"])), house.unit() as session:
        row = quotes.get(session, task["quote_id"])
        total = settle.price_basket(session, quotes.request_of(row)).quote.total_fen
        settle.settle(session, row.id, [TenderRequest("cash", total)])


def _first_order_blind(house: Installation, task: Task) -> None:
    with house.unit() as session:
        seen = UPLINE(_st(session), task["by"], 1, set(), course_kit.today())
    time.sleep(PAUSE)
    referrals._upline = lambda *args: seen  # type: ignore[assignment]
    try:
        _first_order(house, task)
    finally:
        referrals._upline = UPLINE


def _brought(house: Installation, task: Task) -> int:
    return _count(house, "SELECT COUNT(*) FROM referral_grant WHERE franchise_id = ? AND person_id = ? AND level = 1",
                  task["by"])  # fmt: skip


# -- two last payments of one open order (B53) ---------------------------------------------------------------


def _left_open(house: Installation, member: int, _n: int) -> list[Task]:
    quote_id = _quote(house, member, "POLISH")
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
        order = LOAD(session, _st(session), task["order_no"])
        session.expunge_all()
    order.tenders = [SimpleNamespace()] * task["place"]  # a number of its own, or the second could not be written
    time.sleep(PAUSE)
    booked = loading.booked
    loading.load, loading.booked = lambda *args: order, lambda *args: ({}, {})
    try:
        with house.unit() as session:
            _guards_off(session)
            payments.pay(session, task["order_no"], [TenderRequest("cash", task["fen"])])
    finally:
        loading.load, loading.booked = LOAD, booked


def _paid_times(house: Installation, task: Task) -> int:
    return _count(house, "SELECT COUNT(*) FROM payment WHERE franchise_id = ? AND orders_id = ?", task["order_id"])


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
        quote_id = _quote(house, member, "POLISH")
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
        _late(_sell_or_close, house, task)
        return
    with clock.frozen_at(clock.from_ms(task["now"])), house.unit() as session:
        day = BOOK_ON(_st(session))
    time.sleep(PAUSE)
    business_day.book_on = lambda *args: day
    try:
        _sell_or_close(house, task)
    finally:
        business_day.book_on = BOOK_ON


def _day_moved(house: Installation, task: Task) -> int:
    """Return 1 for a day that is open, or closed with all of its money; 2 for one with money that nobody counted."""
    counted = _count(house, "SELECT COALESCE(SUM(received_fen), -1) FROM day_close WHERE franchise_id = ?"
                     " AND business_on = ?", task["day"])  # fmt: skip
    held = _count(house, "SELECT SUM(amount_fen) FROM till_entry WHERE franchise_id = ? AND business_on = ?",
                  task["day"])  # fmt: skip
    return 1 if counted in (-1, held) else 2


RACES: dict[str, Race] = {
    "value": Race(_wallet_items, _last_value, _spend, _spend_blind, _spends, frozenset({"not_enough_stored_value"})),
    "top-up": Race(
        _wallet_items, _spent_or_back, _spend_or_give, _spend_or_give_blind, _spends_and_backs,
        frozenset({"not_enough_stored_value", "top_up_used_up", "refund_moved"}),
    ),
    "course": Race(
        _course_items, _used_or_back, _use_or_give, _use_or_give_blind, _uses_and_backs,
        frozenset({"no_sessions_left", "course_ended", "course_used_up"}),
    ),
    "piece": Race(_reward_shop, _last_piece, _take_piece, _take_piece_blind, _pieces, frozenset({"out_of_stock"})),
    "spend": Race(
        _reward_shop, _last_points, _redeem_or_pay, _redeem_or_pay_blind, _points_spent,
        frozenset({"not_enough_points", "points_not_allowed", "stale_quote"}),
    ),
    "confirm": Race(_reward_shop, _reserved, _confirm, _confirm_blind, _confirmed, frozenset({"reservation_over"})),
    "cap": Race(_capped, _at_the_cap, _first_order, _first_order_blind, _brought, frozenset(), all_win=True),
    "debt": Race(_nothing, _left_open, _last_payment, _last_payment_blind, _paid_times, frozenset({"nothing_owed"})),
    "day": Race(
        _nothing, _a_day, _sell_or_close, _sell_or_close_blind, _day_moved, frozenset({"stale_version"}),
        may_refuse=True,
    ),
}  # fmt: skip
