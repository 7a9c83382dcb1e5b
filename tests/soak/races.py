"""Races between real processes: the last coupon, points, session, one key eight times, one line twice.

Every round makes a fresh situation, lets all workers act at once and counts what happened. The control
runs the same with the locks off (reads in one transaction, writes in a later one, guards and constraints
away) and must show violations, or the race would prove nothing.
"""

from __future__ import annotations

import multiprocessing as mp
import time
from collections.abc import Callable
from typing import Any

from sqlalchemy import text

from core import rooms
from core.cards import services as cards
from core.catalog import services as catalog
from core.coupons import services as coupons
from core.courses import services as courses
from core.kernel import clock, idempotency
from core.kernel.errors import Refusal
from core.kernel.statements import Statements
from core.kernel.tenancy import Actor, acting
from core.ledger import services as ledger
from core.orders import loading
from core.orders.quoting import quotes
from core.orders.refunding import refunds
from core.orders.selling import settle
from core.orders.sessions import burn
from core.orders.types import BasketRequest, LineRequest, TenderRequest
from core.people import services as people
from tests import installation as houses
from tests.installation import House, Installation
from tests.soak.places import place
from tests.soak.value_races import RACES

KINDS = ("coupon", "points", "key", "refund", "session", *RACES)
# How long a control holds what it read: long enough for the other worker to read it too, on a busy machine.
PAUSE = 0.25
READ_BALANCE, USE_ROW = ledger.balance_of, settle._use_row
WORKERS = {
    "coupon": 2,
    "points": 2,
    "key": 8,
    "refund": 2,
    "session": 8,
    **{k: one.workers for k, one in RACES.items()},
}
PARTS_OF = courses.parts_of


# -- one round: what each worker does -----------------------------------------------------------------


def _attempt(house: Installation, actor: Actor, kind: str, task: dict[str, Any], control: bool) -> str:
    """Do one worker's part; return `ok` or the code of the refusal."""
    try:
        with acting(actor):
            if kind in RACES:
                (RACES[kind].blind if control else RACES[kind].act)(house, task)
            elif control:
                _unlocked(house, actor, kind, task)
            else:
                _locked(house, actor, kind, task)
    except Refusal as refusal:
        return refusal.code
    return "ok"


def _tenders(task: dict[str, Any]) -> list[TenderRequest]:
    return [TenderRequest(**tender) for tender in task["tenders"]]


def _locked(house: Installation, actor: Actor, kind: str, task: dict[str, Any]) -> None:
    if kind == "refund":
        with house.unit() as session:
            refunds.refund(session, task["order_no"], {1: 1}, "赛跑")
    elif kind == "session":
        with house.unit() as session:
            burn.burn(session, task["course"], burn.Burning())
    elif kind == "key":
        idempotency.perform(house.runtime.db, actor, "race", task["key"], b"x", lambda s: _sale(s, task))
    else:
        with house.unit() as session:
            settle.settle(session, task["quote_id"], _tenders(task))


def _sale(session: Any, task: dict[str, Any]) -> tuple[int, dict[str, Any]]:
    row, priced = quotes.store(session, BasketRequest((LineRequest("POLISH"),), task["member"]))
    done = settle.settle(session, row.id, [TenderRequest("cash", priced.quote.total_fen)])
    return 201, {"order_no": done.order_no}


def _unlocked(house: Installation, actor: Actor, kind: str, task: dict[str, Any]) -> None:
    """Read in one transaction, write in another, with the guards away: what the locks are for."""
    if kind == "key":
        idempotency._claim = lambda *args: True  # type: ignore[assignment]
        _locked(house, actor, kind, task)
        return
    if kind in ("refund", "session"):
        (_unlocked_refund if kind == "refund" else _unlocked_session)(house, task)
        return
    with house.unit() as session:
        row = quotes.get(session, task["quote_id"])
        priced = settle.price_basket(session, quotes.request_of(row))
        plan = settle.make_plan(priced, row.id, _tenders(task), [])
        st = Statements(session, actor.franchise_id)
        balance = READ_BALANCE(st, "person", task["member"], ledger.POINTS, task["member"])
        balance.lots  # noqa: B018 (read now, as the fault would)
    time.sleep(PAUSE)
    ledger.balance_of = lambda *args, **kw: balance  # type: ignore[assignment]
    ledger._move_account = _blind_account
    ledger._move_lot = _blind_lot
    coupons._close_row = lambda *args: None
    settle._use_row = lambda plan, use: {**USE_ROW(plan, use), "times": 999}
    with house.unit() as session:
        _constraints_off(session)
        settle.post(session, plan)


def _unlocked_refund(house: Installation, task: dict[str, Any]) -> None:
    with house.unit() as session:
        st = Statements(session, house.dental.franchise_id)
        order = loading.load(session, st, task["order_no"])
        session.expunge_all()
    time.sleep(PAUSE)
    plain, loading.load = loading.load, lambda *args: order  # type: ignore[assignment]
    try:
        with house.unit() as session:
            _constraints_off(session)
            refunds.refund(session, task["order_no"], {1: 1}, "赛跑")
    finally:
        loading.load = plain


