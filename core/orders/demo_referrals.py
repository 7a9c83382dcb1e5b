"""Referrals of the demonstration: a member with a code who brought a few, one of these another; some have bought."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from sqlalchemy import select

from core.catalog.models import Item
from core.kernel import clock
from core.orders.granting import referral_grants
from core.orders.quoting import quotes
from core.orders.selling import settle
from core.orders.types import BasketRequest, LineRequest, OverrideRequest, TenderRequest
from core.people import services as people
from core.people.models import Person
from core.people.services import NewPerson
from core.referrals import services as referrals

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy.orm import Session

    from core.kernel.runtime import Runtime

# Name, phone, who brought them (place in this list, -1: the member), whether they bought since.
BROUGHT = (
    ("郑晓楠", "13912340101", -1, True), ("冯雅琴", "13912340102", -1, True), ("蒋一鸣", "13912340103", -1, False),
    ("韩子轩", "13912340104", 0, True), ("唐诗雨", "13912340105", 0, False),
)  # fmt: skip


def fill(runtime: Runtime) -> None:
    """Let the first member of the acting franchise bring people, day by day before today."""
    with runtime.db.unit("write") as session:
        first = session.scalar(select(Person).order_by(Person.id).limit(1))
        item = _cheap(session)
        if first is None or item is None:
            return
        first_id = first.id
        referrals.make_code(session, first_id)
    made: list[int] = []
    for n, (name, phone, by, bought) in enumerate(BROUGHT):
        at = clock.now() - timedelta(days=2, hours=12 - n)
        with clock.frozen_at(at), runtime.db.unit("write") as session:
            code = referrals.code_of(session, first_id) if by < 0 else None
            number = people.get(session, first_id if by < 0 else made[by]).member_no
            new = NewPerson(name, phone=phone, referrer_no=number, source="朋友推荐")
            made.append(referral_grants.enrol(session, new, code=code.public_code if code else "").id)
        if bought:
            _buy(runtime, made[-1], item, at + timedelta(hours=20))


def _cheap(session: Session) -> str | None:
    wanted = select(Item.code).where(Item.kind == "service", Item.price_fen > 0, Item.active.is_(True))
    return session.scalar(wanted.order_by(Item.price_fen, Item.code).limit(1)) or session.scalar(
        select(Item.code).where(Item.code == "MISC-100")
    )


def _buy(runtime: Runtime, person: int, code: str, at: datetime) -> None:
    with clock.frozen_at(at), runtime.db.unit("write") as session:
        quote, priced = quotes.store(session, BasketRequest((LineRequest(code),), person))
        passed = [OverrideRequest(one.id, "演示") for one in priced.findings if one.severity == "moderate"]
        settle.settle(session, quote.id, [TenderRequest("wechat", priced.quote.total_fen)], passed)
