"""Pages of the dental plugin."""

from __future__ import annotations

from typing import Any

from core.sdk import items_with, page, page_session, render_page
from plugins.dental import rules
from plugins.dental.blueprint import bp
from plugins.dental.permissions import VIEW


@page(bp, "/items", permission=VIEW)
def items() -> Any:
    """Show the dental items by category, and which coupon each takes."""
    found = items_with(page_session(), rules.CATEGORY)
    groups = []
    for code, label in rules.CATEGORIES:
        rows = [(item, _takes_filling(item)) for item in found if item.attributes[rules.CATEGORY] == code]
        if rows:
            groups.append((label, rows))
    return render_page("dental/items.html", groups=groups, total=len(found))


def _takes_filling(item: Any) -> bool:
    written = item.attributes.get(rules.CORE_CLASSES)
    classes = written if written is not None else rules.coupon_classes(item)
    return "filling" in classes
