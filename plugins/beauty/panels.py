"""The panel of the member page: days and what stands open, never a score or a diagnosis."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import func, select

from core.sdk import PersonView, staff_names
from plugins.beauty import contraindications, records, stages, texts
from plugins.beauty.models import BeautyObjection, BeautySkin, BeautyTreatment

if TYPE_CHECKING:
    from sqlalchemy.orm import Session


def of(session: Session, person: PersonView) -> dict[str, Any]:
    """Return the panel's data: last days, the questionnaire, consents by kind, who looks after the person."""
    wanted = person.person_id
    asked = records.newest_answers(session, [wanted]).get(wanted)
    skins = session.execute(
        select(func.count(BeautySkin.id), func.max(BeautySkin.on)).where(BeautySkin.person_id == wanted)
    ).one()
    last = session.scalar(
        select(BeautyTreatment)
        .where(BeautyTreatment.person_id == wanted)
        .order_by(BeautyTreatment.on.desc(), BeautyTreatment.id.desc())
        .limit(1)
    )
    kept = records.newest_consents(session, [wanted])
    open_ones = select(func.count(BeautyObjection.id)).where(
        BeautyObjection.person_id == wanted, BeautyObjection.open.is_(True)
    )
    asked_on = asked.on if asked else None
    return {
        "person_id": wanted, "skins": skins[0], "skin_on": skins[1], "asked_on": asked_on,
        "current": contraindications.is_current(asked_on, records.today(), records.valid_days(session)),
        "signed": [texts.KINDS[kind] for (_one, kind), row in kept.items()
                   if kind != texts.CYCLE and records.is_good(session, row)],
        "treated_on": last.on if last else None, "stage": stages.STAGES[last.stage] if last else "",
        "owner": staff_names(session, [last.owner_id]).get(last.owner_id or 0, "") if last else "",
        "due_on": last.due_on if last else None, "objections": session.scalar(open_ones) or 0,
    }  # fmt: skip
