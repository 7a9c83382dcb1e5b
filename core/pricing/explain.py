"""The recorder that turns the stages' changes into steps with words, and coupon uses."""

from __future__ import annotations

from core.coupons.rules import CouponState
from core.kernel.i18n import _
from core.kernel.money import show_yuan
from core.pricing.plan import AmountGroup, FreeUnitsGroup, NthGroup, PercentGroup, Plan, rate_text
from core.pricing.stages import ItemUse, OrderUse
from core.pricing.types import BasketLine, CouponUse, PriceChange, Stage, Step
from core.pricing.words import fold
from core.programme.document import FULL_BP


class Explainer:
    """Collects the steps of every line. Pass `record` to stages.run."""

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self.steps: list[list[Step]] = [
            [_list_step(plan, place)] + _manual_step(plan, place) for place in range(len(plan.lists))
        ]
        self.saved: dict[str, int] = {}

    def record(self, stage: Stage, rule: object, place: int, before: int, after: int) -> None:
        """Note one change. A rule that changed nothing on a line leaves no step."""
        if isinstance(rule, ItemUse | OrderUse):
            coupon_id = rule.coupon.id
            self.saved[coupon_id] = self.saved.get(coupon_id, 0) + before - after
        if before != after or isinstance(rule, BasketLine):
            code, text = _describe(rule, before - after)
            reason = f"coupon:{rule.coupon.id}" if isinstance(rule, ItemUse | OrderUse) else ""
            self.steps[place].append(Step(stage, code, before, after, text, reason))

    def uses(self, items: tuple[ItemUse, ...], orders: tuple[OrderUse, ...]) -> tuple[CouponUse, ...]:
        """The coupons used up, with what each took off."""
        lines = self.plan.basket.lines
        found = [self._use(use.coupon, lines[use.place].line, use.pieces) for use in items]
        return (*found, *(self._use(use.coupon, None, 0) for use in orders))

    def _use(self, coupon: CouponState, line: int | None, pieces: int) -> CouponUse:
        return CouponUse(
            coupon_id=coupon.id,
            code=coupon.rule.code,
            person_id=coupon.person_id,
            source_kind=coupon.source_kind,
            source_id=coupon.source_id,
            key=coupon.key,
            line=line,
            pieces=pieces,
            saved_fen=self.saved.get(coupon.id, 0),
        )


def _list_step(plan: Plan, place: int) -> Step:
    line, amount = plan.basket.lines[place], plan.lists[place]
    if line.qty == 1:
        text = _("原价 %(yuan)s 元", yuan=show_yuan(amount))
    else:
        unit = show_yuan(amount // line.qty)
        text = _("原价 %(unit)s 元 × %(qty)d = %(yuan)s 元", unit=unit, qty=line.qty, yuan=show_yuan(amount))
    return Step("list", "list", amount, amount, text)


def _manual_step(plan: Plan, place: int) -> list[Step]:
    before, after = plan.lists[place], plan.starts[place]
    if before == after:
        return []
    line = plan.basket.lines[place]
    text = _(
        "手工改价为 %(yuan)s 元（%(reason)s）",
        yuan=show_yuan(after),
        reason=line.price_reason or _("未填原因"),
    )
    return [Step("list", "manual_price", before, after, text, line.price_reason)]


def _describe(rule: object, saved: int) -> tuple[str, str]:
    """(rule code, words) of what changed a line by `saved` fen."""
    if isinstance(rule, ItemUse | OrderUse):
        return rule.coupon.rule.code, coupon_text(rule.coupon, saved)
    if isinstance(rule, PercentGroup):
        if rule.num == 0:
            return rule.rule, _("%(name)s 免费", name=rule.name)
        return rule.rule, rate_text(rule.name, rule.num)
    if isinstance(rule, FreeUnitsGroup):
        free = rule.qty - rule.paid
        return rule.rule, _("%(name)s：赠 %(free)d 件", name=rule.name, free=free)
    if isinstance(rule, NthGroup):
        return rule.rule, _(
            "%(name)s：%(n)d 件优惠，共减 %(yuan)s 元", name=rule.name, n=rule.cheap, yuan=show_yuan(saved)
        )
    if isinstance(rule, AmountGroup):
        return rule.rule, _("%(name)s 减 %(yuan)s 元", name=rule.name, yuan=show_yuan(saved))
    if isinstance(rule, PriceChange):
        return f"{rule.plugin}:{rule.rule}", rule.label
    if isinstance(rule, BasketLine):
        return f"course:{rule.course_id}", _("疗程核销 %(n)d 次", n=rule.qty)
    return "rounding", _("抹零 %(yuan)s 元", yuan=show_yuan(saved))


def coupon_text(coupon: CouponState, saved: int) -> str:
    """补牙券 减 200.00 元."""
    rule = coupon.rule
    name = rule.name or _("优惠券")
    if rule.amount_fen is not None:
        return _("%(name)s 减 %(yuan)s 元", name=name, yuan=show_yuan(saved))
    if rule.pay_bp == 0:
        return _("%(name)s 免费", name=name)
    pay_bp = rule.pay_bp or 0
    return _("%(name)s %(fold)s 折", name=name, fold=fold(pay_bp), percent=fold(10 * (FULL_BP - pay_bp)))
