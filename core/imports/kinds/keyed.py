"""Kinds whose records have a natural key of their own: an item's code, a staff number, a card number.

What they share: rows of cleaned values, finding by key, a second row with the same key as a duplicate of the
first, changes only where a cell says something else.
"""

from __future__ import annotations

import json
from abc import abstractmethod
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from core.imports.kinds import messages
from core.imports.kinds.base import Kind, Line, Task, Writer
from core.imports.kinds.cells import Bad, plain
from core.imports.outcomes import CREATED, DUPLICATE, UNCHANGED, UPDATED, Decision, failed
from core.kernel.sealed import open_text

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from sqlalchemy.orm import Session

    from core.imports.cleaning import Problem
    from core.imports.models import ImportRow
    from core.imports.rules import ColumnMap

_PARAMETERS = 900  # values a statement: far below what either driver takes


@dataclass(frozen=True, slots=True)
class Row:
    """A cleaned row: its number, its key, and the values of the cells that say something."""

    number: int
    key: str
    values: dict[str, Any]


@dataclass(slots=True)
class Known:
    """Records by key and what is known of them, and the rows of this batch that are done.

    In a dry run records still to be made have negative ids. `more` is for what a kind looks up besides.
    """

    rows: dict[int, int]
    ids: dict[str, int] = field(default_factory=dict)
    found: dict[int, Any] = field(default_factory=dict)
    asked: set[str] = field(default_factory=set)
    more: dict[str, Any] = field(default_factory=dict)


@dataclass
class KeyedTask(Task):
    """A task over rows with a key; `cleaners` take a cell's text, by field."""

    places: dict[str, int]
    cleaners: Mapping[str, Callable[[str], Any]]
    key: str
    labels: Mapping[str, str]

    def clean(self, number: int, cells: Sequence[str]) -> tuple[Row | None, list[Problem]]:
        """Return the row's values and its problems; no row at all when there are problems."""
        problems: list[Problem] = []
        values: dict[str, Any] = {}
        for name, at in self.places.items():
            try:
                typed = plain(cells[at]) if at < len(cells) else ""
                if typed:
                    values[name] = self.cleaners[name](typed)
            except Bad as bad:
                problems.append((name, bad.code, bad.argument))
        if self.key not in values and not any(one[0] == self.key for one in problems):
            problems.append((self.key, f"missing_{self.key}", None))
        return (None if problems else Row(number, values[self.key], values)), problems

    def draft(self, row: Row) -> Any:
        """Return nothing: these records are quick to make."""
        return None

    def known(self, rows_done: dict[int, int]) -> Known:
        """Return an empty memory."""
        return Known(rows_done)

    def fill(self, session: Session, known: Known, rows: Sequence[Row]) -> None:
        """Look up the keys of a chunk that were not asked for yet, and what else the kind wants."""
        wanted = [key for key in dict.fromkeys(row.key for row in rows) if key not in known.asked]
        known.asked.update(wanted)
        for part in portions(wanted):
            self.look_up(session, known, part)
        self.look_around(session, known, rows)

    @abstractmethod
    def look_up(self, session: Session, known: Known, keys: Sequence[str]) -> None:
        """Add the records with these keys to `known`."""

    def look_around(self, session: Session, known: Known, rows: Sequence[Row]) -> None:  # noqa: B027
        """Add to `known.more` what the rows refer to."""

    def decide(self, row: Row, known: Known, *, last: bool) -> Decision:
        """Return what becomes of a row; a second one about a record is a duplicate of the first."""
        record = known.ids.get(row.key)
        if record is not None and record in known.rows:
            return Decision(DUPLICATE, record, problems=((self.key, "duplicate", known.rows[record]),))
        if record is None:
            problems = self.refused(row, known)
            return failed(*problems) if problems else Decision(CREATED, changes=self.meant(row, known))
        changes, problems = self.against(row, known.found[record], known)
        if problems:
            return failed(*problems)
        return Decision(UPDATED if changes else UNCHANGED, record, changes=changes)

    @abstractmethod
    def refused(self, row: Row, known: Known) -> list[Problem]:
        """Return why a new record cannot be made of a row."""

    def meant(self, row: Row, known: Known) -> dict[str, Any]:
        """Return what was looked up for a new record, for its writer."""
        return {}

    @abstractmethod
    def against(self, row: Row, now: Any, known: Known) -> tuple[dict[str, Any], list[Problem]]:
        """Return what a row changes of a known record, and why it may not."""

    def take(self, known: Known, record_id: int, row: Row, decision: Decision) -> None:
        """Note what a row made or changed."""
        known.rows[record_id] = row.number
        known.ids[row.key] = record_id

    def name(self, row: Row) -> str:
        """Return what the record is called: its name, else its key."""
        return str(row.values.get("name") or row.key)

    def lines(self, known: Known, row: Row, decision: Decision) -> list[Line]:
        """Return what a row would write: everything of a new record, the changes of a known one."""
        now = known.found.get(decision.record or 0)
        told = []
        # The name of a new record stands beside its lines.
        new = {name: value for name, value in row.values.items() if name != "name"}
        for name, value in (new if now is None else decision.changes).items():
            was = "" if now is None else self.shown(name, self.present(now, name))
            shown = self.shown(name, value)
            if shown != was:
                told.append((str(self.labels.get(name, name)), was, shown))
        return told

    @abstractmethod
    def present(self, now: Any, name: str) -> Any:
        """Return what a known record has in a field."""

    @abstractmethod
    def shown(self, name: str, value: Any) -> str:
        """Return a value in words."""


class KeyedWriter(Writer):
    """A writer that remembers, by row, what an undo needs."""

    def __init__(self, session: Session, task: Any) -> None:
        self.session = session
        self.task = task
        self.before: dict[int, str] = {}

    def remember(self, row: Row, **kept: Any) -> None:
        """Keep what was there before a row, sealed beside it."""
        self.before[row.number] = json.dumps(kept, ensure_ascii=False, default=str)


class KeyedKind(Kind):
    """A kind of records with a natural key."""

    column = "record_id"

    def told(self, problem: Problem) -> tuple[str, str]:
        """Return (what is wrong, what to do)."""
        return messages.reason_and_way(problem)

    def places(self, headings: Sequence[str], mapping: ColumnMap) -> dict[str, int]:
        """Return where each mapped field stands, in the order of the file."""
        return {name: headings.index(heading) for name, heading in mapping.columns.items()}


def kept(row: ImportRow) -> dict[str, Any] | None:
    """Return what was there before a row, or None when it is no longer kept."""
    text = open_text("import_row", "cells_sealed", row.id, row.franchise_id, row.cells_sealed)
    return json.loads(text) if text else None


def portions(values: Iterable[Any]) -> Iterable[list[Any]]:
    """Yield the values in lists that fit one statement."""
    every = list(values)
    return (every[start : start + _PARAMETERS] for start in range(0, len(every), _PARAMETERS))


def marks(values: Sequence[Any]) -> str:
    """Return the placeholders of a list of values."""
    return ", ".join("?" * len(values))
