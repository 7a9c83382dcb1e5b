"""What conditions may ask of the beauty plugin: segments, automatic tags, eligibility."""

from __future__ import annotations

from sqlalchemy import func, select

from core.sdk import Fact, FactParam, Rows, Total, _l
from plugins.beauty import stages
from plugins.beauty.attributes import PROCEDURES
from plugins.beauty.models import BeautyObjection, BeautyTreatment

FACTS = [
    Fact(
        "beauty.treatments", _l("美容治疗次数"), "number",
        lambda scope, params: Total(
            select(BeautyTreatment.person_id).where(BeautyTreatment.on >= scope.day(params["days"])),
            func.count(BeautyTreatment.id),
        ),
        group=_l("美容"), unit=_l("次"), missing=0, health=True, sentence=_l("近 %(days)d 天美容治疗次数"),
        params=(FactParam("days", _l("天内"), 365),),
    ),
    Fact(
        "beauty.procedures", _l("做过的美容项目"), "set",
        lambda _scope, _params: Rows(select(BeautyTreatment.person_id), BeautyTreatment.procedure),
        group=_l("美容"), choices=lambda _session: PROCEDURES, health=True,
    ),
    Fact(
        "beauty.stage", _l("术后由谁负责"), "set",
        lambda _scope, _params: Rows(select(BeautyTreatment.person_id), BeautyTreatment.stage),
        group=_l("美容"), choices=lambda _session: tuple(stages.STAGES.items()), health=True,
    ),
    Fact(
        "beauty.objection", _l("有没答复的顾虑"), "flag",
        lambda _scope, _params: Rows(select(BeautyObjection.person_id).where(BeautyObjection.open.is_(True))),
        group=_l("美容"), missing=False, prices=False,
    ),
]  # fmt: skip
