"""What the fields and values in the audit trail's details are called; actions are named by kernel/audit_words.py."""

from __future__ import annotations

from typing import Any

from core.kernel.i18n import _l

FIELDS: dict[str, Any] = {
    "name": _l("名称"), "phone": _l("手机"), "gender": _l("性别"), "birth_on": _l("生日"), "birth_calendar": _l("历法"),
    "email": _l("邮箱"), "address": _l("地址"), "occupation": _l("职业"), "company": _l("单位"), "note": _l("备注"),
    "industry": _l("行业"), "interests": _l("兴趣"), "adviser_id": _l("顾问"), "tag": _l("标签"), "tier": _l("等级"),
    "people": _l("人数"),
    "reason": _l("原因"), "cause": _l("缘由"), "why": _l("为何"), "purpose": _l("用途"), "evidence": _l("凭证"),
    "before": _l("原来"), "after": _l("改为"), "from": _l("从"), "to": _l("到"), "changed": _l("改动"),
    "changes": _l("改动"), "fields": _l("改过的项目"), "added": _l("新加"), "removed": _l("去掉"), "kept": _l("保留"),
    "stay": _l("留下"), "created": _l("新增"), "updated": _l("更新"), "unchanged": _l("未变"), "failed": _l("未成功"),
    "duplicates": _l("重复"), "done": _l("已做"), "total": _l("合计"), "count": _l("数量"), "counts": _l("清点次数"),
    "licence_kind": _l("执照种类"), "licence_no": _l("执照编号"), "licence_until": _l("执照有效期至"),
    "performs": _l("做项目"), "store_id": _l("所属门店"), "store": _l("门店"), "stores": _l("门店"),
    "active": _l("启用"), "legal_entity": _l("法人主体"), "role": _l("角色"), "roles": _l("角色"),
    "permission": _l("权限"),
    "like": _l("仿照"), "scopes": _l("权限范围"), "sessions": _l("结束的登录"), "level": _l("级别"),
    "angle": _l("拍摄角度"), "phase": _l("拍摄阶段"), "bytes": _l("字节"), "facts": _l("健康信息条数"),
    "files": _l("文件数"), "material": _l("实质改动"), "reason_code": _l("理由"), "red_due_fen": _l("应开红字"),
    "revision": _l("第几版"), "ruling": _l("复核结论"), "version": _l("版本"),
    "code": _l("编号"), "number": _l("编号"), "key": _l("键"), "kind": _l("种类"), "title": _l("名称"),
    "order_no": _l("订单号"), "refund_no": _l("退款单号"), "total_fen": _l("合计"), "amount_fen": _l("金额"),
    "owed_fen": _l("欠款"), "paid_fen": _l("实付"), "refunded_fen": _l("退款"), "price_fen": _l("价格"),
    "before_fen": _l("原价"), "after_fen": _l("改后"), "value_fen": _l("价值"), "line": _l("第几行"),
    "lines": _l("行数"), "item": _l("项目"), "product": _l("卡种"), "qty": _l("数量"), "unit": _l("单位"),
    "stock": _l("库存"),
    "delta": _l("变动"), "delta_points": _l("积分"), "points": _l("积分"), "lots": _l("批次"), "streak": _l("连续奖励"),
    "bonus_sessions": _l("赠送次数"), "course_sessions": _l("次数"), "left": _l("还剩"), "for": _l("就诊人"),
    "method": _l("确认方式"), "use": _l("核销编号"), "until": _l("有效至"), "on": _l("日期"), "valid_on": _l("起用日"),
    "business_on": _l("营业日"), "closed_through_on": _l("日结到"), "float_fen": _l("备用金"),
    "received_fen": _l("收款"), "expected_fen": _l("应有"), "counted_fen": _l("清点"),
    "first_counted_fen": _l("第一次清点"), "difference_fen": _l("差额"), "shift_difference_fen": _l("班次差额"),
    "by": _l("经手"), "cashier": _l("收银"), "confirmed_by": _l("确认人"), "asked": _l("起因"),
    "asked_by": _l("提出人"), "decided_by": _l("审批人"), "approval": _l("审批编号"), "source": _l("来源"),
    "source_id": _l("来源编号"), "origin": _l("来源"), "layer": _l("哪一层"), "value": _l("数值"), "right": _l("权益"),
    "rule": _l("规则"), "tree": _l("条件"), "section": _l("部分"), "position": _l("位置"), "page": _l("页面"),
    "list": _l("名单"), "columns": _l("栏目"), "rows": _l("行数"), "format": _l("格式"), "full": _l("完整号码"),
    "file": _l("文件"), "mapping": _l("对应列"), "passwords": _l("发出的初始密码"), "persons": _l("人数"),
    "state": _l("状态"), "problem": _l("问题"), "result": _l("结果"), "action": _l("动作"), "blocks": _l("区块"),
    "entries": _l("条数"), "verticals": _l("业态"), "keep_holders": _l("保留现有等级"),
    "sha256": _l("内容指纹"), "payload_sha256": _l("内容指纹"), "principal_fen": _l("本金"), "bonus_fen": _l("赠金"),
    "formula": _l("算法"), "result_fen": _l("应退"), "spend": _l("支付编号"), "reward": _l("礼品"), "lot": _l("批次"),
    "expires_on": _l("从哪天起不能用"), "referrer": _l("推荐人"), "subject": _l("对象"), "text": _l("文本版本"),
    "control": _l("控制总数"), "record": _l("记录"), "balance": _l("余额"),
}  # fmt: skip
KINDS: dict[str, Any] = {
    "person": _l("会员"), "card": _l("会员卡"), "orders": _l("订单"), "item": _l("项目"), "staff": _l("员工"),
    "store": _l("门店"), "stores": _l("门店"), "role": _l("角色"), "plugin": _l("插件"), "franchise": _l("加盟主体"),
    "approval_request": _l("审批"), "import_batch": _l("导入"), "programme_draft": _l("方案草稿"),
    "programme_version": _l("会员方案"), "programme_preview": _l("方案预览"), "programme_template": _l("方案模板"),
    "segment": _l("人群"), "tag_definition": _l("标签规则"), "grading": _l("会员分级"), "api_token": _l("接口令牌"),
    "web_session": _l("登录"), "session": _l("登录"), "audit_entry": _l("日志"), "audit_check": _l("日志链"),
    "course": _l("疗程"), "day_close": _l("日结"), "shift": _l("班次"), "held_basket": _l("挂起的单"),
    "saved_view": _l("视图"), "setting": _l("参数"), "task": _l("任务"), "anomaly_review": _l("异常核查"),
    "depth_acknowledgement": _l("二级推荐确认"), "referral": _l("推荐"), "redemption": _l("兑换"),
    "stored_value_account": _l("储值账户"), "top_up": _l("充值"), "attachment": _l("照片和附件"),
    "consent_text": _l("同意书文本"), "health_fact": _l("健康安全信息"), "health_glass": _l("紧急查看"),
    "visit": _l("就诊记录"), "health_audience": _l("受众预览"),
}  # fmt: skip


def field_word(name: str, labels: Any) -> str:
    """Return what a field is called."""
    found = labels.get(name) or FIELDS.get(name)
    return str(found) if found is not None else name


VALUES: dict[str, Any] = {
    "female": _l("女"), "male": _l("男"), "unknown": _l("未填"), "solar": _l("公历"), "lunar": _l("农历"),
    "marketing_sms": _l("营销短信"), "marketing_email": _l("营销邮件"), "profiling": _l("个性化推荐"),
    "membership": _l("会员服务"), "health": _l("健康信息"), "share_stores": _l("门店间共享"),
    "staff_attested": _l("员工确认"), "signature": _l("顾客签字"),
}  # fmt: skip


def has_word(name: str, labels: Any) -> bool:
    """Return whether a field is called something; a plugin's own keys are told in its own sentence."""
    return name in labels or name in FIELDS


def kind_word(kind: str) -> str:
    """Return what a kind of object is called."""
    return str(KINDS.get(kind, kind))


def value_word(text: str) -> str:
    """Return a value as people say it, where it is one of our codes."""
    found = VALUES.get(text)
    return str(found) if found is not None else text
