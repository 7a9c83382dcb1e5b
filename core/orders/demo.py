"""Courses and stored value of the demonstration: some sold, some used, a course frozen, value used elsewhere."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

from sqlalchemy import select

from core.catalog import services as catalog
from core.catalog.models import Item
from core.courses import changes
from core.courses import rules as course_rules
from core.courses import services as courses
from core.kernel import clock
from core.kernel.tenancy import acting, current_actor
from core.orders.quoting import quotes
from core.orders.selling import settle
from core.orders.sessions import burn
from core.orders.types import BasketRequest, Confirmation, LineRequest, OverrideRequest, TenderRequest
from core.orders.value import stored_value
from core.org.models import Staff, Store
from core.people.models import Person
from core.wallet import reads as wallet

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy.orm import Session

    from core.kernel.runtime import Runtime

BUYERS = 6


def fill(runtime: Runtime, seed: int) -> None:
    """Sell courses, bundles and top-ups to some members of the acting franchise and let them use them."""
    rng = random.Random(seed)
    _fill_value(runtime, rng)
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


# -- stored value ----------------------------------------------------------------------------------

TOPPED = 5
ATTESTED = Confirmation(stored_value.STAFF, "演示：本人在场")


def _fill_value(runtime: Runtime, rng: random.Random) -> None:
    """Let some members top up and pay with it, one of them at the last store, which another legal entity runs."""
    with runtime.db.unit("write") as session:
        tops = list(session.scalars(select(Item.code).where(Item.kind == "topup").order_by(Item.code)))
        services = list(
            session.scalars(
                select(Item.code)
                .where(Item.kind == "service", Item.price_fen.between(5_000, 130_000))
                .order_by(Item.code)
            )
        )
        people = list(
            session.scalars(
                select(Person.id).where(Person.contact_of_id.is_(None)).order_by(Person.id.desc()).limit(TOPPED)
            )
        )
        stores = list(session.scalars(select(Store).order_by(Store.code)))
        if tops and len(stores) > 1:
            stores[-1].legal_entity = OTHER
        away = stores[-1].id if len(stores) > 1 else None
    if not tops or not services:
        return
    for n, person in enumerate(people):
        bought = clock.now() - timedelta(days=(60, 3, 40, 90, 5)[n % TOPPED], hours=rng.randrange(5))
        _pay(runtime, person, tops[n % len(tops)], "wechat", bought)
        for k in range((3, 0, 2, 4, 1)[n % TOPPED]):
            bought = min(bought + timedelta(days=rng.randrange(2, 12)), clock.now() - timedelta(hours=1))
            actor = current_actor()
            with acting(replace(actor, store_id=away) if away and n == 0 and k else actor):
                _pay(runtime, person, rng.choice(services), stored_value.STORED, bought)


OTHER = "康悦东区门诊部有限公司"


def _pay(runtime: Runtime, person: int, code: str, kind: str, at: datetime) -> None:
    """Sell one item for one kind of tender; stored value as far as it reaches, the rest by card."""
    with clock.frozen_at(at), runtime.db.unit("write") as session:
        quote, priced = quotes.store(session, BasketRequest((LineRequest(code),), person))
        total = priced.quote.total_fen
        have = wallet.see(session, person).usable if kind == stored_value.STORED else total
        tenders = [TenderRequest(kind, min(total, have))] * bool(min(total, have))
        if total > have:
            tenders.append(TenderRequest("bank", total - have))
        passed = [OverrideRequest(one.id, "演示") for one in priced.findings if one.severity == "moderate"]
        settle.settle(session, quote.id, tenders, passed, confirmation=ATTESTED)
