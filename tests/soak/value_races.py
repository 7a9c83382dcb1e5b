"""Races of stored value, courses and rewards.

Each says what a round begins with, what every worker does, what one does that trusts an earlier look (the control),
which refusals are fair for whoever came second, and what really happened.
"""

from __future__ import annotations

import time
from typing import Any

from core.catalog import services as catalog
from core.courses import services as courses
from core.kernel import clock
from core.ledger import services as ledger
from core.orders.quoting import quotes
from core.orders.selling import settle
from core.orders.sessions import burn
from core.orders.types import TenderRequest
from core.orders.value import stored_value
from core.rewards import handing
from core.rewards import services as rewards_services
from core.wallet import services as wallet
from tests.core.courses import kit as course_kit
from tests.core.rewards import kit as reward_kit
from tests.core.wallet import kit as wallet_kit
from tests.installation import Installation
from tests.soak.desk_races import DESK_RACES
from tests.soak.race_kit import (
    PARTS_OF,
    PAUSE,
    TAKE_STOCK,
    Race,
    Task,
    believe,
    count,
    guards_off,
    late,
    look,
    quote,
    see_again,
)

LAST_FEN = 10_000


# -- the last 100.00 of stored value, at two tills; and given back while it is spent -------------------


def _wallet_items(house: Installation) -> None:
    with house.unit() as session:
        catalog.add(session, "TOP100", "充值 100", "topup", LAST_FEN)
        catalog.add(session, "CARE", "护理", "service", LAST_FEN)


def _last_value(house: Installation, member: int, _n: int) -> list[Task]:
    wallet_kit.top_up(house, member, "TOP100")
    return [{"member": member, "quote_id": quote(house, member, "CARE")} for _w in range(2)]


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
        seen = {(wallet.OWNER, unit): look(session, wallet.OWNER, drawing.account_id, unit, task["member"])
                for unit in (wallet.PRINCIPAL,)}  # fmt: skip
    time.sleep(PAUSE)
    believe(seen)
    try:
        with house.unit() as session:
            guards_off(session)
            settle.post(session, plan)
    finally:
        see_again()


def _spends(house: Installation, task: Task) -> int:
    return count(house, "SELECT COUNT(*) FROM stored_value_spend WHERE franchise_id = ? AND person_id = ?",
                  task["member"])  # fmt: skip


def _spent_or_back(house: Installation, member: int, _n: int) -> list[Task]:
    done = wallet_kit.top_up(house, member, "TOP100")
    return [{"member": member, "quote_id": quote(house, member, "CARE"), "order_id": done.order_id},
            {"member": member, "order_no": done.order_no, "order_id": done.order_id}]  # fmt: skip


def _spend_or_give(house: Installation, task: Task) -> None:
    if "quote_id" in task:
        _spend(house, task)
    else:
        wallet_kit.give_back(house, task["order_no"], "operator")


def _spend_or_give_blind(house: Installation, task: Task) -> None:
    _spend_blind(house, task) if "quote_id" in task else late(_spend_or_give, house, task)


def _spends_and_backs(house: Installation, task: Task) -> int:
    return _spends(house, task) + count(
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
        late(_use_or_give, house, task)
        return
    with house.unit() as session:
        parts = PARTS_OF(session, [task["course"]], course_kit.today())
        part = parts[task["course"]][0].row.id
        seen = {(courses.OWNER, ledger.SESSIONS): look(session, courses.OWNER, part, ledger.SESSIONS, task["member"])}
        session.expunge_all()
    time.sleep(PAUSE)
    believe(seen)
    courses.parts_of = lambda *args: parts
    try:
        with house.unit() as session:
            guards_off(session)
            burn.burn(session, task["course"], burn.Burning())
    finally:
        see_again()


def _uses_and_backs(house: Installation, task: Task) -> int:
    used = count(house, "SELECT COUNT(*) - 1 FROM course_use WHERE franchise_id = ? AND course_id = ?", task["course"])
    back = count(house, "SELECT COUNT(*) FROM refund WHERE franchise_id = ? AND orders_id = ?", task["order_id"])
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
    return count(house, "SELECT COUNT(*) FROM redemption WHERE franchise_id = ? AND person_id IN (?, ?)",
                  *task["both"])  # fmt: skip


def _last_points(house: Installation, member: int, _n: int) -> list[Task]:
    reward_kit.give(house, member, 100)
    return [{"member": member}, {"member": member, "quote_id": quote(house, member, "POLISH")}]


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
        seen = {("person", ledger.POINTS): look(session, "person", task["member"], ledger.POINTS, task["member"])}
    time.sleep(PAUSE)
    believe(seen)
    try:
        if plan is None:
            reward_kit.take(house, task["member"], "R-C10")
            return
        with house.unit() as session:
            guards_off(session)
            settle.post(session, plan)
    finally:
        see_again()


def _points_spent(house: Installation, task: Task) -> int:
    return count(
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
        seen = {("person", ledger.POINTS): look(session, "person", task["member"], ledger.POINTS, task["member"])}
    time.sleep(PAUSE)

    def as_it_was(session: Any, redemption_id: Any) -> Any:
        st, row = plain(session, redemption_id)
        row.state, row.reserved_until = state, clock.now_ms() + 60_000
        return st, row

    believe(seen)
    # What was set aside is gone from its own lot by then: a worker that does not look takes it all the same.
    ledger._move_lot = lambda *args: None
    rewards_services.locked = as_it_was
    try:
        with house.unit() as session:
            guards_off(session)
            rewards_services.confirm(session, task["redemption"])
    finally:
        see_again()
        rewards_services.locked = plain


def _confirmed(house: Installation, task: Task) -> int:
    return count(house, "SELECT COUNT(*) FROM redemption_gift WHERE franchise_id = ? AND redemption_id = ?",
                  task["redemption"])  # fmt: skip


RACES: dict[str, Race] = {
    **DESK_RACES,
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
}  # fmt: skip
