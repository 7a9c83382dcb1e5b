"""The one blueprint of the pharmacy's pages."""

from __future__ import annotations

import datetime as dt

from flask import Blueprint

from core.sdk import Invalid, _

bp = Blueprint("pharmacy", __name__)


def day(name: str, text: str) -> dt.date:
    """Return a typed day; raise Invalid naming its field."""
    try:
        return dt.date.fromisoformat(text.strip())
    except ValueError:
        raise Invalid.field(name, _("请按 2026-05-02 的样子填写日期。")) from None


def whole(name: str, text: str) -> int:
    """Return a typed whole number; raise Invalid naming its field."""
    if not text.strip().isdigit() or len(text.strip()) > 6:
        raise Invalid.field(name, _("请填写整数。"))
    return int(text)
