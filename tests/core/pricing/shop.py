"""The presets' shelves for tests: programmes, item snapshots, people, and random baskets."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import date
from functools import lru_cache
from pathlib import Path

from core.coupons.rules import CouponState
from core.pricing.rules import Basket, BasketLine, CardState, ItemSnapshot, PersonState
from core.programme.presets import PresetItem, load_items, load_preset
from core.programme.rules import (
    ALL_ITEMS,
    AmountOff,
    CouponRule,
    ItemScope,
    NthUnit,
    Programme,
    Promotion,
    When,
)

PLUGINS = Path(__file__).resolve().parents[3] / "plugins"
KEYS = ("dental", "pharmacy", "physio", "beauty")
TODAY = date(2026, 11, 21)
SPRING = date(2027, 2, 6)


@lru_cache
def programme(key: str) -> Programme:
    return load_preset((PLUGINS / key / "preset.yaml").read_text(encoding="utf-8"))


@lru_cache
def preset_items(key: str) -> dict[str, PresetItem]:
    folder = PLUGINS / key
    path = folder / "items.csv" if (folder / "items.csv").exists() else folder / "items.yaml"
    return {item.code: item for item in load_items(path.read_text(encoding="utf-8"))}


@lru_cache
def item(key: str, code: str) -> ItemSnapshot:
    found = preset_items(key)[code]
    single = preset_items(key).get(found.session_of)
    return ItemSnapshot(
        code=found.code,
        name=found.name,
        kind=found.kind,
        price_fen=found.price_fen,
        category=found.category,
        classes=frozenset(found.attributes.get("core.coupon_classes", [])),
        points_fixed=found.points_fixed,
        sessions=found.sessions,
        session_points=single.points_fixed if single else None,
    )


def lines(key: str, *codes: str) -> tuple[BasketLine, ...]:
    return tuple(BasketLine(number, item(key, code)) for number, code in enumerate(codes, 1))


def member(tier: str = "regular", person_id: str = "p1", **more: object) -> PersonState:
    return replace(PersonState(person_id, tier, joined_on=date(2026, 1, 10)), **more)  # type: ignore[arg-type]


def family_card(start: date = date(2026, 10, 1), **more: object) -> CardState:
    return replace(CardState("card1", "CARD-FAMILY", start, date(2027, 9, 30)), **more)  # type: ignore[arg-type]


def coupon(
    coupon_id: str = "c1",
    person_id: str = "p1",
    until: date | None = date(2027, 1, 1),
    **terms: object,
) -> CouponState:
    return CouponState(
        coupon_id,
        CouponRule(str(terms.pop("code", coupon_id)), **terms),  # type: ignore[arg-type]
        person_id,
        valid_until=until,
    )


PROMOTIONS = (
    Promotion("p-all", When(), pay_bp=8800, with_tier="best", priority=10),
    Promotion("p-stack", When(), pay_bp=9300, items=ItemScope(classes=frozenset({"prevention"})), with_tier="stack"),
    Promotion("p-nth", When(), nth_unit=NthUnit(2, 5000), items=ItemScope(classes=frozenset({"filling"})), priority=20),
    Promotion("p-off", When(), amount_off=AmountOff(3000, 20000, repeat=True), with_tier="best", priority=30),
    Promotion(
        "p-off2",
        When(),
        amount_off=AmountOff(1000, 15000),
        items=ItemScope(codes=frozenset({"PASTE", "CLEAN", "CHECK", "F-BASIC"})),
        with_tier="stack",
        priority=5,
    ),
    Promotion("p-x2", When(), factor_bp=20000, items=ItemScope(codes=frozenset({"PASTE", "F-RESIN"}))),
    Promotion("p-x3", When(), factor_bp=30000, items=ItemScope(codes=frozenset({"PASTE"}))),
)
_SCOPES = (
    ALL_ITEMS,
    ItemScope(classes=frozenset({"filling"})),
    ItemScope(codes=frozenset({"CLEAN", "CHECK"})),
    ItemScope(categories=frozenset({"care_product"})),
)
_CODES = ("F-RESIN", "F-BASIC", "F-TEMP", "CLEAN", "CHECK", "POLISH", "PASTE", "WHITEN")


def random_programme(rng: random.Random) -> Programme:
    base = programme("dental")
    count = rng.randrange(len(PROMOTIONS) + 1)
    points = replace(base.points, multipliers=rng.choice(("best", "sum", "product")))
    tiers = tuple(
        replace(tier, benefits=tuple(b for b in tier.benefits if type(b).__name__ != "EntitlementBenefit"))
        for tier in base.tiers
    )
    return replace(base, points=points, promotions=tuple(rng.sample(PROMOTIONS, count)), tiers=tiers)


def random_coupon(rng: random.Random, number: int) -> CouponState:
    level = rng.choice(("item", "order"))
    terms: dict[str, object] = {"level": level, "items": rng.choice(_SCOPES)}
    if rng.random() < 0.6:
        terms["amount_fen"] = rng.choice((500, 1000, 3333, 5000, 20000))
    else:
        terms["pay_bp"] = rng.choice((0, 5000, 7777, 9000))
    if rng.random() < 0.3:
        terms["min_spend_fen"] = rng.choice((5000, 10000, 30000))
    if level == "order":
        terms["stackable"] = rng.random() < 0.4
    until = rng.choice((None, date(2026, 12, 1), date(2027, 6, 1)))
    return coupon(f"c{number}", until=until, **terms)


def random_basket(rng: random.Random, coupons: int = 3) -> Basket:
    card = (family_card(),) if rng.random() < 0.5 else ()
    held = tuple(random_coupon(rng, number) for number in range(rng.randrange(coupons + 1)))
    payer = member(
        rng.choice(("regular", "silver", "gold", "diamond")), cards=card, coupons=held, points_available=5000
    )
    some = tuple(
        BasketLine(
            number,
            replace(item("dental", rng.choice(_CODES)), price_fen=rng.randrange(1, 60000)),
            rng.choice((1, 1, 1, 2, 3)),
        )
        for number in range(1, rng.randrange(1, 4) + 1)
    )
    return Basket(some, TODAY, payer)
