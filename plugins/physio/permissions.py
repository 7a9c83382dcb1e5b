"""Permissions of the physio plugin."""

from core.sdk import _l, permission

VIEW = "physio.view"

PERMISSIONS = [
    permission(VIEW, _l("查看康复资料"), "owner", "manager", "clinician", "front_desk", plugin="physio"),
]
