"""What is written into the audit trail about courses, in words."""

from core.kernel.i18n import _l

ACTIONS = {
    "courses.issued": _l("售出疗程"), "courses.used": _l("疗程核销"), "courses.use_undone": _l("撤销核销"),
    "courses.frozen": _l("停用疗程"), "courses.unfrozen": _l("恢复疗程"), "courses.extended": _l("疗程延期"),
    "courses.transferred": _l("转让疗程"), "courses.brought": _l("导入期初疗程"),
}  # fmt: skip
