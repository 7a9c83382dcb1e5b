"""Which coupons could be used on a basket, and on which lines; and for the others, why not."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from core.coupons.rules import (
    CouponState,
    Ineligible,
    below_minimum,
    card_coupons,
    eligibility,
    entitlement_coupons,
)
from core.kernel.i18n import _
from core.kernel.money import show_yuan
from core.pricing.plan import Plan
from core.pricing.types import NotApplied, PersonState
from core.programme.document import SPECIAL_KINDS

BUNDLED = ("card", "benefit")
"""Sources whose coupons belong strictly to the person treated."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """A usable coupon. level=item: one of `places` is to be chosen; level=order: it works on all of them."""

    coupon: CouponState
    places: tuple[int, ...]


def find_candidates(plan: Plan) -> tuple[list[Candidate], list[NotApplied]]:
    """Usable coupons of the people in the basket, and the unusable ones with reason and hint."""
    usable: list[Candidate] = []
    refused: list[NotApplied] = []
    wanted = plan.basket.coupons
    seen: set[str] = set()
    for coupon in _offered(plan):
        if coupon.id in seen or (wanted != "auto" and coupon.id not in wanted):
            continue
        seen.add(coupon.id)
        places, why = _places(plan, coupon)
        if why is None:
            usable.extend(_spread(plan, coupon, places))
        elif places or coupon.source_kind not in BUNDLED or why.reason == "gift_line":
            refused.append(NotApplied(coupon.rule.code, why.reason, why.hint, _line_of(plan, places)))
    if wanted != "auto":
        refused.extend(NotApplied(one, "unknown", _("没有这张券")) for one in wanted if one not in seen)
    return usable, refused


def _spread(plan: Plan, coupon: CouponState, places: tuple[int, ...]) -> Iterator[Candidate]:
    """One candidate; or, for a coupon without limit (per_filling), one for each line."""
    if coupon.pieces:
        yield Candidate(coupon, places)
        return
    for place in places:
        line = plan.basket.lines[place].line
        yield Candidate(replace(coupon, id=f"{coupon.id}:{line}"), (place,))


def _line_of(plan: Plan, places: tuple[int, ...]) -> int | None:
    return plan.basket.lines[places[0]].line if len(places) == 1 else None


def _offered(plan: Plan) -> Iterator[CouponState]:
    payer = plan.basket.payer
    people: dict[str, PersonState] = {}
    for person in (payer, *plan.people):
        if person is not None:
            people.setdefault(person.person_id, person)
    for person in people.values():
        yield from person.coupons
        yield from _bundled(plan, person)


def _bundled(plan: Plan, person: PersonState) -> Iterator[CouponState]:
    as_of = plan.basket.as_of
    for card in person.cards:
        product = plan.index.products.get(card.product)
        if product is not None and product.coupons:
            yield from card_coupons(
                product, card.card_id, person.person_id, card.valid_from, card.valid_until, card.used, as_of
            )
    tier = plan.index.tiers.get(person.tier) if person.tier else None
    if tier is not None and person.joined_on is not None:
        yield from entitlement_coupons(tier, person.person_id, person.joined_on, person.used, as_of)


def _places(plan: Plan, coupon: CouponState) -> tuple[tuple[int, ...], Ineligible | None]:
    """Lines the coupon matches, and why it cannot be used on them (None: it can)."""
    matching = tuple(_matching(plan, coupon))
    why = eligibility(coupon, plan.basket.as_of)
    if why is not None:
        return matching, why
    if not matching:
        return (), _gift_line(plan, coupon) or Ineligible("no_item", _("本单没有适用的项目"))
    free = tuple(place for place in matching if not plan.final[place])
    if not free:
        return matching, Ineligible("fixed_price", _("适用的项目是手工定价或用疗程支付，不再用券"))
    kind = "gift" if coupon.min_other_fen else "coupon"
    barred = [reason for place in free if (reason := plan.basket.lines[place].item.barred.get(kind))]
    open_places = tuple(place for place in free if kind not in plan.basket.lines[place].item.barred)
    if not open_places:
        return free, Ineligible("barred", barred[0])
    if coupon.min_other_fen and (missing := coupon.min_other_fen - _others(plan, coupon)) > 0:
        return open_places, Ineligible("min_spend", _("其他项目还差 %(yuan)s 元", yuan=show_yuan(missing)))
    short = below_minimum(coupon.rule, sum(plan.starts[place] for place in open_places))
    return open_places, short


def _gift_line(plan: Plan, coupon: CouponState) -> Ineligible | None:
    """What a gift line that nobody rang up yet wants: the line itself, or more of the others. None: no gift line."""
    if not coupon.min_other_fen:
        return None
    missing = coupon.min_other_fen - _others(plan, coupon)
    if missing > 0:
        return Ineligible("gift_line", _("再买 %(yuan)s 元可免费加一份", yuan=show_yuan(missing)))
    return Ineligible("gift_line", _("可免费加一份：把这个项目加进来就是 0 元"))


def _others(plan: Plan, coupon: CouponState) -> int:
    """What the lines other than the gift come to before coupons, fen; card fees and top-ups buy no gift."""
    scope = coupon.rule.items
    return sum(
        plan.starts[place]
        for place, line in enumerate(plan.basket.lines)
        if line.item.kind not in SPECIAL_KINDS
        and not scope.matches(line.item.code, line.item.kind, line.item.category, line.item.classes)
    )


def _matching(plan: Plan, coupon: CouponState) -> Iterator[int]:
    payer = plan.basket.payer
    whole_order = (
        coupon.rule.level == "order"
        and coupon.source_kind not in BUNDLED
        and payer is not None
        and payer.person_id == coupon.person_id
    )
    for place, line in enumerate(plan.basket.lines):
        person = plan.people[place]
        if not whole_order and (person is None or person.person_id != coupon.person_id):
            continue
        item = line.item
        if coupon.rule.items.matches(item.code, item.kind, item.category, item.classes):
            yield place
