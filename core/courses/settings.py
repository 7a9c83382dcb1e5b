"""Settings of courses."""

from __future__ import annotations

from core.kernel.i18n import _l
from core.kernel.settings import LAYERS, SettingSpec

CONFIRM = "courses.confirmation"
EXTEND_ALONE = "courses.extend_alone_days"

SETTINGS = (
    SettingSpec(
        CONFIRM, _l("核销时怎么确认"), "staff_attested", kind="choice", layers=frozenset(LAYERS),
        choices=(("staff_attested", _l("员工确认即可")), ("signature", _l("须顾客签字"))),
        check=lambda value: value in ("staff_attested", "signature"),
        help=_l("纠纷多半在“我到底来没来”；签字可以写单号或编号。"),
    ),
    SettingSpec(
        EXTEND_ALONE, _l("多少天以内的疗程延期不用第二个人批"), 30, unit=_l("天"),
        check=lambda value: isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= 366,
    ),
)  # fmt: skip
