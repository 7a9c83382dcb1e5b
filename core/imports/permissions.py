"""Permissions of the import room."""

from __future__ import annotations

from core.kernel.i18n import _l
from core.kernel.permissions import permission

RUN = "imports.run"

PERMISSIONS = (permission(RUN, _l("批量导入会员"), "owner", "manager"),)
