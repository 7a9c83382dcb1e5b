"""What the kernel writes into the audit trail, in words."""

from core.kernel.i18n import _l

ACTIONS = {
    "health.read": _l("查看健康信息"), "settings.changed": _l("修改设置"), "settings.reset": _l("设置改回上一层"),
    "tasks.asked": _l("提出后台任务"), "tasks.cancelled": _l("取消后台任务"), "tasks.done": _l("后台任务完成"),
    "tasks.failed": _l("后台任务失败"), "tasks.retried": _l("重试后台任务"), "tasks.undo_asked": _l("要求撤销后台任务"),
    "tasks.undone": _l("后台任务已撤销"),
}  # fmt: skip
