"""A programme arranged for pricing: what is active on a day, who gets which percentage. Built once a
document.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import TypeVar

from core.programme.document import (
    BirthdayBenefit,
    CardProduct,
    DiscountBenefit,
    EarnRule,
    MultiplierBenefit,
    Programme,
    Promotion,
    Tier,
)
from core.programme.recurrence import is_active


@dataclass(frozen=True, slots=True)
class DayRules:
    """The promotions that hold on one business date, price promotions in working order."""

    price: tuple[Promotion, ...]
    factor: tuple[Promotion, ...]


class Index:
    """Look-ups over one programme. Days are remembered, so a busy day is resolved once."""

    def __init__(self, programme: Programme) -> None:
        self.programme = programme
        self.tiers: dict[str, Tier] = {tier.code: tier for tier in programme.tiers}
        self.products: dict[str, CardProduct] = {product.code: product for product in programme.card_products}
        self.earn_rules: tuple[EarnRule, ...] = tuple(rule for rule in programme.earn_rules if rule.enabled)
        self.discounts = {tier.code: _of_kind(tier, DiscountBenefit) for tier in programme.tiers}
        self.multipliers = {tier.code: _of_kind(tier, MultiplierBenefit) for tier in programme.tiers}
        self.birthdays = {tier.code: _of_kind(tier, BirthdayBenefit) for tier in programme.tiers}
        self._days: dict[date, DayRules] = {}

    def day(self, business_date: date) -> DayRules:
        """The promotions of a business date."""
        found = self._days.get(business_date)
        if found is None:
            if len(self._days) > 400:
                self._days.clear()
            found = self._days[business_date] = self._resolve(business_date)
        return found

    def _resolve(self, business_date: date) -> DayRules:
        active = [one for one in self.programme.promotions if one.enabled and is_active(one.when, business_date)]
        price = [one for one in active if one.of_price]
        return DayRules(
            tuple(sorted(price, key=lambda one: (one.priority, one.code))),
            tuple(sorted((one for one in active if one.factor_bp is not None), key=lambda one: one.code)),
        )


T = TypeVar("T")


def _of_kind(tier: Tier, kind: type[T]) -> tuple[T, ...]:
    return tuple(benefit for benefit in tier.benefits if isinstance(benefit, kind))


_cache: dict[int, Index] = {}


def index_of(programme: Programme) -> Index:
    """The index of this very document object (documents are cached by their hash, so objects are stable)."""
    found = _cache.get(id(programme))
    if found is None or found.programme is not programme:
        if len(_cache) > 256:
            _cache.clear()
        found = _cache[id(programme)] = Index(programme)
    return found
