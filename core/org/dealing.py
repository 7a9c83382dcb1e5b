"""Staff may not serve their own card, nor their household's (security C17: self-dealing).

A staff member is linked to a person (`staff.person_id`). Whom that person belongs together with is asked
upwards, of the rooms that know families and shared cards. Another person's PIN, given for exactly this
act, lets it pass and is kept in the trail.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import select

from core.hooktypes import hook_context
from core.kernel import audit
from core.kernel.errors import FieldError, Forbidden
from core.kernel.i18n import _
from core.kernel.runtime import runtime
from core.kernel.tenancy import current_actor
from core.org.models import Staff
from core.org.proofs import consume_proof

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sqlalchemy.orm import Session

PURPOSE = "approve"


def circle(session: Session, person_id: int) -> set[int]:
    """Return the person and everybody of the same family or household."""
    host = runtime().host
    answers = host.call("person_circle", hook_context(session), person_id=person_id) if host else []
    return {person_id, *(answer.value for answer in answers if not answer.failed)}


def is_own(session: Session, persons: Iterable[int | None], *, of: int | None = None) -> bool:
    """Return whether one of `persons` is the acting staff member's own or their household's.

    `of` is the person to look from, where it is not the acting one. Costs nothing for staff who are
    linked to no person.
    """
    own = current_actor().person_id if of is None else of
    wanted = {person_id for person_id in persons if person_id}
    return bool(own and wanted and wanted & circle(session, own))


def refuse_own(
    session: Session, persons: Iterable[int | None], *, proof: str | None = None, payload_sha256: str = "",
    purpose: str = PURPOSE, witness: Staff | None = None,
) -> None:  # fmt: skip
    """Raise Forbidden `own_card` when the acting staff member would serve themselves or their household.

    `proof` is another person's PIN over `payload_sha256`: it is used up and lets it pass, unless that person
    belongs to the same household. `witness` is somebody whose PIN was taken for this act already.
    """
    wanted = {person_id for person_id in persons if person_id}
    actor = current_actor()
    own = actor.person_id
    if not own or not wanted:
        return
    kin = circle(session, own)
    if not wanted & kin:
        return
    if proof is None and witness is None:
        raise Forbidden(
            _("这是你本人或家人的会员账户，不能由你经手。请换一位同事，或请同事输入工号和 PIN 作证。"),
            code="own_card", errors=[FieldError("proof", _("缺少同事的 PIN。"))],
        )  # fmt: skip
    witness = witness or consume_proof(session, proof, purpose, payload_sha256)
    if witness.id == actor.staff_id or (witness.person_id and witness.person_id in kin):
        raise Forbidden(_("作证的须是另一位同事，不能是你本人或家人。"), code="own_card")
    audit.record(
        session, "org.own_card.witnessed", "staff", witness.id, person_id=min(wanted & kin),
        detail={"cashier": str(actor.staff_id)},
    )  # fmt: skip


def person_of(session: Session, staff_id: int | None) -> int | None:
    """Return the person that a staff member is linked to, or None."""
    return session.scalar(select(Staff.person_id).where(Staff.id == staff_id))
