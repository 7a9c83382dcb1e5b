"""What balances and courses from another system share: finding the member, what was brought already, writing, undo.

A row gives value, so it is careful: what a member was given from another file counts as there, another amount for
the same lot is refused, the very same row twice in a file is a duplicate.
"""

from __future__ import annotations

import re
from abc import abstractmethod
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

from sqlalchemy import select

from core.imports.kinds import cells, messages
from core.imports.kinds.base import Kind, Line, Task, Unit, Writer
from core.imports.kinds.keyed import marks, portions
from core.imports.models import ImportRow
from core.imports.outcomes import CREATED, DUPLICATE, UNCHANGED, Decision, failed
from core.imports.permissions import VALUES
from core.kernel import audit, clock, keys
from core.kernel.errors import FieldError, Invalid
from core.kernel.i18n import _, _l
from core.kernel.ids import new_id
from core.kernel.money import show_yuan
from core.kernel.statements import Statements
from core.kernel.tenancy import current_actor
from core.kernel.web.formats import number as shown_number
from core.ledger import opening as ledger_opening
from core.ledger import services as ledger
from core.people import rules as people

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping, Sequence

    from sqlalchemy.orm import Session

    from core.imports.cleaning import Problem
    from core.imports.models import ImportBatch
    from core.imports.rules import ColumnMap

SOURCE = "opening"
MEMBER, CARD = "member", "card"
ROWS = Unit("rows", _l("行数"))
_MEMBER_NO = re.compile(r"\d{8}")
_plain_code = cells.code(re.compile(r".{1,40}"), "bad_member")


@dataclass(frozen=True, slots=True)
class Row:
    """A cleaned row: its number, who may be meant (by column, the surest first), and its values."""

    number: int
    who: dict[str, tuple[str, ...]]
    values: dict[str, Any]


@dataclass(slots=True)
class Known:
    """Who the rows mean, and what those members were given: by this batch (`rows`: record to row) and by others."""

    rows: dict[int, int]
    people: dict[str, tuple[int, str]] = field(default_factory=dict)
    given: dict[int, list[Any]] = field(default_factory=dict)
    more: dict[str, Any] = field(default_factory=dict)


def who(typed: str) -> tuple[str, ...]:
    """Return what a cell may mean: a member number, a phone, a card number; in this order."""
    code = _plain_code(typed)
    found = [f"m:{code}"] if _MEMBER_NO.fullmatch(code) else []
    with suppress(Invalid):
        found.append(f"p:{people.clean_phone(code)}")
    return (*found, f"c:{people.card_key(code)}")


def card(typed: str) -> tuple[str, ...]:
    """Return what a cell with a card number means."""
    return (f"c:{people.card_key(_plain_code(typed))}",)


def until(today: date) -> Callable[[str], date]:
    """Return a cleaner of a last usable day, which must not be over; the value is the day after it."""

    def clean(typed: str) -> date:
        found = cells.day(typed)
        if found < today:
            raise cells.Bad("already_over")
        return found + timedelta(days=1)

    return clean


