"""The best legal coupon combination.

Legal: a piece takes one item coupon; rights and bundled coupons of one period key exclude each other; one
order coupon, or several that are all stackable. Exhaustive up to 8 candidate coupons (unless they could be
laid on lines in more than MAX_TRIALS ways), else greedy. Of equal totals: fewer coupons, then the ones that
expire sooner are used, so that the one expiring later is kept (loyalty S19).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from itertools import combinations

from core.coupons.rules import stacking_order
from core.pricing.candidates import Candidate
from core.pricing.plan import Plan
from core.pricing.stages import NO_CHOICE, Choice, ItemUse, OrderUse, run

MAX_CANDIDATES = 8
MAX_TRIALS = 5000


@dataclass(frozen=True, slots=True)
class Chosen:
    """The combination to use and whether it is proven best."""

    choice: Choice
    optimal: bool


def choose(plan: Plan, candidates: list[Candidate]) -> Chosen:
    """The cheapest combination of the candidates; with named coupons, as many of them as are legal."""
    if not candidates:
        return Chosen(NO_CHOICE, True)
    order = {one.id: place for place, one in enumerate(stacking_order(one.coupon for one in candidates))}
    candidates = sorted(candidates, key=lambda one: order[one.coupon.id])
    items = [one for one in candidates if one.coupon.rule.level == "item"]
    orders = [one for one in candidates if one.coupon.rule.level == "order"]
    if len(candidates) <= MAX_CANDIDATES:
        best = _exhaustive(plan, items, orders)
        if best is not None:
            return Chosen(best, True)
    return Chosen(_greedy(plan, items, orders), False)


def _rank(plan: Plan, choice: Choice) -> tuple[object, ...] | None:
    """Sort key of a choice, smallest best; None if it is not legal."""
    amounts = run(plan, choice)
    if amounts is None:
        return None
    used = [use.coupon for use in choice.items] + [use.coupon for use in choice.orders]
    named = plan.basket.coupons != "auto"
    ends = sorted(coupon.valid_until or date.max for coupon in used)
    ids = tuple(coupon.id for coupon in used)
    count = -len(used) if named else 0
    return (count, sum(amounts), len(used), ends, ids, tuple(use.place for use in choice.items))


def _exhaustive(plan: Plan, items: list[Candidate], orders: list[Candidate]) -> Choice | None:
    """The best of all combinations; None if there are too many."""
    order_sets = list(_order_sets(orders))
    best: Choice | None = None
    best_rank: tuple[object, ...] | None = None
    trials = 0
    for uses in _layings(plan, items):
        for order_uses in order_sets:
            trials += 1
            if trials > MAX_TRIALS:
                return None
            choice = Choice(uses, order_uses)
            rank = _rank(plan, choice)
            if rank is not None and (best_rank is None or rank < best_rank):
                best, best_rank = choice, rank
    return best


def _order_sets(orders: list[Candidate]) -> Iterator[tuple[OrderUse, ...]]:
    """No order coupon, each alone, and every set of stackable ones."""
    yield ()
    for one in orders:
        yield (OrderUse(one.coupon, one.places),)
    stackable = [one for one in orders if one.coupon.rule.stackable]
    for size in range(2, len(stackable) + 1):
        for some in combinations(stackable, size):
            keys = [one.coupon.key for one in some if one.coupon.key]
            if len(keys) == len(set(keys)):
                yield tuple(OrderUse(one.coupon, one.places) for one in some)


def _layings(plan: Plan, items: list[Candidate]) -> Iterator[tuple[ItemUse, ...]]:
    """Every way to lay item coupons on pieces; alike coupons are only tried soonest-expiring first."""
    twins = _twins(items)
    uses: list[ItemUse] = []
    free = [line.qty for line in plan.basket.lines]
    skipped: set[int] = set()

    def lay(number: int) -> Iterator[tuple[ItemUse, ...]]:
        if number == len(items):
            yield tuple(uses)
            return
        candidate = items[number]
        skipped.add(number)
        yield from lay(number + 1)
        skipped.discard(number)
        if twins[number] in skipped or _key_taken(uses, candidate):
            return
        for place in candidate.places:
            pieces = _pieces(plan, candidate, place, free)
            if pieces:
                free[place] -= pieces
                uses.append(ItemUse(candidate.coupon, place, pieces))
                yield from lay(number + 1)
                uses.pop()
                free[place] += pieces

    yield from lay(0)


def _key_taken(uses: list[ItemUse], candidate: Candidate) -> bool:
    """Free items of one choice exclude each other; several times of one right do not (their ids differ
    only).
    """
    coupon = candidate.coupon
    return bool(coupon.key) and any(
        use.coupon.key == coupon.key and use.coupon.rule.code != coupon.rule.code for use in uses
    )


def _pieces(plan: Plan, candidate: Candidate, place: int, free: list[int]) -> int:
    """How many pieces of the line the coupon would cover; 0: it does not fit."""
    if candidate.coupon.pieces == 0:
        return free[place]
    return candidate.coupon.pieces if free[place] >= candidate.coupon.pieces else 0


def _twins(items: list[Candidate]) -> list[int | None]:
    """For each candidate the place of the one like it that must be used before it."""
    latest: dict[object, int] = {}
    twins: list[int | None] = []
    for number, one in enumerate(items):
        like = (one.coupon.rule, one.coupon.person_id, one.places, one.coupon.pieces, one.coupon.key)
        twins.append(latest.get(like))
        latest[like] = number
    return twins


def _greedy(plan: Plan, items: list[Candidate], orders: list[Candidate]) -> Choice:
    """Add the use that helps most until none helps."""
    best = NO_CHOICE
    best_rank = _rank(plan, best)
    while True:
        found = [(rank, choice) for choice in _more(plan, best, items, orders) if (rank := _rank(plan, choice))]
        if not found:
            return best
        rank, choice = min(found, key=lambda one: one[0])
        if best_rank is not None and rank >= best_rank:
            return best
        best, best_rank = choice, rank


def _more(plan: Plan, choice: Choice, items: list[Candidate], orders: list[Candidate]) -> Iterator[Choice]:
    """All choices with one use more."""
    taken = {use.coupon.id for use in choice.items} | {use.coupon.id for use in choice.orders}
    free = [line.qty for line in plan.basket.lines]
    for use in choice.items:
        free[use.place] -= use.pieces
    for candidate in items:
        if candidate.coupon.id in taken or _key_taken(list(choice.items), candidate):
            continue
        for place in candidate.places:
            pieces = _pieces(plan, candidate, place, free)
            if pieces:
                yield Choice(_in_order(items, (*choice.items, ItemUse(candidate.coupon, place, pieces))), choice.orders)
    for candidate in orders:
        stack = all(use.coupon.rule.stackable for use in choice.orders) and candidate.coupon.rule.stackable
        if candidate.coupon.id not in taken and (not choice.orders or stack):
            yield Choice(choice.items, (*choice.orders, OrderUse(candidate.coupon, candidate.places)))


def _in_order(items: list[Candidate], uses: tuple[ItemUse, ...]) -> tuple[ItemUse, ...]:
    order = {one.coupon.id: number for number, one in enumerate(items)}
    return tuple(sorted(uses, key=lambda use: order[use.coupon.id]))
