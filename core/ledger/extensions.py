"""A lot lives longer: never silently, never shorter, its balance untouched (loyalty S7, I14; S2-13)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from core.kernel.errors import Conflict
from core.kernel.i18n import _
from core.kernel.ids import new_id
from core.kernel.sealed import seal_text

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date

    from core.kernel.statements import Statements
    from core.ledger.services import Posting

RULE, HAND = "rule", "hand"


@dataclass(frozen=True, slots=True)
class Longer:
    """A lot that shall end on `to_on` instead of `from_on` (first days of no use)."""

    lot_id: int
    person_id: int | None
    from_on: date
    to_on: date


def extend(st: Statements, lots: Sequence[Longer], posting: Posting, *, kind: str, reason: str = "") -> None:
    """Let lots end later and write a row of each; raise Conflict when one moved meanwhile, ValueError if shorter.

    The caller holds the persons' rows on PostgreSQL.
    """
    rows = []
    for one in lots:
        if one.to_on <= one.from_on:
            raise ValueError("an extension only lengthens")
        touched = st.run(
            "UPDATE lot SET expires_on = ? WHERE franchise_id = ? AND id = ? AND expires_on = ? AND remaining > 0",
            [one.to_on, st.franchise_id, one.lot_id, one.from_on],
        )
        if touched != 1:
            raise Conflict(_("这批积分刚刚变动过，请刷新后再试。"), code="conflict")
        row_id = new_id()
        rows.append(
            {
                "id": row_id, "franchise_id": st.franchise_id, "lot_id": one.lot_id, "person_id": one.person_id,
                "from_on": one.from_on, "to_on": one.to_on, "kind": kind,
                "reason_sealed":
                    seal_text("lot_extension", "reason_sealed", row_id, st.franchise_id, reason) if reason else None,
                "business_on": posting.business_on, "booked_at": posting.booked_at, "staff_id": posting.staff_id,
                "store_id": posting.store_id, "door": posting.door,
            }
        )  # fmt: skip
    st.insert_many("lot_extension", rows)
