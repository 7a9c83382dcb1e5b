"""Permissions of care: who sees that something is there, who reads it, who notes it, who reviews the looks.

A cashier sees the alert, not the diagnosis (S4-38). Reading wants a care relation besides (access.py).
"""

from __future__ import annotations

from core.care import visit_permissions
from core.hookguards import OVERRIDE_UNAVAILABLE
from core.kernel.i18n import _l
from core.kernel.permissions import permission

ALERT, NOTE, READ, WRITE = "care.alert", "care.note", "care.read", "care.write"
GLASS, REVIEW, OVERRIDES = "care.glass", "care.review", "care.overrides.view"
FACTS = "care.facts"

PERMISSIONS = (
    permission(OVERRIDE_UNAVAILABLE, _l("放行严重提示"), "owner", "manager", "clinician", "pharmacist"),
    permission(ALERT, _l("看到过敏和安全提示"), "owner", "manager", "front_desk", "clinician", "pharmacist"),
    permission(NOTE, _l("询问和登记过敏"), "owner", "manager", "front_desk", "clinician", "pharmacist"),
    permission(READ, _l("查看接诊会员的健康信息"), "owner", "clinician", "pharmacist"),
    permission(WRITE, _l("登记和修改健康信息"), "owner", "clinician", "pharmacist"),
    permission(GLASS, _l("紧急查看健康信息"), "owner", "manager", "clinician", "pharmacist"),
    permission(REVIEW, _l("复核紧急查看"), "owner", "manager"),
    permission(FACTS, _l("按健康信息筛选和排除人群"), "owner", "clinician", "pharmacist"),
    permission(OVERRIDES, _l("查看放行统计"), "owner", "manager", "auditor"),
    *visit_permissions.PERMISSIONS,
)
