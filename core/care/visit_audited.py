"""What is written into the audit trail about visit records and photos, in words."""

from core.kernel.i18n import _l

ACTIONS = {
    "care.visit.opened": _l("新建就诊记录"), "care.visit.saved": _l("保存就诊记录草稿"),
    "care.visit.signed": _l("签名就诊记录"), "care.visit.amended": _l("修订就诊记录"),
    "care.visit.voided": _l("作废就诊记录"), "care.visit.dropped": _l("放弃就诊记录草稿"),
    "care.visit.read": _l("查看就诊记录"), "care.photo.added": _l("上传照片"), "care.photo.read": _l("查看照片"),
    "care.photo.removed": _l("删除照片"), "care.document.added": _l("上传附件"),
    "care.document.read": _l("查看资料"), "care.document.removed": _l("删除资料"),
    "care.files.swept": _l("清理无主文件"),
}  # fmt: skip
