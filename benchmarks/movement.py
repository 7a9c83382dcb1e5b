"""The tier preview: a gold threshold raised for 200,000 members, shown and then booked."""

from __future__ import annotations

import random
import time
from dataclasses import replace
from datetime import timedelta
from typing import Any

from core.kernel import clock
from core.kernel.ids import new_ids
from core.programme import services as programmes
from core.programme.document import Programme
from core.tiers import movement, rules
from tests.installation import Installation

SPENT = ((60, 0, 40_000), (25, 40_000, 300_000), (11, 300_000, 1_000_000), (4, 1_000_000, 4_000_000))
"""What members spent in a year: per cent of them, from, to (fen)."""


def fill_events(house: Installation, people: int, seed: int = 11) -> int:
    """Give the first `people` members up to six visits in two years and the tier that follows; return the rows."""
    rng = random.Random(seed)
    fid, today = house.dental.franchise_id, clock.today("Asia/Shanghai")
    with house.unit("read") as session:
        programme = programmes.in_force(session)
    written = 0
    with house.runtime.db.engine.begin() as connection:
        cursor = connection.connection.driver_connection.cursor()  # type: ignore[union-attr]
        mark = "%s" if house.runtime.db.dialect == "postgresql" else "?"
        cursor.execute(f"SELECT set_config('app.franchise', '{fid}', true)") if mark == "%s" else None
        cursor.execute(f"SELECT id FROM person WHERE franchise_id = {mark} ORDER BY id LIMIT {mark}", (fid, people))
        ids = [row[0] for row in cursor.fetchall()]
        for start in range(0, len(ids), 20_000):
            events, tiers = _batch(rng, ids[start : start + 20_000], fid, today, programme)
            written += len(events)
            cursor.executemany(
                "INSERT INTO tier_event (id, franchise_id, person_id, spend_fen, visits, points, topup_fen,"
                f" effective_on, booked_at, source_kind, source_id) VALUES ({', '.join([mark] * 11)})",
                events,
            )
            cursor.executemany(
                f"UPDATE person SET tier_code = {mark}, tier_since = {mark}, tier_until = {mark} WHERE id = {mark}",
                tiers,
            )
    return written


def _batch(
    rng: random.Random, ids: list[int], fid: int, today: Any, programme: Programme
) -> tuple[list[Any], list[Any]]:
    events, tiers = [], []
    for person_id in ids:
        low, high = _band(rng)
        visits = rng.randrange(0 if low == 0 else 1, 7)
        own = []
        for _n in range(visits):
            day = today - timedelta(days=rng.randrange(730))
            own.append(rules.QualifyingEvent(day, spend_fen=rng.randrange(low, high) // max(1, visits // 2), visits=1))
        own.sort(key=lambda one: one.on)
        found = rules.standing(own, programme.tiers, today)
        tiers.append((found.tier, str(found.since or today), str(found.until) if found.until else None, person_id))
        events += [(one, person_id) for one in own]
    booked = clock.now_ms() - 86_400_000 * 800
    rows = [
        (row_id, fid, person_id, one.spend_fen, 1, one.spend_fen // 100, 0, str(one.on), booked, "order", row_id)
        for row_id, (one, person_id) in zip(new_ids(len(events)), events, strict=True)
    ]
    return rows, tiers


def _band(rng: random.Random) -> tuple[int, int]:
    at = rng.randrange(100)
    for share, low, high in SPENT:
        if at < share:
            return low, high
        at -= share
    return 0, 40_000


def measure(house: Installation) -> dict[str, Any]:
    """Return seconds of the preview (median of three) and of booking it, and how many moved in each."""
    with house.unit("read") as session:
        old = programmes.in_force(session)
    gold = next(tier for tier in old.tiers if tier.code == "gold")
    harder = replace(gold, entry=replace(gold.entry, spend_fen=(gold.entry.spend_fen or 0) * 4 // 3), keep=None)
    new = replace(old, tiers=tuple(harder if tier is gold else tier for tier in old.tiers))
    today, times = clock.today("Asia/Shanghai"), []
    for _n in range(3):
        begun = time.perf_counter()
        with house.unit("read") as session:
            shown = movement.preview(session, old, new, today, "Asia/Shanghai", keep_holders=False)
        times.append(time.perf_counter() - begun)
    begun = time.perf_counter()
    with house.unit() as session:
        number = programmes.publish(session, new).number
    from core.tiers import jobs

    moved = jobs.programme_effects(house.runtime, house.actor(house.dental))["done"]
    return {
        "preview_s": sorted(times)[1], "examined": shown.examined, "shown": shown.moved, "moved": moved,
        "book_s": time.perf_counter() - begun, "version": number,
    }  # fmt: skip
