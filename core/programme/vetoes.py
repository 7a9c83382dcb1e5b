"""Items that the law or a vertical forbids as a reward or as something given away (capabilities part D; S4-34)."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import select

from core.catalog import prices
from core.catalog.models import Item
from core.hooktypes import ItemView, hook_context
from core.kernel.i18n import _
from core.kernel.runtime import runtime
from core.programme.document import EntitlementBenefit, GiftBenefit, ItemScope, Programme, Reward
from core.programme.problems import Problem

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from sqlalchemy.orm import Session

NAMED = 3


def veto_problems(session: Session, programme: Programme) -> list[Problem]:
    """Return an error for each reward, free item, gift line and buy-and-get that would hand out a forbidden item.

    Nobody may go on as if a vertical had agreed: when its answer is missing, that is an error too.
    """
    asked = [*_rewards(programme), *_gifts(programme)]
    if not asked:
        return []
    items = _items(session)
    found = []
    for path, purpose, scope in asked:
        inside = tuple(one.view for one in items if _inside(scope, one))
        if inside:
            found += _ask(session, path, purpose, inside)
    return found


def vetoed(session: Session, programme: Programme, rewards: Iterable[Reward]) -> dict[str, str]:
    """Return why rewards may not be handed out now, by code: each names the item and the rule (S4-01, B33).

    Asked when a reward is offered and again when it is taken: an item may have become a forbidden one, or a vertical
    been switched on, since the programme was published. Where a vertical does not answer, what carries its attributes
    may not be handed out; the rest may.
    """
    scopes = {reward.code: scope for reward in rewards if (scope := _scope(programme, reward)) is not None}
    if not scopes:
        return {}
    wide = any(one.everything or one.classes or one.categories or one.kinds for one in scopes.values())
    codes = frozenset(code for one in scopes.values() for code in one.codes)
    known = _items(session, None if wide else codes)
    inside = {code: [one for one in known if _inside(scope, one)] for code, scope in scopes.items()}
    asked = {one.view.code: one.view for found in inside.values() for one in found}
    host = runtime().host
    if host is None or not asked:
        return {}
    answers = host.call("item_vetoes", hook_context(session), items=tuple(asked.values()), purpose="reward")
    silent = tuple(f"{one.value.plugin}." for one in answers if one.failed)
    reasons = {one.value.item_code: str(one.value.reason) for one in reversed(answers) if not one.failed}
    found: dict[str, str] = {}
    for code, items in inside.items():
        for one in items:
            if one.view.code in reasons:
                found[code] = _("%(items)s：%(reason)s", items=one.view.name, reason=reasons[one.view.code])
                break
            if silent and any(key.startswith(silent) for key in one.view.attributes):
                found[code] = _("现在核对不了这些项目能不能送，请稍后再试。")
    return found


def _scope(programme: Programme, reward: Reward) -> ItemScope | None:
    """Return which items a reward hands out for nothing, or None where it hands out none."""
    if reward.kind == "coupon" and reward.coupon:
        coupon = programme.coupon(reward.coupon)
        return coupon.items if coupon is not None and coupon.pay_bp == 0 else None
    return ItemScope(codes=frozenset({reward.item or reward.code}))


def _rewards(programme: Programme) -> Iterator[tuple[str, str, ItemScope]]:
    for place, reward in enumerate(programme.rewards):
        scope = _scope(programme, reward)
        if scope is not None:
            field = "coupon" if reward.kind == "coupon" and reward.coupon else "item"
            yield f"rewards.{place}.{field}", "reward", scope


def _gifts(programme: Programme) -> Iterator[tuple[str, str, ItemScope]]:
    for place, promotion in enumerate(programme.promotions):
        given = promotion.free_units or (promotion.nth_unit and promotion.nth_unit.pay_bp == 0)
        if promotion.enabled and given:
            yield f"promotions.{place}.items", "gift", promotion.items
    for place, tier in enumerate(programme.tiers):
        for number, benefit in enumerate(tier.benefits):
            if isinstance(benefit, EntitlementBenefit | GiftBenefit):
                yield f"tiers.{place}.benefits.{number}.item", "gift", ItemScope(codes=frozenset({benefit.item}))


@dataclass(frozen=True, slots=True)
class _Known:
    """An item as scopes and plugins need it."""

    view: ItemView
    category: str


def _items(session: Session, codes: frozenset[str] | None = None) -> list[_Known]:
    """Return the active items, of these codes where they are given."""
    price = prices.common().label("price_fen")
    columns = (Item.id, Item.code, Item.name, Item.kind, Item.category, Item.attributes, price)
    query = select(*columns).where(Item.active.is_(True))
    rows = session.execute(query if codes is None else query.where(Item.code.in_(codes)))
    return [
        _Known(
            ItemView(row.id, row.code, row.name, row.kind, json.loads(row.attributes or "{}"), row.price_fen),
            row.category,
        )
        for row in rows
    ]


def _inside(scope: ItemScope, item: _Known) -> bool:
    view = item.view
    return scope.matches(view.code, view.kind, item.category, frozenset(view.attributes.get("core.coupon_classes", ())))


def _ask(session: Session, path: str, purpose: str, items: tuple[ItemView, ...]) -> list[Problem]:
    host = runtime().host
    answers = host.call("item_vetoes", hook_context(session), items=items, purpose=purpose) if host else []
    if any(one.failed for one in answers):
        return [Problem("error", path, _("现在核对不了这些项目能不能送，请稍后再试。"))]
    names = {item.code: item.name for item in items}
    by_rule: dict[str, list[str]] = {}
    for one in answers:
        by_rule.setdefault(str(one.value.reason), []).append(names[one.value.item_code])
    return [
        Problem("error", path, _("%(items)s：%(reason)s", items=_some(found), reason=reason))
        for reason, found in by_rule.items()
    ]


def _some(names: list[str]) -> str:
    shown = _("、").join(names[:NAMED])
    return shown if len(names) <= NAMED else _("%(names)s等 %(n)d 种", names=shown, n=len(names))
