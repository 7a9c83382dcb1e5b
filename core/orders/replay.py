"""What the last weeks would have come to under a draft: every order priced twice, by the rules in force and by the
draft, on the same basket (issue 3, replay). Nothing is posted.

The basket is what the order kept: items, quantities that were not refunded, prices set by hand, coupons that were
used, the tier held then. Birthdays are those of the order's day; a condition on members is looked at today. Members
are taken one after another, so that each one's gain or loss is whole; a slice is one transaction, and a killed run
goes on after the last member it finished.
"""

from __future__ import annotations

import dataclasses
import heapq
import json
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import TYPE_CHECKING

from sqlalchemy import func, select

from core.cards import services as cards
from core.catalog.models import Item
from core.coupons import services as coupons
from core.coupons.models import Coupon, CouponUse
from core.kernel import clock
from core.kernel.errors import Invalid, NotFound
from core.kernel.i18n import _
from core.kernel.statements import Statements
from core.kernel.tenancy import current_actor
from core.orders.models import OrderLine, Orders, Replay
from core.orders.quoting.basket import coupon_classes, snapshot_of
from core.people.models import Person
from core.pricing.rules import Basket, BasketLine, CardState, PersonState, PriceChange, Quote, price
from core.programme import member_conditions
from core.programme import services as programmes
from core.programme.rules import Programme, document_hash, dump, parse

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from sqlalchemy.orm import Session

DAYS = 90
SLICE = 100
"""Members (and sales without a member) of one transaction."""
TOP = 10


@dataclass
class Side:
    """What a group of orders comes to under one programme."""

    net_fen: int = 0
    points: int = 0


@dataclass
class Group:
    """The orders of one tier (code; "" for sales without a member): both sides, members who pay less and more."""

    orders: int = 0
    list_fen: int = 0
    now: Side = field(default_factory=Side)
    then: Side = field(default_factory=Side)
    members: int = 0
    winners: int = 0
    losers: int = 0


@dataclass
class Sums:
    """The result so far. `alike` orders cost under the rules in force exactly what was charged.

    `best` and `worst`: [fen less (negative: more) to pay, points more, member's id], the largest first.
    """

    groups: dict[str, Group] = field(default_factory=dict)
    alike: int = 0
    left_out: int = 0
    best: list[list[int]] = field(default_factory=list)
    worst: list[list[int]] = field(default_factory=list)

    def to_json(self) -> str:
        """Return the sums as text."""
        return json.dumps(dataclasses.asdict(self), separators=(",", ":"))

    @classmethod
    def from_json(cls, text: str) -> Sums:
        """Return the sums that `to_json` wrote; "{}" is none."""
        plain = json.loads(text)
        groups = {
            tier: Group(**{**one, "now": Side(**one["now"]), "then": Side(**one["then"])})
            for tier, one in plain.get("groups", {}).items()
        }
        return cls(
            groups, plain.get("alike", 0), plain.get("left_out", 0), plain.get("best", []), plain.get("worst", [])
        )

    def group(self, tier: str) -> Group:
        """Return the group of a tier, made if there is none yet."""
        return self.groups.setdefault(tier, Group())


def begin(session: Session, draft: Programme) -> Replay:
    """Ask for the last 90 days under a draft; return the replay, waiting. The same draft is not replayed twice a day.

    Raises Invalid when nothing was sold in those days.
    """
    today = clock.today(current_actor().tz)
    since, sha = today - timedelta(days=DAYS - 1), document_hash(draft)
    base = programmes.version_in_force(session).number
    known = session.scalar(
        select(Replay)
        .where(Replay.sha256 == sha, Replay.base_number == base, Replay.until_on == today, Replay.state != "failed")
        .order_by(Replay.made_at.desc())
        .limit(1)
    )
    if known is not None:
        return known
    orders = session.scalar(select(func.count()).select_from(Orders).where(Orders.business_on >= since))
    if not orders:
        raise Invalid.field("draft", _("最近 %(n)d 天没有订单，没有什么可以重算。", n=DAYS))
    row = Replay(
        sha256=sha, base_number=base, document=json.dumps(dump(draft), ensure_ascii=False), since_on=since,
        until_on=today, orders=int(orders), made_by=current_actor().staff_id, made_at=clock.now_ms(),
    )  # fmt: skip
    session.add(row)
    session.flush()
    return row


