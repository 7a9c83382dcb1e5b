"""What is written into the audit trail about points, in words."""

from core.kernel.i18n import _l

ACTIONS = {
    "points.extended": _l("积分延期"),
    "points.extended_by_rule": _l("按规则给积分延期"),
    "points.bonus_given": _l("积分到期前按规则送积分"),
}
