"""The page of the audience preview: choose items, see whom they leave out and why. Sends nothing."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

from flask import request

from core.sdk import Refusal, on_refusal, page, page_session, render_page
from plugins.pharmacy import audience
from plugins.pharmacy.blueprint import bp
from plugins.pharmacy.permissions import AUDIENCE

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

ROWS = 5


@page(bp, "/audience", permission=AUDIENCE, endpoint="audience")
def audience_page() -> Any:
    """Show the choice of items, and for a choice the counts, the refused items, and whom one may read by name."""
    on_refusal(lambda refusal: _audience(page_session(), refusal))
    return _audience(page_session())


def _audience(unit: Session, refusal: Refusal | None = None) -> Any:
    codes = [code.strip() for code in request.args.getlist("item") if code.strip()]
    group, drugs = request.args.get("group", "")[: audience.ATC_GROUP], audience.catalogue(unit)
    made, named, hidden = None, [], 0
    if refusal is None and (codes or group):
        made = audience.preview(unit, audience.wanted(unit, codes, group))
        named, hidden = audience.named(unit, made)
    groups = Counter(found for one in drugs if (found := audience.group_of(one)))
    return render_page(
        "pharmacy/audience.html", status=refusal.status if refusal else 200, refusal=refusal, codes=codes, group=group,
        rows=max(ROWS, len(codes) + 1), groups=sorted(groups.items()), made=made, named=named, hidden=hidden,
        reasons=audience.REASONS, short=audience.SHORT, not_public=audience.NOT_PUBLIC,
        drugs=drugs[: audience.SHOWN * 10],
        names={one.item.code: one.item.name for one in made.targets} if made else {},
    )  # fmt: skip
