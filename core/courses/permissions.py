"""Permissions of courses."""

from __future__ import annotations

from core.kernel.i18n import _l
from core.kernel.permissions import permission

VIEW, BURN, CHANGE = "courses.view", "courses.burn", "courses.change"
UNDO_APPROVE, EXTEND_APPROVE = "courses.undo.approve", "courses.extend.approve"

PERMISSIONS = (
    permission(
        VIEW, _l("查看疗程和核销"), "owner", "manager", "front_desk", "clinician", "pharmacist", "call_agent", "auditor"
    ),
    permission(BURN, _l("核销疗程，当天撤销"), "owner", "manager", "front_desk", "clinician", "pharmacist"),
    permission(CHANGE, _l("疗程停用、延期和转让"), "owner", "manager", "front_desk"),
    permission(UNDO_APPROVE, _l("批准隔天撤销核销"), "owner", "manager"),
    permission(EXTEND_APPROVE, _l("批准疗程延期"), "owner", "manager"),
)
