"""What is written into the audit trail about imports, in words."""

from core.kernel.i18n import _l

ACTIONS = {
    "imports.batch.uploaded": _l("上传导入文件"), "imports.batch.mapped": _l("设置导入的列"),
    "imports.batch.checked": _l("导入试运行"), "imports.batch.started": _l("开始导入"),
    "imports.batch.paused": _l("暂停导入"), "imports.batch.cancelled": _l("放弃导入"),
    "imports.batch.finished": _l("导入完成"), "imports.batch.undo_asked": _l("撤销导入"),
    "imports.batch.undone": _l("导入已撤销"), "imports.person.created": _l("导入会员"),
    "imports.item.created": _l("导入项目"), "imports.item.undone": _l("撤销导入的项目"),
    "imports.staff.undone": _l("撤销导入的员工"), "imports.passwords.downloaded": _l("下载一次性密码"),
    "imports.person.undone": _l("撤销导入的会员"), "imports.errors.downloaded": _l("下载导入错误文件"),
    "imports.points.brought": _l("导入期初积分"), "imports.opening.undone": _l("撤销导入的期初"),
}  # fmt: skip
