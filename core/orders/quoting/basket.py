"""From a request to a priced basket: read what pricing needs, ask the hooks, price.

Nothing is written here: the till previews with it, a quote and a settle re-price with it. The number of
statements is constant however long a member's history is.
"""

from __future__ import annotations

import dataclasses
from datetime import date
from typing import TYPE_CHECKING, Any

from sqlalchemy import select

from core.cards import rules as card_rules
from core.cards import services as cards
from core.catalog import prices as item_prices
from core.catalog import services as catalog
from core.coupons import services as coupons
from core.hooktypes import BasketView, ItemView, LineView, hook_context
from core.kernel import clock
from core.kernel.errors import FieldError, Invalid
from core.kernel.i18n import _
from core.kernel.runtime import runtime
from core.kernel.statements import Statements
from core.kernel.tenancy import current_actor
from core.ledger import services as ledger
from core.orders import sites
from core.orders.quoting import findings as finding_rules
from core.orders.sessions import course_lines, packs
from core.orders.types import BasketRequest, Priced
from core.org.models import Staff
from core.people.models import Person
from core.pricing.rules import (
    Basket,
    BasketLine,
    CardState,
    ItemSnapshot,
    PersonState,
    PointsChange,
    PriceChange,
    price,
)
from core.programme import member_conditions
from core.programme import services as programmes

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from core.catalog.models import Item
    from core.courses.services import Pack
    from core.kernel.plugin_types import Answer

MAX_LINES = 100
MAX_QTY = 9_999


def price_basket(session: Session, request: BasketRequest, *, at: int | None = None) -> Priced:
    """Price a basket as of the instant `at` (default: now) and collect its findings.

    Raises Invalid naming lines, items, persons or staff that cannot be, and what pricing raises.
    """
    _check_shape(request)
    actor = current_actor()
    today = clock.business_date(clock.from_ms(at), actor.tz) if at else clock.today(actor.tz)
    programme = programmes.in_force(session, at)
    items = catalog.by_codes(session, [line.item for line in request.lines])
    request = sites.with_sites(request, items)
    costs = item_prices.of(session, items.values(), today)
    given = packs.resolve(session, items.values(), today)
    course_lines.check(session, request, today)
    persons = _persons(session, request)
    _check_staff(session, request)
    states = _states(session, persons, today)
    classes = coupon_classes(session, items)
    view = _view(request, items, costs)
    payer = states.get(request.member_id) if request.member_id else None
    if payer is not None and request.member_id:
        holds, unmet = member_conditions.holding(session, programme, request.member_id, today)
        payer = dataclasses.replace(payer, holds=holds, unmet=unmet)
    basket = Basket(
        lines=tuple(_line(n, line, items[line.item], classes, costs, given) for n, line in enumerate(request.lines, 1)),
        as_of=today,
        payer=payer,
        people={str(person_id): state for person_id, state in states.items()},
        coupons="auto" if request.coupons is None else request.coupons,
    )
    missing: list[Answer] = []
    basket = dataclasses.replace(basket, price_changes=_price_changes(session, view, missing))
    quote = price(basket, programme)
    extra = _points_changes(session, view, quote.earn.points, missing)
    if extra:
        basket = dataclasses.replace(basket, points_changes=extra)
        quote = price(basket, programme)
    priced = _with_nets(Priced(request, programme, basket, quote, items, persons, view, packs=given))
    priced.findings = finding_rules.collect(session, priced.view, missing)
    return priced


def _check_shape(request: BasketRequest) -> None:
    if not request.lines:
        raise Invalid.field("lines", _("还没有添加项目。"))
    if len(request.lines) > MAX_LINES:
        raise Invalid.field("lines", _("一单最多 %(n)d 行，请分单。", n=MAX_LINES))
    errors = []
    for n, line in enumerate(request.lines):
        if not 1 <= line.qty <= MAX_QTY:
            errors.append(FieldError(f"lines.{n}.qty", _("数量应在 1 到 9,999 之间。")))
        if len(line.site) > sites.LONGEST:
            errors.append(FieldError(f"lines.{n}.site", _("部位最多 %(n)d 个字。", n=sites.LONGEST)))
        if line.price_fen is not None and not line.price_reason.strip():
            errors.append(FieldError(f"lines.{n}.price_reason", _("改价须填写原因。")))
    if errors:
        raise Invalid(_("有 %(n)d 处需要修改。", n=len(errors)), errors=errors)


def _persons(session: Session, request: BasketRequest) -> dict[int, Person]:
    wanted = {line.for_member_id for line in request.lines} | {request.member_id}
    ids = [person_id for person_id in wanted if person_id]
    if not ids:
        return {}
    found = {row.id: row for row in session.scalars(select(Person).where(Person.id.in_(ids)))}
    if request.member_id and request.member_id not in found:
        raise Invalid.field("member_id", _("没有找到这位会员。"))
    for n, line in enumerate(request.lines):
        if line.for_member_id and line.for_member_id not in found:
            raise Invalid.field(f"lines.{n}.for_member_id", _("没有找到这位就诊人。"))
    return found


def _check_staff(session: Session, request: BasketRequest) -> None:
    ids = {who for line in request.lines for who in (line.performer, line.seller) if who}
    if not ids:
        return
    known = set(session.scalars(select(Staff.id).where(Staff.id.in_(ids), Staff.active.is_(True))))
    for n, line in enumerate(request.lines):
        for name in ("performer", "seller"):
            who = getattr(line, name)
            if who and who not in known:
                raise Invalid.field(f"lines.{n}.{name}", _("没有找到这位员工，或已停用。"))


