"""The strip at the head of the member page and of the till: allergies always in sight, no diagnosis (S4-10, S4-38).

What was written in free words stays inside: it may hold a diagnosis. Who sees the strip sees classes and ingredients
by name and that there is more.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from core.care import audits, codes, rules, safety, services
from core.care.permissions import ALERT
from core.kernel.permissions import may
from core.kernel.tenancy import current_actor

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

SEEN_BY = "strip"


@dataclass(frozen=True, slots=True)
class Strip:
    """What everybody who serves may know: status, names of coded allergies, how many more, whether there are alerts.

    `pending`: something was noted without consent, which is still missing.
    """

    person_id: int
    status: str = rules.UNKNOWN
    names: tuple[str, ...] = ()
    more: int = 0
    alerts: bool = False
    pending: bool = False
    version: int = 0

    @property
    def unknown(self) -> bool:
        """Return whether nobody asked yet."""
        return self.status == rules.UNKNOWN


def of(session: Session, person_id: int) -> Strip | None:
    """Return the strip of a person, or None where the acting staff member may not see it. The read is audited."""
    if not may(current_actor(), ALERT):
        return None
    found = safety.view_of(session, [person_id]).get(person_id)
    if found is None:
        return None
    audits.note_reads(session, [person_id], SEEN_BY)
    return make(session, found)


def make(session: Session, found: safety.SafetyView) -> Strip:
    """Return the strip of a view that was read."""
    named = tuple(dict.fromkeys(one.name for one in found.allergies if one.code_kind != codes.TEXT))
    pending = found.emergency and found.person_id not in services.consented(session, [found.person_id])
    return Strip(
        found.person_id, found.allergy_status, named,
        sum(one.code_kind == codes.TEXT for one in found.allergies),
        bool(found.conditions or found.medicines or found.pregnancy == "yes" or found.lactation == "yes"
             or found.condition_codes & {"renal_impairment", "hepatic_impairment"}),
        pending, found.version,
    )  # fmt: skip
