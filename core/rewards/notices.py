"""Members are told one month before points run out (S2-12, B19): chosen set-based, once a lot, through the outbox.

Every lot that comes within the programme's time of notice gets its row, also where nobody can be told: the row says
why, and the member page shows the day in any case. Lots of one member that end on one day share a message.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import select

from core.contact import rules as texts
from core.contact.models import MessageTemplate
from core.kernel import clock, outbox, settings
from core.kernel.ids import new_id
from core.kernel.runtime import runtime
from core.kernel.statements import Statements, as_date
from core.kernel.tenancy import current_actor
from core.ledger import services as ledger
from core.org import franchises
from core.org.models import Store
from core.people import consents
from core.people.models import Person
from core.programme import services as programmes
from core.rewards import rules
from core.rewards.settings import NOTICE_TEMPLATE

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import date

    from sqlalchemy.orm import Session

    from core.programme.document import Programme

BLOCK = 400
TOPIC = "message"
QUEUED, NO_CONSENT, NO_CONTACT, NO_TEMPLATE = "queued", "no_consent", "no_contact", "no_template"

_POINTS = "a.owner_kind = 'person' AND a.unit = 'points' AND a.bucket = 'available'"
_DUE = (
    "SELECT l.id, l.person_id, l.expires_on, l.remaining FROM lot l JOIN account a"  # noqa: S608 (our own words)
    f" ON a.franchise_id = l.franchise_id AND a.id = l.account_id AND {_POINTS}"
    " WHERE l.franchise_id = ? AND l.remaining > 0 AND l.expires_on > ? AND l.expires_on <= ?"
    " AND (l.expires_on > ? OR (l.expires_on = ? AND l.id > ?))"
    " AND NOT EXISTS (SELECT 1 FROM expiry_notice n WHERE n.franchise_id = l.franchise_id AND n.lot_id = l.id)"
    " ORDER BY l.expires_on, l.id LIMIT ?"
)


@dataclass(frozen=True, slots=True)
class Due:
    """A lot to tell of: whose, when it ends, how many points are left in it."""

    lot_id: int
    person_id: int
    expires_on: date
    points: int


@dataclass(frozen=True, slots=True)
class Told:
    """What a block came to: lots told of, lots nobody could be told of, and where to go on (None: at the end)."""

    queued: int
    skipped: int
    after: tuple[date, int] | None


def template_of(session: Session) -> MessageTemplate | None:
    """Return the template that notices are written with, or None where there is none in use."""
    code = str(settings.value(session, NOTICE_TEMPLATE)).strip()
    return session.scalar(
        select(MessageTemplate).where(MessageTemplate.code == code, MessageTemplate.active.is_(True))
    )  # fmt: skip


def can_send(channel: str) -> bool:
    """Return whether messages of a channel leave the house: something delivers them, and an address is configured."""
    where = runtime().environment
    return outbox.delivers(TOPIC) and bool(where.sms_url if channel == texts.SMS else where.smtp_url)


def tell_block(session: Session, after: tuple[date, int]) -> Told:
    """Write the notices of the next block of lots after (day, lot id), and the messages with them."""
    actor = current_actor()
    st, today = Statements(session, actor.franchise_id), clock.today(actor.tz)
    programme = programmes.in_force(session)
    until = rules.last_to_notice(today, programme.points.notice_months)
    rows = st.all(_DUE, [st.franchise_id, today, until, after[0], after[0], after[1], BLOCK])
    due = [Due(int(row[0]), int(row[1]), as_date(row[2]) or today, int(row[3])) for row in rows]
    if not due:
        return Told(0, 0, None)
    template = template_of(session)
    states = _states(session, st, template, {one.person_id for one in due})
    _write(st, due, states, template.channel if template else "", today)
    told = [one for one in due if states[one.person_id] == QUEUED]
    if template is not None and told:
        _queue(session, st, template, programme, told, today)
    end = (due[-1].expires_on, due[-1].lot_id) if len(due) == BLOCK else None
    return Told(len(told), len(due) - len(told), end)


def _states(session: Session, st: Statements, template: MessageTemplate | None, ids: set[int]) -> dict[int, str]:
    """Return for each person whether they can be told, or why not."""
    if template is None:
        return dict.fromkeys(ids, NO_TEMPLATE)
    purpose = f"marketing_{template.channel}" if template.purpose == texts.MARKETING else "membership"
    granted = consents.answers(session, ids, purpose)
    place = "phone_sealed" if template.channel == texts.SMS else "email_sealed"
    marks = ", ".join("?" * len(ids))
    # A child's messages go to whose phone it uses.
    rows = st.all(
        f"SELECT p.id, p.active, p.{place} IS NOT NULL OR EXISTS (SELECT 1 FROM person c"  # noqa: S608
        f" WHERE c.franchise_id = p.franchise_id AND c.id = p.contact_of_id AND c.{place} IS NOT NULL)"
        f" FROM person p WHERE p.franchise_id = ? AND p.id IN ({marks})",
        [st.franchise_id, *ids],
    )
    found = {}
    for person_id, active, reachable in rows:
        agreed = granted.get(int(person_id), purpose == "membership")
        state = QUEUED if active and agreed else NO_CONSENT
        found[int(person_id)] = state if reachable or state != QUEUED else NO_CONTACT
    return found


def _write(st: Statements, due: Sequence[Due], states: Mapping[int, str], channel: str, today: date) -> None:
    now = clock.now_ms()
    st.insert_many(
        "expiry_notice",
        [
            {
                "id": new_id(), "franchise_id": st.franchise_id, "lot_id": one.lot_id, "person_id": one.person_id,
                "points": one.points, "expires_on": one.expires_on, "state": states[one.person_id],
                "channel": channel, "business_on": today, "made_at": now,
            }
            for one in due
        ],
    )  # fmt: skip


def _queue(
    session: Session, st: Statements, template: MessageTemplate, programme: Programme, told: Sequence[Due], today: date
) -> None:
    """Put a message for each member and day of end into the outbox, with all that ends on that day."""
    ids = sorted({one.person_id for one in told})
    persons = {row.id: row for row in session.scalars(select(Person).where(Person.id.in_(ids)))}
    usable = ledger.available_of(st, ids, ledger.POINTS, today)
    franchise = franchises.get(session, st.franchise_id).name
    stores = {row.id: row.name for row in session.scalars(select(Store))}
    for person_id, ends in sorted({(one.person_id, one.expires_on) for one in told}):
        person = persons[person_id]
        points = next(n for day, n in ledger.expiring(st, person_id, ledger.POINTS, today) if day == ends)
        tier = programme.tier(person.tier_code) or programme.base_tier()
        values = {
            "name": person.name, "tier": tier.name, "points": f"{usable[person_id][0]:,}",
            "expiring": f"{points:,}", "expires_on": ends.isoformat(), "franchise": franchise,
            "birthday": f"{person.birth_on:%m-%d}" if person.birth_on else "",
            "store": stores.get(person.store_id or 0, franchise),
        }  # fmt: skip
        _put(st, template, person_id, ends, values)


def _put(st: Statements, template: MessageTemplate, person_id: int, ends: date, values: dict[str, str]) -> None:
    payload: dict[str, Any] = {
        "kind": template.purpose, "channel": template.channel, "topic": "points_expiry", "template": template.code,
        "person_id": str(person_id), "subject": texts.filled(template.subject, values),
        "text": texts.filled(template.body, values),
    }  # fmt: skip
    key = f"points_expiry:{person_id}:{ends.isoformat()}"
    outbox.put(st, f"{TOPIC}:{template.channel}", key, payload, person_id=person_id)
