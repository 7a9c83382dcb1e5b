"""Permissions of the dental plugin."""

from core.sdk import _l, permission

VIEW = "dental.view"

PERMISSIONS = [
    permission(VIEW, _l("查看牙科资料"), "owner", "manager", "front_desk", "clinician", plugin="dental"),
]
