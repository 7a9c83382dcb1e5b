"""The blueprint of segments, tags and grades; the view modules put their pages on it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flask import Blueprint

from core.kernel.errors import Refusal
from core.kernel.i18n import _l
from core.kernel.permissions import may
from core.kernel.tenancy import current_actor
from core.kernel.web.render import MenuEntry, menu
from core.programme.sentences import sentence
from core.segments import services
from core.segments.permissions import RULES, VIEW
from core.segments.words import PURPOSE_NAMES

if TYPE_CHECKING:
    from core.programme.condition_form import Draft

bp = Blueprint("segments", __name__)
menu.add(MenuEntry("marketing", _l("人群"), "segments.index", "users", VIEW, order=10))
menu.add(MenuEntry("marketing", _l("标签"), "segments.tags", "tag", VIEW, order=20))
menu.add(MenuEntry("marketing", _l("会员分级"), "segments.gradings", "chart", RULES, order=30))
NAMES = "people.view"  # whoever may open members sees their names; others see them masked


def see(draft: Draft, purpose: str, code: str = "") -> dict[str, Any]:
    """Return what stands beside a builder: count and names with the sentence, or why there are none."""
    use: Any = purpose if purpose in PURPOSE_NAMES else "marketing"
    try:
        condition = draft.condition(use)
        services.ensure_usable(draft.session, condition)
        named = may(current_actor(), NAMES)
        found = services.preview(draft.session, condition, use, named=named, code=code)
    except Refusal as refusal:
        words = refusal.errors[0].message if refusal.errors else refusal.message
        return {"preview": None, "said": "", "why_none": words if draft.is_typed() else ""}
    return {"preview": found, "said": sentence(draft.session, condition), "why_none": ""}
