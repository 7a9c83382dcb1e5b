"""Facts about a person: what rooms and plugins offer to the one condition language (architecture.md section 4).

A fact says what it is called, of which kind it is and where it comes from: the person's own row (`Of`,
`Ago`), an aggregate over rows of the person (`Total`) or the codes that such rows hold (`Rows`). How it is
compared is core's part (core/programme/facts.py): so every fact is total, its negation is the complement,
and all of them become one SELECT. Sources are written on mapped classes; a Table would escape the franchise.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from core.kernel import clock

if TYPE_CHECKING:
    from sqlalchemy import Select
    from sqlalchemy.orm import Session

FactKind = Literal["number", "money", "choice", "set", "flag", "text"]
KINDS = ("number", "money", "choice", "set", "flag", "text")
MAX_NUMBER = 10**12
Choices = Iterable[tuple[str, Any]]


@dataclass(frozen=True, slots=True)
class FactScope:
    """For when and whom facts are asked: the business date, the zone, one person or (None) all.

    `session` is the unit's session where a fact looks something up before it is compiled.
    """

    today: dt.date
    tz: str
    session: Session | None = None
    person_id: int | None = None

    def day(self, days: int) -> dt.date:
        """Return the business date so many days ago."""
        return self.today - dt.timedelta(days=days)

    def instant(self, days: int) -> int:
        """Return the instant (milliseconds) at which the day so many days ago began."""
        return clock.to_ms(dt.datetime.combine(self.day(days), dt.time.min, clock.zone(self.tz)))


@dataclass(frozen=True, slots=True)
class Of:
    """A value of the person's own row: an expression over the mapped class of persons, NULL for no data."""

    value: Any


@dataclass(frozen=True, slots=True)
class Ago:
    """How long ago a day (or, with `instant`, an instant in ms) of the person's row is, in days or whole years.

    `never` is the value that stands for no data besides NULL (a `last_visit_at` of 0).
    """

    column: Any
    unit: Literal["days", "years"] = "days"
    instant: bool = False
    never: int | None = None


@dataclass(frozen=True, slots=True)
class Total:
    """A figure over a person's rows: `rows` selects the person's id (never NULL), `value` is the aggregate.

    A person without rows has the fact's `missing`, which must be a number.
    """

    rows: Select[Any]
    value: Any


@dataclass(frozen=True, slots=True)
class Rows:
    """Codes that a person's rows hold: `rows` selects what `anchor` is compared with, `code` is the column.

    `anchor` (default: the person's id) is a column of the person's row. Without `code`: is there a row?
    """

    rows: Select[Any]
    code: Any = None
    anchor: Any = None


@dataclass(frozen=True, slots=True)
class Days:
    """The person's next anniversary of a date, in days from today: `find(scope, low, high)` is the criterion
    for one within these bounds, both inclusive; `known` says whether there is a date at all."""

    find: Callable[[FactScope, int, int], Any]
    known: Any


@dataclass(frozen=True, slots=True)
class Named:
    """Conditions kept elsewhere under a code (segments): `trees(session, codes)` returns them as plain data."""

    trees: Callable[[Any, tuple[str, ...]], Mapping[str, Any]]


Source = Of | Ago | Total | Rows | Days | Named


@dataclass(frozen=True, slots=True)
class FactParam:
    """A whole number that narrows a fact, such as the window in days; `before` and `label` stand around it."""

    name: str
    label: Any
    default: int
    low: int = 1
    high: int = 3660
    before: Any = ""


WINDOW = "days"


@dataclass(frozen=True, slots=True)
class Fact:
    """Something that conditions may ask about a person.

    `key` is `age`, a plugin's carries its prefix. Kinds: number, money (fen), choice (one code), set (any
    number of codes), flag, text. `source(scope, params)` returns where the value lies: at most two indexed
    look-ups. `missing` is the value of a person without data; None: no comparison holds for them.
    `choices(session)` are the (code, label) pairs to choose from; `sentence` words the fact with its
    parameters, such as `近 %(days)d 天消费`. A `health` fact may exclude from marketing, selects only together
    with the person's consent and never enters a price; `prices` False keeps any other out of prices too.
    `permission` is what somebody must hold to use the fact.
    """

    key: str
    label: Any
    kind: FactKind
    source: Callable[[FactScope, Mapping[str, int]], Source]
    group: Any = ""
    unit: Any = ""
    missing: int | str | bool | None = None
    params: tuple[FactParam, ...] = ()
    choices: Callable[[Any], Choices] | None = None
    low: int = 0
    high: int = MAX_NUMBER
    sentence: Any = ""
    help: Any = ""
    health: bool = False
    prices: bool = True
    permission: str = ""
    order: int = 100
    extra: Mapping[str, Any] = field(default_factory=dict)
