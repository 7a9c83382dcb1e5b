"""What a kind of list provides, so that the engine knows no kind: fields, cleaning, finding, writing, undo, words.

The engine stages rows, dry-runs, runs in chunks, resumes, pauses, reports and undoes; a kind says what a row
means. Six kinds: people.py, items.py, staff.py, cards.py, balances.py, opened_courses.py.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from core.imports import rules
from core.kernel.permissions import may
from core.kernel.tenancy import current_actor

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from datetime import date

    from sqlalchemy.orm import Session

    from core.imports.cleaning import Problem
    from core.imports.models import ImportBatch, ImportRow
    from core.imports.outcomes import Decision
    from core.imports.rules import ColumnMap, Vocabulary

Line = tuple[str, str, str]


@dataclass(frozen=True, slots=True)
class Unit:
    """What a list's figures add up to and what its control total is typed in: a count, or fen where `money`.

    `ledger`: the unit of the ledger's movements, so that what was booked can be shown beside it.
    """

    key: str
    label: Any
    money: bool = False
    ledger: bool = False


@dataclass(frozen=True, slots=True)
class Wording:
    """What the wizard's pages say about a kind: lazy texts, and sentences that get their numbers.

    `wants` names the columns, `checks` are looked at before uploading, `recognised` says how a row finds its
    record, `filled` what an empty cell means, `used` what an undo leaves alone.
    """

    title: Any
    noun: Any
    wants: Any
    checks: tuple[Any, ...]
    recognised: tuple[Any, ...]
    filled: Any
    record: Any
    name: Any
    run: Callable[[int], str]
    nothing: Any
    none_at_all: Any
    taken_out: tuple[Any, Callable[[int], str]]
    restored: Any
    stays: Any
    used: Any
    undo: Callable[[int], str]
    undone: Callable[[int, int, int], str]
    until: Callable[[str], str]
    late: Any
    too_late: Any


class Writer(ABC):
    """Writes what the rows of one chunk make. `before` keeps, by row number, what an undo or the result needs."""

    before: dict[int, str]

    @abstractmethod
    def create(self, draft: Any, row: Any, decision: Decision) -> int:
        """Make a record (at once or at `flush`) and return its id."""

    @abstractmethod
    def change(self, row: Any, decision: Decision) -> None:
        """Change a known record as the row says."""

    def flush(self) -> None:  # noqa: B027 (most kinds write at once)
        """Write what was only noted."""


@dataclass
class Task(ABC):
    """What the rows of one list are judged by; `verbs`: every row is written by verbs that may refuse it."""

    verbs: ClassVar[bool] = False
    today: date
    batch_id: int

    @abstractmethod
    def clean(self, number: int, cells: Sequence[str]) -> tuple[Any, list[Problem]]:
        """Return a row's values (None when they are not to be had) and its problems."""

    def draft(self, row: Any) -> Any:  # noqa: B027 (most kinds have no slow part)
        """Return what creating the row's record would need and takes long: made outside the lock."""

    @abstractmethod
    def known(self, rows_done: dict[int, int]) -> Any:
        """Return an empty memory of known records; `rows_done` maps those that this batch touched to their row."""

    @abstractmethod
    def fill(self, session: Session, known: Any, rows: Sequence[Any]) -> None:
        """Add to `known` whatever `rows` may mean: a few statements a chunk."""

    @abstractmethod
    def decide(self, row: Any, known: Any, *, last: bool) -> Decision:
        """Return what becomes of a row; alike in the dry run and in the run."""

    def lock(self, session: Session, known: Any, rows: Sequence[Any]) -> None:  # noqa: B027 (most write their own)
        """Lock in a run whatever rows that give value will move, and look at it again."""

    def amounts(self, row: Any, decision: Decision) -> dict[str, int]:
        """Return what a row that is taken adds to the list's figures, by the keys of its kind's `units`."""
        return {}

    def warnings(self, known: Any, row: Any, decision: Decision) -> list[Problem]:
        """Return what somebody should know of a row that is taken all the same; asked after `take`."""
        return []

    @abstractmethod
    def take(self, known: Any, record_id: int, row: Any, decision: Decision) -> None:
        """Note in `known` what a row made or changed, for the rows below it."""

    @abstractmethod
    def writer(self, session: Session) -> Writer:
        """Return a writer for one chunk."""

    @abstractmethod
    def name(self, row: Any) -> str:
        """Return what a row's record is called, for the sample."""

    @abstractmethod
    def lines(self, known: Any, row: Any, decision: Decision) -> list[Line]:
        """Return (field, before, after) of what a row would write."""


