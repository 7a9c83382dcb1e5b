"""Permissions of care."""

from __future__ import annotations

from core.kernel.i18n import _l
from core.kernel.permissions import permission

PERMISSIONS = (
    permission("care.override.major", _l("放行重大安全提示"), "owner", "manager", "clinician", "pharmacist"),
)
