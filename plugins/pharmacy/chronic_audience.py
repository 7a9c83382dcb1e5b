"""Who might join a chronic programme, counted without opening anybody; what conditions may ask (S4-02, S4-03).

A health fact selects for marketing only beside the person's consent: the condition language sees to that.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import func, select

from core.sdk import Fact, Rows, _l, has_consented, with_conditions
from plugins.pharmacy import chronic
from plugins.pharmacy import chronic_rules as rules
from plugins.pharmacy.models import PharmacyChronic

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sqlalchemy import ColumnElement
    from sqlalchemy.orm import Session

# Consents are asked one by one: beyond this many the figure says "at least".
LOOKED = 200


@dataclass(frozen=True, slots=True)
class Figures:
    """Of a programme: members in it; members with the condition noted, who agreed and are not in it; whether more."""

    programme: rules.Programme
    inside: int
    might: int
    more: bool


def figures(session: Session) -> list[Figures]:
    """Return the figures of all programmes; nobody is opened and nobody named."""
    found = []
    for one in rules.PROGRAMMES.values():
        own = select(PharmacyChronic.person_id).where(
            chronic.blinds([one.key]), PharmacyChronic.state == chronic.ACTIVE
        )
        inside = session.scalar(select(func.count()).select_from(own.subquery())) or 0
        held = with_conditions(session, [one.condition], one.codes, limit=LOOKED + 1)
        joined = set(session.scalars(own.where(PharmacyChronic.person_id.in_(held))))
        might = [who for who in held[:LOOKED] if who not in joined and has_consented(session, who, chronic.CONSENT)]
        found.append(Figures(one, inside, len(might), len(held) > LOOKED))
    return found


class _Coded:
    """Stands where a condition has a column of codes: what is compared is the keyed index of the programme."""

    def in_(self, wanted: Iterable[str]) -> ColumnElement[bool]:
        """Return the criterion that a row is of one of these programmes."""
        return chronic.blinds(wanted)  # type: ignore[no-any-return]


def _programmes(_session: Any) -> list[tuple[str, Any]]:
    return [(one.key, one.name) for one in rules.PROGRAMMES.values()]


def _inside(_scope: Any, _params: Any) -> Rows:
    return Rows(select(PharmacyChronic.person_id).where(PharmacyChronic.state == chronic.ACTIVE), _Coded())


FACTS = [
    Fact("pharmacy.chronic", _l("在慢病项目里"), "set", _inside, group=_l("药房"), choices=_programmes, health=True,
         help=_l("健康信息：选人时须同时限定本人同意。"), order=220),
]  # fmt: skip