def advance(session: Session, row: Replay) -> bool:
    """Replay the next slice and return whether more is left."""
    now, then = programmes.numbered(session, row.base_number), parse(json.loads(row.document))
    sums = Sums.from_json(row.result)
    people = _next_people(session, row)
    orders = _orders_of(session, row, people) if people else _next_strangers(session, row)
    row.state = "running"
    if orders:
        _Slice(session, now, then, orders).add_to(sums)
        row.seen += len(orders)
        row.result = sums.to_json()
    if people:
        row.person_at = people[-1]
    elif orders:
        row.order_at = orders[-1].id
    if not orders:
        row.state, row.ended_at = "done", clock.now_ms()
    return bool(orders)


def _next_people(session: Session, row: Replay) -> list[int]:
    """Return the next members who bought something in those days, ascending."""
    bought = (
        select(Orders.person_id)
        .where(
            Orders.person_id.is_not(None), Orders.person_id > row.person_at, Orders.business_on >= row.since_on,
            Orders.business_on <= row.until_on,
        )
        .distinct()
        .order_by(Orders.person_id)
        .limit(SLICE)
    )  # fmt: skip
    return [int(one) for one in session.scalars(bought) if one is not None]


def _orders_of(session: Session, row: Replay, people: Sequence[int]) -> list[Orders]:
    statement = select(Orders).where(
        Orders.person_id.in_(people), Orders.business_on >= row.since_on, Orders.business_on <= row.until_on
    )
    return list(session.scalars(statement.order_by(Orders.person_id, Orders.id)))


def _next_strangers(session: Session, row: Replay) -> list[Orders]:
    statement = select(Orders).where(
        Orders.person_id.is_(None), Orders.id > row.order_at, Orders.business_on >= row.since_on,
        Orders.business_on <= row.until_on,
    )  # fmt: skip
    return list(session.scalars(statement.order_by(Orders.id).limit(SLICE)))