def _unlocked_session(house: Installation, task: dict[str, Any]) -> None:
    courses.parts_of, ledger.balance_of = PARTS_OF, READ_BALANCE
    with house.unit() as session:
        parts = courses.parts_of(session, [task["course"]], clock.today("Asia/Shanghai"))
        st = Statements(session, house.dental.franchise_id)
        balance = READ_BALANCE(st, "course", parts[task["course"]][0].row.id, ledger.SESSIONS, task["member"])
        balance.lots  # noqa: B018 (read now, as the fault would)
        session.expunge_all()
    time.sleep(PAUSE)
    courses.parts_of, ledger.balance_of = lambda *args: parts, lambda *args, **kw: balance  # type: ignore[assignment]
    ledger._move_account, ledger._move_lot = _blind_account, _blind_lot
    with house.unit() as session:
        _constraints_off(session)
        burn.burn(session, task["course"], burn.Burning())


def _blind_account(st: Statements, bal: Any, delta: int, debt: int) -> None:
    st.run(
        "UPDATE account SET balance = ?, debt = ? WHERE franchise_id = ? AND id = ?",
        [bal.balance + delta, debt, st.franchise_id, bal.account_id],
    )


def _blind_lot(st: Statements, bal: Any, lot_id: int, delta: int) -> None:
    left = next(lot.remaining for lot in bal.lots if lot.id == lot_id)
    st.run(
        "UPDATE lot SET remaining = ? WHERE franchise_id = ? AND id = ?",
        [left + delta, st.franchise_id, lot_id],
    )


def _constraints_off(session: Any) -> None:
    if session.connection().dialect.name == "sqlite":
        session.execute(text("PRAGMA ignore_check_constraints=ON"))


def _worker(folder: str, url: str | None, made: House, kind: str, control: bool, tasks: Any, results: Any) -> None:
    """A process of its own: takes a task, waits for the start, acts, answers."""
    from pathlib import Path

    runtime = rooms.start(houses.environment(Path(folder), url))
    runtime.load_keys()
    house = Installation(runtime, made, made, Path(folder))
    actor = house.actor(made)
    results.put("ready")
    while (task := tasks.get()) is not None:
        while time.monotonic() < task["start"]:
            pass
        try:
            results.put(_attempt(house, actor, kind, task, control))
        except Exception as problem:  # the parent decides whether this may happen
            results.put(f"error {type(problem).__name__}: {problem}"[:300])
    runtime.db.dispose()


# -- one round: the situation and the count -----------------------------------------------------------


def _situation(house: Installation, kind: str, n: int) -> list[dict[str, Any]]:
    workers = WORKERS[kind]
    member = house.enrol(f"赛跑{n}", f"139{n:08d}")
    if kind in RACES:
        return list(RACES[kind].situation(house, member, n))
    if kind == "key":
        return [{"key": f"race-{n}", "member": member}] * workers
    if kind == "refund":
        sold = house.sell(member, "POLISH")
        return [{"order_no": sold.order_no, "order_id": sold.order_id}] * workers
    if kind == "coupon":
        return _coupon_situation(house, member, n)
    if kind == "session":
        return _session_situation(house, member, n)
    house.sell(member, "POLISH", "POLISH")
    tenders = [{"kind": "points", "amount_fen": 100, "points": 100}, {"kind": "cash", "amount_fen": 5_900}]
    return [_quoted(house, member, "POLISH", tenders) for _w in range(workers)]


def _coupon_situation(house: Installation, member: int, n: int) -> list[dict[str, Any]]:
    """Two payers bring the same child to two tills: its filling coupon is there once."""
    house.sell(member, "CARD-FAMILY")
    with house.unit() as session:
        _household, card = cards.household_of(session, people.get(session, member))  # type: ignore[misc]
        other = cards.enrol(session, people.NewPerson(f"家人{n}", phone=f"137{n:08d}"))
        cards.seat(session, card, other, "spouse")
        other_id = other.id
    return [
        {**_quoted(house, payer, LineRequest("F-RESIN", for_member_id=member),
                   [{"kind": "cash", "amount_fen": 16_000}]), "treated": member}
        for payer in (member, other_id)
    ]  # fmt: skip


def _session_situation(house: Installation, member: int, n: int) -> list[dict[str, Any]]:
    """Two sessions were sold and one was used: eight desks reach for the last (B40)."""
    with house.unit() as session:
        catalog.add(session, f"TWICE-{n}", "两次卡", "course", 20_000, sessions=2)
    house.sell(member, f"TWICE-{n}")
    with house.unit() as session:
        course = courses.owned_by(session, member)[0].id
        burn.burn(session, course, burn.Burning())
    return [{"course": course, "member": member}] * WORKERS["session"]