def _states(session: Session, persons: dict[int, Person], today: date) -> dict[int, PersonState]:
    """Return the persons as pricing sees them: cards, coupons, rights used, points."""
    if not persons:
        return {}
    st = Statements(session, current_actor().franchise_id)
    held = cards.cards_of(session, persons)
    rows = coupons.open_of(session, persons)
    card_uses = coupons.used_counts(st, "card", {card.id for own in held.values() for card in own})
    right_uses = coupons.used_counts(st, "benefit", persons)
    points = ledger.available_of(st, list(persons), ledger.POINTS, today)
    tz = current_actor().tz
    return {
        person.id: PersonState(
            person_id=str(person.id),
            tier=person.tier_code or None,
            joined_on=clock.business_date(clock.from_ms(person.joined_at), tz),
            birth_date=person.birth_on,
            birth_calendar=person.birth_calendar,
            points_available=points[person.id][0],
            cards=tuple(
                CardState(str(card.id), card.product_code, card.valid_from, card.valid_until, card_uses[card.id])
                for card in held[person.id]
                if card_rules.usable(card.status, card.valid_from, card.valid_until, today)
            ),
            coupons=tuple(coupons.state_of(row) for row in rows[person.id]),
            used=right_uses[person.id],
        )
        for person in persons.values()
    }


def coupon_classes(session: Session, items: dict[str, Item]) -> dict[str, frozenset[str]]:
    """Return the coupon classes of each item: those written on it and those its vertical gives it."""
    found = {
        code: frozenset(catalog.attributes_of(item).get("core.coupon_classes", ())) for code, item in items.items()
    }
    host = runtime().host
    if host is None:
        return found
    views = tuple(_item_view(item) for item in items.values())
    for answer in host.call("coupon_classes_for_items", hook_context(session), items=views):
        if not answer.failed and answer.value.item_code in found:
            found[answer.value.item_code] |= answer.value.classes
    return found


def _item_view(item: Item) -> ItemView:
    return ItemView(item.id, item.code, item.name, item.kind, catalog.attributes_of(item))


def snapshot_of(item: Item, classes: frozenset[str], price_fen: int, pack: Pack | None = None) -> ItemSnapshot:
    """Return an item at a price (fen a piece) as pricing sees it; a course knows the points of its session."""
    attributes = catalog.attributes_of(item)
    return ItemSnapshot(
        code=item.code, name=item.name, kind=item.kind, price_fen=price_fen, category=item.category,
        classes=classes, points_fixed=item.points_fixed, sessions=item.sessions,
        open_price=bool(attributes.get("core.open_price")),
        session_points=pack.items[0].points_fixed if pack is not None and item.kind == "course" else None,
    )  # fmt: skip


def _line(
    n: int, line: Any, item: Item, classes: dict[str, frozenset[str]], costs: dict[int, int], given: dict[str, Pack]
) -> BasketLine:
    return BasketLine(
        line=n, item=snapshot_of(item, classes[item.code], costs[item.id], given.get(item.code)), qty=line.qty,
        for_person=str(line.for_member_id) if line.for_member_id else None,
        price_fen=line.price_fen, price_reason=line.price_reason.strip(),
        course_id=str(line.course_id) if line.course_id else None,
    )  # fmt: skip


def _view(request: BasketRequest, items: dict[str, Item], costs: dict[int, int]) -> BasketView:
    return BasketView(
        person_id=request.member_id,
        lines=tuple(
            LineView(
                line=n, item_id=items[line.item].id, code=line.item, name=items[line.item].name, qty=line.qty,
                net_fen=costs[items[line.item].id] * line.qty, list_fen=costs[items[line.item].id] * line.qty,
                attributes=catalog.attributes_of(items[line.item]), for_person_id=line.for_member_id,
                site=line.site.strip(), priced_by_hand=line.price_fen is not None,
            )
            for n, line in enumerate(request.lines, 1)
        ),
    )  # fmt: skip


def _with_nets(priced: Priced) -> Priced:
    """Put the priced amounts into the view that checks see."""
    nets = {line.line: (line.net_fen, line.list_fen) for line in priced.quote.lines}
    priced.view = BasketView(
        priced.view.person_id,
        tuple(
            dataclasses.replace(line, net_fen=nets[line.line][0], list_fen=nets[line.line][1])
            for line in priced.view.lines
        ),
    )
    return priced


def _price_changes(session: Session, view: BasketView, missing: list[Answer]) -> tuple[PriceChange, ...]:
    """Return plugins' price changes; one that failed changes nothing and is told in a finding."""
    host = runtime().host
    answers = host.call("adjust_price", hook_context(session), basket=view) if host else []
    missing += [answer for answer in answers if answer.failed]
    return tuple(
        PriceChange(a.value.line, a.value.amount_fen, str(a.value.label), a.value.rule, a.plugin or "core")
        for a in answers
        if not a.failed
    )


def _points_changes(session: Session, view: BasketView, points: int, missing: list[Answer]) -> tuple[PointsChange, ...]:
    """Return plugins' extra points for a member's basket."""
    host = runtime().host
    if host is None or view.person_id is None:
        return ()
    answers = host.call("earn_points", hook_context(session), basket=view, points=points)
    missing += [answer for answer in answers if answer.failed]
    return tuple(
        PointsChange(a.value.points, str(a.value.label), a.value.rule, a.plugin or "core", a.value.line)
        for a in answers
        if not a.failed
    )
