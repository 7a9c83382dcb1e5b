"""A person's facts as matching rules read them: frozen plain data, read in bulk, every read audited (principle 9).

Only what counts is here: a refuted or resolved allergy never matches. The history stands in reads.py.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING, Any

from sqlalchemy import bindparam, select

from core.care import audits, codes, rules
from core.care.models import HealthFact, HealthRecord
from core.kernel import clock
from core.kernel.sealed import open_text
from core.kernel.tenancy import current_actor
from core.people.models import Person
from core.people.rules import age_on

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

SLICE = 500
# Made once: they are asked with every check, and building a statement costs as much as running it.
_WANTED = bindparam("ids", expanding=True)
_BIRTHS = select(Person.id, Person.birth_on).where(Person.id.in_(_WANTED))
_RECORDS = select(HealthRecord).where(HealthRecord.person_id.in_(_WANTED))
_LIVE = (  # columns, not objects: nothing here is changed
    select(
        HealthFact.id, HealthFact.person_id, HealthFact.franchise_id, HealthFact.kind, HealthFact.status,
        HealthFact.emergency, HealthFact.body_sealed,
    )
    .where(HealthFact.person_id.in_(_WANTED), HealthFact.status.in_((rules.ACTIVE, rules.STOPPED)))
    .order_by(HealthFact.id)
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class AllergyView:
    """An allergy that counts: `code_kind` class, ingredient or text; `code` is empty for text.

    `status` is active; `verification` unconfirmed or confirmed; `criticality` low, high or unable_to_assess.
    """

    code_kind: str
    code: str
    text: str
    status: str = "active"
    verification: str = "unconfirmed"
    type: str = "allergy"
    category: str = ""
    criticality: str = "unable_to_assess"
    reaction: str = ""
    severity: str = ""
    fact_id: int = 0

    @property
    def name(self) -> str:
        """Return what it is called: the name of the class or ingredient, else the words."""
        known = codes.substance(self.code_kind, self.code) if self.code else None
        return known.name if known else self.text or self.code


@dataclass(frozen=True, slots=True)
class ConditionView:
    """A condition that holds: a code of the list, an ICD-10 code or words (whichever were given), since when."""

    code: str
    icd10: str = ""
    text: str = ""
    since: date | None = None
    fact_id: int = 0


@dataclass(frozen=True, slots=True)
class MedicineView:
    """A medicine: single ingredients, the product's item code, words. `active`: being taken today.

    `still_supplied_until` is the last day for which what was bought lasts; one that ended within 400 days is
    listed as not active, because some rules look back.
    """

    ingredients: tuple[str, ...]
    item: str = ""
    text: str = ""
    dose: str = ""
    active: bool = True
    started: date | None = None
    stopped: date | None = None
    still_supplied_until: date | None = None
    source: str = "told"
    fact_id: int = 0


@dataclass(frozen=True, slots=True)
class SafetyView:
    """What protects a person, as of today. A person nobody noted anything about has status `unknown`, all empty.

    `condition_codes` are all codes that hold, those computed too (age_lt_N, pregnancy, lactation, renal_impairment).
    `pregnancy`, `lactation`: yes, no or unknown. `egfr` mL/min/1.73 m², `weight_kg` kilograms, `hepatic` normal, mild
    or severe (empty: not known). `emergency`: something of it was noted without the person's consent.
    """

    person_id: int
    allergy_status: str = "unknown"
    asked_on: date | None = None
    allergies: tuple[AllergyView, ...] = ()
    conditions: tuple[ConditionView, ...] = ()
    condition_codes: frozenset[str] = frozenset()
    medicines: tuple[MedicineView, ...] = ()
    pregnancy: str = "unknown"
    pregnancy_until: date | None = None
    lactation: str = "unknown"
    egfr: int | None = None
    hepatic: str = ""
    weight_kg: int | None = None
    age: int | None = None
    emergency: bool = False
    version: int = 0

    @property
    def asked(self) -> bool:
        """Return whether somebody asked about allergies: not asked is never "none"."""
        return self.allergy_status != rules.UNKNOWN

    @property
    def classes(self) -> frozenset[str]:
        """Return the classes that the person is allergic to."""
        return frozenset(one.code for one in self.allergies if one.code_kind == codes.CLASS)

    @property
    def allergens(self) -> frozenset[str]:
        """Return the ingredients that the person is allergic to."""
        return frozenset(one.code for one in self.allergies if one.code_kind == codes.INGREDIENT)

    @property
    def taken(self) -> frozenset[str]:
        """Return the ingredients of the medicines being taken today."""
        return frozenset(code for one in self.medicines if one.active for code in one.ingredients)


REMEMBERED = "care.safety"  # where a unit of work (session.info) keeps the facts while checks run


@dataclass(slots=True)
class _Rows:
    record: HealthRecord | None = None
    facts: list[Any] = field(default_factory=list)


def safety_of(session: Session, person_ids: Iterable[int], purpose: str) -> dict[int, SafetyView]:
    """Return what protects each of these persons, by id; foreign and absent ids are left out.

    `purpose` says what for, in a code of at most 40 characters (`pharmacy.check`): it stands in the audit trail. The
    audit entry is written in the same transaction (in a read-only one: right after it, before the answer leaves, or
    there is no answer). One entry a person, staff member, purpose and 30 minutes: the life of a quote. Four statements
    for any number of persons up to 500 at a time.
    """
    ids = sorted({one for one in person_ids if one})
    views: dict[int, SafetyView] = {}
    for start in range(0, len(ids), SLICE):
        views.update(view_of(session, ids[start : start + SLICE]))
    audits.note_reads(session, list(views), purpose)
    return views


@contextmanager
def remembered(session: Session) -> Iterator[None]:
    """Read each person's facts once while the checks of all plugins look at a basket: nobody writes them meanwhile."""
    session.info[REMEMBERED] = {}
    try:
        yield
    finally:
        del session.info[REMEMBERED]