def _quoted(house: Installation, member: int, line: Any, tenders: list[dict[str, Any]]) -> dict[str, Any]:
    asked = line if isinstance(line, LineRequest) else LineRequest(line)
    with house.unit() as session:
        row, _priced = quotes.store(session, BasketRequest((asked,), member))
        return {"quote_id": row.id, "member": member, "tenders": tenders}


ONE_MAY_WIN: dict[str, set[str]] = {
    "coupon": {"stale_quote", "coupon_taken"},
    "points": {"points_not_allowed", "not_enough_points", "stale_quote"},
    "refund": {"invalid"},
    "session": {"no_sessions_left"},
}


def _violation(kind: str, answers: list[str], effects: int) -> bool:
    """Return whether a round broke its promise: exactly one effect, the others clearly refused."""
    if effects != 1:
        return True
    if kind == "key":
        return any(answer != "ok" for answer in answers)
    lost = [answer for answer in answers if answer != "ok"]
    one = RACES.get(kind)
    if one is not None and (one.all_win or one.may_refuse):
        return any(answer not in one.fair for answer in lost)
    fair = one.fair if one is not None else ONE_MAY_WIN[kind]
    return len(lost) != len(answers) - 1 or any(answer not in fair for answer in lost)


def _effects(house: Installation, kind: str, task: dict[str, Any]) -> int:
    """Count what really happened in the database."""
    if kind in RACES:
        return int(RACES[kind].effects(house, task))
    fid = house.dental.franchise_id
    sql, params = {
        "coupon": ("SELECT COUNT(*) FROM coupon_use WHERE franchise_id = ? AND person_id = ?", ["treated"]),
        "points": (
            "SELECT COUNT(*) FROM transfer WHERE franchise_id = ? AND person_id = ? AND reason = 'redeem'",
            ["member"],
        ),
        "key": ("SELECT COUNT(*) FROM orders WHERE franchise_id = ? AND person_id = ?", ["member"]),
        "refund": ("SELECT COUNT(*) FROM refund WHERE franchise_id = ? AND orders_id = ?", ["order_id"]),
        "session": ("SELECT COUNT(*) - 1 FROM course_use WHERE franchise_id = ? AND course_id = ?", ["course"]),
    }[kind]
    with house.unit("read") as session:
        row = Statements(session, fid).one(sql, [fid, *(task[name] for name in params)])
    return int(row[0]) if row else 0


def race(
    kind: str,
    rounds: int,
    dialect: str,
    *,
    control: bool = False,
    say: Callable[[str], None] = lambda text: None,
) -> tuple[int, list[str]]:
    """Run `rounds` of a race; return how many broke their promise, with the answers of the first five."""
    with place(dialect) as (house, url), acting(house.actor(house.dental)):
        if control:
            _drop_constraints(house, dialect)
        if kind in RACES:
            RACES[kind].prepare(house)
        context = mp.get_context("spawn")
        results = context.Queue()
        # Two show what the locks are for; eight show that they hold.
        queues = [context.Queue() for _n in range(2 if control and kind == "session" else WORKERS[kind])]
        workers = [
            context.Process(target=_worker, args=(str(house.folder), url, house.dental, kind, control, queue, results))
            for queue in queues
        ]
        for worker in workers:
            worker.start()
        for _ready in workers:
            results.get(timeout=120)
        try:
            return _rounds(house, kind, rounds, queues, results, say, control)
        finally:
            for queue in queues:
                queue.put(None)
            for worker in workers:
                worker.join(20)
                worker.kill()


def _drop_constraints(house: Installation, dialect: str) -> None:
    with house.runtime.db.engine.begin() as connection:
        connection.execute(text("DROP INDEX uq_coupon_use_live"))
        if dialect == "postgresql":
            for table, name in (("order_line", "refunded_qty"), ("order_line", "refunded_fen"),
                                ("tender", "refunded"), ("orders", "refunded"), ("orders", "paid")):  # fmt: skip
                connection.execute(text(f"ALTER TABLE {table} DROP CONSTRAINT ck_{table}_{name}"))


def _rounds(
    house: Installation, kind: str, rounds: int, queues: list[Any], results: Any, say: Callable[[str], None],
    control: bool,
) -> tuple[int, list[str]]:  # fmt: skip
    violations, examples = 0, []
    for n in range(rounds):
        tasks = _situation(house, kind, n)[: len(queues)]
        start = time.monotonic() + 0.01
        for queue, task in zip(queues, tasks, strict=True):
            queue.put({**task, "start": start})
        answers = [results.get(timeout=60) for _q in queues]
        effects = _effects(house, kind, tasks[0])
        if effects > 1 if control else _violation(kind, answers, effects):
            violations += 1
            examples += [f"round {n}: {effects} effects, {answers}"] if len(examples) < 5 else []
        if n % 100 == 99:
            say(f"{kind}: {n + 1} rounds, {violations} violations")
    return violations, examples
