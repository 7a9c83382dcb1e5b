"""Permissions of the ledger."""

from __future__ import annotations

from core.kernel.i18n import _l
from core.kernel.permissions import permission

LEDGER = "ledger.view"

PERMISSIONS = (permission(LEDGER, _l("查看账目流水和批次"), "owner", "manager", "auditor"),)
