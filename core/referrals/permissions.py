"""Permissions of referrals."""

from __future__ import annotations

from core.kernel.i18n import _l
from core.kernel.permissions import permission

VIEW = "referrals.view"
ATTACH = "referrals.attach"

PERMISSIONS = (
    permission(VIEW, _l("查看推荐关系和推荐奖励"), "owner", "manager", "front_desk", "auditor"),
    permission(ATTACH, _l("补登推荐人，出示推荐码"), "owner", "manager", "front_desk"),
)
