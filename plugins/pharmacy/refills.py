"""The timed work of refills: members are told once that a medicine runs out (S4-42), through the outbox.

Nobody is told what they take: the message is the franchise's template, without the medicine's name.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from sqlalchemy import select

from core.sdk import Job, _l, queue_messages, record_audit, setting_value
from plugins.pharmacy.models import PharmacyRefill
from plugins.pharmacy.settings import NOTICE_DAYS, TEMPLATE

if TYPE_CHECKING:
    from core.sdk import HookContext

TOPIC, CONSENT, QUEUED = "pharmacy_refill", "health", "queued"
STALE = timedelta(days=60)
# A day's work of a franchise; what is beyond comes the next day.
MOST = 5_000


def tell(ctx: HookContext) -> int:
    """Queue a message to each member one of whose medicines runs out within the days of notice; return how many.

    A run-out is told of once, and not where somebody told them already; several of one member make one message. Who
    did not agree to the processing of health data (PIPL art. 29) or cannot be reached is marked so. Without the
    template nothing is marked: the list stands in any case.
    """
    assert ctx.session is not None
    session, today = ctx.session, ctx.business_date
    until = today + timedelta(days=int(setting_value(session, NOTICE_DAYS)))
    rows = session.scalars(
        select(PharmacyRefill)
        .where(
            PharmacyRefill.run_out_on <= until, PharmacyRefill.run_out_on > today - STALE,
            PharmacyRefill.noticed_at.is_(None), PharmacyRefill.told_at.is_(None),
        )
        .order_by(PharmacyRefill.run_out_on, PharmacyRefill.id).limit(MOST)
    ).all()  # fmt: skip
    first: dict[int, str] = {}
    for row in rows:
        first.setdefault(row.person_id, f"{row.item_code}:{row.run_out_on.isoformat()}")
    states = queue_messages(session, first, str(setting_value(session, TEMPLATE)), TOPIC, consent=CONSENT)
    for row in rows:
        if row.person_id in states:
            row.noticed_at, row.notice = ctx.now_ms, states[row.person_id]
    told = sum(1 for state in states.values() if state == QUEUED)
    if states:
        record_audit(session, "pharmacy.refill.noticed", "franchise", ctx.franchise_id,
                     detail={"told": told, "not_told": len(states) - told})  # fmt: skip
    return told


JOBS = [Job("pharmacy.refills", _l("续药提醒"), "08:30", tell)]