class _Slice:
    """Some orders with all that their baskets need, read in a constant number of statements."""

    def __init__(self, session: Session, now: Programme, then: Programme, orders: Sequence[Orders]) -> None:
        self.session, self.now, self.then, self.orders = session, now, then, orders
        ids = [order.id for order in orders]
        self.lines: dict[int, list[OrderLine]] = defaultdict(list)
        for line in session.scalars(
            select(OrderLine).where(OrderLine.orders_id.in_(ids)).order_by(OrderLine.orders_id, OrderLine.line_no)
        ):
            self.lines[line.orders_id].append(line)
        everyone = {order.person_id for order in orders} | {
            line.for_person_id for lines in self.lines.values() for line in lines
        }
        people = sorted(one for one in everyone if one)
        self.people = {row.id: row for row in session.scalars(select(Person).where(Person.id.in_(people)))}
        self.cards = cards.cards_of(session, people)
        codes = {line.item_code for lines in self.lines.values() for line in lines}
        items = {row.code: row for row in session.scalars(select(Item).where(Item.code.in_(codes)))}
        self.items, self.classes = items, coupon_classes(session, items)
        self._read_uses(ids, people)
        self._holds: dict[tuple[int, int], frozenset[str]] = {}

    def _read_uses(self, orders: Sequence[int], people: Sequence[int]) -> None:
        """Read which coupons the orders used, and which bundled ones those people used in other orders."""
        self.held: dict[int, list[Coupon]] = defaultdict(list)
        self.elsewhere: dict[int, list[tuple[int, str, int, str]]] = defaultdict(list)
        used = select(CouponUse.order_id, Coupon).join(Coupon, Coupon.id == CouponUse.coupon_id)
        for order_id, coupon in self.session.execute(used.where(CouponUse.order_id.in_(orders))):
            self.held[order_id].append(coupon)
        st = Statements(self.session, current_actor().franchise_id)
        for start in range(0, len(people), 500):
            part = people[start : start + 500]
            marks = ", ".join("?" * len(part))
            rows = st.all(
                "SELECT person_id, order_id, key, source_id, source_kind FROM coupon_use WHERE franchise_id = ?"  # noqa: S608
                f" AND person_id IN ({marks}) AND coupon_id IS NULL AND returned_at IS NULL",
                [st.franchise_id, *part],
            )
            for person_id, order_id, key, source_id, kind in rows:
                self.elsewhere[int(person_id)].append((int(order_id), str(key), int(source_id), str(kind)))

    def add_to(self, sums: Sums) -> None:
        """Price every order of the slice twice and add it up."""
        gains: dict[int, list[int]] = {}
        home: dict[int, str] = {}
        for order in self.orders:
            found = self._both(order)
            if found is None:
                sums.left_out += 1
                continue
            now, then = found
            tier = order.tier_before if order.person_id else ""
            group = sums.group(tier)
            group.orders += 1
            group.list_fen += now.list_fen
            for side, quote in ((group.now, now), (group.then, then)):
                side.net_fen += quote.total_fen
                side.points += quote.earn.points
            whole = all(not line.refunded_qty for line in self.lines[order.id])
            sums.alike += whole and now.total_fen == order.total_fen
            if order.person_id:
                gain = gains.setdefault(order.person_id, [0, 0])
                gain[0] += now.total_fen - then.total_fen
                gain[1] += then.earn.points - now.earn.points
                home[order.person_id] = tier
        for person_id, (fen, points) in gains.items():
            _count_member(sums, home[person_id], person_id, fen, points)

    def _both(self, order: Orders) -> tuple[Quote, Quote] | None:
        """Return the quotes by the rules in force and by the draft; None when nothing of the order is left."""
        basket = self._basket(order)
        if basket is None:
            return None
        return price(self._for(basket, self.now), self.now), price(self._for(basket, self.then), self.then)

    def _for(self, basket: Basket, programme: Programme) -> Basket:
        """Return the basket with the payer as the programme sees them: a tier it has, the conditions they meet."""
        if basket.payer is None or basket.payer.tier is None:
            return basket
        payer = basket.payer
        tier = payer.tier if programme.tier(payer.tier) else programme.base_tier().code
        return dataclasses.replace(
            basket, payer=dataclasses.replace(payer, tier=tier, holds=self._met(payer, programme))
        )

    def _met(self, payer: PersonState, programme: Programme) -> frozenset[str]:
        key = (int(payer.person_id), id(programme))
        if key not in self._holds:
            today = clock.today(current_actor().tz)
            self._holds[key] = member_conditions.holding(self.session, programme, key[0], today)[0]
        return self._holds[key]

    def _basket(self, order: Orders) -> Basket | None:
        left = [one for one in self.lines[order.id] if one.qty > one.refunded_qty and one.item_code in self.items]
        if not left:
            return None
        changes: list[PriceChange] = []
        lines = tuple(self._line(line, changes) for line in left)
        ids = {order.person_id, *(line.for_person_id for line in left)}
        people = {one: self._state(order, self.people[one]) for one in ids if one in self.people}
        return Basket(
            lines=lines, as_of=order.business_on, payer=people.get(order.person_id or 0),
            people={str(person_id): state for person_id, state in people.items()}, price_changes=tuple(changes),
        )  # fmt: skip

    def _line(self, line: OrderLine, changes: list[PriceChange]) -> BasketLine:
        """Return the line as it was sold: its list price, a price set by hand, what plugins changed."""
        unit, qty = line.list_fen // line.qty, line.qty - line.refunded_qty
        by_hand: int | None = None
        course: str | None = None
        for step in json.loads(line.detail).get("steps", ()):
            if step["rule"] == "manual_price":
                by_hand = step["after_fen"] // line.qty
            elif step["rule"].startswith("course:"):
                course = step["rule"].partition(":")[2]
            elif step["stage"] == "item_promotion" and ":" in step["rule"]:
                plugin, _sep, rule = step["rule"].partition(":")
                change = (step["after_fen"] - step["before_fen"]) * qty // line.qty
                changes.append(PriceChange(line.line_no, change, step["text"], rule, plugin))
        item = self.items[line.item_code]
        snapshot = snapshot_of(item, self.classes[item.code], unit)
        patient = str(line.for_person_id) if line.for_person_id in self.people else None
        return BasketLine(line.line_no, snapshot, qty, patient, by_hand, "-" if by_hand is not None else "", course)

    def _state(self, order: Orders, person: Person) -> PersonState:
        """Return a person as on the order's day; coupons are those that the order used."""
        uses = [one for one in self.elsewhere[person.id] if one[0] != order.id]
        held = [
            CardState(
                str(card.id), card.product_code, card.valid_from, card.valid_until,
                Counter(key for _order, key, source, kind in uses if kind == "card" and source == card.id),
            )
            for card in self.cards[person.id]
            if card.valid_from <= order.business_on and (not card.valid_until or order.business_on <= card.valid_until)
        ]  # fmt: skip
        own = [coupons.state_of(one) for one in self.held[order.id] if one.person_id == person.id]
        return PersonState(
            person_id=str(person.id),
            tier=(order.tier_before if person.id == order.person_id else person.tier_code) or None,
            joined_on=clock.business_date(clock.from_ms(person.joined_at), current_actor().tz),
            birth_date=person.birth_on, birth_calendar=person.birth_calendar, cards=tuple(held),
            coupons=tuple(dataclasses.replace(one, state="open") for one in own),
            used=Counter(key for _order, key, _source, kind in uses if kind == "benefit"),
        )  # fmt: skip


