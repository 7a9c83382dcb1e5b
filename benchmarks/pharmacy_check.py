"""How long the pharmacy's check of a ten-line basket against twenty medicines takes (issue 5: under 2 ms).

    python -m benchmarks.pharmacy_check [rounds]

Prints microseconds (median, 99th percentile) on an embedded database: of the matching alone, of the check given what
was read, of the whole hook with its reads; and what of it is the process's own time, since the machine may be busy.
"""

from __future__ import annotations

import csv
import statistics
import sys
import tempfile
from datetime import date
from pathlib import Path
from time import perf_counter_ns, process_time_ns
from typing import TYPE_CHECKING, Any

from core import rooms
from core.care import services as care
from core.catalog import services as catalog
from core.hooktypes import BasketView, LineView, hook_context
from core.kernel.tenancy import acting
from plugins.pharmacy import checks, datasets, knowledge, matching
from tests import installation as houses

if TYPE_CHECKING:
    from collections.abc import Callable

assert rooms, "the rooms are imported first: their tables refer to each other"
ROUNDS = 300


def _time(name: str, rounds: int, work: Callable[[int], Any]) -> None:
    """Run `work` so often and print how long it takes by the clock, and its mean processor time."""
    taken, busy = [], process_time_ns()
    for n in range(rounds):
        start = perf_counter_ns()
        work(n)
        taken.append(perf_counter_ns() - start)
    own = (process_time_ns() - busy) / rounds / 1000
    taken.sort()
    p50, p99 = statistics.median(taken) / 1000, taken[int(len(taken) * 0.99)] / 1000
    print(f"{name}: p50 {p50:.0f} µs, p99 {p99:.0f} µs, processor {own:.0f} µs")


def _matching(rounds: int) -> None:
    rows = {kind: knowledge.parse(kind, knowledge.shipped_text(kind)) for kind in knowledge.KINDS}
    index = knowledge.build("x", rows)
    drugs = list(csv.DictReader(knowledge.shipped_text(knowledge.PRODUCTS).splitlines()))
    products = [
        matching.Product(str(n), row["name_zh"], tuple(row["ingredients"].split(";")), row["route"], line=n)
        for n, row in enumerate(drugs, 1)
    ]
    patient = matching.Patient(frozenset({"penicillins"}), medicines=tuple(products[100:120]), age=60)
    _time(
        "matching, 10 products × 20 medicines", rounds,
        lambda n: matching.match(index, products[n % 90 : n % 90 + 10], patient),
    )  # fmt: skip


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
            with made.unit() as session:
                datasets.index(session)
                ctx: Any = hook_context(session)
                basket = checks.concerned(BasketView(member, lines))
                loaded = checks.load(ctx, basket)
                _time("the check given what was read", rounds, lambda _n: checks.found(ctx, basket, loaded))
                _time("its reads", rounds, lambda _n: checks.load(ctx, basket))
                _time("the whole hook with gates", rounds, lambda _n: checks.checks(ctx, basket))
        made.close()


if __name__ == "__main__":
    wanted = int(sys.argv[1]) if len(sys.argv) > 1 else ROUNDS
    _matching(wanted)
    _hook(wanted)
