"""Permissions of lists: sharing views, files, the history of records."""

from __future__ import annotations

from core.kernel.i18n import _l
from core.kernel.permissions import ROLES, permission
from core.kernel.web.saved_views import SHARE

EXPORT = "lists.export"
EXPORT_FULL = "lists.export.full"
EXPORT_APPROVE = "lists.export.approve"
HISTORY = "lists.history.view"
HISTORY_OPEN = "lists.history.details"
TASKS = "console.tasks.view"
TASKS_ALL = "console.tasks.all"

PERMISSIONS = (
    permission(SHARE, _l("共享视图，设为全店默认"), "owner", "manager", "rule_keeper"),
    permission(EXPORT, _l("导出名单（手机号打码）"), "owner", "manager", "marketing"),
    permission(EXPORT_FULL, _l("导出完整手机号"), "owner", "manager"),
    permission(EXPORT_APPROVE, _l("批准超过上限的导出"), "owner", "manager"),
    permission(HISTORY, _l("查看修改记录"), "owner", "manager", "auditor"),
    permission(HISTORY_OPEN, _l("查看修改记录里的内容"), "owner", "auditor", reads=True),
    permission(TASKS, _l("查看自己的任务"), *ROLES, reads=True),
    permission(TASKS_ALL, _l("查看和处理所有人的任务"), "owner", "manager"),
)
