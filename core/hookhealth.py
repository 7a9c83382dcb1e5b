"""Facts that protect, of many persons at once: whom they may concern by keyed indexes alone, then few are opened.

For audiences and lists. Nothing is opened to find out whom a set of codes concerns: the index of a fact is a keyed
hash of what it says (core/care/models.py), so that it can be counted and excluded without being read.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import and_, func, or_, select

from core.care import codes, rules
from core.care.models import HealthFact, HealthRecord
from core.care.safety import SLICE, SafetyView, view_of
from core.kernel import audit, db, keys
from core.kernel.tenancy import current_actor
from core.people.models import Person

if TYPE_CHECKING:
    from datetime import date

    from sqlalchemy import ColumnElement, Select
    from sqlalchemy.orm import Session

LIVE = ("active", "stopped")
INDEX = "health_fact.code_blind"
STATES = {
    "pregnancy": ("pregnancy",), "lactation": ("lactation",), "renal_impairment": ("egfr",), "renal_severe": ("egfr",),
    "hepatic_impairment": ("hepatic",),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Concern:
    """What makes a person one to look at: allergies as (class or ingredient, code), codes of conditions, ingredients
    and item codes of medicines. `known_*` are all codes that the rules can tell apart: a fact beyond them (in words,
    say) makes its person one to look at too. `born_after`: so does a later birth.
    """

    allergies: frozenset[tuple[str, str]] = frozenset()
    conditions: frozenset[str] = frozenset()
    ingredients: frozenset[str] = frozenset()
    items: frozenset[str] = frozenset()
    known_allergies: frozenset[tuple[str, str]] = frozenset()
    known_ingredients: frozenset[str] = frozenset()
    known_items: frozenset[str] = frozenset()
    born_after: date | None = None


@dataclass(frozen=True, slots=True)
class Concerned:
    """The ids of active persons whom something may concern, by id, at most as many as were wanted; `beyond` are more
    of whom allergies were asked."""

    ids: tuple[int, ...]
    beyond: int = 0


def counts(session: Session) -> tuple[int, int]:
    """Return how many active persons there are, and how many of them nobody asked about allergies."""
    asked = select(func.count(Person.id)).join(HealthRecord, HealthRecord.person_id == Person.id)
    asked = asked.where(Person.active.is_(True), HealthRecord.allergy_status != rules.UNKNOWN)
    everybody = session.scalar(select(func.count(Person.id)).where(Person.active.is_(True))) or 0
    return everybody, everybody - (session.scalar(asked) or 0)


def concerned(session: Session, concern: Concern, limit: int) -> Concerned:
    """Return whom a concern may touch, in three statements; nothing is opened."""
    found: set[int] = set()
    queries = [_by_facts(concern), *([_by_birth(concern.born_after)] if concern.born_after else [])]
    for query in queries:
        found.update(session.scalars(query.order_by(Person.id).limit(limit + 1)))
    ids = tuple(sorted(found)[:limit])
    if len(found) <= limit:
        return Concerned(ids)
    asked = select(HealthRecord.person_id).where(
        HealthRecord.allergy_status != rules.UNKNOWN, HealthRecord.person_id > ids[-1]
    )
    more = [query.where(Person.id.in_(asked)).distinct() for query in queries]
    return Concerned(ids, sum(session.scalar(select(func.count()).select_from(one.subquery())) or 0 for one in more))


def concerned_after(session: Session, concern: Concern, after: int, limit: int) -> tuple[int, ...]:
    """Return the next persons, by id, whom a concern may touch, at most `limit`: a walk over any number of them in
    little memory. `after` is the last id of the slice before, 0 to begin with. Nothing is opened."""
    queries = [_by_facts(concern).where(HealthFact.person_id > after)]
    if concern.born_after:
        queries.append(_by_birth(concern.born_after))
    found: set[int] = set()
    for query in queries:
        found.update(session.scalars(query.where(Person.id > after).order_by(Person.id).limit(limit)))
    return tuple(sorted(found)[:limit])


def with_conditions(
    session: Session, conditions: Collection[str], icd10: Collection[str] = (), *, after: int = 0, limit: int
) -> tuple[int, ...]:  # fmt: skip
    """Return active persons, by id, of whom one of these conditions is noted and holds; nothing is opened.

    `conditions` are codes of the list (with those that imply them), `icd10` codes as they are written. Whether anybody
    may be selected by this is the caller's: a health fact selects only beside the person's consent.
    """
    told = {code for code in codes.CONDITIONS if {code, *codes.IMPLIED.get(code, ())} & set(conditions)}
    hits = [*((rules.CONDITION, "code", code) for code in told), *((rules.CONDITION, "icd10", one) for one in icd10)]
    query = (
        select(Person.id).distinct().join(HealthFact, HealthFact.person_id == Person.id)
        .where(
            Person.active.is_(True), HealthFact.status == rules.ACTIVE, HealthFact.code_blind.in_(_blinds(hits)),
            Person.id > after,
        )
    )  # fmt: skip
    return tuple(session.scalars(query.order_by(Person.id).limit(limit)))


def count_concerned(session: Session, concern: Concern) -> int:
    """Return how many persons a concern may touch, in one statement; nothing is opened."""
    touched = [Person.id.in_(_by_facts(concern))]
    if concern.born_after:
        touched.append(Person.id.in_(_by_birth(concern.born_after)))
    return session.scalar(select(func.count(Person.id)).where(Person.active.is_(True), or_(*touched))) or 0


def _by_facts(concern: Concern) -> Select[tuple[int]]:
    return (
        select(Person.id).distinct().join(HealthFact, HealthFact.person_id == Person.id)
        .where(Person.active.is_(True), HealthFact.status.in_(LIVE), or_(*_criteria(concern)))
    )  # fmt: skip


def _by_birth(born_after: date) -> Select[tuple[int]]:
    """Select the young who were asked: of the others nothing more than that is said."""
    return (
        select(Person.id).join(HealthRecord, HealthRecord.person_id == Person.id)
        .where(Person.active.is_(True), Person.birth_on > born_after, HealthRecord.allergy_status != rules.UNKNOWN)
    )  # fmt: skip


def _criteria(concern: Concern) -> Iterator[ColumnElement[bool]]:
    blind = HealthFact.code_blind
    conditions = {code for code in codes.CONDITIONS if {code, *codes.IMPLIED.get(code, ())} & concern.conditions}
    states = {state for code in concern.conditions for state in STATES.get(code, ())}
    hits = [
        *((rules.ALLERGY, *one) for one in concern.allergies),
        *((rules.CONDITION, "code", code) for code in conditions),
        *((rules.MEDICINE, codes.INGREDIENT, code) for code in concern.ingredients),
        *((rules.MEDICINE, "item", code) for code in concern.items),
    ]  # fmt: skip
    answers = [key for state in states for key in rules.state_keys(state)]
    known = [
        *((rules.ALLERGY, *one) for one in concern.known_allergies),
        *((rules.CONDITION, "code", code) for code in codes.CONDITIONS),
        *((rules.MEDICINE, codes.INGREDIENT, code) for code in concern.known_ingredients),
        *((rules.MEDICINE, "item", code) for code in concern.known_items),
    ]  # fmt: skip
    yield blind.in_(_blinds(hits, answers))
    told = (rules.ALLERGY, rules.CONDITION, rules.MEDICINE)
    yield and_(HealthFact.kind.in_(told), or_(blind.is_(None), blind.not_in(_blinds(known))))


def _blinds(facts: Iterable[tuple[str, str, str]], more: Iterable[str] = ()) -> list[bytes]:
    ring, franchise = keys.ring(), current_actor().franchise_id
    wanted = {rules.key(*fact) for fact in facts} | set(more)
    return [one for key in wanted for one in ring.blinds(key, INDEX, franchise)]


def safety_in_bulk(session: Session, ids: Collection[int], purpose: str) -> Iterator[SafetyView]:
    """Yield what protects each of these persons, 500 opened at a time, for a figure over many that names nobody.

    One audit entry says how many were read for `purpose`. Who shows one of them by name notes that read by itself
    (`note_health_read`), after `may_read` (core/care/need.py).
    """
    _note(session, len(ids), purpose)
    wanted = sorted(ids)
    for start in range(0, len(wanted), SLICE):
        yield from view_of(session, wanted[start : start + SLICE]).values()


def _note(session: Session, people: int, purpose: str) -> None:
    def write(unit: Session) -> None:
        audit.record(unit, "care.read", "health_audience", None, detail={"purpose": purpose, "people": people})

    if not people:
        return
    if db.is_read_only(session):
        db.afterwards(session, write)
    else:
        write(session)
