"""Permissions of visit records and photos."""

from __future__ import annotations

from core.kernel.i18n import _l
from core.kernel.permissions import permission

READ, WRITE, SIGN = "care.visits.read", "care.visits.write", "care.visits.sign"
PHOTOS, SHOOT = "care.photos.read", "care.photos.write"
PAPERS, PAPERS_ADD = "care.documents.read", "care.documents.write"

PERMISSIONS = (
    permission(READ, _l("查看就诊记录"), "owner", "manager", "clinician"),
    permission(WRITE, _l("书写就诊记录"), "owner", "clinician"),
    permission(SIGN, _l("签名和修订就诊记录"), "owner", "clinician"),
    permission(PHOTOS, _l("查看照片"), "owner", "manager", "clinician"),
    permission(PAPERS, _l("查看处方、报告等资料"), "owner", "clinician", "pharmacist"),
    permission(PAPERS_ADD, _l("上传和删除处方、报告等资料"), "owner", "clinician", "pharmacist"),
    permission(SHOOT, _l("上传和删除照片"), "owner", "clinician"),
)
