"""Permissions of segments, tags and grades."""

from __future__ import annotations

from core.kernel.i18n import _l
from core.kernel.permissions import permission

VIEW = "segments.view"
EDIT = "segments.edit"
RULES = "segments.rules"

PERMISSIONS = (
    permission(
        VIEW, _l("查看人群、标签和分级"), "owner", "manager", "marketing", "rule_keeper", "call_agent", "auditor"
    ),
    permission(EDIT, _l("新建和修改人群"), "owner", "manager", "marketing"),
    permission(RULES, _l("修改标签规则和会员分级"), "owner", "manager", "rule_keeper"),
)