def view_of(session: Session, ids: list[int]) -> dict[int, SafetyView]:
    """Return the views of at most 500 persons without noting the read: callers note it themselves."""
    known: dict[int, SafetyView | None] | None = session.info.get(REMEMBERED)
    if known is None:
        return _read(session, ids)
    missing = [one for one in ids if one not in known]
    if missing:
        known.update(dict.fromkeys(missing))  # absent and foreign ones stay so
        known.update(_read(session, missing))
    return {one: view for one in ids if (view := known[one]) is not None}


def _read(session: Session, ids: list[int]) -> dict[int, SafetyView]:
    today = clock.today(current_actor().tz)
    births = session.execute(_BIRTHS, {"ids": ids})
    ages = {row[0]: age_on(row[1], today) if row[1] else None for row in births}
    rows: dict[int, _Rows] = defaultdict(_Rows)
    known = {"ids": list(ages)}
    for record in session.scalars(_RECORDS, known):
        rows[record.person_id].record = record
    for fact in session.execute(_LIVE, known):
        rows[fact.person_id].facts.append(fact)
    return {person_id: _view(person_id, rows[person_id], age, today) for person_id, age in ages.items()}


def _opened(fact: Any) -> str | None:
    return open_text(HealthFact.__tablename__, "body_sealed", fact.id, fact.franchise_id, fact.body_sealed)


def _view(person_id: int, rows: _Rows, age: int | None, today: date) -> SafetyView:
    bodies = [(fact, json.loads(_opened(fact) or "{}")) for fact in rows.facts]
    active = [(fact, body) for fact, body in bodies if fact.status == rules.ACTIVE]
    dated = sorted((body for fact, body in active if fact.kind == rules.PHYSIOLOGY), key=lambda body: str(body["on"]))
    states = {body["state"]: body for body in dated}
    conditions = tuple(condition_view(fact, body) for fact, body in active if fact.kind == rules.CONDITION)
    codes_ = rules.conditions_of((one.code for one in conditions if one.code), age, states, today)
    record = rows.record
    return SafetyView(
        person_id=person_id,
        allergy_status=record.allergy_status if record else rules.UNKNOWN,
        asked_on=record.asked_on if record else None,
        allergies=tuple(allergy_view(fact, body) for fact, body in active if fact.kind == rules.ALLERGY),
        conditions=conditions, condition_codes=codes_,
        medicines=tuple(
            medicine_view(fact, body, today) for fact, body in bodies
            if fact.kind == rules.MEDICINE and rules.supplied(body, fact.status, today)[1]
        ),
        pregnancy=rules.yes(states.get(rules.PREGNANCY), rules.PREGNANCY, today),
        pregnancy_until=rules.day_of((states.get(rules.PREGNANCY) or {}).get("until")),
        lactation=rules.yes(states.get(rules.LACTATION), rules.LACTATION, today),
        egfr=rules.number(states.get(rules.EGFR)), weight_kg=rules.number(states.get(rules.WEIGHT)),
        hepatic=str((states.get(rules.HEPATIC) or {}).get("value", "")), age=age,
        emergency=any(fact.emergency for fact, _body in active), version=record.version if record else 0,
    )  # fmt: skip


def allergy_view(fact: Any, body: Mapping[str, Any]) -> AllergyView:
    """Return an allergy's row opened."""
    return AllergyView(
        body["code_kind"], body["code"], body["text"], fact.status, body["verification"], body["type"],
        body["category"], body["criticality"], body["reaction"], body["severity"], fact.id,
    )  # fmt: skip


def condition_view(fact: Any, body: Mapping[str, Any]) -> ConditionView:
    """Return a condition's row opened."""
    return ConditionView(body["code"], body["icd10"], body["text"], rules.day_of(body["since"]), fact.id)


def medicine_view(fact: Any, body: Mapping[str, Any], today: date) -> MedicineView:
    """Return a medicine's row opened, as of a day."""
    return MedicineView(
        tuple(body["ingredients"]), body["item"], body["text"], body["dose"],
        rules.supplied(body, fact.status, today)[0], rules.day_of(body["started"]), rules.day_of(body["stopped"]),
        rules.day_of(body["until"]), body["source"], fact.id,
    )  # fmt: skip
