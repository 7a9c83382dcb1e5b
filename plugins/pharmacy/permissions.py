"""Permissions of the pharmacy plugin."""

from core.sdk import _l, permission

VIEW = "pharmacy.view"

PERMISSIONS = [
    permission(VIEW, _l("查看药房资料"), "owner", "manager", "pharmacist", "front_desk", plugin="pharmacy"),
]
