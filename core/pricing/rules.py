"""Basket -> quote. The door of this room: `price`, `earn_for`, the matrix, and the JSON of a quote."""

from __future__ import annotations

from core.kernel.i18n import _
from core.points.rules import tender_limit
from core.pricing.candidates import Candidate, find_candidates
from core.pricing.choose import choose
from core.pricing.earning import cash_preview, earn_for, earn_lines
from core.pricing.explain import Explainer
from core.pricing.matrix import Matrix, TenderIn, by_kind, remaining_row, spread
from core.pricing.plan import Plan, make_plan
from core.pricing.quote_json import digest_of, from_json, public_json, to_json
from core.pricing.stages import Choice, run
from core.pricing.types import (
    Basket,
    BasketLine,
    CardState,
    CouponUse,
    ItemSnapshot,
    NotApplied,
    PersonState,
    PointsChange,
    PriceChange,
    Quote,
    QuoteLine,
    Step,
)
from core.programme.document import Programme

__all__ = [
    "Basket",
    "BasketLine",
    "CardState",
    "CouponUse",
    "ItemSnapshot",
    "Matrix",
    "NotApplied",
    "PersonState",
    "PointsChange",
    "PriceChange",
    "Quote",
    "QuoteLine",
    "Step",
    "TenderIn",
    "by_kind",
    "earn_for",
    "from_json",
    "price",
    "public_json",
    "remaining_row",
    "spread",
    "to_json",
]


def price(basket: Basket, programme: Programme) -> Quote:
    """The quote of a basket under a published programme; the same input gives the same quote.

    Stages: list, item_coupon, item_promotion, order_coupon, tier, rounding (architecture section 5; golden
    case B01: (400 - 200) x 0.8 = 160.00). Raises Invalid for a quantity, price or person that cannot be.
    """
    plan = make_plan(basket, programme)
    candidates, refused = find_candidates(plan)
    chosen = choose(plan, candidates)
    explainer = Explainer(plan)
    nets = run(plan, chosen.choice, explainer.record)
    if nets is None:
        raise AssertionError("the chosen coupons are legal")
    return _quote(plan, nets, explainer, chosen.choice, chosen.optimal, refused + _left_over(chosen.choice, candidates))


def _left_over(choice: Choice, candidates: list[Candidate]) -> list[NotApplied]:
    """Usable coupons that the best combination does without."""
    used = {use.coupon.id for use in choice.items} | {use.coupon.id for use in choice.orders}
    hint = _("不在最优惠的组合里，留到下次更合算")
    return [NotApplied(one.coupon.rule.code, "not_in_best", hint) for one in candidates if one.coupon.id not in used]


def _quote(
    plan: Plan,
    nets: list[int],
    explainer: Explainer,
    choice: Choice,
    optimal: bool,
    refused: list[NotApplied],
) -> Quote:
    basket, programme = plan.basket, plan.index.programme
    lines = tuple(
        QuoteLine(
            line=line.line,
            item=line.item.code,
            name=line.item.name,
            qty=line.qty,
            for_person=line.for_person,
            list_fen=plan.lists[place],
            net_fen=nets[place],
            steps=tuple(explainer.steps[place]),
        )
        for place, line in enumerate(basket.lines)
    )
    earning = earn_lines(plan, nets)
    earned = cash_preview(earning)
    limit = tender_limit(programme.tender, _available(plan), payable_in_points(plan, nets))
    uses = explainer.uses(choice.items, choice.orders)
    courses = tuple((line.course_id, line.qty) for line in basket.lines if line.course_id is not None)
    return Quote(
        lines=lines,
        total_fen=sum(nets),
        points_max=limit.points,
        points_value_fen=limit.value_fen,
        not_applied=tuple(plan.not_applied + refused),
        optimal=optimal,
        earn=earned,
        earn_lines=earning,
        coupon_uses=uses,
        courses=courses,
        programme_version=programme.version,
        digest=digest_of(lines, uses, courses, earned),
    )


def _available(plan: Plan) -> int:
    payer = plan.basket.payer
    return payer.points_available if payer and payer.tier is not None else 0


def payable_in_points(plan: Plan, nets: list[int]) -> int:
    """Fen of the order that points may pay: all but top-ups (points would become money) and barred items."""
    return sum(
        net
        for line, net in zip(plan.basket.lines, nets, strict=True)
        if line.item.kind != "topup" and "points_tender" not in line.item.barred
    )
