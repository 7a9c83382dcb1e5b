"""The blueprint of the physio plugin, and what its pages share."""

from __future__ import annotations

import datetime as dt

from flask import Blueprint

from core.sdk import Invalid, Refusal, _

bp = Blueprint("physio", __name__)


def day_of(text: str) -> dt.date:
    """Return the day typed; raise Invalid."""
    try:
        return dt.date.fromisoformat(text.strip())
    except ValueError:
        raise Invalid.field("on", _("请按 2026-05-02 的样子填写日期。")) from None


def errors_of(refusal: Refusal | None) -> dict[str, str]:
    """Return the messages of a refusal by field."""
    return {error.field: error.message for error in refusal.errors} if refusal else {}
