"""What physio offers to conditions: treatments and assessments within a window of days. Never a score."""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy import func, select

from core.sdk import Fact, FactParam, FactScope, Rows, Total, _l
from plugins.physio import instruments
from plugins.physio.models import PhysioAssessment, PhysioEntry

WINDOW = "days"
GROUP = _l("康复")
WITHIN = FactParam(WINDOW, _l("天内"), 90, before=_l("近"))


def _treatments(scope: FactScope, params: Mapping[str, int]) -> Total:
    rows = select(PhysioEntry.person_id).where(
        PhysioEntry.kind == "session", PhysioEntry.on >= scope.day(params[WINDOW])
    )
    return Total(rows, func.count(PhysioEntry.chain.distinct()))


def _assessed(scope: FactScope, params: Mapping[str, int]) -> Rows:
    rows = select(PhysioAssessment.person_id).where(PhysioAssessment.on >= scope.day(params[WINDOW]))
    return Rows(rows, PhysioAssessment.instrument)


def _instruments(_session: object) -> list[tuple[str, object]]:
    return [(one.key, one.name) for one in instruments.ALL.values()]


FACTS = [
    Fact("physio.treatments", _l("理疗次数"), "number", _treatments, group=GROUP, unit=_l("次"), missing=0,
         params=(WITHIN,),
         sentence=_l("近 %(days)d 天做过理疗"), health=True, order=200),
    Fact("physio.assessed", _l("做过的康复评估"), "set", _assessed, group=GROUP, params=(WITHIN,), choices=_instruments,
         sentence=_l("近 %(days)d 天做过的康复评估"), health=True, order=201),
]  # fmt: skip
