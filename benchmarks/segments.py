"""A five-fact segment on a million members against hand-written SQL; grades and a tag for all of them.

python -m benchmarks.segments [N]        SQLite, prints the figures
"""

from __future__ import annotations

import random
import statistics
import sys
import time
from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

from benchmarks import places
from core.kernel import clock
from core.kernel.ids import new_ids
from core.kernel.tenancy import acting, current_actor
from core.programme import conditions as lang
from core.programme import facts
from core.segments import compute, services
from tests.installation import Installation
from tests.soak.places import place

TAGS = ("高潜力", "价格敏感", "老客", "怕疼", "审美需求")
ORDERS_EACH = 2
ROUNDS = 7
ROW_FACTS = {
    "all": [
        {"fact": "tag", "op": "any_of", "value": ["高潜力", "价格敏感"]},
        {"fact": "last_visit", "op": "le", "value": 365},
        {"fact": "spent_ever", "op": "ge", "value": 500_000},
        {"fact": "age", "op": "between", "value": [30, 45]},
        {"fact": "gender", "op": "in", "value": ["female"]},
    ]
}
ORDER_FACTS = {"all": [*ROW_FACTS["all"][:2], {"fact": "spend", "op": "ge", "value": 50_000, "days": 365},
                       *ROW_FACTS["all"][3:]]}  # fmt: skip
BY_HAND = """
SELECT count(*) FROM person p WHERE p.franchise_id = {fid} AND p.active AND p.gender = 'female'
 AND p.birth_on > '{born_after}' AND p.birth_on <= '{born_by}' AND p.last_visit_at >= {since_ms}
 AND {money}
 AND p.id IN (SELECT person_id FROM person_tag WHERE franchise_id = {fid} AND tag IN ('高潜力', '价格敏感'))
"""
SPENT_EVER = "p.spent_fen >= 500000"
SPENT_LATELY = (
    "p.id IN (SELECT person_id FROM orders WHERE franchise_id = {fid} AND business_on >= '{since}'"
    " AND person_id IS NOT NULL GROUP BY person_id HAVING sum(paid_fen - refunded_fen) >= 50000)"
)


def fill(house: Installation) -> None:
    """Give the members births, about two tags each and orders over two years."""
    rng, fid, today = random.Random(3), current_actor().franchise_id, clock.today("Asia/Shanghai")
    with house.runtime.db.engine.begin() as connection:
        ids = [row[0] for row in connection.exec_driver_sql(f"SELECT id FROM person WHERE franchise_id = {fid}")]
        cursor: Any = connection.connection.driver_connection.cursor()  # type: ignore[union-attr]
        mark = "?" if house.runtime.db.dialect == "sqlite" else "%s"
        days = [(today - timedelta(days=n)).isoformat() for n in range(730)]
        births = [date.fromordinal(date(1940, 1, 1).toordinal() + n).isoformat() for n in range(28_000)]
        cursor.executemany(
            f"UPDATE person SET birth_on = {mark} WHERE id = {mark}", [(rng.choice(births), one) for one in ids]
        )
        _many(cursor, mark, "person_tag", ("id", "franchise_id", "person_id", "tag", "source", "reason", "at"), (
            (fid, one, tag, "manual", "", 0) for one in ids for tag in rng.sample(TAGS, rng.randint(1, 3))
        ))  # fmt: skip
        columns = ("id", "franchise_id", "order_no", "person_id", "store_id", "list_fen", "total_fen", "paid_fen",
                   "refunded_fen", "earned_points", "state", "tier_before", "programme_number", "business_on",
                   "booked_at", "door", "version")  # fmt: skip
        _many(cursor, mark, "orders", columns, (
            (fid, f"B{n}-{k}", one, house.dental.store_id, fen, fen, fen, 0, 0, "paid", "", 1, rng.choice(days), 0,
             "bench", 1)
            for n, one in enumerate(ids) for k in range(ORDERS_EACH) for fen in (rng.randrange(1000, 60_000),)
        ))  # fmt: skip
    places.analyse(house)


