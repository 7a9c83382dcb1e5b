"""Installations of a million members, made in bulk, and the same people for the peer."""

from __future__ import annotations

import random
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import text

from core.console import demo_names as names
from core.kernel import keys, triggers
from core.kernel.ids import new_ids
from core.kernel.sealed import aad
from core.kernel.statements import Statements
from core.people import rules, services
from tests.installation import Installation

BATCH = 20_000
POOL = 20_000
DAY_MS = 86_400_000


@dataclass(frozen=True)
class BenchPerson:
    """A member as both sides get them."""

    id: int
    number: str
    name: str
    phone: str
    gender: str
    visited_at: int
    spent_fen: int


def people(n: int, seed: int = 1) -> Iterator[BenchPerson]:
    """Yield `n` members; the same seed gives the same ones (ids apart)."""
    rng = random.Random(seed)
    pool = [names.name(rng, rng.choice(("female", "male"))) for _n in range(POOL)]
    base = 1_700_000_000_000
    for start in range(0, n, BATCH):
        for offset, row_id in enumerate(new_ids(min(BATCH, n - start))):
            i = start + offset
            yield BenchPerson(
                row_id, f"{10_000_001 + i:08d}", rng.choice(pool), f"13{(i * 7919 + 12345) % 10**9:09d}",
                rng.choice(("female", "male")), base + rng.randrange(900 * 86_400) * 1000, rng.randrange(10**6),
            )  # fmt: skip


def fill(house: Installation, n: int) -> float:
    """Write `n` members with search tokens into the dental house; return the seconds it took."""
    begun = time.monotonic()
    fid, store = house.dental.franchise_id, house.dental.store_id
    postgres = house.runtime.db.dialect == "postgresql"
    batch: list[BenchPerson] = []
    with house.runtime.db.engine.begin() as connection:
        if postgres:
            triggers.relax(connection)
        cursor = connection.connection.driver_connection.cursor()  # type: ignore[union-attr]
        for person in people(n):
            batch.append(person)
            if len(batch) == BATCH:
                _write(cursor, batch, fid, store, postgres)
                batch = []
        _write(cursor, batch, fid, store, postgres)
        connection.execute(
            text("INSERT INTO counter (id, franchise_id, name, value) VALUES (1, :f, 'member_no', :n)"),
            {"f": fid, "n": n},
        )
        if postgres:
            triggers.enforce(connection)
    analyse(house)
    return time.monotonic() - begun


def analyse(house: Installation) -> None:
    """Give the planner its statistics; new connections read them."""
    words = "VACUUM ANALYZE" if house.runtime.db.dialect == "postgresql" else "ANALYZE"
    with house.runtime.db.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.exec_driver_sql(words)
    house.runtime.db.dispose()


_PERSON = (
    "id", "franchise_id", "member_no", "name", "pinyin", "gender", "birth_calendar", "occupation", "company",
    "phone_sealed", "phone_blind", "source", "store_id", "tier_code", "joined_at", "last_visit_at", "visits",
    "spent_fen", "active", "version",
)  # fmt: skip
_TOKEN = ("id", "franchise_id", "person_id", "token")


def _write(cursor: Any, batch: list[BenchPerson], fid: int, store: int, postgres: bool) -> None:
    if not batch:
        return
    ring = keys.ring()
    persons, tokens = [], []
    for one in batch:
        sealed = ring.seal(one.phone, aad("person", "phone_sealed", one.id), fid)
        blind = ring.blind(one.phone, "person.phone_blind", fid)
        persons.append(
            (one.id, fid, one.number, one.name, rules.sort_pinyin(one.name), one.gender, "solar", "", "", sealed,
             blind, "", store, "regular", one.visited_at - 30 * DAY_MS, one.visited_at, 3, one.spent_fen, True, 1)
        )  # fmt: skip
        found = rules.name_tokens(one.name) | {one.number, services.last4_tokens(one.phone)[0]}
        tokens += [(fid, one.id, token) for token in found]
    rows = [(row_id, *token) for row_id, token in zip(new_ids(len(tokens)), tokens, strict=True)]
    _insert(cursor, "person", _PERSON, persons, postgres)
    _insert(cursor, "search_token", _TOKEN, rows, postgres)


def _insert(cursor: Any, table: str, columns: tuple[str, ...], rows: list[Any], postgres: bool) -> None:
    names_ = ", ".join(columns)
    if postgres:
        with cursor.copy(f"COPY {table} ({names_}) FROM STDIN") as copy:
            for row in rows:
                copy.write_row(row)
        return
    cursor.executemany(f"INSERT INTO {table} ({names_}) VALUES ({', '.join('?' * len(columns))})", rows)


def some_members(house: Installation, n: int) -> list[int]:
    """Return `n` different member ids spread over all."""
    rng = random.Random(5)
    with house.unit("read") as session:
        st = Statements(session, house.dental.franchise_id)
        row = st.one("SELECT value FROM counter WHERE franchise_id = ? AND name = 'member_no'", [st.franchise_id])
        numbers = rng.sample(range(int(row[0]) if row else 0), n)
        found = [
            st.one(
                "SELECT id FROM person WHERE franchise_id = ? AND member_no = ?",
                [st.franchise_id, f"{10_000_001 + number:08d}"],
            )
            for number in numbers
        ]
    return [int(one[0]) for one in found if one]


def folder_size(path: Path) -> int:
    """Return the bytes under a folder."""
    return sum(file.stat().st_size for file in path.rglob("*") if file.is_file())
