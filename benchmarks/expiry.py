"""Expire 1,250,000 lots of 655,000 members through the product, beside set-based SQL that writes the same rows.

python -m benchmarks.expiry [LOTS] [sqlite|postgresql] [--kills N]

The SQL of the comparison is what a person would write by hand for this once: one transaction, four statements,
no chunks, no locks, no audit. Both start from a place of their own, filled alike, and both end with their work
committed. With kills, the job runs in a process of its own that is killed so often before it
may finish; then the ledger is held against itself.
"""

from __future__ import annotations

import argparse
import os
import random
import signal
import subprocess
import sys
import time
from datetime import timedelta
from typing import Any

from benchmarks import places
from core.kernel import clock
from core.kernel.ids import new_block, new_ids
from core.kernel.tenancy import acting, current_actor
from core.ledger import verify
from core.orders import jobs
from tests.installation import Installation
from tests.soak.places import place

SHARE = 0.524  # members who have lots, of the lots
TABLES = ("account", "transfer", "lot", "lot_use")


def fill(house: Installation, lots: int) -> None:
    """Give members two overdue lots each, by ordinary credits of two years ago."""
    members = int(lots * SHARE)
    places.fill(house, members)
    fid, today = current_actor().franchise_id, clock.today("Asia/Shanghai")
    rng, mark = random.Random(5), "?" if house.runtime.db.dialect == "sqlite" else "%s"
    with house.runtime.db.engine.begin() as connection:
        cursor: Any = connection.connection.driver_connection.cursor()  # type: ignore[union-attr]
        if mark == "%s":
            cursor.execute(f"SELECT set_config('app.franchise', '{fid}', true)")
        cursor.execute(f"SELECT id FROM person WHERE franchise_id = {fid}")
        persons = [row[0] for row in cursor.fetchall()][:members]
        cursor.execute(
            f"SELECT id FROM account WHERE franchise_id = {fid} AND owner_kind = 'house' AND unit = 'points'"
            " AND bucket = 'issued'"
        )
        issued = cursor.fetchone()[0]
        accounts, transfers, rows, sums = new_ids(members), new_ids(lots), new_ids(lots), [0] * members
        credits = []
        for n in range(lots):
            at, amount = n % members, rng.randrange(10, 500)
            sums[at] += amount
            earned = today - timedelta(days=400 + n % 300)
            credits.append((n, at, amount, earned.isoformat(), (earned + timedelta(days=365)).isoformat()))
        _many(cursor, mark, "account",
              ("id", "franchise_id", "owner_kind", "owner_id", "person_id", "unit", "bucket", "balance", "debt"),
              ((accounts[n], fid, "person", persons[n], persons[n], "points", "available", sums[n], 0)
               for n in range(members)))  # fmt: skip
        _many(cursor, mark, "transfer",
              ("id", "franchise_id", "from_account_id", "to_account_id", "person_id", "unit", "amount", "reason",
               "rule", "source_kind", "source_id", "business_on", "booked_at", "door", "note"),
              ((transfers[n], fid, issued, accounts[at], persons[at], "points", amount, "earn", "base", "order", n + 1,
                earned, 0, "bench", "") for n, at, amount, earned, _ends in credits))  # fmt: skip
        _many(cursor, mark, "lot",
              ("id", "franchise_id", "account_id", "transfer_id", "person_id", "amount", "remaining", "earned_on",
               "expires_on", "rule", "source_kind", "source_id", "grace"),
              ((rows[n], fid, accounts[at], transfers[n], persons[at], amount, amount, earned, ends, "base", "order",
                n + 1, 0) for n, at, amount, earned, ends in credits))  # fmt: skip
    places.analyse(house)


