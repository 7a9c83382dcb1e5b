"""A slow, independent reckoning of totals and points, written against the specification, not the engine.

It uses fractions, tries every coupon laying by brute force, and imports no helper of the engine: only the data
classes of the document. It covers what shop.random_basket makes.
"""

from __future__ import annotations

from fractions import Fraction
from itertools import product
from math import floor


def nearest(value: Fraction) -> int:
    return floor(value + Fraction(1, 2))


def share(total: int, weights: list) -> list[int]:
    whole = sum(weights)
    if whole == 0:
        return [0 for _ in weights]
    exact = [Fraction(total) * w / whole for w in weights]
    result = [floor(e) for e in exact]
    missing = total - sum(result)
    ranking = sorted(enumerate(exact), key=lambda pair: (-(pair[1] - floor(pair[1])), -weights[pair[0]], pair[0]))
    for position, _ in ranking[:missing]:
        result[position] += 1
    return result


def inside(scope, item) -> bool:
    if item.kind in ("card", "topup"):
        return item.code in scope.codes or item.kind in scope.kinds
    return (
        scope.everything
        or item.code in scope.codes
        or item.kind in scope.kinds
        or item.category in scope.categories
        or any(name in scope.classes for name in item.classes)
    )


def personal(basket, programme, line):
    """Cheapest personal percentage as (pay, rule name) or None."""
    offers = []
    for card in basket.payer.cards:
        for sold in programme.card_products:
            if sold.code == card.product:
                offers += [(b.pay_bp, 0, "card:" + sold.code) for b in sold.benefits if inside(b.items, line.item)]
    for tier in programme.tiers:
        if tier.code == basket.payer.tier:
            for benefit in tier.benefits:
                if type(benefit).__name__ == "DiscountBenefit" and inside(benefit.items, line.item):
                    offers.append((benefit.pay_bp, 1, "tier:" + tier.code))
    return min(offers) if offers else None


def all_coupons(basket, programme):
    coupons = [(c.rule, c.rule.level) for c in basket.payer.coupons]
    for card in basket.payer.cards:
        for sold in programme.card_products:
            if sold.code == card.product:
                coupons += [(rule, "item") for rule in sold.coupons]
    return coupons


def fraction_paid(promotion, qty) -> Fraction:
    """What of a line is paid under a percentage or an n-th-piece promotion."""
    if promotion.nth_unit is not None:
        cheap = qty // promotion.nth_unit.nth
        return Fraction(qty - cheap, qty) + Fraction(cheap, qty) * Fraction(promotion.nth_unit.pay_bp, 10000)
    return Fraction(promotion.pay_bp, 10000)


def laws_of_the_day(basket, programme, starts):
    """([(personal percentage or None, codes of promotions)] of the lines, promotions in working order).

    A sum-reached promotion needs its lines together: the first that is short of the sum, or gives less than the
    percentages it replaces, is struck out, and all is decided anew.
    """
    promotions = sorted(
        (p for p in programme.promotions if p.pay_bp is not None or p.nth_unit or p.amount_off),
        key=lambda p: (p.priority, p.code),
    )
    struck: set = set()
    while True:
        result = []
        for line in basket.lines:
            win = personal(basket, programme, line)
            if win is not None and win[0] == 10000:
                win = None
            usable = [
                p
                for p in promotions
                if p.code not in struck
                and inside(p.items, line.item)
                and not (p.nth_unit and line.qty < p.nth_unit.nth)
            ]
            rivals = [p for p in usable if p.with_tier == "best"]
            if win is not None and rivals:
                joint = Fraction(1)
                for p in rivals:
                    joint *= Fraction(1) if p.amount_off else fraction_paid(p, line.qty)
                if any(p.amount_off for p in rivals) or joint <= Fraction(win[0], 10000):
                    win = None
                else:
                    usable = [p for p in usable if p not in rivals]
            result.append((win, {p.code for p in usable}))
        loser = None
        for p in promotions:
            places = [i for i, (_win, codes) in enumerate(result) if p.code in codes]
            if p.amount_off is None or not places:
                continue
            total = sum(starts[i] for i in places)
            reached = total // p.amount_off.from_fen
            off = p.amount_off.off_fen * (reached if p.amount_off.repeat else min(1, reached))
            given_up = Fraction(0)
            for i in places:
                own = personal(basket, programme, basket.lines[i])
                given_up += Fraction(starts[i]) * (1 - Fraction(own[0], 10000)) if own else 0
            if not reached or (p.with_tier == "best" and given_up > off):
                loser = p.code
                break
        if loser is None:
            return result, promotions
        struck.add(loser)


