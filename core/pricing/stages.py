"""The fixed stages as arithmetic: list, item_coupon, item_promotion, order_coupon, tier, rounding.

`run` is used for trying a coupon combination and for the final quote alike; a recorder, if given, is told
of every change of a line. Amounts in fen.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from core.coupons.rules import CouponState, reduction
from core.kernel.money import half_up, split_largest_remainder
from core.pricing.plan import AmountGroup, FreeUnitsGroup, NthGroup, PercentGroup, Plan, PromotionGroup
from core.pricing.types import Stage
from core.programme.document import FULL_BP

Recorder = Callable[[Stage, object, int, int, int], None]
"""Told (stage, rule object, place, before, after) for every line a rule worked on."""


@dataclass(frozen=True, slots=True)
class ItemUse:
    """An item coupon on the line at `place`, covering `pieces` pieces."""

    coupon: CouponState
    place: int
    pieces: int


@dataclass(frozen=True, slots=True)
class OrderUse:
    """An order coupon on the lines at `places`."""

    coupon: CouponState
    places: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Choice:
    """A coupon combination, both parts in stacking order."""

    items: tuple[ItemUse, ...] = ()
    orders: tuple[OrderUse, ...] = ()


NO_CHOICE = Choice()


def run(plan: Plan, choice: Choice, record: Recorder | None = None) -> list[int] | None:
    """Net amounts of the lines, or None if an order coupon of the choice misses its minimum spend."""
    amounts = list(plan.starts)
    _item_coupons(plan, choice.items, amounts, record)
    _price_changes(plan, amounts, record)
    for promotion in plan.promotions:
        _promotion(promotion, amounts, record)
    for use in choice.orders:
        if not _order_coupon(use, amounts, record):
            return None
    for rate in plan.rates:
        _percent("tier", rate, amounts, record)
    _rounding(plan, amounts, record)
    return amounts


def _item_coupons(plan: Plan, uses: Sequence[ItemUse], amounts: list[int], record: Recorder | None) -> None:
    for place, line in enumerate(plan.basket.lines):
        if line.course_id is not None:
            _set("item_coupon", line, place, 0, amounts, record)
    for use in uses:
        line = plan.basket.lines[use.place]
        unit = plan.starts[use.place] // line.qty
        cut = reduction(use.coupon.rule, unit) * use.pieces
        _set("item_coupon", use, use.place, max(0, amounts[use.place] - cut), amounts, record)


def _price_changes(plan: Plan, amounts: list[int], record: Recorder | None) -> None:
    for place, change in plan.changes:
        after = min(max(0, amounts[place] + change.amount_fen), plan.lists[place])
        _set("item_promotion", change, place, after, amounts, record)


def _promotion(group: PromotionGroup, amounts: list[int], record: Recorder | None) -> None:
    if isinstance(group, FreeUnitsGroup):
        _free_units(group, amounts, record)
    elif isinstance(group, NthGroup):
        _nth(group, amounts, record)
    elif isinstance(group, AmountGroup):
        _amount_off(group, amounts, record)
    else:
        _percent("item_promotion", group, amounts, record)


def _nth(group: NthGroup, amounts: list[int], record: Recorder | None) -> None:
    paid = group.qty * FULL_BP - group.cheap * (FULL_BP - group.pay_bp)
    after = half_up(amounts[group.place] * paid, group.qty * FULL_BP)
    _set("item_promotion", group, group.place, after, amounts, record)


def _amount_off(group: AmountGroup, amounts: list[int], record: Recorder | None) -> None:
    """Never more off than is left; shared over the lines by largest remainder, as order coupons are."""
    before = [amounts[place] for place in group.places]
    target = max(0, sum(before) - group.off_fen)
    for place, after in zip(group.places, split_largest_remainder(target, before), strict=True):
        _set("item_promotion", group, place, after, amounts, record)


def _free_units(group: FreeUnitsGroup, amounts: list[int], record: Recorder | None) -> None:
    after = half_up(amounts[group.place] * group.paid, group.qty)
    _set("item_promotion", group, group.place, after, amounts, record)


def _percent(stage: Stage, group: PercentGroup, amounts: list[int], record: Recorder | None) -> None:
    """One rounding on the subtotal, split by largest remainder (architecture section 3)."""
    before = [amounts[place] for place in group.places]
    target = half_up(sum(before) * group.num, group.den)
    for place, after in zip(group.places, split_largest_remainder(target, before), strict=True):
        _set(stage, group, place, after, amounts, record)


def _order_coupon(use: OrderUse, amounts: list[int], record: Recorder | None) -> bool:
    before = [amounts[place] for place in use.places]
    subtotal = sum(before)
    if subtotal < use.coupon.rule.min_spend_fen:
        return False
    target = subtotal - reduction(use.coupon.rule, subtotal)
    for place, after in zip(use.places, split_largest_remainder(target, before), strict=True):
        _set("order_coupon", use, place, after, amounts, record)
    return True


def _rounding(plan: Plan, amounts: list[int], record: Recorder | None) -> None:
    """The total goes to a multiple, but never above what it was at list."""
    rounding = plan.index.programme.rounding
    if rounding.to_fen == 1:
        return
    places = [place for place in range(len(amounts)) if amounts[place]]
    total = sum(amounts)
    steps = total // rounding.to_fen if rounding.mode == "down" else half_up(total, rounding.to_fen)
    target = steps * rounding.to_fen
    if target == total:
        return
    before = [amounts[place] for place in places]
    shares = split_largest_remainder(target, before)
    if any(share > plan.lists[place] for share, place in zip(shares, places, strict=True)):
        shares = split_largest_remainder(total // rounding.to_fen * rounding.to_fen, before)
    for place, after in zip(places, shares, strict=True):
        _set("rounding", rounding, place, after, amounts, record)


def _set(stage: Stage, rule: object, place: int, after: int, amounts: list[int], record: Recorder | None) -> None:
    if record is not None:
        record(stage, rule, place, amounts[place], after)
    amounts[place] = after
