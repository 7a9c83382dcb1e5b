"""Rewards of the demonstration: stock of the goods, a template for notices, some redemptions of the last days."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from sqlalchemy import select

from core.catalog import services as catalog
from core.contact.models import MessageTemplate
from core.kernel import clock, settings
from core.kernel.errors import Refusal
from core.kernel.statements import Statements
from core.kernel.tenancy import current_actor
from core.ledger import services as ledger
from core.org import franchises
from core.people.models import Person
from core.points.rules import expires_on
from core.programme import services as programmes
from core.rewards import handing, rules, services
from core.rewards.settings import NOTICE_TEMPLATE

if TYPE_CHECKING:
    from core.kernel.runtime import Runtime

STOCK, TAKERS, GIFT = 12, 6, 1_000


def fill(runtime: Runtime) -> None:
    """Stock the goods at every store, and let some members of the acting franchise redeem what they can."""
    with runtime.db.unit("write") as session:
        programme = programmes.in_force(session)
        goods = [one for one in programme.rewards if one.kind == rules.GOODS]
        for item in handing.items_of(session, goods).values():
            catalog.set_stock(session, item, {store.id: STOCK for store in franchises.stores(session)})
        session.add(
            MessageTemplate(
                code=str(settings.value(session, NOTICE_TEMPLATE)), name="积分到期提醒", channel="sms",
                purpose="notice",
                body="{name}您好，您有 {expiring} 积分将于 {expires_on} 到期，欢迎到 {store} 兑换。",
            )
        )  # fmt: skip
        people = list(session.scalars(select(Person.id).order_by(Person.id).limit(TAKERS)))
        offered = [one.code for one in sorted(programme.rewards, key=lambda one: one.points) if not one.cash_fen]
    for n, person in enumerate(people):
        with clock.frozen_at(clock.now() - timedelta(days=TAKERS - n, hours=1)):
            _gift(runtime, person)
            if offered:
                _take(runtime, person, offered[n % len(offered)])


def _gift(runtime: Runtime, person: int) -> None:
    """Give opening points, so that there is something to redeem."""
    actor = current_actor()
    with runtime.db.unit("write") as session:
        st = Statements(session, actor.franchise_id)
        today = clock.today(actor.tz)
        months = programmes.in_force(session).points.expires_months
        posting = ledger.Posting(today, clock.now_ms(), "demo", person, actor.staff_id, actor.store_id, actor.door)
        balance = ledger.balance_of(st, "person", person, ledger.POINTS, person)
        ledger.credit(
            st, balance, ledger.POINTS, GIFT, posting, reason="opening", expires_on=expires_on(today, months),
            house="opening",
        )  # fmt: skip


def _take(runtime: Runtime, person: int, code: str) -> None:
    try:
        with runtime.db.unit("write") as session:
            services.take(session, person, services.Asked(code))
    except Refusal:
        return  # too dear for this one