def _count_member(sums: Sums, tier: str, person_id: int, fen: int, points: int) -> None:
    """Count a member with the tier of their last order; who pays less wins, alike the points decide."""
    group = sums.group(tier)
    group.members += 1
    better = (fen, points) > (0, 0)
    worse = (fen, points) < (0, 0)
    group.winners += better
    group.losers += worse
    entry = [fen, points, person_id]
    if better:
        sums.best = heapq.nlargest(TOP, [*sums.best, entry])
    if worse:
        sums.worst = heapq.nsmallest(TOP, [*sums.worst, entry])


def named(session: Session, sums: Sums) -> dict[int, tuple[str, str]]:
    """Return (name, member number) of the members that the sums name, by id."""
    ids = _ids(sums.best, sums.worst)
    rows = session.execute(select(Person.id, Person.name, Person.member_no).where(Person.id.in_(ids)))
    return {row.id: (row.name, row.member_no) for row in rows}


def _ids(*lists: Iterable[list[int]]) -> list[int]:
    return [entry[2] for one in lists for entry in one]


def get(session: Session, replay_id: int | None) -> Replay:
    """Return a replay; raise NotFound for an absent or foreign one."""
    row = session.get(Replay, replay_id) if replay_id else None
    if row is None:
        raise NotFound(_("没有这次重算，请重新开始。"))
    return row


def fail(session: Session, row: Replay) -> None:
    """Note that a replay came to nothing."""
    row.state, row.ended_at = "failed", clock.now_ms()
    session.flush()


def waiting(session: Session) -> Replay | None:
    """Return the oldest replay that is not finished."""
    open_ = select(Replay).where(Replay.state.in_(("waiting", "running"))).order_by(Replay.id).limit(1)
    return session.scalar(open_)


def last_of(session: Session, sha256: str, since: date) -> Replay | None:
    """Return the newest replay of a draft, not older than the day `since`."""
    found = select(Replay).where(Replay.sha256 == sha256, Replay.until_on >= since)
    return session.scalar(found.order_by(Replay.made_at.desc()).limit(1))
