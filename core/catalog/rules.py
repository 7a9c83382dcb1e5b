"""Items: kinds, codes, initials. Pure."""

from __future__ import annotations

import re

from core.kernel import pinyin
from core.kernel.errors import FieldError, Invalid
from core.kernel.i18n import _

KINDS = ("service", "goods", "course", "card", "topup")
MAX_FEN = 100_000_000
CODE = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.\-]{0,39}")


def initials(name: str) -> str:
    """Return the pinyin initials of an item's name, lower case: 树脂充填 is szct."""
    letters = pinyin.first_letters(name)
    return "".join(ch for part in letters for ch in part.lower() if ch.isalnum())[:60]


def check(code: str, name: str, kind: str, price_fen: int) -> None:
    """Raise Invalid with every field at fault."""
    errors = []
    if not CODE.fullmatch(code or ""):
        errors.append(FieldError("code", _("项目编码由字母、数字、点、横线和下划线组成，最多 40 位。")))
    if not (name or "").strip() or len(name) > 120:
        errors.append(FieldError("name", _("请填写项目名称，最多 120 个字。")))
    if kind not in KINDS:
        errors.append(FieldError("kind", _("没有“%(kind)s”这种项目类型。", kind=kind)))
    if not 0 <= price_fen <= MAX_FEN:
        errors.append(FieldError("price_fen", _("价格应在 0 到 1,000,000.00 元之间。")))
    if errors:
        raise Invalid(_("有 %(n)d 处需要修改。", n=len(errors)), errors=errors)
