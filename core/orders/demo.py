"""Courses of the demonstration: a few sold, some sessions used, one frozen."""

from __future__ import annotations

import random
from datetime import timedelta
from typing import TYPE_CHECKING

from sqlalchemy import select

from core.catalog import services as catalog
from core.catalog.models import Item
from core.courses import changes
from core.courses import rules as course_rules
from core.courses import services as courses
from core.kernel import clock
from core.kernel.tenancy import current_actor
from core.orders import burn, quotes, settle
from core.orders.types import BasketRequest, LineRequest, OverrideRequest, TenderRequest
from core.org.models import Staff
from core.people.models import Person

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy.orm import Session

    from core.kernel.runtime import Runtime

BUYERS = 6


def fill(runtime: Runtime, seed: int) -> None:
    """Sell courses and bundles to some members of the acting franchise and use a few sessions of each."""
    rng = random.Random(seed)
    with runtime.db.unit("write") as session:
        codes = _sold_here(session)
        people = list(session.scalars(select(Person.id).order_by(Person.id).limit(BUYERS)))
        performer = session.scalar(select(Staff.id).where(Staff.performs.is_(True)).order_by(Staff.number).limit(1))
        for code in codes:
            item = catalog.by_code(session, code)
            if item.kind == "course":
                terms = {**catalog.attributes_of(item), course_rules.MONTHS: "12", course_rules.SHARED: "1"}
                catalog.change(session, item, {"attributes": terms})
    if not codes:
        return
    for n, person in enumerate(people):
        bought = clock.now() - timedelta(days=rng.randrange(30, 120), hours=rng.randrange(5))
        course = _buy(runtime, person, codes[n % len(codes)], bought)
        last = n == BUYERS - 1
        for _n in range(1 if last else rng.randrange(1, 5)):
            bought = min(bought + timedelta(days=rng.randrange(3, 9)), clock.now() - timedelta(hours=1))
            _use(runtime, course, performer, bought)
        if last:
            with runtime.db.unit("write") as session:
                changes.freeze(session, course, "出差两个月")


def _sold_here(session: Session) -> list[str]:
    items = session.scalars(select(Item).where(Item.active.is_(True)).order_by(Item.code)).all()
    return [
        item.code for item in items
        if course_rules.terms_of(item.code, item.kind, item.sessions, catalog.attributes_of(item))
    ]  # fmt: skip


def _buy(runtime: Runtime, person: int, code: str, at: datetime) -> int:
    with clock.frozen_at(at), runtime.db.unit("write") as session:
        quote, priced = quotes.store(session, BasketRequest((LineRequest(code),), person))
        passed = [OverrideRequest(one.id, "演示") for one in priced.findings if one.severity == "moderate"]
        settle.settle(session, quote.id, [TenderRequest("wechat", priced.quote.total_fen)], passed)
        return max(row.id for row in courses.owned_by(session, person))


def _use(runtime: Runtime, course: int, performer: int | None, at: datetime) -> None:
    with clock.frozen_at(at), runtime.db.unit("write") as session:
        row = courses.get(session, course)
        parts = courses.parts_of(session, [course], clock.today(current_actor().tz))[course]
        usable = next((one for one in parts if one.usable), None)
        if usable is None:
            return
        found = burn.findings_of(session, row, usable.row.item_code, row.person_id)
        passed = [OverrideRequest(one.id, "演示") for one in found if one.severity == "moderate"]
        burn.burn(session, course, burn.Burning(performer=performer, overrides=passed))