@dataclass
class OpeningTask(Task):
    """What the rows of such a list are judged by."""

    places: dict[str, int]
    cleaners: Mapping[str, Callable[[str], Any]]
    labels: Mapping[str, str]

    def clean(self, number: int, cells_: Sequence[str]) -> tuple[Row | None, list[Problem]]:
        """Return the row's values and its problems."""
        problems: list[Problem] = []
        values: dict[str, Any] = {}
        for name, at in self.places.items():
            try:
                typed = cells.plain(cells_[at]) if at < len(cells_) else ""
                if typed:
                    values[name] = self.cleaners[name](typed)
            except cells.Bad as bad:
                problems.append((name, bad.code, bad.argument))
        meant = {name: values.pop(name) for name in (MEMBER, CARD) if name in values}
        if not meant and not problems:
            problems.append((MEMBER, "missing_member", None))
        if not problems:
            problems = self.amiss(values)
        return (None if problems else Row(number, meant, values)), problems

    @abstractmethod
    def amiss(self, values: dict[str, Any]) -> list[Problem]:
        """Return what is wrong with values that were understood one by one."""

    def draft(self, row: Row) -> Any:
        """Return nothing: there is no slow part."""
        return None

    def known(self, rows_done: dict[int, int]) -> Known:
        """Return an empty memory."""
        return Known(rows_done)

    def fill(self, session: Session, known: Known, rows: Sequence[Row]) -> None:
        """Find the members of a chunk and what they were given already."""
        st = Statements(session, current_actor().franchise_id)
        wanted = {one for row in rows for ways in row.who.values() for one in ways} - known.people.keys()
        _find(st, known, wanted)
        fresh = {known.people[one][0] for one in wanted if one in known.people} - known.given.keys()
        self.look_up(session, st, known, fresh)

    def lock(self, session: Session, known: Known, rows: Sequence[Row]) -> None:
        """Lock the members of a chunk, as a sale does, and look again at what they were given."""
        st = Statements(session, current_actor().franchise_id)
        if st.locks_rows:
            ids = {pid for row in rows for pid, _name in self._meant(row, known)}
            st.lock("person", ids)
            self.look_up(session, st, known, ids)

    @abstractmethod
    def look_up(self, session: Session, st: Statements, known: Known, person_ids: Collection[int]) -> None:
        """Set in `known.given` what these members were given by lists."""

    @staticmethod
    def _meant(row: Row, known: Known) -> list[tuple[int, str]]:
        """Return (person, name) that each column of a row means, where it was found."""
        found = []
        for ways in row.who.values():
            hit = next((known.people[one] for one in ways if one in known.people), None)
            if hit is not None:
                found.append(hit)
        return found

    def decide(self, row: Row, known: Known, *, last: bool) -> Decision:
        """Return what becomes of a row: given, there already, a repetition, or refused."""
        meant = self._meant(row, known)
        if not meant:
            return failed((next(iter(row.who)), "no_member", None))
        if len({pid for pid, _name in meant}) > 1:
            return failed((CARD, "card_of_other", None))
        person = meant[0][0]
        told = known.given.get(person, [])
        wanted = self.wanted(row, known)
        if isinstance(wanted, list):
            return failed(*wanted)
        for one in told:
            if one.id in known.rows and self.same(one, wanted):
                return Decision(DUPLICATE, one.id, problems=((MEMBER, "duplicate_opening", known.rows[one.id]),))
        left, problems = self.against([one for one in told if one.id not in known.rows], wanted, row)
        if problems:
            return failed(*problems)
        if left is None:
            return Decision(UNCHANGED)
        return Decision(CREATED, changes={"person": person, "name": meant[0][1], "give": left})

    @abstractmethod
    def wanted(self, row: Row, known: Known) -> Any:
        """Return what a row gives (an object with an `id`), or the list of its problems."""

    @abstractmethod
    def same(self, given: Any, wanted: Any) -> bool:
        """Return whether a member was given the very same already."""

    @abstractmethod
    def against(self, others: Sequence[Any], wanted: Any, row: Row) -> tuple[Any, list[Problem]]:
        """Return what is still to be given beside what other lists gave (None: nothing), and why it may not."""

    def take(self, known: Known, record_id: int, row: Row, decision: Decision) -> None:
        """Note what a row gave."""
        give = decision.changes.get("give")
        if record_id and give is not None:
            known.rows[record_id] = row.number
            known.given.setdefault(decision.changes["person"], []).append(give.at(record_id))

    def name(self, row: Row) -> str:
        """Return whom a row means, as it says it; phones are masked."""
        typed = next(iter(row.who.values()))[0]
        return people.mask_phone(typed[2:]) if typed[0] == "p" else typed[2:]

    def lines(self, known: Known, row: Row, decision: Decision) -> list[Line]:
        """Return the member's name and what a row gives, in words."""
        person = decision.changes.get("name")
        told: list[Line] = [(_("会员"), "", person)] if person else []
        return told + [
            (str(self.labels.get(name, name)), "", self.shown(name, value))
            for name, value in row.values.items() if value not in (None, "", 0)
        ]  # fmt: skip

    def shown(self, name: str, value: Any) -> str:
        """Return a value in words: days are the last usable ones, as the list has them."""
        if isinstance(value, date):
            return (value - timedelta(days=1)).isoformat()
        if name in self.money:
            return show_yuan(value)
        return shown_number(value) if isinstance(value, int) else str(value)

    money: frozenset[str] = frozenset()


def _find(st: Statements, known: Known, wanted: set[str]) -> None:
    """Find active members by number, own phone, old or new card number: a few statements a chunk."""
    by = {kind: sorted(one[2:] for one in wanted if one[0] == kind) for kind in "mpc"}
    active = "p.franchise_id = ? AND p.active = TRUE"
    for part in portions(by["m"]):
        sql = f"SELECT p.member_no, p.id, p.name FROM person p WHERE {active} AND p.member_no IN ({marks(part)})"  # noqa: S608
        known.people |= {f"m:{no}": (int(pid), name) for no, pid, name in st.all(sql, [st.franchise_id, *part])}
    ring = keys.ring()
    blinds = {blind: one for one in by["p"] for blind in ring.blinds(one, "person.phone_blind", st.franchise_id)}
    for part in portions(blinds):
        sql = f"SELECT p.phone_blind, p.id, p.name FROM person p WHERE {active} AND p.phone_blind IN ({marks(part)})"  # noqa: S608
        for blind, pid, name in st.all(sql, [st.franchise_id, *part]):
            known.people[f"p:{blinds[bytes(blind)]}"] = (int(pid), name)
    # A card's own number first: an old number is only a word that finds its member.
    spelt = {way: one for one in by["c"] for way in (one, one.upper())}
    for part in portions(spelt):
        sql = (
            "SELECT c.number, p.id, p.name FROM card c JOIN person p ON p.franchise_id = c.franchise_id"  # noqa: S608
            f" AND p.id = c.person_id WHERE {active} AND c.status <> 'revoked' AND c.number IN ({marks(part)})"
        )
        for no, pid, name in st.all(sql, [st.franchise_id, *part]):
            known.people[f"c:{people.card_key(no)}"] = (int(pid), name)
    several: dict[str, set[tuple[int, str]]] = {}
    # Shorter ones could be a piece of a name.
    for part in portions(one for one in by["c"] if len(one) > 4 and f"c:{one}" not in known.people):
        sql = (
            "SELECT t.token, p.id, p.name FROM search_token t JOIN person p ON p.franchise_id = t.franchise_id"  # noqa: S608
            f" AND p.id = t.person_id WHERE {active} AND p.member_no <> t.token AND t.token IN ({marks(part)})"
        )
        for token, pid, name in st.all(sql, [st.franchise_id, *part]):
            several.setdefault(token, set()).add((int(pid), name))
    # A number that finds two members finds none.
    known.people |= {f"c:{token}": next(iter(found)) for token, found in several.items() if len(found) == 1}


