"""Permissions of the beauty plugin: what is health, what is remembered of a person, what is only work to be done."""

from core.sdk import _l, permission

VIEW = "beauty.view"
RECORD, EDIT = "beauty.record.view", "beauty.record.edit"
OVERRIDE = "beauty.override"
PROFILE, PROFILE_EDIT = "beauty.profile.view", "beauty.profile.edit"
HANDOFFS, CARE = "beauty.handoff.view", "beauty.care.edit"
OBJECTIONS = "beauty.objection.edit"
BATCHES = "beauty.batch.view"

PERMISSIONS = [
    permission(VIEW, _l("查看美容资料"), "owner", "manager", "clinician", "front_desk", plugin="beauty"),
    permission(RECORD, _l("查看皮肤检测、问卷和治疗记录"), "owner", "clinician", plugin="beauty"),
    permission(EDIT, _l("记录皮肤检测、问卷、知情同意和治疗"), "owner", "clinician", plugin="beauty"),
    permission(OVERRIDE, _l("放行美容禁忌提示"), "clinician", plugin="beauty"),
    permission(PROFILE, _l("查看关怀档案"), "owner", "manager", "clinician", plugin="beauty"),
    permission(PROFILE_EDIT, _l("填写关怀档案"), "owner", "clinician", plugin="beauty"),
    permission(HANDOFFS, _l("查看术后接管名单"), "owner", "manager", "clinician", "call_agent", plugin="beauty"),
    permission(CARE, _l("填写治疗关怀表"), "owner", "clinician", "call_agent", plugin="beauty"),
    permission(OBJECTIONS, _l("记录顾虑和异议"), "owner", "manager", "clinician", "front_desk", plugin="beauty"),
    permission(BATCHES, _l("按批号追溯"), "owner", "manager", "clinician", plugin="beauty"),
]
