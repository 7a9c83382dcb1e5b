"""Licences that end: who has one, and telling them and those who keep the staff in time."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

from sqlalchemy import select

from core.kernel.i18n import _l
from core.org import notices
from core.org.models import Staff
from core.org.permissions import STAFF_EDIT

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

SOON_DAYS = 30
KINDS = (
    ("", _l("没有")), ("physician", _l("执业医师")), ("assistant", _l("执业助理医师")), ("nurse", _l("护士")),
    ("pharmacist", _l("执业药师")), ("therapist", _l("康复治疗师")), ("cosmetic", _l("主诊医师（美容）")),
    ("other", _l("其他")),
)  # fmt: skip
ENDING = "licence.ending"


def ending(session: Session, today: dt.date) -> list[Staff]:
    """Return the active staff whose licence ends within thirty days or has ended, the soonest first."""
    soon = (today + dt.timedelta(days=SOON_DAYS)).isoformat()
    query = select(Staff).where(Staff.active.is_(True), Staff.licence_until != "", Staff.licence_until <= soon)
    return list(session.scalars(query.order_by(Staff.licence_until, Staff.id)))


def tell(session: Session, today: dt.date) -> int:
    """Tell the one concerned and those who keep the staff, once a licence; return how many were told."""
    keepers = notices.holders_of(session, STAFF_EDIT)
    told = 0
    for row in ending(session, today):
        about, params = f"licence:{row.id}:{row.licence_until}", {"until": row.licence_until, "by": str(row.id)}
        told += notices.tell(session, [row.id], ENDING, params, endpoint="org.security", about=about, once=True)
        told += notices.tell(
            session, [one for one in keepers if one != row.id], ENDING, params, endpoint="org.staff_member",
            link={"staff_id": row.id}, about=about, once=True,
        )  # fmt: skip
    return told
