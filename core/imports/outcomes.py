"""What becomes of a cleaned row, against those who are known: one function for dry run and run. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from typing import Any

from core.imports.cleaning import Problem, Row
from core.people import rules as people
from core.people.rules import card_key

CREATED, UPDATED, UNCHANGED, DUPLICATE, FAILED = "created", "updated", "unchanged", "duplicate", "failed"
LATER = "later"
OUTCOMES = (CREATED, UPDATED, UNCHANGED, DUPLICATE, FAILED)
# A row that names a guardian or referrer who comes further down waits for the next pass.
PASSES = 4

PLAIN = ("gender", "birth_calendar", "occupation", "company")
SEALED = ("address", "email", "note")


@dataclass(frozen=True, slots=True)
class Existing:
    """What is known of a person that a row was found to mean."""

    name: str
    phone: str | None = None
    gender: str = "unknown"
    birth_on: date | None = None
    birth_calendar: str = "solar"
    occupation: str = ""
    company: str = ""
    address: str = ""
    email: str = ""
    note: str = ""
    contact_of: int | None = None
    referrer: int | None = None
    tags: frozenset[str] = frozenset()


@dataclass(slots=True)
class Known:
    """Everybody whom the rows at hand may mean, and the rows of this batch that are done.

    Persons are ids; in a dry run those still to be made are negative.
    """

    phones: dict[str, int] = field(default_factory=dict)
    cards: dict[str, int] = field(default_factory=dict)
    members: dict[str, int] = field(default_factory=dict)
    births: dict[tuple[str, date | None, int], int] = field(default_factory=dict)
    earlier: dict[int, int] = field(default_factory=dict)
    persons: dict[int, Existing] = field(default_factory=dict)
    rows: dict[int, int] = field(default_factory=dict)

    gone_phones: set[str] = field(default_factory=set)
    gone_births: set[tuple[str, date | None, int]] = field(default_factory=set)

    def take(self, person_id: int, row: Row, decision: Decision) -> None:
        """Take in what a row made or changed, so that the rows below find it as the database would."""
        self.rows[person_id] = row.number
        before = self.persons.get(person_id)
        if before is not None and "phone" in decision.changes and before.phone:
            self.gone_phones.add(before.phone)
            self.phones.pop(before.phone, None)
        if before is not None and decision.changes.keys() & {"name", "birth_on", "contact_of"}:
            old = (before.name, before.birth_on, before.contact_of or 0)
            self.gone_births.add(old)
            self.births.pop(old, None)
        if decision.phone:
            self.phones[decision.phone] = person_id
        if row.card:
            self.cards[card_key(row.card)] = person_id
        if row.birth_on or decision.guardian:
            self.births.setdefault((row.name, row.birth_on, decision.guardian or 0), person_id)


@dataclass(frozen=True, slots=True)
class Decision:
    """What a row does: its outcome, the record it is about (None: a new one), changes and problems."""

    outcome: str
    record: int | None = None
    phone: str | None = None
    guardian: int | None = None
    referrer: int | None = None
    changes: dict[str, Any] = field(default_factory=dict)
    problems: tuple[Problem, ...] = ()


def failed(*problems: Problem) -> Decision:
    """Return the decision that refuses a row."""
    return Decision(FAILED, problems=problems)


def decide(row: Row, known: Known, today: date, *, last: bool) -> Decision:
    """Return what becomes of `row`; LATER only while `last` is not set.

    Found by phone, else by the old card number, else by name, birth date and guardian; the same file
    again is also found by its row. A second row about one person is a duplicate of the first.
    """
    guardian = known.phones.get(row.guardian) if row.guardian else None
    if row.guardian and guardian is None:
        return failed(("guardian", "no_guardian", None)) if last else Decision(LATER)
    referrer = _referrer(row, known)
    if row.referrer and referrer is None:
        return failed(("referrer", "no_referrer", None)) if last else Decision(LATER)
    phone = None if guardian is not None and row.phone == row.guardian else row.phone
    person = _find(row, known, phone, guardian)
    if person is not None and person in known.rows:
        return Decision(DUPLICATE, person, problems=(("", "duplicate", known.rows[person]),))
    owner = known.cards.get(card_key(row.card)) if row.card else None
    if person is not None and owner not in {None, person}:
        return failed(("card", "card_of_other", None))
    if person is None:
        if guardian is None and people.is_child(row.birth_on, today):
            return failed(("guardian", "child_needs_guardian", None))
        return Decision(CREATED, None, phone, guardian, referrer)
    return _against(row, person, known, phone, guardian, referrer, owner)


def _referrer(row: Row, known: Known) -> int | None:
    if not row.referrer:
        return None
    for where in (known.phones, known.cards, known.members):
        if row.referrer in where:
            return where[row.referrer]
    return None


def _find(row: Row, known: Known, phone: str | None, guardian: int | None) -> int | None:
    if phone and phone in known.phones:
        return known.phones[phone]
    if row.card and card_key(row.card) in known.cards:
        return known.cards[card_key(row.card)]
    if not phone and not row.card and (row.birth_on or guardian):
        found = known.births.get((row.name, row.birth_on, guardian or 0))
        if found is not None:
            return found
    return known.earlier.get(row.number)


def _against(
    row: Row, person: int, known: Known, phone: str | None, guardian: int | None, referrer: int | None,
    owner: int | None,
) -> Decision:  # fmt: skip
    """Return how a row changes a person who is known: filled cells count, empty ones say nothing."""
    now = known.persons[person]
    same_birth = row.birth_on is not None and row.birth_on == now.birth_on
    if row.name != now.name and phone and phone == now.phone and not same_birth:
        return failed(("phone", "phone_of_other", None))
    changes: dict[str, Any] = {}
    if row.name != now.name:
        changes["name"] = row.name
    if phone and phone != now.phone:
        changes["phone"] = phone
    if row.birth_on and row.birth_on != now.birth_on:
        changes["birth_on"] = row.birth_on
    for key in (*PLAIN, *SEALED):
        value = getattr(row, key)
        if value and value != getattr(now, key):
            changes[key] = value
    if guardian and guardian != person and now.contact_of is None and not now.phone:
        changes["contact_of"] = guardian
    if referrer and referrer != person and now.referrer is None:
        changes["referrer"] = referrer
    if row.card and owner is None:
        changes["card"] = row.card
    added = [tag for tag in row.tags if tag not in now.tags]
    if added:
        changes["tags"] = added
    return Decision(UPDATED if changes else UNCHANGED, person, phone, guardian, referrer, changes)
