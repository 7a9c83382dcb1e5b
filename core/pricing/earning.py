"""What the lines of a basket will earn: rules, bases and multipliers, frozen into EarnLines."""

from __future__ import annotations

from collections.abc import Sequence

from core.points.rules import Earned, EarnLine, EarnSource, earn, rule_expiry
from core.pricing.matrix import Matrix, TenderIn, by_kind
from core.pricing.plan import Plan, audience, meets
from core.pricing.types import BasketLine, Quote
from core.programme.document import FULL_BP, EarnRule, ItemScope
from core.programme.recurrence import is_birthday

CASH = "cash"


def earn_lines(plan: Plan, nets: Sequence[int]) -> tuple[EarnLine, ...]:
    """The lines as `points.rules.earn` takes them. The payer earns; a non-member earns nothing."""
    payer = plan.basket.payer
    if payer is None or payer.tier is None:
        return ()
    total = sum(nets)
    return tuple(
        EarnLine(line.line, net, (*_sources(plan, line, net), *_plugin_sources(plan, line, net, total)))
        for line, net in zip(plan.basket.lines, nets, strict=True)
        if net and "points" not in line.item.barred
    )


def _sources(plan: Plan, line: BasketLine, net: int) -> list[EarnSource]:
    rules = [rule for rule in plan.index.earn_rules if _applies(plan, rule, line) and meets(plan, rule)]
    if not rules:
        return []
    factors = _factors(plan, line)
    points = plan.index.programme.points
    found = []
    for rule in rules:
        rate = _rate(plan, rule, line, net)
        if rate[0]:
            found.append(
                EarnSource(
                    rule=rule.code,
                    points_num=rate[0],
                    points_den=rate[1],
                    factors=factors,
                    combine=points.multipliers,
                    except_tenders=rule.except_tenders,
                    expires_months=rule_expiry(points, rule.expires_months),
                    rounding=points.rounding,
                )
            )
    return found


def _applies(plan: Plan, rule: EarnRule, line: BasketLine) -> bool:
    item = line.item
    if rule.on == "course" and item.kind != "course":
        return False
    if item.kind == "card" and rule.items.everything:
        product = plan.index.products.get(item.code)
        return product is not None and product.earns
    return rule.items.matches(item.code, item.kind, item.category, item.classes)


def _rate(plan: Plan, rule: EarnRule, line: BasketLine, net: int) -> tuple[int, int]:
    """Points per fen received, as a fraction. Fixed points belong to the whole net of the line."""
    item = line.item
    if rule.on == "paid":
        points = plan.index.programme.points.per_yuan if rule.points is None else rule.points
        return points, rule.per_fen or 100
    if rule.on == "item":
        each = item.points_fixed if rule.points is None else rule.points
        return (each or 0) * line.qty, net
    if item.points_fixed is not None or not item.session_points:
        return 0, net
    return item.session_points * item.sessions * line.qty * rule.factor_bp, net * FULL_BP


def _factors(plan: Plan, line: BasketLine) -> tuple[tuple[str, int], ...]:
    """Multipliers in force on a line: tier, birthday, promotions."""
    payer = plan.basket.payer
    assert payer is not None
    assert payer.tier is not None
    found: list[tuple[str, int]] = []
    for multiplier in plan.index.multipliers.get(payer.tier, ()):
        if _in_scope(multiplier.items, line):
            found.append((f"tier:{payer.tier}", multiplier.factor_bp))
    for birthday in plan.index.birthdays.get(payer.tier, ()):
        if (
            birthday.factor_bp is not None
            and _in_scope(birthday.items, line)
            and is_birthday(payer.birth_date, payer.birth_calendar, plan.basket.as_of, birthday.on)
        ):
            found.append(("birthday", birthday.factor_bp))
    for promotion in plan.index.day(plan.basket.as_of).factor:
        if _in_scope(promotion.items, line) and audience(plan, promotion) is None:
            found.append((promotion.code, promotion.factor_bp or FULL_BP))
    return tuple(found)


def _in_scope(scope: ItemScope, line: BasketLine) -> bool:
    item = line.item
    return scope.matches(item.code, item.kind, item.category, item.classes)


def _plugin_sources(plan: Plan, line: BasketLine, net: int, total: int) -> list[EarnSource]:
    """A plugin's extra points as fixed points of its line or of the whole order."""
    return [
        EarnSource(
            rule=f"{change.plugin}:{change.rule}",
            points_num=change.points,
            points_den=total if change.line is None else net,
            expires_months=plan.index.programme.points.expires_months,
        )
        for change in plan.basket.points_changes
        if change.points > 0 and change.line in (None, line.line)
    ]


def cash_preview(lines: Sequence[EarnLine]) -> Earned:
    """What the lines earn if all is paid in cash."""
    return earn(lines, {line.line: {CASH: line.net_fen} for line in lines})


def earn_for(quote: Quote, tenders: Sequence[TenderIn], matrix: Matrix) -> Earned:
    """What the order earns for the payments received so far (settle, a later payment, what a refund
    leaves).
    """
    return earn(quote.earn_lines, by_kind(matrix, tenders))
