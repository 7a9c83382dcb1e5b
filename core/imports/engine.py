"""The engine of an import: chunks of staged rows, decided alike in the dry run and in the run.

The dry run keeps what rows would make in memory; the run writes it and finds it again in the database.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from core.imports import lookup, outcomes, rules, writing
from core.imports.cleaning import Cleaner
from core.imports.outcomes import FAILED, LATER, OUTCOMES, PASSES, Decision, Known, decide
from core.kernel import clock
from core.kernel.statements import Statements
from core.kernel.tenancy import current_actor
from core.programme import services as programmes

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import date

    from sqlalchemy.orm import Session

    from core.imports.cleaning import Problem, Row
    from core.imports.rules import ColumnMap
    from core.programme.rules import Programme

CHUNK = 500
SAMPLE = 20


@dataclass(frozen=True, slots=True)
class Staged:
    """A row as it was staged: its number in the file, its cells, and its id (0 when it is only in memory)."""

    number: int
    cells: tuple[str, ...]
    id: int = 0


@dataclass(frozen=True, slots=True)
class Result:
    """What became of a staged row."""

    staged: Staged
    row: Row | None
    decision: Decision
    person_id: int | None = None
    before: str = ""


@dataclass(frozen=True, slots=True)
class Task:
    """What the rows of one list are judged by."""

    cleaner: Cleaner
    programme: Programme
    today: date
    batch_id: int = 0
    earlier: tuple[int, ...] = ()


def tiers_of(programme: Programme) -> list[tuple[str, str]]:
    """Return (code, name) of the programme's tiers, the base one first."""
    return [(tier.code, tier.name) for tier in programme.tiers]


def task_of(session: Session, headings: Sequence[str], mapping: ColumnMap, sha256: bytes, batch_id: int = 0) -> Task:
    """Return the task of a list; raise Invalid when the mapping does not fit the headings."""
    programme = programmes.in_force(session)
    tiers = tiers_of(programme)
    rules.check_mapping(mapping, headings, [code for code, _name in tiers])
    today = clock.today(current_actor().tz)
    st = Statements(session, current_actor().franchise_id)
    earlier = st.all(
        "SELECT id FROM import_batch WHERE franchise_id = ? AND kind = 'people' AND file_sha256 = ? AND id <> ?"
        " AND state IN ('done', 'running', 'paused') ORDER BY id",
        [st.franchise_id, sha256, batch_id],
    )
    return Task(
        Cleaner(headings, mapping, tiers, today), programme, today, batch_id, tuple(int(row[0]) for row in earlier)
    )


@dataclass(slots=True)
class DryRun:
    """A dry run in progress: counts, the rows at fault, and what the rows so far would make."""

    task: Task
    known: Known = field(default_factory=Known)
    counts: dict[str, int] = field(default_factory=lambda: dict.fromkeys(OUTCOMES, 0))
    sample: list[int] = field(default_factory=list)
    waiting: list[tuple[Staged, Row]] = field(default_factory=list)
    problems: list[Result] = field(default_factory=list)
    made: int = 0

    def take(self, session: Session, staged: Iterable[Staged]) -> list[Result]:
        """Judge a chunk and return its results; rows that wait for others come from `finish`."""
        results, fit = [], []
        for one in staged:
            row, problems = self.task.cleaner.clean(one.number, one.cells)
            if row is None:
                results.append(self._count(Result(one, None, outcomes.failed(*problems))))
            else:
                fit.append((one, row))
        return results + self._judge(session, fit, last=False)

    def finish(self, session: Session) -> list[Result]:
        """Judge the rows that waited for those below them."""
        results: list[Result] = []
        for n in range(2, PASSES + 1):
            waiting, self.waiting = self.waiting, []
            for start in range(0, len(waiting), CHUNK):
                results += self._judge(session, waiting[start : start + CHUNK], last=n == PASSES)
        return results

    def _judge(self, session: Session, fit: Sequence[tuple[Staged, Row]], *, last: bool) -> list[Result]:
        st = Statements(session, current_actor().franchise_id)
        lookup.fill(st, self.known, [row for _staged, row in fit], self.task.earlier)
        results = []
        for staged, row in fit:
            decision = decide(row, self.known, self.task.today, last=last)
            if decision.outcome == LATER:
                self.waiting.append((staged, row))
                continue
            person_id = decision.person
            if decision.outcome == outcomes.CREATED:
                self.made += 1
                person_id = -self.made
            if decision.outcome in {outcomes.CREATED, outcomes.UPDATED, outcomes.UNCHANGED}:
                self.known.take(person_id or 0, row, decision)
            results.append(self._count(Result(staged, row, decision, person_id)))
        return results

    def _count(self, result: Result) -> Result:
        outcome = result.decision.outcome
        self.counts[outcome] += 1
        if outcome in {outcomes.CREATED, outcomes.UPDATED} and len(self.sample) < SAMPLE:
            self.sample.append(result.staged.number)
        return result


# -- the run --------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Prepared:
    """A staged row, cleaned, and the draft of the person it may make; or its problems."""

    staged: Staged
    row: Row | None
    problems: list[Problem]
    draft: writing.Draft | None


def prepare(task: Task, staged: Iterable[Staged]) -> list[Prepared]:
    """Return the rows cleaned and, where they may make a person, sealed: the slow part, outside the lock."""
    prepared = []
    for one in staged:
        row, problems = task.cleaner.clean(one.number, one.cells)
        prepared.append(Prepared(one, row, problems, writing.draft(row) if row else None))
    return prepared


def run_chunk(
    session: Session, task: Task, prepared: Sequence[Prepared], rows_done: dict[int, int], *, last: bool
) -> list[Result]:
    """Decide and write a chunk in the open unit; `rows_done` (person to row of this batch) grows along."""
    st = Statements(session, current_actor().franchise_id)
    known = Known(rows=rows_done)
    lookup.fill(st, known, [one.row for one in prepared if one.row], task.earlier)
    writer = writing.Writer(session, st, task.programme, task.today, task.batch_id)
    results = []
    for one in prepared:
        row = one.row
        if row is None or one.draft is None:
            results.append(Result(one.staged, None, outcomes.failed(*one.problems)))
            continue
        decision = decide(row, known, task.today, last=last)
        person_id = decision.person
        if decision.outcome == outcomes.CREATED:
            person_id = writer.create(one.draft, row, decision)
        elif decision.outcome == outcomes.UPDATED:
            writer.change(row, decision)
        if decision.outcome in {outcomes.CREATED, outcomes.UPDATED, outcomes.UNCHANGED}:
            known.take(person_id or 0, row, decision)
        results.append(Result(one.staged, row, decision, person_id))
    writer.flush()
    return [replace(one, before=writer.before.get(one.staged.number, "")) for one in results]


def problems_text(decision: Decision) -> str:
    """Return the problems of a row as they are stored: codes only, never a cell."""
    return json.dumps(decision.problems, ensure_ascii=False) if decision.problems else ""


def read_problems(text: str) -> list[Problem]:
    """Return the problems stored with a row."""
    return [(field_, code, argument) for field_, code, argument in json.loads(text)] if text else []


__all__ = ["CHUNK", "FAILED", "SAMPLE", "DryRun", "Result", "Staged", "Task", "prepare", "run_chunk", "task_of"]
