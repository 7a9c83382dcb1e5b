"""Permissions of care: who may let a grave finding pass."""

from __future__ import annotations

from core.care import visit_permissions
from core.hookguards import OVERRIDE_UNAVAILABLE
from core.kernel.i18n import _l
from core.kernel.permissions import permission

PERMISSIONS = (
    permission(OVERRIDE_UNAVAILABLE, _l("放行严重提示"), "owner", "manager", "clinician", "pharmacist"),
    *visit_permissions.PERMISSIONS,
)
