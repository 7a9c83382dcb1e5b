"""Permissions of the beauty plugin."""

from core.sdk import _l, permission

VIEW = "beauty.view"

PERMISSIONS = [
    permission(VIEW, _l("查看美容资料"), "owner", "manager", "clinician", "front_desk", plugin="beauty"),
]
