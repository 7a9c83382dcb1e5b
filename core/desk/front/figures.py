"""The day in numbers, and what wants a look: reads for the home page, each with the way to its rows."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import and_, extract, func, or_, select

from core.cards.models import Card
from core.desk.front import todo
from core.desk.front.todo import Notice
from core.desk.people import advisers
from core.desk.permissions import FIGURES
from core.desk.selling.order_views import looks
from core.imports.models import ImportBatch
from core.kernel import clock, settings
from core.kernel.i18n import _, listed, ngettext
from core.kernel.models import PluginFailure
from core.kernel.permissions import may
from core.kernel.tenancy import Actor, current_actor
from core.kernel.web.formats import yuan
from core.orders.models import OrderLine, Orders, Tender, TillEntry
from core.orders.selling.till_entries import REFUND
from core.orders.settings import REFUND_PROOF_ABOVE
from core.orders.value.stored_value import TOPUP
from core.org.admin import licence_in
from core.org.models import Franchise, Staff
from core.org.permissions import STAFF_VIEW
from core.people.models import Person
from core.programme import services as programmes
from core.programme.hooks import lunar_births
from core.wallet.giving_back import BROUGHT

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy.orm import Session

RECENT_PERSONS = 2000
SOON_DAYS = 30
LIST = 6


@dataclass(frozen=True, slots=True)
class Day:
    """A business day so far, of the stores that the actor answers for. Money in fen.

    `takings_fen` is money that came and went, by the till: a top-up counts when it is paid, never again when it is
    spent; `refunds_fen` is taken off it. `sold_fen` is what was sold at what was charged, however it is paid, without
    top-ups (they are value held for the member, not yet sold) and without what was given back of it.
    """

    takings_fen: int
    sold_fen: int
    before_fen: int
    refunds_fen: int
    orders: int
    visits: int
    newcomers: int
    referred: int
    issued: int
    redeemed: int

    @property
    def change_bp(self) -> int | None:
        """Return the change against the same weekday a week ago, basis points; None without takings then."""
        return None if not self.before_fen else (self.takings_fen - self.before_fen) * 10_000 // self.before_fen


def stores_of(actor: Actor) -> frozenset[int]:
    """Return the stores whose figures the actor sees; an empty set means all."""
    return actor.grants.get(FIGURES) or frozenset()


def _at(model: Any, stores: frozenset[int]) -> Any:
    return model.store_id.in_(stores) if stores else True


def day(session: Session, actor: Actor) -> Day:
    """Return today's figures; takings are compared with the same weekday up to the same time."""
    today = clock.today(actor.tz)
    stores = stores_of(actor)
    week_ago = clock.now_ms() - 7 * 86_400_000
    orders, visits = session.execute(
        select(func.count(), func.count(Orders.person_id.distinct())).where(
            Orders.business_on == today, _at(Orders, stores)
        )
    ).one()
    nameless = session.scalar(
        select(func.count()).where(Orders.business_on == today, Orders.person_id.is_(None), _at(Orders, stores))
    )
    before, _back = _money(session, stores, today - dt.timedelta(days=7), week_ago)
    takings, back = _money(session, stores, today)
    start = _start(today, actor)
    newcomers, referred = session.execute(
        select(func.count(), func.count(Person.referrer_id)).where(
            Person.joined_at >= start, Person.store_id.in_(stores) if stores else True
        )
    ).one()
    issued = session.scalar(
        select(func.coalesce(func.sum(Orders.earned_points), 0)).where(Orders.business_on == today, _at(Orders, stores))
    )
    redeemed = session.scalar(
        select(func.coalesce(func.sum(Tender.points), 0))
        .join(Orders, Orders.id == Tender.orders_id)
        .where(Orders.business_on == today, _at(Orders, stores))
    )
    return Day(
        takings, _sold(session, stores, today), before, back, int(orders), int(visits) + int(nameless or 0),
        int(newcomers), int(referred), int(issued or 0), int(redeemed or 0),
    )  # fmt: skip


def _money(session: Session, stores: frozenset[int], on: dt.date, until: int | None = None) -> tuple[int, int]:
    """Return (money that came less what went, what of it went back) of a business day, up to an instant."""
    found = session.execute(
        select(TillEntry.source_kind, func.sum(TillEntry.amount_fen))
        .where(
            TillEntry.business_on == on, _at(TillEntry, stores),
            True if until is None else TillEntry.booked_at <= until,
        )
        .group_by(TillEntry.source_kind)
    )  # fmt: skip
    sums = {kind: int(fen) for kind, fen in found}
    return sum(sums.values()), -sums.get(REFUND, 0) - sums.get(BROUGHT, 0)


