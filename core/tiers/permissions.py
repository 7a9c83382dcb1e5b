"""Permissions of tiers: setting one by hand."""

from __future__ import annotations

from core.kernel.i18n import _l
from core.kernel.permissions import permission

OVERRIDE = "tiers.override"
OVERRIDE_APPROVE = "tiers.override.approve"

PERMISSIONS = (
    permission(OVERRIDE, _l("申请手工定级"), "owner", "manager", "rule_keeper", "front_desk"),
    permission(OVERRIDE_APPROVE, _l("批准手工定级"), "owner", "manager", "rule_keeper"),
)
