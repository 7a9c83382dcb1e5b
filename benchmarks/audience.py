"""How long and in how much memory the audience of a campaign is counted (S4-11): members by the hundred thousand.

    python -m benchmarks.audience [members] [share of members with facts, percent]

Fills the house with members, of whom a share has one or two facts and half of the others were asked and have none,
counts a group of antibiotics and one painkiller by the task, and prints seconds, persons opened a second, the page's
answer where it hands over to the task, and how much memory the counting took (tracemalloc peak, resident before and
after), with what a million members would take at the same rate.
"""

from __future__ import annotations

import json
import random
import resource
import sys
import tempfile
import tracemalloc
from pathlib import Path
from time import perf_counter
from typing import Any

from sqlalchemy import insert, select

from benchmarks import places
from core import rooms
from core.care import rules
from core.care.models import HealthFact, HealthRecord
from core.kernel import clock, task_runner
from core.kernel.errors import Refusal
from core.kernel.ids import new_ids
from core.kernel.tenancy import acting
from core.people.models import Person
from plugins.pharmacy import audience, audience_task
from tests import installation as houses

assert rooms, "the rooms are imported first: their tables refer to each other"
MEMBERS, SHARE = 100_000, 15
MILLION = 1_000_000
SLICE = 5_000
DRUGS = ("warfarin", "simvastatin", "metformin", "amlodipine", "nitroglycerin", "digoxin", "aspirin")


def _facts(house: Any, share: int) -> int:
    """Write facts for a share of the members and that the half of the others were asked; return how many facts."""
    draw, written, after = random.Random(3), 0, 0
    day = clock.today("Asia/Shanghai")
    while True:
        with house.unit() as session:
            people = session.scalars(select(Person.id).where(Person.id > after).order_by(Person.id).limit(SLICE)).all()
            if not people:
                return written
            after, records, facts = people[-1], [], []
            for person in people:
                having = draw.randrange(100) < share
                status = rules.NONE_KNOWN if having or draw.random() < 0.5 else rules.UNKNOWN
                records.append((person, status))
                facts += [(person, _fact(draw, day)) for _n in range(draw.randint(1, 2) if having else 0)]
            fid = house.pharmacy.franchise_id
            session.execute(insert(HealthRecord.__table__), [
                {"id": row_id, "franchise_id": fid, "person_id": person, "allergy_status": status, "version": 1}
                for row_id, (person, status) in zip(new_ids(len(records)), records, strict=True)
            ])  # fmt: skip
            for person, new in facts:
                row = HealthFact(person_id=person, kind=new.kind, status=rules.ACTIVE, noted_at=1, emergency=False)
                row.code, row.body = new.code, json.dumps(dict(new.body), ensure_ascii=False)
                session.add(row)
            written += len(facts)


def _fact(draw: random.Random, day: Any) -> rules.New:
    kind = draw.randrange(10)
    if kind < 3:
        return rules.allergy(today=day, code_kind="class", code=draw.choice(["penicillins", "sulfonamide_antibiotics"]))
    if kind < 6:
        return rules.condition(today=day, code=draw.choice(["hypertension", "asthma", "peptic_ulcer", "gout"]))
    return rules.medicine(today=day, ingredients=[draw.choice(DRUGS)], source="told")


def measure(house: Any, name: str, codes: list[str], group: str, members: int) -> None:
    """Count one audience by the page (which hands over) and by the task, and print what it took."""
    db, franchise = house.runtime.db, house.pharmacy.franchise_id
    begun = perf_counter()
    try:
        with house.unit("read") as session:
            audience.preview(session, audience.wanted(session, codes, group))
        handed = "counted at once"
    except Refusal as refusal:
        handed = refusal.code
    page = perf_counter() - begun
    with house.unit() as session:
        task = audience_task.ask(session, audience.wanted(session, codes, group)).id
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    begun = perf_counter()
    task_runner.run(db, franchise, task)
    taken = perf_counter() - begun
    after = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with house.unit("read") as session:
        row = audience_task.get(session, task)
        made = audience_task.result(session, row)
        assert made is not None, (row.state, row.problem)
        print(
            f"{name}: page {page * 1000:.0f} ms ({handed}); task {taken:.1f} s for {row.done:,} opened in {row.slices}"
            f" slices, {row.done / taken:,.0f}/s; peak resident {before // 1024} -> {after // 1024} MB;"
            f" {made.members:,} members, {made.left:,} left"
        )
    print(f"    a million members at this rate: about {taken * MILLION / members / 60:.1f} minutes")


def main(members: int, share: int) -> None:
    """Fill, count, print."""
    with tempfile.TemporaryDirectory(prefix="hkaud") as name:
        folder = Path(name)
        made = houses.open_copy(folder / "made", houses.make(folder / "made"), folder / "copy")
        made.dental = made.pharmacy  # places.fill writes into the dental house
        with acting(made.actor(made.pharmacy)):
            print(f"{members:,} members in {places.fill(made, members):.0f} s")
            begun = perf_counter()
            print(f"{_facts(made, share):,} facts in {perf_counter() - begun:.0f} s")
            places.analyse(made)
            measure(made, "group J01", [], "J01", members)
            measure(made, "ibuprofen", ["D0033"], "", members)
            tracemalloc.start()
            measure(made, "group J01, memory traced", [], "J01", members)
            print(f"    traced peak {tracemalloc.get_traced_memory()[1] / 1e6:.1f} MB")
        made.close()


if __name__ == "__main__":
    given = [int(one) for one in sys.argv[1:3]]
    main(*(given + [MEMBERS, SHARE][len(given) :]))
