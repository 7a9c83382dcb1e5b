"""Baskets put aside (挂单): a customer steps out, the next is served, anybody at the store goes on later.

A held basket is a sealed row of the store: lock, sign-out and restart keep it. Prices are worked out anew when it is
taken up; what a PIN let pass is not kept, for it was bound to that moment.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import func, select

from core.desk import rules, services
from core.desk.models import HeldBasket
from core.kernel import audit, clock
from core.kernel.errors import Conflict, Invalid, NotFound, Refusal
from core.kernel.i18n import _
from core.kernel.tenancy import current_actor
from core.org.models import Staff
from core.people.models import Person

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy.orm import Session

    from core.orders.types import LineRequest

MOST = 50


@dataclass(frozen=True, slots=True)
class Held:
    """A held basket as the till lists it."""

    id: int
    who: str
    lines: int
    by: str
    at: int


def waiting(session: Session) -> list[Held]:
    """Return the baskets held at the actor's store, the oldest first."""
    store_id = current_actor().store_id
    if store_id is None:
        return []
    rows = session.execute(
        select(HeldBasket.id, HeldBasket.lines, HeldBasket.held_at, Person.name, Staff.name)
        .outerjoin(Person, Person.id == HeldBasket.person_id)
        .outerjoin(Staff, Staff.id == HeldBasket.staff_id)
        .where(HeldBasket.store_id == store_id)
        .order_by(HeldBasket.held_at, HeldBasket.id)
        .limit(MOST)
    )
    return [Held(row[0], row[3] or _("不记名"), row[1], row[4] or "", row[2]) for row in rows]


def hold(session: Session, web_session_id: int) -> HeldBasket:
    """Put the open basket aside and open an empty one; raise Invalid for an empty basket, Refusal for too many."""
    draft, _key = services.draft_of(session, web_session_id)
    if draft.empty:
        raise Invalid(_("本单是空的，没有可挂起的内容。"))
    row = _keep(session, draft)
    services.keep(session, web_session_id, rules.Draft(), new_key=True)
    return row


def put_aside(session: Session, person_id: int, lines: Sequence[LineRequest]) -> HeldBasket:
    """Put a basket that was made elsewhere (a plan) aside at the actor's store, for whoever takes it up at the till.

    Raises Invalid without a store or a line, Refusal `too_many_held`.
    """
    if not lines:
        raise Invalid(_("本单是空的，没有可挂起的内容。"))
    draft = rules.Draft(member_id=person_id)
    for line in lines:
        draft.lines.append(
            rules.DraftLine(
                secrets.token_hex(4), line.item, line.qty, line.for_member_id, line.performer, site=line.site
            )
        )
    return _keep(session, draft)


def _keep(session: Session, draft: rules.Draft) -> HeldBasket:
    actor = current_actor()
    if actor.store_id is None:
        raise Invalid(_("请先在右上角选择门店"))
    count = session.scalar(select(func.count()).where(HeldBasket.store_id == actor.store_id)) or 0
    if count >= MOST:
        raise Refusal(_("本店已有 %(n)d 张挂起的单，请先处理。", n=MOST), code="too_many_held")
    rules.touched(draft)
    row = HeldBasket(
        store_id=actor.store_id, staff_id=actor.staff_id, person_id=draft.member_id,
        lines=len(draft.lines), held_at=clock.now_ms(),
    )  # fmt: skip
    session.add(row)
    row.basket = draft.to_text()
    session.flush()
    return row


def _take(session: Session, held_id: int) -> HeldBasket:
    """Return a held basket of the actor's store, locked; raise NotFound when it is gone or another store's."""
    row = session.scalar(
        select(HeldBasket).where(HeldBasket.id == held_id, HeldBasket.store_id == current_actor().store_id)
        .with_for_update()
    )  # fmt: skip
    if row is None:
        raise NotFound(_("这张挂起的单已被取走或删除。"))
    return row


def resume(session: Session, web_session_id: int, held_id: int) -> None:
    """Take a held basket up as the open one; raise Conflict while the open one is not empty."""
    draft, _key = services.draft_of(session, web_session_id)
    if not draft.empty:
        raise Conflict(_("收银台上还有一单。请先收款、挂起或清空它，再取单。"), code="basket_open")
    row = _take(session, held_id)
    services.keep(session, web_session_id, rules.Draft.from_text(row.basket), new_key=True)
    session.delete(row)


def drop(session: Session, held_id: int) -> None:
    """Throw a held basket away; nothing was posted of it."""
    row = _take(session, held_id)
    audit.record(session, "desk.held.dropped", "held_basket", row.id, person_id=row.person_id,
                 detail={"lines": row.lines})  # fmt: skip
    session.delete(row)
