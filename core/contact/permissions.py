"""Permissions of what is said to members."""

from __future__ import annotations

from core.kernel.i18n import _l
from core.kernel.permissions import permission

VIEW = "contact.templates.view"
EDIT = "contact.templates.edit"

PERMISSIONS = (
    permission(VIEW, _l("查看消息模板"), "owner", "manager", "marketing", "auditor"),
    permission(EDIT, _l("新增和修改消息模板"), "owner", "marketing"),
)