def _many(cursor: Any, mark: str, table: str, columns: tuple[str, ...], rows: Any) -> None:
    cursor.executemany(f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({', '.join([mark] * len(columns))})", rows)


def by_hand(house: Installation, lots: int) -> tuple[float, float]:
    """Return the seconds, by the clock and of processor, of the same rows in one transaction, committed."""
    fid, today = current_actor().franchise_id, clock.today("Asia/Shanghai").isoformat()
    base = (new_block(1) >> 22) << 22
    with house.runtime.db.engine.connect() as connection:
        cursor: Any = connection.connection.driver_connection.cursor()  # type: ignore[union-attr]
        if house.runtime.db.dialect == "sqlite":
            cursor.execute("BEGIN IMMEDIATE")
        else:
            cursor.execute(f"SELECT set_config('app.franchise', '{fid}', true)")
        begun, worked = time.perf_counter(), time.process_time()
        cursor.execute(
            "INSERT INTO transfer (id, franchise_id, from_account_id, to_account_id, person_id, unit, amount, reason,"
            " rule, source_kind, source_id, business_on, booked_at, door, note)"
            f" SELECT {base} + row_number() OVER (ORDER BY expires_on, id), franchise_id, account_id,"
            f" (SELECT id FROM account WHERE franchise_id = {fid} AND owner_kind = 'house' AND unit = 'points'"
            " AND bucket = 'expired'), person_id, 'points', remaining, 'expire', rule, 'lot', id,"
            f" '{today}', 0, 'job', '' FROM lot WHERE franchise_id = {fid} AND remaining > 0"
            f" AND expires_on <= '{today}'"
        )
        written = cursor.rowcount
        cursor.execute(
            "INSERT INTO lot_use (id, franchise_id, transfer_id, lot_id, amount)"
            f" SELECT id, franchise_id, id, source_id, amount FROM transfer WHERE id > {base} AND id <= {base + lots}"
        )
        cursor.execute(
            "UPDATE account SET balance = balance - s.n FROM (SELECT account_id, SUM(remaining) AS n FROM lot"
            f" WHERE franchise_id = {fid} AND remaining > 0 AND expires_on <= '{today}' GROUP BY account_id) s"
            " WHERE account.id = s.account_id"
        )
        cursor.execute(
            f"UPDATE lot SET remaining = 0 WHERE franchise_id = {fid} AND remaining > 0 AND expires_on <= '{today}'"
        )
        cursor.execute("COMMIT")
        took = time.perf_counter() - begun, time.process_time() - worked
        assert written == lots, (written, lots)
    return took


def killed(house: Installation, url: str | None, kills: int) -> int:
    """Run the job in a process of its own, kill it `kills` times, let it finish; return the kills that hit it."""
    environment = house.runtime.environment
    env = {**os.environ, "HUIKE_DATA_DIR": str(environment.data_dir), "HUIKE_KEY_FILE": str(environment.key_file)}
    if url:
        env["DATABASE_URL"] = url
    command = [sys.executable, "-m", "flask", "--app", "app", "jobs", "run", "expire_points", "--json"]
    rng, hits = random.Random(2), 0
    for _n in range(kills):
        with subprocess.Popen(command, env=env, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
            try:
                process.wait(timeout=2.5 + rng.random() * 2)
            except subprocess.TimeoutExpired:
                process.send_signal(signal.SIGKILL)
                hits += 1
            process.wait()
    subprocess.run(command, env=env, check=True, stdout=subprocess.DEVNULL)
    return hits


def booked(house: Installation) -> tuple[int, int]:
    """Return how many lots are overdue and not booked, and how many expiry transfers there are."""
    fid, today = current_actor().franchise_id, clock.today("Asia/Shanghai").isoformat()
    with house.unit("read") as session:
        connection = session.connection()
        left = connection.exec_driver_sql(
            f"SELECT COUNT(*) FROM lot WHERE franchise_id = {fid} AND remaining > 0 AND expires_on <= '{today}'"
        ).scalar()
        done = connection.exec_driver_sql(
            f"SELECT COUNT(*) FROM transfer WHERE franchise_id = {fid} AND reason = 'expire'"
        ).scalar()
    return int(left), int(done)


def made(house: Installation, asked: argparse.Namespace) -> None:
    """Fill a place as asked and let the database know how much there is."""
    fill(house, asked.lots)
    print(f"{asked.dialect}: {asked.lots} lots of {int(asked.lots * SHARE)} members", flush=True)
    if asked.dialect == "postgresql":
        places.analyse(house)


def main(arguments: list[str]) -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser()
    parser.add_argument("lots", nargs="?", type=int, default=1_250_000)
    parser.add_argument("dialect", nargs="?", default="sqlite")
    parser.add_argument("--kills", type=int, default=0)
    asked = parser.parse_args(arguments)
    with place(asked.dialect, durable=True) as (house, _url), acting(house.actor(house.dental)):
        made(house, asked)
        hand, hand_worked = by_hand(house, asked.lots)
        print(f"by hand {hand:.2f} s, {hand_worked:.2f} s of processor", flush=True)
    with place(asked.dialect, durable=True) as (house, url), acting(house.actor(house.dental)):
        made(house, asked)
        if asked.kills:
            print(f"{killed(house, url, asked.kills)} kills hit", flush=True)
        else:
            begun, worked = time.perf_counter(), time.process_time()
            done = jobs.expire_points(house.runtime, house.actor(house.dental))["done"]
            ours, worked = time.perf_counter() - begun, time.process_time() - worked
            print(f"ours {ours:.2f} s for {done}: {ours / hand:.2f} times by hand", flush=True)
            # On SQLite all the work is this process's own: on a busy machine its processor time is the fairer measure.
            print(f"ours {worked:.2f} s of processor: {worked / hand_worked:.2f} times by hand", flush=True)
        print("overdue and not booked, booked:", booked(house), flush=True)
        again = jobs.expire_points(house.runtime, house.actor(house.dental))["done"]
        with house.unit("read") as session:
            found = verify.check(session, house.dental.franchise_id)
        wrong = [name for name, difference in found if difference]
        print(f"again: {again}; verify of the ledger: {wrong or 'nothing to say'}", flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
