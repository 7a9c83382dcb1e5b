"""Permissions of people that concern what is kept of them; those of the member pages stand with the desk."""

from __future__ import annotations

from core.kernel.i18n import _l
from core.kernel.permissions import permission

PROTECTED = "people.protected.view"
FIELDS = "people.fields.edit"
CONSENT_TEXTS = "people.consent_texts"

PERMISSIONS = (
    permission(PROTECTED, _l("查看和修改受保护的会员资料"), "owner", "manager"),
    permission(CONSENT_TEXTS, _l("发布同意书文本"), "owner", "manager"),
    permission(FIELDS, _l("设定会员自定义资料"), "owner"),
)
