"""Permissions of points."""

from __future__ import annotations

from core.kernel.i18n import _l
from core.kernel.permissions import permission

EXTEND = "points.extend"

PERMISSIONS = (permission(EXTEND, _l("积分延期"), "owner", "manager"),)
