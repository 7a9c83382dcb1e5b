"""Messages that a plugin lets core send to members: written from a template of the franchise, through the outbox.

The template's text is all that is said; a plugin hands over no words of its own, so that nothing of what it knows
about a member leaves with a message.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import select

from core.contact import rules as texts
from core.contact.models import MessageTemplate
from core.kernel import outbox
from core.kernel.statements import Statements
from core.kernel.tenancy import current_actor
from core.org import franchises
from core.org.models import Store
from core.people import consents
from core.people.models import Person

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from sqlalchemy.orm import Session

TOPIC = "message"
QUEUED, NO_CONSENT, NO_CONTACT = "queued", "no_consent", "no_contact"
SLICE = 500
MARKETING = "marketing_"


def message_ready(session: Session, template: str) -> bool:
    """Return whether a message template with this code is in use."""
    return _template(session, template) is not None


def _template(session: Session, code: str) -> MessageTemplate | None:
    return session.scalar(
        select(MessageTemplate).where(MessageTemplate.code == code.strip(), MessageTemplate.active.is_(True))
    )


def queue_messages(
    session: Session, wanted: Mapping[int, str], template: str, topic: str, *, consent: str
) -> dict[int, str]:
    """Put a message to each person into the outbox; return by id queued, or why not: no_consent, no_contact.

    `wanted` is {person id: key}: the same `topic` and key is sent once, ever. `consent` is the purpose that each must
    have agreed to last, besides the marketing consent where the template is for marketing. Nothing without a template.
    """
    chosen = _template(session, template)
    if chosen is None:
        return {}
    found: dict[int, str] = {}
    ids = sorted(wanted)
    for start in range(0, len(ids), SLICE):
        found |= _block(session, ids[start : start + SLICE], wanted, chosen, topic, consent)
    return found


def _block(
    session: Session, ids: Collection[int], wanted: Mapping[int, str], template: MessageTemplate, topic: str,
    consent: str,
) -> dict[int, str]:  # fmt: skip
    st = Statements(session, current_actor().franchise_id)
    persons = {row.id: row for row in session.scalars(select(Person).where(Person.id.in_(ids)))}
    contacts = {row.contact_of_id for row in persons.values() if row.contact_of_id}
    others = {row.id: row for row in session.scalars(select(Person).where(Person.id.in_(contacts)))}
    purposes = {consent} | ({f"{MARKETING}{template.channel}"} if template.purpose == texts.MARKETING else set())
    agreed = set(ids).intersection(*(consents.agreed(session, ids, purpose) for purpose in purposes))
    franchise = franchises.get(session, st.franchise_id).name
    stores = {row[0]: row[1] for row in session.execute(select(Store.id, Store.name))}
    found = {}
    for person_id, person in persons.items():
        # A child's messages go to whose phone it uses.
        reached = [person, *([others[person.contact_of_id]] if person.contact_of_id in others else [])]
        if not person.active or person_id not in agreed:
            found[person_id] = NO_CONSENT
        elif not any(_reachable(one, template.channel) for one in reached):
            found[person_id] = NO_CONTACT
        else:
            found[person_id] = QUEUED
            values = {"name": person.name, "franchise": franchise, "store": stores.get(person.store_id or 0, franchise)}
            _put(st, template, person_id, topic, wanted[person_id], values)
    return found


def _reachable(person: Person, channel: str) -> bool:
    return bool(person.phone_sealed if channel == texts.SMS else person.email_sealed)


def _put(
    st: Statements, template: MessageTemplate, person_id: int, topic: str, key: str, values: Mapping[str, str]
) -> None:  # fmt: skip
    payload: dict[str, Any] = {
        "kind": template.purpose, "channel": template.channel, "topic": topic, "template": template.code,
        "person_id": str(person_id), "subject": texts.filled(template.subject, values),
        "text": texts.filled(template.body, values),
    }  # fmt: skip
    outbox.put(st, f"{TOPIC}:{template.channel}", f"{topic}:{person_id}:{key}", payload, person_id=person_id)
