"""Permissions of the dental plugin."""

from core.sdk import _l, permission

VIEW, CHART, WRITE = "dental.view", "dental.chart", "dental.chart.write"
RECALLS, REPORT = "dental.recalls", "dental.report"

PERMISSIONS = [
    permission(VIEW, _l("查看牙科资料"), "owner", "manager", "front_desk", "clinician", plugin="dental"),
    permission(CHART, _l("查看接诊会员的牙位图"), "owner", "clinician", plugin="dental"),
    permission(WRITE, _l("记录牙位图"), "clinician", plugin="dental"),
    permission(RECALLS, _l("处理牙科复诊提醒"), "owner", "manager", "front_desk", "call_agent", plugin="dental"),
    permission(REPORT, _l("查看医师返工率"), "owner", "manager", plugin="dental"),
]
