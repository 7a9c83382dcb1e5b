"""What conditions may ask of dental: health facts, which exclude from marketing freely and select with consent."""

from __future__ import annotations

from typing import Any

from sqlalchemy import func, select

from core.sdk import Fact, FactParam, FactScope, Rows, Total, _l
from plugins.dental.models import DentalRecall, DentalSummary

GROUP = _l("牙科")


def _figure(column: Any) -> Any:
    return lambda _scope, _params: Total(select(DentalSummary.person_id), func.max(column))


def _seen(scope: FactScope, params: Any) -> Rows:
    return Rows(select(DentalSummary.person_id).where(DentalSummary.last_on >= scope.day(params["days"])))


def _gap_long(scope: FactScope, params: Any) -> Rows:
    return Rows(select(DentalSummary.person_id).where(DentalSummary.gap_since <= scope.day(params["days"])))


def _due(scope: FactScope, _params: Any) -> Rows:
    rows = select(DentalRecall.person_id).where(DentalRecall.due_on <= scope.today, DentalRecall.off.is_(False))
    return Rows(rows, DentalRecall.programme)


def _programmes(_session: Any) -> list[tuple[str, Any]]:
    from plugins.dental.recalls import PROGRAMMES

    return [(key, one.name) for key, one in PROGRAMMES.items()]


FACTS = [
    Fact("dental.missing", _l("缺牙数"), "number", _figure(DentalSummary.missing), group=GROUP, unit=_l("颗"),
         missing=0, high=32, health=True, order=210),
    Fact("dental.gaps", _l("缺牙未修复"), "number", _figure(DentalSummary.gaps), group=GROUP, unit=_l("颗"),
         missing=0, high=28, health=True, order=211, help=_l("缺失且没有桥体或种植体的牙，不算智齿。")),
    Fact("dental.caries", _l("龋齿数"), "number", _figure(DentalSummary.decayed), group=GROUP, unit=_l("颗"),
         missing=0, high=32, health=True, order=212),
    Fact("dental.filled", _l("补过的牙"), "number", _figure(DentalSummary.filled), group=GROUP, unit=_l("颗"),
         missing=0, high=32, health=True, order=213),
    Fact("dental.dmft", _l("DMFT"), "number", _figure(DentalSummary.dmft), group=GROUP, missing=0, high=32, health=True,
         order=214),
    Fact("dental.stage", _l("牙周炎分期提示"), "number", _figure(DentalSummary.stage), group=GROUP, unit=_l("期"),
         missing=0, high=4, health=True, order=215, help=_l("0 是没有提示，1 到 4 是 I 到 IV 期。")),
    Fact("dental.seen", _l("检查过牙"), "flag", _seen, group=GROUP, missing=False, health=True, order=216,
         params=(FactParam("days", _l("天内"), 180, before=_l("近")),), sentence=_l("近 %(days)d 天检查过牙")),
    Fact("dental.gap_long", _l("因龋缺牙未修复"), "flag", _gap_long, group=GROUP, missing=False, health=True, order=218,
         params=(FactParam("days", _l("天以上"), 90, before=_l("已")),), sentence=_l("因龋缺牙 %(days)d 天以上未修复"),
         help=_l("没有桥体或种植体的牙，不算智齿。")),
    Fact("dental.sound_molars", _l("健康的第一恒磨牙"), "number", _figure(DentalSummary.molars), group=GROUP,
         unit=_l("颗"), missing=0, high=4, health=True, order=219, help=_l("已检查、无龋、未做封闭。")),
    Fact("dental.recall_due", _l("到期的牙科复诊"), "set", _due, group=GROUP, choices=_programmes, health=True,
         order=217),
]  # fmt: skip
