"""What is written into the audit trail about people, in words."""

from core.kernel.i18n import _l

ACTIONS = {
    "people.person.enrolled": _l("新建会员"), "people.person.changed": _l("修改会员资料"),
    "people.phone.unmasked": _l("查看完整手机号"), "people.consent.given": _l("记录同意"),
    "people.consent.withdrawn": _l("撤回同意"), "people.tag.put": _l("加标签"), "people.tag.taken": _l("去掉标签"),
    "people.bulk.tag_added": _l("批量加标签"), "people.bulk.tag_removed": _l("批量去掉标签"),
    "people.bulk.tag_restored": _l("撤销批量标签"), "people.bulk.consent_withdrawn": _l("批量撤回同意"),
    "people.consent.text": _l("发布同意书文本"), "people.bulk.consent_restored": _l("撤销批量撤回"),
}  # fmt: skip
