"""What the room's audit actions are called."""

from __future__ import annotations

from core.kernel.i18n import _l

ACTIONS = {
    "lists.export.asked": _l("申请导出"), "lists.export.downloaded": _l("下载导出文件"),
    "lists.history.read": _l("查看修改记录"), "lists.view.saved": _l("保存视图"), "lists.view.changed": _l("修改视图"),
    "lists.view.removed": _l("删除视图"),
}  # fmt: skip