def _sold(session: Session, stores: frozenset[int], on: dt.date) -> int:
    """Return what lines of a business day's orders come to, without top-ups and what was given back of them."""
    worth = OrderLine.net_fen - OrderLine.refunded_fen - OrderLine.released_fen
    return int(
        session.scalar(
            select(func.coalesce(func.sum(worth), 0))
            .join(Orders, Orders.id == OrderLine.orders_id)
            .where(Orders.business_on == on, OrderLine.kind != TOPUP, _at(Orders, stores))
        )
        or 0
    )


def _start(on: dt.date, actor: Actor) -> int:
    return clock.to_ms(dt.datetime.combine(on, dt.time.min, clock.zone(actor.tz)))


def exceptions(session: Session, actor: Actor) -> list[Notice]:
    """Return what wants a look today, the gravest first."""
    today = clock.today(actor.tz)
    found = [
        *_frozen(session),
        *_orders(session, actor, today),
        *_plugins(session, actor, today),
        *_imports(session),
        *_advisers(session, actor),
        *_licences(session, actor),
        *todo.rows(session, actor),
    ]
    rank = {"bad": 0, "warn": 1, "": 2}
    return sorted(found, key=lambda one: rank[one.tint])


def _frozen(session: Session) -> list[Notice]:
    franchise = session.get(Franchise, current_actor().franchise_id)
    if franchise is None or not franchise.frozen_reason:
        return []
    return [Notice("bad", "lock", _("账目已冻结"), _("核对发现差异，涉及会员资产的操作已暂停"))]


def _orders(session: Session, actor: Actor, today: dt.date) -> list[Notice]:
    stores = stores_of(actor)
    limit = int(settings.value(session, REFUND_PROOF_ABOVE))
    found = []
    words = {
        "overridden": ("bad", "shield", _("放行过安全提示")), "large_refund": ("bad", "undo", _("大额退款")),
        "manual_price": ("warn", "edit", _("手工改价")),
    }  # fmt: skip
    criteria = looks(limit)
    for key, (tint, icon, what) in words.items():
        count, total = session.execute(
            select(func.count(), func.coalesce(func.sum(Orders.total_fen), 0)).where(
                Orders.business_on == today, _at(Orders, stores), criteria[key]
            )
        ).one()
        if count:
            title = _("%(what)s %(n)d 单", what=what, n=count)
            found.append(
                Notice(
                    tint, icon, title, _("涉及 %(yuan)s，点开看明细", yuan=yuan(int(total))), "desk.orders",
                    (("f.look", key),),
                )
            )  # fmt: skip
    return found


def _plugins(session: Session, actor: Actor, today: dt.date) -> list[Notice]:
    rows = session.execute(
        select(PluginFailure.key, func.count(), func.max(PluginFailure.number))
        .where(PluginFailure.at >= _start(today, actor))
        .group_by(PluginFailure.key)
    ).all()
    return [
        Notice(
            "warn", "plug", ngettext("插件 %(key)s 出错 %(n)d 次", "插件 %(key)s 出错 %(n)d 次", n, key=key),
            _("编号 %(no)s · 收银不受影响", no=number),
            "console.plugins", (("key", key),),
        )
        for key, n, number in rows
    ]  # fmt: skip


def _imports(session: Session) -> list[Notice]:
    rows = session.scalars(
        select(ImportBatch)
        .where(or_(ImportBatch.state == "failed", and_(ImportBatch.state == "done", ImportBatch.failed > 0)))
        .order_by(ImportBatch.id.desc())
        .limit(1)
    ).all()
    return [
        Notice(
            "",
            "dl",
            _("导入有 %(n)d 行未成功", n=row.failed),
            row.file_name,
            "imports.batch",
            (("batch_id", row.id),),
        )
        for row in rows
    ]


def _advisers(session: Session, actor: Actor) -> list[Notice]:
    """Return that members who were promised an adviser have none yet (S4-20)."""
    count, tiers = advisers.count_without(session, programmes.in_force(session), stores_of(actor))
    if not count:
        return []
    shown = f"{advisers.CAP}+" if count > advisers.CAP else str(count)
    return [
        Notice(
            "", "user", _("%(tiers)s还没有专属顾问：%(n)s 位", tiers=listed(tiers), n=shown),
            _("权益里写了专属顾问，请指定一位员工"), "desk.members", (("f.adviser", "due"),),
        )
    ]  # fmt: skip


