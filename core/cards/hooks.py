"""What cards offer to the house: who shares a card."""

from __future__ import annotations

from sqlalchemy import select

from core.cards.models import CardSeat
from core.hooktypes import HookContext
from core.kernel.plugins import hookimpl


@hookimpl
def person_circle(ctx: HookContext, person_id: int) -> list[int]:
    """Return everybody with a live seat on a card on which the person has one."""
    if ctx.session is None:
        return []
    own = select(CardSeat.card_id).where(CardSeat.person_id == person_id, CardSeat.left_at.is_(None))
    found = ctx.session.scalars(
        select(CardSeat.person_id).where(CardSeat.card_id.in_(own), CardSeat.left_at.is_(None)).distinct()
    )
    return sorted(set(found) - {person_id})
