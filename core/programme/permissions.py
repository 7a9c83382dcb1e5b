"""Permissions of the programme room."""

from __future__ import annotations

from core.kernel.i18n import _l
from core.kernel.permissions import permission

VIEW = "programme.rules.view"
EDIT = "programme.draft.edit"
PUBLISH = "programme.draft.publish"
ACKNOWLEDGE = "programme.referral.acknowledge"

PERMISSIONS = (
    permission(VIEW, _l("查看会员方案和规则页"), "owner", "manager", "rule_keeper", "front_desk", "clinician",
               "pharmacist", "auditor", "marketing"),
    permission(EDIT, _l("修改会员方案草稿"), "owner", "rule_keeper"),
    permission(PUBLISH, _l("发布会员方案"), "owner", "rule_keeper"),
    permission(ACKNOWLEDGE, _l("确认开启二级推荐"), "owner"),
)  # fmt: skip