class OpeningWriter(Writer):
    """Collects what a chunk gives and writes it at once."""

    def __init__(self, session: Session, task: Any) -> None:
        self.session = session
        self.task = task
        self.before: dict[int, str] = {}
        self.made: list[tuple[int, int, Any]] = []

    def create(self, draft: Any, row: Row, decision: Decision) -> int:
        """Note what a member is given; return the record's id."""
        record_id = new_id()
        self.made.append((record_id, decision.changes["person"], decision.changes["give"]))
        return record_id

    def statements(self) -> Statements:
        """Return the statements of the acting franchise."""
        return Statements(self.session, current_actor().franchise_id)

    def change(self, row: Row, decision: Decision) -> None:
        """Nothing given is ever changed by a list."""
        raise AssertionError("openings are given once")


def posting(batch_id: int) -> ledger.Posting:
    """Return what the movements of a batch say of themselves."""
    actor = current_actor()
    return ledger.Posting(
        clock.today(actor.tz), clock.now_ms(), SOURCE, batch_id, actor.staff_id, actor.store_id, actor.door
    )


class OpeningKind(Kind):
    """A kind of list that gives value: each file once, with control totals, taken back where nothing was used."""

    permission = VALUES
    once_only = True
    column = "record_id"
    chunk = 500
    keys = (MEMBER, CARD)
    # The sources of the lots that a record of this kind opened.
    sources: tuple[str, ...] = ()
    # One of these columns at least must be there.
    gives: tuple[str, ...] = ()

    def told(self, problem: Problem) -> tuple[str, str]:
        """Return (what is wrong, what to do)."""
        return messages.reason_and_way(problem)

    def masked(self, field_: str) -> bool:
        """Return whether a field may hold phones."""
        return field_ == MEMBER

    def check_mapping(self, session: Session, mapping: ColumnMap, headings: Sequence[str]) -> None:
        """Raise Invalid naming every field at fault: nobody to give to, nothing to give."""
        super().check_mapping(session, mapping, headings)
        errors = []
        if not {MEMBER, CARD} & mapping.columns.keys():
            errors.append(FieldError(f"column.{MEMBER}", _("请指定哪一列是会员：会员号、手机或卡号，至少一列。")))
        if self.gives and not set(self.gives) & mapping.columns.keys():
            errors.append(FieldError(f"column.{self.gives[0]}", _("请至少指定一列数额，否则没有可以导入的内容。")))
        if errors:
            raise Invalid(_("列映射还有 %(n)d 处要改。", n=len(errors)), errors=errors)

    def lock(self, session: Session, batch: ImportBatch, record_ids: Sequence[int]) -> None:
        """Lock the members whose value goes back, so that nobody spends it meanwhile."""
        st = Statements(session, batch.franchise_id)
        if st.locks_rows:
            st.lock("person", ledger_opening.persons_of(st, self.sources, record_ids))

    def unmoved(self, session: Session, row: ImportRow) -> Any:
        """Return nothing: no row changes what is there."""
        return None

    def take_back(self, session: Session, row: ImportRow) -> bool:
        """Return False: no row changes what is there."""
        return False

    def booked(self, session: Session, batch: ImportBatch) -> dict[str, int]:
        """Return what a batch gave by unit of the ledger, less what was taken back."""
        st = Statements(session, batch.franchise_id)
        return ledger_opening.booked(st, self.sources, records_of(session, batch))

    def note_undone(self, st: Statements, batch: ImportBatch, record_ids: Sequence[int]) -> None:
        """Write into the trail whose opening was taken back."""
        for record_id in record_ids:
            audit.insert(st, "imports.opening.undone", "import_batch", batch.id, detail={"record": str(record_id)})


def records_of(session: Session, batch: ImportBatch) -> list[int]:
    """Return the records that the rows of a batch made, also those taken back."""
    found = select(ImportRow.record_id).where(
        ImportRow.import_batch_id == batch.id, ImportRow.record_id.is_not(None), ImportRow.outcome != DUPLICATE
    )
    return [int(one) for one in session.scalars(found) if one]


__all__ = ["CARD", "MEMBER", "ROWS", "Known", "OpeningKind", "OpeningTask", "OpeningWriter", "Row", "card", "posting"]
