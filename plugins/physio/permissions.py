"""Permissions of the physio plugin."""

from core.sdk import _l, permission

VIEW = "physio.view"
RECORD = "physio.record.view"
ASSESS = "physio.record.edit"
OVERRIDE = "physio.override"
REPORT = "physio.report"

PERMISSIONS = [
    permission(VIEW, _l("查看康复资料"), "owner", "manager", "clinician", "front_desk", plugin="physio"),
    permission(RECORD, _l("查看评估得分和理疗禁忌"), "owner", "clinician", plugin="physio"),
    permission(ASSESS, _l("记录评估和理疗禁忌筛查"), "owner", "clinician", plugin="physio"),
    permission(REPORT, _l("查看治疗统计"), "owner", "manager", plugin="physio"),
    permission(OVERRIDE, _l("放行理疗禁忌提示"), "clinician", plugin="physio"),
]