class Kind(ABC):
    """A kind of list; `permission` is what it takes beside `imports.run`, `chunk` the rows of a transaction."""

    key: ClassVar[str]
    icon: ClassVar[str]
    permission: ClassVar[str | None] = None
    preset: ClassVar[str]
    chunk: ClassVar[int] = 500
    # The column of `import_row` that keeps the id of the row's record.
    column: ClassVar[str] = "record_id"
    # Which column a problem without a field is shown at.
    keys: ClassVar[tuple[str, ...]]
    words: ClassVar[Wording]
    # What control totals are compared by; none for lists that give no value.
    units: ClassVar[tuple[Unit, ...]] = ()
    # A list that gives value is taken once: the same file again is refused until its batch was undone.
    once_only: ClassVar[bool] = False

    @abstractmethod
    def vocabulary(self) -> Vocabulary:
        """Return the fields and headings, for the acting franchise."""

    def check_mapping(self, session: Session, mapping: ColumnMap, headings: Sequence[str]) -> None:
        """Raise Invalid naming every field at fault."""
        rules.check_mapping(mapping, headings, of=self.vocabulary())

    @abstractmethod
    def task(
        self, session: Session, headings: Sequence[str], mapping: ColumnMap, today: date, batch_id: int, sha256: bytes
    ) -> Task:
        """Return what the rows of a list are judged by; the mapping was checked."""

    @abstractmethod
    def told(self, problem: Problem) -> tuple[str, str]:
        """Return (what is wrong, what to do) for a problem of a row."""

    def column_of(self, problem: Problem, headings: Mapping[str, str]) -> str:
        """Return the heading of the column at fault; the field's own name when no column is mapped to it."""
        if not problem[0]:
            return next((headings[key] for key in self.keys if headings.get(key)), "")
        return headings.get(problem[0]) or self.vocabulary().labels().get(problem[0], problem[0])

    def masked(self, field: str) -> bool:
        """Return whether a field's cells are shown masked on the mapping page."""
        return False

    def value_words(self, session: Session, mapping: ColumnMap, words: Any) -> dict[str, Any]:
        """Return what the mapping page asks about single words.

        `words(field, meaning)` gives a column's different cells, each with what it means.
        """
        return {}

    def booked(self, session: Session, batch: ImportBatch) -> dict[str, int]:
        """Return what a batch brought by the keys of `units`, less what was taken back."""
        return {}

    def lock(self, session: Session, batch: ImportBatch, record_ids: Sequence[int]) -> None:  # noqa: B027
        """Lock what an undo of these records will move, before it is looked at."""

    @abstractmethod
    def used(self, session: Session, batch: ImportBatch, record_ids: Sequence[int]) -> dict[int, str]:
        """Return the made records that an undo leaves alone, each with the reason in words."""

    @abstractmethod
    def take_out(self, session: Session, batch: ImportBatch, record_ids: Sequence[int]) -> None:
        """Take records out again that the batch made and nobody used."""

    @abstractmethod
    def unmoved(self, session: Session, row: ImportRow) -> Any:
        """Return what is needed to take a row's change back, None when its record was changed since."""

    @abstractmethod
    def take_back(self, session: Session, row: ImportRow) -> bool:
        """Take a row's change back; return False when its record was changed since."""

    def once(self, session: Session, batch: ImportBatch) -> list[list[str]]:
        """Return what its importer may fetch one single time (one-time passwords), headings first; else nothing."""
        return []

    def forget_once(self, session: Session, batch: ImportBatch) -> None:  # noqa: B027 (most kinds have none)
        """Wipe what was fetched."""

    def allowed(self) -> bool:
        """Return whether the acting person may import this kind."""
        return self.permission is None or may(current_actor(), self.permission)


def record_of(row: ImportRow) -> int:
    """Return the id of the record that a row made or changed, 0 for none."""
    return row.person_id or row.record_id or 0
