"""What is written into the audit trail about the programme, in words."""

from core.kernel.i18n import _l

ACTIONS = {
    "programme.draft.opened": _l("打开方案草稿"), "programme.draft.imported": _l("用文件替换草稿"),
    "programme.draft.discarded": _l("放弃草稿"), "programme.draft.changed": _l("修改草稿"),
    "programme.draft.removed": _l("删除草稿里的一条"), "programme.draft.moved": _l("调整草稿里的顺序"),
    "programme.draft.published": _l("发布草稿"), "programme.version.published": _l("发布会员方案"),
    "programme.referral.acknowledged": _l("确认开启二级推荐"),
    "programme.public.switched": _l("开关公开规则页"),
}  # fmt: skip
