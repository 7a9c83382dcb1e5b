"""What the fields and values in the audit trail's details are called; actions are named by kernel/audit_words.py."""

from __future__ import annotations

from typing import Any

from core.kernel.i18n import _l

FIELDS: dict[str, Any] = {
    "name": _l("姓名"), "phone": _l("手机"), "gender": _l("性别"), "birth_on": _l("生日"), "birth_calendar": _l("历法"),
    "email": _l("邮箱"), "address": _l("地址"), "occupation": _l("职业"), "company": _l("单位"), "note": _l("备注"),
    "reason": _l("原因"), "purpose": _l("用途"), "tag": _l("标签"), "before": _l("原来"), "after": _l("改为"),
    "fields": _l("改过的项目"), "licence_kind": _l("执照种类"), "licence_no": _l("执照编号"),
    "licence_until": _l("执照有效期至"), "performs": _l("做项目"), "store_id": _l("所属门店"), "active": _l("在用"),
    "code": _l("编号"), "number": _l("编号"), "order_no": _l("单号"), "total_fen": _l("金额"),
    "product": _l("卡种"), "before_fen": _l("原价"), "after_fen": _l("改后"), "line": _l("第几行"), "unit": _l("单位"),
    "legal_entity": _l("法人主体"), "sessions": _l("退出的设备"),
    "item": _l("项目"), "delta": _l("变动"), "tier": _l("等级"), "until": _l("有效至"), "adviser_id": _l("顾问"),
    "industry": _l("行业"),
}  # fmt: skip


def field_word(name: str, labels: Any) -> str:
    """Return what a field is called."""
    found = labels.get(name) or FIELDS.get(name)
    return str(found) if found is not None else name


VALUES: dict[str, Any] = {
    "female": _l("女"), "male": _l("男"), "unknown": _l("未填"), "solar": _l("公历"), "lunar": _l("农历"),
    "marketing_sms": _l("营销短信"), "marketing_email": _l("营销邮件"), "profiling": _l("个性化推荐"),
    "membership": _l("会员服务"), "health": _l("健康信息"), "share_stores": _l("门店间共享"),
}  # fmt: skip


def value_word(text: str) -> str:
    """Return a value as people say it, where it is one of our codes."""
    found = VALUES.get(text)
    return str(found) if found is not None else text
