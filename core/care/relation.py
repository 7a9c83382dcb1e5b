"""Who has a care relation to a person, and whether somebody else stands for it (security C16).

Given: another colleague, the till or the member's own money brought the two together. A visit opened or a fact noted by
the reader alone, or an order of theirs without money, would be a way around the glass: it is self-made. It reads, for
nobody is to search for a form in an emergency, but it is told, shown and reviewed like a look behind the glass. What a
review found right is given from then on; what it found wrong counts no more.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from typing import TYPE_CHECKING

from sqlalchemy import func, or_, select

from core.care import visit_rules
from core.care.models import HealthFact, HealthGlass
from core.care.settings import RELATION_DAYS
from core.care.visit_models import Visit
from core.kernel import clock, settings
from core.kernel.tenancy import current_actor
from core.people.models import Person

if TYPE_CHECKING:
    from sqlalchemy import Select
    from sqlalchemy.orm import Session

GIVEN, SELF_MADE = "relation", "self_made"

# Rooms on higher floors say how a person was served at a store, or by somebody, since a day: given, self-made or "".
Served = Callable[["Session", int, int | None, int | None, date], str]
_served: list[Served] = []


def offer(served: Served) -> None:
    """Offer a care relation: `served(session, person_id, store_id, staff_id, since)` says which one there is."""
    if served not in _served:
        _served.append(served)


def of(session: Session, person_id: int) -> str:
    """Return the acting staff member's relation to a person: given, self-made, or "" for none."""
    actor = current_actor()
    if actor.staff_id is None:
        return GIVEN if actor.door == "system" else ""
    days = int(settings.value(session, RELATION_DAYS))
    since = clock.today(actor.tz) - timedelta(days=days)
    instant = clock.now_ms() - days * 86_400_000
    served = [one(session, person_id, actor.store_id, actor.staff_id, since) for one in _served]
    if GIVEN in served or _given(session, person_id, since, instant):
        return GIVEN
    found = SELF_MADE in served or _made_alone(session, person_id, since, instant)
    return SELF_MADE if found else ""


def _given(session: Session, person_id: int, since: date, instant: int) -> bool:
    actor = current_actor()
    enrolled = select(Person.id).where(
        Person.id == person_id, Person.store_id == actor.store_id, Person.joined_at >= instant
    )
    if actor.store_id and session.scalar(enrolled) is not None:
        return True
    visited = _visits(person_id, since).where(Visit.made_by.is_distinct_from(actor.staff_id))
    vouched = select(HealthGlass.id).where(
        HealthGlass.person_id == person_id, HealthGlass.staff_id == actor.staff_id,
        HealthGlass.reason_code == SELF_MADE, HealthGlass.ruling == "justified", HealthGlass.opened_at >= instant,
    )  # fmt: skip
    return any(session.scalar(query.limit(1)) is not None for query in (visited, vouched))


def _visits(person_id: int, since: date) -> Select[tuple[int]]:
    """A visit that was thrown away was none."""
    actor = current_actor()
    return select(Visit.id).where(
        Visit.person_id == person_id, Visit.visited_on >= since, Visit.state != visit_rules.DROPPED,
        or_(Visit.store_id == actor.store_id, Visit.practitioner_id == actor.staff_id),
    )  # fmt: skip


def _made_alone(session: Session, person_id: int, since: date, instant: int) -> bool:
    """Return whether the reader opened a visit or noted a fact since the last review that found it wrong."""
    actor = current_actor()
    wrong = session.scalar(
        select(func.max(HealthGlass.reviewed_at)).where(
            HealthGlass.person_id == person_id, HealthGlass.staff_id == actor.staff_id,
            HealthGlass.reason_code == SELF_MADE, HealthGlass.ruling == "not_justified",
        )
    )  # fmt: skip
    after = max(wrong or 0, instant)
    visited = _visits(person_id, since).where(Visit.made_by == actor.staff_id, Visit.made_at > (wrong or 0))
    noted = select(HealthFact.id).where(
        HealthFact.person_id == person_id, HealthFact.noted_by == actor.staff_id, HealthFact.noted_at > after
    )
    return any(session.scalar(query.limit(1)) is not None for query in (visited, noted))
