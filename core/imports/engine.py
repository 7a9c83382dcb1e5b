"""The engine of an import: chunks of staged rows, decided alike in the dry run and in the run.

The dry run keeps what rows would make in memory; the run writes it and finds it again in the database.
"""

from __future__ import annotations

import json
from contextlib import nullcontext
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from core.imports import outcomes
from core.imports.outcomes import FAILED, LATER, OUTCOMES, PASSES, Decision
from core.kernel import clock
from core.kernel.errors import Refusal
from core.kernel.tenancy import current_actor

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from sqlalchemy.orm import Session

    from core.imports.cleaning import Problem
    from core.imports.kinds.base import Kind, Task, Writer
    from core.imports.rules import ColumnMap

CHUNK = 500
SAMPLE = 20
WARNINGS = 50  # kept of a list: enough to see what is wrong with it
DONE = frozenset({outcomes.CREATED, outcomes.UPDATED, outcomes.UNCHANGED})


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
    row: Any
    decision: Decision
    record_id: int | None = None
    before: str = ""


def task_of(
    session: Session, kind: Kind, headings: Sequence[str], mapping: ColumnMap, sha256: bytes, batch_id: int = 0
) -> Task:
    """Return what the rows of a list are judged by; raise Invalid when the mapping does not fit the headings."""
    kind.check_mapping(session, mapping, headings)
    return kind.task(session, headings, mapping, clock.today(current_actor().tz), batch_id, sha256)


@dataclass(slots=True)
class DryRun:
    """A dry run in progress: counts, the rows at fault, and what the rows so far would make."""

    task: Task
    known: Any = None
    counts: dict[str, int] = field(default_factory=lambda: dict.fromkeys(OUTCOMES, 0))
    sample: list[int] = field(default_factory=list)
    waiting: list[tuple[Staged, Any]] = field(default_factory=list)
    problems: list[Result] = field(default_factory=list)
    totals: dict[str, int] = field(default_factory=dict)
    warnings: list[tuple[int, Problem]] = field(default_factory=list)
    warned: int = 0
    made: int = 0

    def __post_init__(self) -> None:
        """Begin with nobody known."""
        self.known = self.task.known({})

    def take(self, session: Session, staged: Iterable[Staged]) -> list[Result]:
        """Judge a chunk and return its results; rows that wait for others come from `finish`."""
        results, fit = [], []
        for one in staged:
            row, problems = self.task.clean(one.number, one.cells)
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

    def _judge(self, session: Session, fit: Sequence[tuple[Staged, Any]], *, last: bool) -> list[Result]:
        self.task.fill(session, self.known, [row for _staged, row in fit])
        results = []
        for staged, row in fit:
            decision = self.task.decide(row, self.known, last=last)
            if decision.outcome == LATER:
                self.waiting.append((staged, row))
                continue
            record_id = decision.record
            if decision.outcome == outcomes.CREATED:
                self.made += 1
                record_id = -self.made
            if decision.outcome in DONE:
                self.task.take(self.known, record_id or 0, row, decision)
                self._add_up(staged.number, row, decision)
            results.append(self._count(Result(staged, row, decision, record_id)))
        return results

    def _add_up(self, number: int, row: Any, decision: Decision) -> None:
        for unit, amount in self.task.amounts(row, decision).items():
            self.totals[unit] = self.totals.get(unit, 0) + amount
        told = self.task.warnings(self.known, row, decision)
        self.warned += bool(told)
        self.warnings += [(number, one) for one in told[: WARNINGS - len(self.warnings)]]

    def _count(self, result: Result) -> Result:
        outcome = result.decision.outcome
        self.counts[outcome] += 1
        if outcome in {outcomes.CREATED, outcomes.UPDATED} and len(self.sample) < SAMPLE:
            self.sample.append(result.staged.number)
        return result


# -- the run --------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Prepared:
    """A staged row, cleaned, and the draft of the record it may make; or its problems."""

    staged: Staged
    row: Any
    problems: list[Problem]
    draft: Any


def prepare(task: Task, staged: Iterable[Staged]) -> list[Prepared]:
    """Return the rows cleaned and, where they may make a record, drafted: the slow part, outside the lock."""
    prepared = []
    for one in staged:
        row, problems = task.clean(one.number, one.cells)
        prepared.append(Prepared(one, row, problems, None if row is None else task.draft(row)))
    return prepared


def run_chunk(
    session: Session, task: Task, prepared: Sequence[Prepared], rows_done: dict[int, int], *, last: bool
) -> list[Result]:
    """Decide and write a chunk in the open unit; `rows_done` (record to row of this batch) grows along."""
    known = task.known(rows_done)
    rows = [one.row for one in prepared if one.row is not None]
    task.fill(session, known, rows)
    task.lock(session, known, rows)
    writer = task.writer(session)
    results = []
    for one in prepared:
        row = one.row
        if row is None:
            results.append(Result(one.staged, None, outcomes.failed(*one.problems)))
            continue
        decision, record_id = _written(session, task, writer, one, task.decide(row, known, last=last))
        if decision.outcome in DONE:
            task.take(known, record_id or 0, row, decision)
        results.append(Result(one.staged, row, decision, record_id))
    writer.flush()
    return [replace(one, before=writer.before.get(one.staged.number, "")) for one in results]


def _written(
    session: Session, task: Task, writer: Writer, one: Prepared, decision: Decision
) -> tuple[Decision, int | None]:
    """Write what was decided; return the decision and the record.

    A verb that refuses after all (a right or a record was changed a moment ago) fails its row, not the batch.
    """
    if decision.outcome not in {outcomes.CREATED, outcomes.UPDATED}:
        return decision, decision.record
    try:
        with session.begin_nested() if task.verbs else nullcontext():
            if decision.outcome == outcomes.CREATED:
                return decision, writer.create(one.draft, one.row, decision)
            writer.change(one.row, decision)
            return decision, decision.record
    except Refusal:
        if not task.verbs:
            raise
        return outcomes.failed(("", "moved", None)), None


def problems_text(decision: Decision) -> str:
    """Return the problems of a row as they are stored: codes only, never a cell."""
    return json.dumps(decision.problems, ensure_ascii=False) if decision.problems else ""


def read_problems(text: str) -> list[Problem]:
    """Return the problems stored with a row."""
    return [(field_, code, argument) for field_, code, argument in json.loads(text)] if text else []


__all__ = ["CHUNK", "FAILED", "SAMPLE", "DryRun", "Result", "Staged", "prepare", "run_chunk", "task_of"]
