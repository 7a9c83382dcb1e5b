"""The card beside the member at the till: what to ask and what runs out, never what they have (S4-31, S4-38)."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from sqlalchemy import select

from core.sdk import items_of, safety_of, setting_value
from plugins.pharmacy import checks
from plugins.pharmacy.matching import Product
from plugins.pharmacy.models import PharmacyRefill
from plugins.pharmacy.settings import NOTICE_DAYS

if TYPE_CHECKING:
    from datetime import date

    from sqlalchemy.orm import Session

    from core.sdk import PersonView

PURPOSE = "pharmacy.card"
SHOWN = 4
# What was used up this long ago is nothing to speak of at the counter any more.
STALE = timedelta(days=60)
NOTHING: dict[str, Any] = {"ask": [], "refills": [], "today": None}
# A drug whose check wants to know everything.
_ANY = Product("", "", (), pregnancy="unknown", min_age=1, rx_class="OTC-B")


def of(session: Session, person: PersonView, today: date) -> dict[str, Any]:
    """Return what to ask a member and which of their medicines run out within the days of notice, soonest first.

    Names what was bought here; neither a condition nor a medicine that was told. The read is noted.
    """
    view = safety_of(session, [person.person_id], PURPOSE).get(person.person_id)
    items = items_of(session, {one.item for one in view.medicines if one.item}) if view else {}
    ask = list(checks.lacking(session, view, [_ANY], items, today)) if view else []
    until = today + timedelta(days=int(setting_value(session, NOTICE_DAYS)))
    rows = session.scalars(
        select(PharmacyRefill)
        .where(
            PharmacyRefill.person_id == person.person_id, PharmacyRefill.run_out_on <= until,
            PharmacyRefill.run_out_on > today - STALE,
        )
        .order_by(PharmacyRefill.run_out_on).limit(SHOWN)
    ).all()  # fmt: skip
    names = items_of(session, [row.item_code for row in rows])
    return {
        "ask": ask, "today": today,
        "refills": [(names[row.item_code].name if row.item_code in names else row.item_code, row) for row in rows],
    }  # fmt: skip