def total_for(basket, programme, laid, orders):
    """Net amounts for one laying (pairs of rule and place) and a set of order coupons; None if illegal."""
    lines = basket.lines
    amounts = [line.item.price_fen * line.qty for line in lines]
    pieces = [line.qty for line in lines]
    for rule, place in laid:
        pieces[place] -= 1
        if pieces[place] < 0:
            return None
        unit = lines[place].item.price_fen
        off = (
            min(unit, rule.amount_fen)
            if rule.amount_fen is not None
            else unit - nearest(Fraction(unit * rule.pay_bp, 10000))
        )
        amounts[place] -= off
    starts = [line.item.price_fen * line.qty for line in lines]
    wins, working = laws_of_the_day(basket, programme, starts)
    for p in working:
        places = [i for i in range(len(lines)) if p.code in wins[i][1]]
        if not places:
            continue
        if p.amount_off is not None:
            total = sum(starts[i] for i in places)
            reached = total // p.amount_off.from_fen
            off = p.amount_off.off_fen * (reached if p.amount_off.repeat else min(1, reached))
            left = max(0, sum(amounts[i] for i in places) - off)
            for i, part in zip(places, share(left, [amounts[i] for i in places]), strict=True):
                amounts[i] = part
            continue
        if p.nth_unit is not None:
            for i in places:
                amounts[i] = nearest(amounts[i] * fraction_paid(p, lines[i].qty))
            continue
        subtotal = sum(amounts[i] for i in places)
        for i, part in zip(
            places,
            share(nearest(Fraction(subtotal * p.pay_bp, 10000)), [amounts[i] for i in places]),
            strict=True,
        ):
            amounts[i] = part
    wins = [win for win, _codes in wins]
    for rule in sorted(orders, key=lambda r: (r.pay_bp is not None, -(r.amount_fen or 0), r.pay_bp or 0, r.code)):
        places = [i for i, line in enumerate(lines) if inside(rule.items, line.item)]
        subtotal = sum(amounts[i] for i in places)
        if not places or subtotal < rule.min_spend_fen:
            return None
        if rule.amount_fen is not None:
            left = max(0, subtotal - rule.amount_fen)
        else:
            left = nearest(Fraction(subtotal * rule.pay_bp, 10000))
        for i, part in zip(places, share(left, [amounts[i] for i in places]), strict=True):
            amounts[i] = part
    for win in {w for w in wins if w is not None}:
        if win[0] == 10000:
            continue
        places = [i for i, w in enumerate(wins) if w is not None and w[0] == win[0] and w[2] == win[2]]
        subtotal = sum(amounts[i] for i in places)
        for i, part in zip(
            places,
            share(nearest(Fraction(subtotal * win[0], 10000)), [amounts[i] for i in places]),
            strict=True,
        ):
            amounts[i] = part
    return amounts


def best_total(basket, programme) -> int:
    """The smallest total over every legal laying of coupons."""
    lines = basket.lines
    pools, order_pool = [], []
    for rule, level in all_coupons(basket, programme):
        places = [i for i, line in enumerate(lines) if inside(rule.items, line.item)]
        if level == "order":
            order_pool.append(rule)
            continue
        listed = sum(lines[i].item.price_fen * lines[i].qty for i in places)
        pools.append([None] + [(rule, i) for i in places if listed >= rule.min_spend_fen])
    order_sets = [[]]
    for mask in range(1, 2 ** len(order_pool)):
        picked = [rule for bit, rule in enumerate(order_pool) if mask >> bit & 1]
        if len(picked) == 1 or all(rule.stackable for rule in picked):
            order_sets.append(picked)
    found = []
    for combination in product(*pools):
        laid = [use for use in combination if use is not None]
        for orders in order_sets:
            amounts = total_for(basket, programme, laid, orders)
            if amounts is not None:
                found.append(sum(amounts))
    return min(found)


def points_of(basket, programme, nets) -> int:
    """Points for a cash payment of these nets."""
    tier = next(t for t in programme.tiers if t.code == basket.payer.tier)
    total = 0
    for rule in programme.earn_rules:
        exact = Fraction(0)
        for line, net in zip(basket.lines, nets, strict=True):
            if net == 0 or not inside(rule.items, line.item):
                continue
            factors = [
                Fraction(b.factor_bp, 10000)
                for b in tier.benefits
                if type(b).__name__ == "MultiplierBenefit" and inside(b.items, line.item)
            ]
            factors += [
                Fraction(p.factor_bp, 10000)
                for p in programme.promotions
                if p.factor_bp is not None and inside(p.items, line.item)
            ]
            if programme.points.multipliers == "best":
                factor = max([Fraction(1), *factors])
            elif programme.points.multipliers == "sum":
                factor = 1 + sum((f - 1 for f in factors), Fraction(0))
            else:
                factor = Fraction(1)
                for f in factors:
                    factor *= f
            exact += Fraction(net * programme.points.per_yuan, 100) * factor
        total += floor(exact)
    return total
