"""What the audit trail's actions are called."""

from __future__ import annotations

from typing import Any

from core.kernel.i18n import _l

# The last word of an action, where the record itself says what it is about.
ENDINGS: dict[str, Any] = {
    "added": _l("新增"), "changed": _l("修改"), "saved": _l("保存"), "removed": _l("删除"), "enrolled": _l("建档"),
    "given": _l("记录同意"), "withdrawn": _l("撤回同意"), "unmasked": _l("查看完整手机号"), "read": _l("查看健康信息"),
    "put": _l("加标签"), "taken": _l("去掉标签"), "issued": _l("开卡"), "revoked": _l("作废"),
    "filled": _l("加入家庭卡"),
    "settled": _l("收款"), "refunded": _l("退款"), "adjusted": _l("调整积分"), "set": _l("设置"), "ended": _l("结束"),
    "undone": _l("撤销"), "left": _l("停用"), "returned": _l("恢复在职"), "roles_changed": _l("修改角色"),
    "sign_in_reset": _l("重置登录"), "totp_reset": _l("清除动态口令"), "person_linked": _l("关联会员"),
    "pin_changed": _l("修改 PIN"), "password_changed": _l("修改密码"), "restored": _l("恢复"), "asked": _l("提出"),
    "approved": _l("批准"), "executed": _l("执行"), "refused": _l("拒绝"), "downloaded": _l("下载"),
    "totp_enrolled": _l("启用动态口令"), "witnessed": _l("同事见证"), "bulk": _l("批量修改"),
}  # fmt: skip
WHOLE: dict[str, Any] = {
    "people.bulk.tag_added": _l("批量加标签"), "people.bulk.tag_removed": _l("批量去掉标签"),
    "people.bulk.tag_restored": _l("撤销批量标签"), "people.bulk.consent_withdrawn": _l("批量撤回同意"),
    "people.bulk.consent_restored": _l("撤销批量撤回"), "people.phone.unmasked": _l("查看完整手机号"),
    "cards.seat.left": _l("移出家庭卡"), "orders.price.changed": _l("改价"), "catalog.stock.set": _l("修改库存"),
    "tiers.standing.changed": _l("等级变动"), "tiers.override.set": _l("手工定级"),
    "tiers.override.ended": _l("结束手工定级"),
    "imports.person.undone": _l("撤销导入"), "imports.person.done": _l("导入"), "orders.order.settled": _l("收款"),
}  # fmt: skip
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


def action_word(action: str) -> str:
    """Return what an action is called; an unknown one by its code."""
    found = WHOLE.get(action) or ENDINGS.get(action.rsplit(".", 1)[-1])
    return str(found) if found is not None else action


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