def _many(cursor: Any, mark: str, table: str, columns: tuple[str, ...], rows: Any) -> None:
    sql = f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({', '.join([mark] * len(columns))})"
    batch: list[Any] = []
    for row in rows:
        batch.append(row)
        if len(batch) == 20_000:
            cursor.executemany(sql, [(one, *rest) for one, rest in zip(new_ids(len(batch)), batch, strict=True)])
            batch = []
    cursor.executemany(sql, [(one, *rest) for one, rest in zip(new_ids(len(batch)), batch, strict=True)])


def by_hand(today: date, money: str) -> str:
    """Return the count as one would write it for this very question."""
    since = today - timedelta(days=365)
    since_ms = facts.scope_of(at=today).instant(365)
    values = {
        "fid": current_actor().franchise_id, "since_ms": since_ms, "since": since.isoformat(),
        "born_by": facts.years_before(today, 30).isoformat(), "born_after": facts.years_before(today, 46).isoformat(),
    }  # fmt: skip
    return BY_HAND.format(**values, money=money.format(**values))


def measure(house: Installation) -> dict[str, Any]:
    """Return counts and median seconds of our segments and of the hand-written twins, taken in turns."""
    found: dict[str, Any] = {}
    today = clock.today(current_actor().tz)
    for label, tree, money in (("row", ROW_FACTS, SPENT_EVER), ("orders", ORDER_FACTS, SPENT_LATELY)):
        condition, sql = lang.parse(tree), by_hand(today, money)
        ours: list[float] = []
        theirs: list[float] = []
        for _round in range(ROUNDS):
            with house.unit("read") as session:
                mine = _timed(ours, lambda s=session, c=condition: services.count(s, c))  # type: ignore[misc]
                other = _timed(theirs, lambda s=session, q=sql: s.connection().exec_driver_sql(q).scalar())  # type: ignore[misc]
            assert mine == other, (label, mine, other)
        found[label] = {"members": mine, "ours_s": statistics.median(ours), "by_hand_s": statistics.median(theirs)}
    return found


def _timed(times: list[float], work: Callable[[], Any]) -> Any:
    begun = time.perf_counter()
    answer = work()
    times.append(time.perf_counter() - begun)
    return answer


def classes_and_tags(house: Installation) -> dict[str, float]:
    """Return the seconds of classing everybody (first and again) and of one automatic tag."""
    found = {}
    with house.unit() as session:
        services.ensure_defaults(session)
        rule = {"all": [{"fact": "spend", "op": "ge", "value": 50_000, "days": 365}, ROW_FACTS["all"][3]]}
        tag_id = services.save_tag(session, None, tag="基准", group="", note="", condition=lang.parse(rule)).id
    db = house.runtime.db
    for name, work in (
        ("grades_first", lambda: compute.grade_all(db)), ("grades_again", lambda: compute.grade_all(db)),
        ("tag_first", lambda: compute.tag_one(db, tag_id)), ("tag_again", lambda: compute.tag_one(db, tag_id)),
    ):  # fmt: skip
        begun = time.perf_counter()
        changed = work()
        found[name] = time.perf_counter() - begun
        print(f"{name}: {changed} changed in {found[name]:.1f} s", flush=True)
    return found


def main() -> None:
    """Fill, measure, print."""
    people = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000
    with place("sqlite") as (house, _url), acting(house.actor(house.dental)):
        print(f"{people} members in {places.fill(house, people):.0f} s", flush=True)
        begun = time.perf_counter()
        fill(house)
        print(f"births, tags, orders in {time.perf_counter() - begun:.0f} s", flush=True)
        for label, one in measure(house).items():
            ratio = one["ours_s"] / one["by_hand_s"]
            print(f"{label}: {one['members']} members, ours {one['ours_s'] * 1000:.0f} ms, by hand"
                  f" {one['by_hand_s'] * 1000:.0f} ms, {ratio:.2f}x", flush=True)  # fmt: skip
        classes_and_tags(house)


if __name__ == "__main__":
    main()
