"""Who answers for the table of contraindications: until a physician signed it, it is demonstration data.

A signature is for the table as it is, by its digest: a newer table wants a new one. Never commits.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import select

from core.sdk import Conflict, Forbidden, Invalid, _, clock, licence_of, may, record_audit, tenancy
from plugins.beauty import contraindications
from plugins.beauty.models import BeautySignOff
from plugins.beauty.permissions import OVERRIDE

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

LICENCES = frozenset({"physician", "cosmetic"})


def signed(session: Session) -> BeautySignOff | None:
    """Return who answers for the table that counts, or None."""
    wanted = BeautySignOff.digest == contraindications.digest()
    return session.scalar(select(BeautySignOff).where(wanted).order_by(BeautySignOff.id.desc()).limit(1))


def told_version(session: Session) -> str:
    """Return the version as findings say it: with the word that it is demonstration data until somebody signed."""
    if signed(session) is not None:
        return contraindications.VERSION
    return _("%(version)s，演示数据", version=contraindications.VERSION)


def may_sign(session: Session) -> bool:
    """Return whether the acting member of staff may sign: the right, and a physician's licence in force."""
    actor = tenancy.current_actor()
    return may(actor, OVERRIDE) and licence_of(session, actor.staff_id, clock.today(actor.tz))[0] in LICENCES


def sign(session: Session, digest: str, name: str) -> BeautySignOff:
    """Let the acting physician answer for the table, and return the row.

    Raises Forbidden `licence_needed`, Conflict `stale_version` for another table than was seen, Invalid without a name.
    """
    actor = tenancy.current_actor()
    if not may_sign(session):
        raise Forbidden(_("核定禁忌表须由登记了有效医师执照的人员办理。"), code="licence_needed")
    if digest != contraindications.digest():
        raise Conflict(_("禁忌表刚刚换了版本，请核对后再签字。"), code="stale_version")
    if not 2 <= len(name.strip()) <= 60:
        raise Invalid.field("name", _("请写上核定医师的姓名。"))
    number = licence_of(session, actor.staff_id, clock.today(actor.tz))[1]
    row = BeautySignOff(
        digest=digest, version=contraindications.VERSION, name=name.strip(), licence_no=number,
        staff_id=actor.staff_id, made_at=clock.now_ms(),
    )  # fmt: skip
    session.add(row)
    session.flush()
    record_audit(session, "beauty.table.signed", "beauty_sign_off", row.id, detail={"version": row.version})
    return row
