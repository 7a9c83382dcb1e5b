"""Permissions of the pharmacy plugin."""

from core.sdk import _l, permission

VIEW = "pharmacy.view"
OVERRIDE = "pharmacy.override"
DISPENSE = "pharmacy.dispense"
REGISTER = "pharmacy.register"
BOOKS = "pharmacy.books"
DATA = "pharmacy.data.manage"
AUDIENCE = "pharmacy.audience.view"
TRACE = "pharmacy.trace.note"
CHRONIC = "pharmacy.chronic"
OVERRIDES = "pharmacy.overrides.view"

PERMISSIONS = [
    permission(VIEW, _l("查看药房资料"), "owner", "manager", "pharmacist", "front_desk", plugin="pharmacy"),
    permission(OVERRIDE, _l("放行用药核对提示"), "pharmacist", plugin="pharmacy"),
    permission(DISPENSE, _l("登记处方、查看会员用药核对"), "pharmacist", plugin="pharmacy"),
    permission(
        REGISTER, _l("登记麻黄碱类药品购买人"), "owner", "manager", "pharmacist", "front_desk", plugin="pharmacy"
    ),
    permission(BOOKS, _l("查看处方与麻黄碱登记册"), "owner", "manager", "pharmacist", plugin="pharmacy"),
    permission(AUDIENCE, _l("预览药品活动会避开谁"), "owner", "manager", "marketing", "pharmacist", plugin="pharmacy"),
    permission(TRACE, _l("登记药品追溯码"), "owner", "manager", "pharmacist", "front_desk", plugin="pharmacy"),
    permission(CHRONIC, _l("管理慢病项目和测量"), "pharmacist", plugin="pharmacy"),
    permission(OVERRIDES, _l("查看用药放行统计"), "owner", "manager", "pharmacist", plugin="pharmacy"),
    permission(DATA, _l("导入和核定用药资料"), "owner", "pharmacist", plugin="pharmacy"),
]
