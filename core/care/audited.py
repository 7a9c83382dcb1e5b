"""What is written into the audit trail about health facts, in words. The facts themselves never stand there."""

from core.care import visit_audited
from core.kernel.i18n import _l

ACTIONS = {
    **visit_audited.ACTIONS,
    "care.read": _l("读取健康安全信息"), "care.allergies.asked": _l("询问过敏史"), "care.allergy.noted": _l("登记过敏"),
    "care.condition.noted": _l("登记健康情况"), "care.medicine.noted": _l("登记用药"),
    "care.physiology.noted": _l("登记生理状态"), "care.fact.changed": _l("修改健康安全信息"),
    "care.glass.opened": _l("紧急查看健康信息"), "care.glass.refused": _l("紧急查看被拒绝"),
    "care.glass.self_made": _l("自建接诊关系后查看"), "care.glass.reviewed": _l("复核紧急查看"),
    "care.merged": _l("合并健康安全信息"),
    "care.erased": _l("清除健康安全信息"),
}  # fmt: skip