def _licences(session: Session, actor: Actor) -> list[Notice]:
    """Return that licences of people who work here end within a month, or have ended, to who sees staff."""
    if not may(actor, STAFF_VIEW):
        return []
    count = session.scalar(
        select(func.count(Staff.id)).where(Staff.active.is_(True), or_(licence_in("soon"), licence_in("over")))
    )
    if not count:
        return []
    title = ngettext("%(n)d 位员工的执照快到期或已过期", "%(n)d 位员工的执照快到期或已过期", count)
    note = _("过期后不能放行需要执照的提示，请尽快更新")
    return [Notice("warn", "shield", title, note, "record_staff.index_view", (("f.licence", "due"),))]


def tier_counts(session: Session) -> list[tuple[str, int, int]]:
    """Return (tier name, rank, members) of the franchise, the lowest tier first."""
    rows = dict(
        session.execute(
            select(Person.tier_code, func.count()).where(Person.tier_code != "").group_by(Person.tier_code)
        ).all()
    )
    programme = programmes.in_force(session)
    return [(tier.name, n, int(rows.get(tier.code, 0))) for n, tier in enumerate(programme.tiers, 1)]


# -- people ----------------------------------------------------------------------------------------


def birthdays(session: Session, today: dt.date) -> list[Person]:
    """Return members among the latest visitors whose birthday is today, by the calendar they keep it in."""
    recent = _recent()
    return list(
        session.scalars(
            select(Person)
            .join(recent, recent.c.id == Person.id)
            .where(
                or_(
                    and_(
                        Person.birth_calendar != "lunar", extract("month", Person.birth_on) == today.month,
                        extract("day", Person.birth_on) == today.day,
                    ),
                    and_(Person.birth_calendar == "lunar", Person.birth_on.in_(lunar_births(today, today))),
                )
            )
            .order_by(Person.last_visit_at.desc())
            .limit(LIST)
        )
    )  # fmt: skip


def ending_cards(session: Session, today: dt.date) -> list[tuple[Card, Person]]:
    """Return cards of the latest visitors that end within thirty days, soonest first."""
    recent = _recent()
    rows = session.execute(
        select(Card, Person)
        .join(recent, recent.c.id == Card.person_id)
        .join(Person, Person.id == Card.person_id)
        .where(
            Card.status == "active", Card.valid_until >= today,
            Card.valid_until <= today + dt.timedelta(days=SOON_DAYS),
        )
        .order_by(Card.valid_until)
        .limit(LIST)
    )  # fmt: skip
    return [(card, person) for card, person in rows]


def _recent() -> Any:
    """Return the latest visitors as a subquery: a look at all members would grow with them."""
    return (
        select(Person.id)
        .where(Person.last_visit_at > 0, Person.active.is_(True))
        .order_by(Person.last_visit_at.desc(), Person.id.desc())
        .limit(RECENT_PERSONS)
        .subquery()
    )


def latest_orders(session: Session, actor: Actor, limit: int = LIST) -> Sequence[tuple[Orders, str | None]]:
    """Return the newest orders of the actor's store today, with the payer's name."""
    today = clock.today(actor.tz)
    rows = session.execute(
        select(Orders, Person.name)
        .outerjoin(Person, Person.id == Orders.person_id)
        .where(Orders.business_on == today, Orders.store_id == (actor.store_id or 0))
        .order_by(Orders.id.desc())
        .limit(limit)
    )
    return [(row, name) for row, name in rows]


def performed(session: Session, actor: Actor, limit: int = 20) -> list[tuple[OrderLine, Orders, str | None]]:
    """Return what the actor performed today, newest first, with the name of who was treated."""
    today = clock.today(actor.tz)
    rows = session.execute(
        select(OrderLine, Orders, Person.name)
        .join(Orders, Orders.id == OrderLine.orders_id)
        .outerjoin(Person, Person.id == OrderLine.for_person_id)
        .where(Orders.business_on == today, OrderLine.performer_id == (actor.staff_id or 0))
        .order_by(OrderLine.id.desc())
        .limit(limit)
    )
    return [(line, row, name) for line, row, name in rows]
