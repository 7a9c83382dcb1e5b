"""Settings of care."""

from __future__ import annotations

from core.kernel.i18n import _l
from core.kernel.settings import LAYERS, SettingSpec

RELATION_DAYS = "care.relation_days"

SETTINGS = (
    SettingSpec(
        RELATION_DAYS, _l("接诊关系保留多久"), 90, unit=_l("天"), layers=frozenset(LAYERS),
        check=lambda value: isinstance(value, int) and not isinstance(value, bool) and 1 <= value <= 366,
        help=_l("会员最近在本店就诊、消费或建档后这些天内，持证人员可以直接查看健康信息；之外须写明理由紧急查看。"),
    ),
)  # fmt: skip
