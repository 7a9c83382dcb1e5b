"""What people offer to the house: who belongs to whose family, facts about who somebody is."""

from __future__ import annotations

from sqlalchemy import or_, select

from core.hookfacts import Fact
from core.hooktypes import HookContext
from core.kernel.plugins import hookimpl
from core.people import bulk_actions  # noqa: F401 (offers what can be done with many members)
from core.people.facts import FACTS
from core.people.models import Person, Relation


@hookimpl
def person_circle(ctx: HookContext, person_id: int) -> list[int]:
    """Return relatives on record, and those who share a phone with the person (a child's contact)."""
    session = ctx.session
    if session is None:
        return []
    related = session.execute(
        select(Relation.person_id, Relation.other_id).where(
            or_(Relation.person_id == person_id, Relation.other_id == person_id)
        )
    )
    found = {one for row in related for one in row}
    found |= set(session.scalars(select(Person.id).where(Person.contact_of_id == person_id)))
    contact = session.scalar(select(Person.contact_of_id).where(Person.id == person_id))
    if contact:
        found |= {contact, *session.scalars(select(Person.id).where(Person.contact_of_id == contact))}
    return sorted(found - {person_id})


@hookimpl
def register_facts() -> list[Fact]:
    """Return the facts about who somebody is."""
    return list(FACTS)
