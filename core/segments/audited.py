"""What is written into the audit trail about segments, tags and grades, in words."""

from core.kernel.i18n import _l

ACTIONS = {
    "segments.segment.saved": _l("保存人群"), "segments.segment.archived": _l("停用人群"),
    "segments.segment.restored": _l("恢复人群"), "segments.tag.saved": _l("保存标签规则"),
    "segments.tag.computed": _l("重算自动标签"), "segments.grading.saved": _l("修改会员分级"),
    "segments.grading.computed": _l("重算会员分级"),
}  # fmt: skip
