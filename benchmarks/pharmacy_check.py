"""How long the pharmacy's check of a ten-line basket against twenty medicines takes (issue 5: under 2 ms).

    python -m benchmarks.pharmacy_check [rounds]

Prints microseconds (median, 99th percentile) of the matching alone and of the whole hook on an embedded database.
"""

from __future__ import annotations

import csv
import statistics
import sys
import tempfile
from datetime import date
from pathlib import Path
from time import perf_counter_ns
from typing import Any

from core import rooms
from core.care import services as care
from core.catalog import services as catalog
from core.hooktypes import BasketView, LineView, hook_context
from core.kernel.tenancy import acting
from plugins.pharmacy import checks, datasets, knowledge, matching
from tests import installation as houses

assert rooms, "the rooms are imported first: their tables refer to each other"
ROUNDS = 300


def _told(name: str, taken: list[int]) -> None:
    taken.sort()
    print(f"{name}: p50 {statistics.median(taken) / 1000:.0f} µs, p99 {taken[int(len(taken) * 0.99)] / 1000:.0f} µs")


def _matching(rounds: int) -> None:
    rows = {kind: knowledge.parse(kind, knowledge.shipped_text(kind)) for kind in knowledge.KINDS}
    index = knowledge.build("x", rows)
    drugs = list(csv.DictReader(knowledge.shipped_text(knowledge.PRODUCTS).splitlines()))
    products = [
        matching.Product(str(n), row["name_zh"], tuple(row["ingredients"].split(";")), row["route"], line=n)
        for n, row in enumerate(drugs, 1)
    ]
    patient = matching.Patient(frozenset({"penicillins"}), medicines=tuple(products[100:120]), age=60)
    taken = []
    for n in range(rounds):
        start = perf_counter_ns()
        matching.match(index, products[n % 90 : n % 90 + 10], patient)
        taken.append(perf_counter_ns() - start)
    _told("matching, 10 products × 20 medicines", taken)


def _hook(rounds: int) -> None:
    with tempfile.TemporaryDirectory(prefix="hkpharm") as name:
        folder = Path(name)
        made = houses.open_copy(folder / "made", houses.make(folder / "made"), folder / "copy")
        with acting(made.actor(made.pharmacy)):
            member = made.enrol("王芳", "13800001234", birth_on=date(1960, 1, 1))
            with made.unit() as session:
                items = list(catalog.by_codes(session, [f"D{n:04d}" for n in range(1, 31)]).values())
                for item in items[10:30]:
                    names = catalog.attributes_of(item)["pharmacy.ingredients"]
                    care.note_medicine(session, member, ingredients=names, item=item.code, source="told")
                lines = tuple(
                    LineView(n, item.id, item.code, item.name, 1, 100, 100, catalog.attributes_of(item))
                    for n, item in enumerate(items[:10], 1)
                )
            taken: list[int] = []
            with made.unit() as session:
                datasets.index(session)
                for _n in range(rounds):
                    ctx: Any = hook_context(session)
                    start = perf_counter_ns()
                    checks.checks(ctx, BasketView(member, lines))
                    taken.append(perf_counter_ns() - start)
            _told("the whole hook: facts opened, versions, gates, texts", taken)
        made.close()


if __name__ == "__main__":
    wanted = int(sys.argv[1]) if len(sys.argv) > 1 else ROUNDS
    _matching(wanted)
    _hook(wanted)
