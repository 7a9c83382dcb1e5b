"""What a programme does that nobody wants, each with a basket or a member that shows it (issue: rule checks on save).

`checks.py` looks at keys and codes; this looks at what the rules do together. Everything here is a warning but
for what can never work. Pure: the document, and the day from which the next year is looked at.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

from core.kernel.i18n import _
from core.programme import words
from core.programme.document import (
    FULL_BP,
    METRICS,
    DiscountBenefit,
    EarnRule,
    ItemScope,
    Programme,
    Promotion,
    Threshold,
    Tier,
)
from core.programme.problems import Problem
from core.programme.recurrence import is_active

LOOK_AHEAD_DAYS = 400
FLOOR_BP = 5_000
"""Rates that come out below half the price without a coupon are asked about: a slip, more often than a wish."""

_BASKET_FEN = 100_000


def rule_checks(programme: Programme, today: date, names: words.Names | None = None) -> list[Problem]:
    """Return what the rules do together that is impossible (error) or odd (warning)."""
    said = names or {}
    return [
        *_hidden_tiers(programme),
        *_dead_promotions(programme, today),
        *_tied(programme, today, said),
        *_double_earning(programme),
        *_too_cheap(programme, today),
        *_more_than_half(programme),
        *_spent_before_earned(programme),
    ]


def _warning(path: str, message: str) -> Problem:
    return Problem("warning", path, message)


# -- tiers nobody ever holds --------------------------------------------------------------------------------


def _hidden_tiers(programme: Programme) -> Iterator[Problem]:
    """A tier is never held when everybody who meets it meets a higher one too."""
    for place, lower in enumerate(programme.tiers[1:], 1):
        for upper in programme.tiers[place + 1 :]:
            if _implies(lower, upper):
                yield _warning(
                    f"tiers.{place}.from",
                    _(
                        "例如：%(what)s的会员会直接成为%(upper)s，没有人会停在%(lower)s。",
                        what=words.threshold(lower.entry), upper=upper.name, lower=lower.name,
                    ),
                )  # fmt: skip
                break


def _implies(lower: Tier, upper: Tier) -> bool:
    months = (lower.entry.window_months, upper.entry.window_months)
    wider = months[1] is None or (months[0] is not None and months[1] >= months[0])
    return wider and all(_meets(upper.entry, least) for least in _least(lower.entry))


def _least(entry: Threshold) -> list[dict[str, int]]:
    """Return the least that fulfils a threshold, each way it can be fulfilled."""
    asked: dict[str, int] = {metric: value for metric in METRICS if (value := getattr(entry, metric)) is not None}
    return [asked] if entry.match == "all" else [{metric: value} for metric, value in asked.items()]


def _meets(entry: Threshold, have: dict[str, int]) -> bool:
    asked = [(value, have.get(metric, 0)) for metric in METRICS if (value := getattr(entry, metric)) is not None]
    met = [had >= value for value, had in asked]
    return any(met) if entry.match == "any" else all(met)


# -- promotions ---------------------------------------------------------------------------------------------


def _days(promotion: Promotion, today: date) -> set[date]:
    ahead = (today + timedelta(days=n) for n in range(LOOK_AHEAD_DAYS))
    return {day for day in ahead if is_active(promotion.when, day)}


_NO_EFFECT: dict[str, Any] = {
    "pay_bp": FULL_BP, "factor_bp": None, "free_units": None, "nth_unit": None, "amount_off": None,
}  # fmt: skip


def _dead_promotions(programme: Programme, today: date) -> Iterator[Problem]:
    for place, one in enumerate(programme.promotions):
        if one.enabled and not _days(one, today) and not _ahead(one, today):
            yield _warning(
                f"promotions.{place}.when",
                _("从 %(day)s 起 13 个月里没有一天同时满足这些条件，活动不会发生。", day=today.isoformat()),
            )
        if one.enabled and one == replace(one, **_NO_EFFECT):
            yield _warning(f"promotions.{place}.pay_bp", _("实付就是原价，这个活动什么也没有减。"))


def _ahead(promotion: Promotion, today: date) -> bool:
    start = promotion.when.start
    return start is not None and start >= today + timedelta(days=LOOK_AHEAD_DAYS)


def _tied(programme: Programme, today: date, names: words.Names) -> Iterator[Problem]:
    """Two promotions that both want a line for themselves, with nothing to say which goes first."""
    alone = [
        (place, one) for place, one in enumerate(programme.promotions)
        if one.enabled and one.exclusive and one.of_price
    ]  # fmt: skip
    for n, (_place, first) in enumerate(alone):
        for place, second in alone[n + 1 :]:
            if first.priority != second.priority or not _meet(first.items, second.items):
                continue
            if first.tiers and second.tiers and not first.tiers & second.tiers:
                continue
            both = sorted(_days(first, today) & _days(second, today))
            if both:
                yield _warning(
                    f"promotions.{place}.priority",
                    _(
                        "例如 %(day)s 买%(items)s：“%(a)s”和“%(b)s”都不同享，先后又相同，只会用代码靠前的。",
                        day=both[0].isoformat(), items=words.scope(second.items, names),
                        a=first.name or first.code, b=second.name or second.code,
                    ),
                )  # fmt: skip


def _meet(one: ItemScope, two: ItemScope) -> bool:
    """Return whether some item can be in both scopes, as far as the scopes tell."""
    if one.everything or two.everything:
        return True
    return any(getattr(one, key) & getattr(two, key) for key in ("codes", "classes", "categories", "kinds"))


# -- earning ------------------------------------------------------------------------------------------------


def _double_earning(programme: Programme) -> Iterator[Problem]:
    """Points for topping up and again for spending what was topped up."""
    paid = [(place, rule) for place, rule in enumerate(programme.earn_rules) if rule.enabled and rule.on == "paid"]
    spending = [rule for _place, rule in paid if "stored_value" not in rule.except_tenders and _goods(rule.items)]
    if not spending:
        return
    for place, rule in paid:
        if "topup" in rule.items.kinds:
            yield _warning(
                f"earn_rules.{place}.items",
                _(
                    "例如充值 1,000 元先积 %(n)d 分，用这笔储值付款时“%(rule)s”又积一次。请只留一头。",
                    n=_points(programme, rule), rule=spending[0].name or spending[0].code,
                ),
            )  # fmt: skip


def _goods(items: ItemScope) -> bool:
    return items.everything or bool(items.codes or items.classes or items.categories or items.kinds - {"topup", "card"})


def _points(programme: Programme, rule: EarnRule) -> int:
    if rule.points is not None:
        return _BASKET_FEN // (rule.per_fen or 100) * rule.points
    return _BASKET_FEN // 100 * programme.points.per_yuan


def _spent_before_earned(programme: Programme) -> Iterator[Problem]:
    """What 100 yuan earn must not pay for half of the next 100 yuan."""
    tender, per_yuan = programme.tender, programme.points.per_yuan
    if tender is None or not per_yuan:
        return
    most = max([_best_factor(tier) for tier in programme.tiers], default=FULL_BP)
    back = 100 * per_yuan * most // FULL_BP * tender.fen_per_step // tender.points_step
    if back >= 10_000 * FLOOR_BP // FULL_BP:
        yield _warning(
            "tender.fen_per_step",
            _("例如付 100 元积的分就能抵 %(amount)s：一半以上又送回去了，请确认。", amount=words.yuan(back)),
        )


def _best_factor(tier: Tier) -> int:
    return max([getattr(one, "factor_bp", None) or FULL_BP for one in tier.benefits], default=FULL_BP)


# -- prices -------------------------------------------------------------------------------------------------


def _too_cheap(programme: Programme, today: date) -> Iterator[Problem]:
    """Rates that multiply to less than the floor: a stacking promotion on top of the best tier."""
    for place, one in enumerate(programme.promotions):
        if not one.enabled or one.pay_bp is None or not _days(one, today):
            continue
        tier, rate = _best_rate(programme, one)
        stacked = one.pay_bp * rate // FULL_BP if one.with_tier == "stack" else min(one.pay_bp, rate)
        if stacked < FLOOR_BP:
            yield _warning(
                f"promotions.{place}.pay_bp",
                _(
                    "例如%(tier)s买 1,000 元的项目，活动和等级一起只付 %(amount)s，低于 5 折，请确认。",
                    tier=tier, amount=words.yuan(_BASKET_FEN * stacked // FULL_BP),
                ),
            )  # fmt: skip
    for place, tier_ in enumerate(programme.tiers):
        for number, one_ in enumerate(tier_.benefits):
            if isinstance(one_, DiscountBenefit) and 0 < one_.pay_bp < FLOOR_BP:
                yield _warning(
                    f"tiers.{place}.benefits.{number}.pay_bp",
                    _("例如%(tier)s买 1,000 元的项目只付 %(amount)s，低于 5 折，请确认。", tier=tier_.name,
                      amount=words.yuan(_BASKET_FEN * one_.pay_bp // FULL_BP)),
                )  # fmt: skip


def _more_than_half(programme: Programme) -> Iterator[Problem]:
    """A sum taken off, or cheap pieces, that leave less than the floor of what just reaches them."""
    for place, one in enumerate(programme.promotions):
        off, nth = one.amount_off, one.nth_unit
        if one.enabled and off is not None and off.off_fen * FULL_BP > off.from_fen * (FULL_BP - FLOOR_BP):
            yield _warning(
                f"promotions.{place}.amount_off.off_fen",
                _(
                    "例如正好买 %(amount)s 只付 %(paid)s，低于 5 折，请确认。",
                    amount=words.yuan(off.from_fen), paid=words.yuan(max(0, off.from_fen - off.off_fen)),
                ),
            )  # fmt: skip
        if one.enabled and nth is not None and (nth.nth - 1) * FULL_BP + nth.pay_bp < nth.nth * FLOOR_BP:
            yield _warning(f"promotions.{place}.nth_unit.pay_bp", _("这几件合起来低于 5 折，请确认。"))


def _best_rate(programme: Programme, promotion: Promotion) -> tuple[str, int]:
    found: tuple[str, int] = (programme.tiers[0].name, FULL_BP)
    for tier in programme.tiers:
        if promotion.tiers and tier.code not in promotion.tiers:
            continue
        for one in tier.benefits:
            if isinstance(one, DiscountBenefit) and one.pay_bp < found[1] and _meet(one.items, promotion.items):
                found = (tier.name, one.pay_bp)
    return found
