"""Whom the items of a campaign may concern at all, as facts of the keyed index: nobody is opened to find that out."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date

from core.sdk import Concern, ItemView
from plugins.pharmacy import matching
from plugins.pharmacy.attributes import INGREDIENTS, ingredients_of
from plugins.pharmacy.knowledge import UNDISCLOSED, Index
from plugins.pharmacy.matching import Patient, Product


def concern_of(
    index: Index, products: Sequence[tuple[Product, str]], drugs: Sequence[ItemView], today: date
) -> Concern:  # fmt: skip
    """Return what facts make somebody one to open for these products."""
    own = {name for product, _group in products for name in product.disclosed}
    partners = own | {other for name in own for other in index.partners.get(name, ())}
    told = set(index.groups) | {("class", code) for code in index.members} | _ingredients(index)
    conditions = {code for name in own for code in index.conditions.get(name, ())}
    if any(product.pregnancy not in ("", "ok") for product, _group in products):
        conditions.add("pregnancy")
    # Whether a product that hides an ingredient concerns somebody cannot be told from the index.
    hides = any(UNDISCLOSED in product.ingredients for product, _group in products)
    plain = {("class" if kind == "class" else "ingredient", code) for kind, code in told}
    return Concern(
        allergies=frozenset(one for one in plain if hides or _clashes(index, products, one)),
        conditions=frozenset(conditions),
        ingredients=frozenset(code for _kind, code in _ingredients(index)) if hides else frozenset(partners),
        items=frozenset(
            one.code for one in drugs if hides or partners & set(ingredients_of(one.attributes.get(INGREDIENTS)))
        ),
        known_allergies=frozenset(plain),
        known_ingredients=frozenset(code for _kind, code in _ingredients(index)),
        known_items=frozenset(one.code for one in drugs if _read(index, one)),
        born_after=_born_after(index, products, conditions, today),
    )


def _read(index: Index, item: ItemView) -> bool:
    """Return whether any table knows an item's ingredients, so that its code says all."""
    return any(index.knows(name) for name in ingredients_of(item.attributes.get(INGREDIENTS)))


def _ingredients(index: Index) -> set[tuple[str, str]]:
    return {("ingredient", name) for name in (*index.partners, *index.classes_of, *index.conditions)}


def _clashes(index: Index, products: Sequence[tuple[Product, str]], told: tuple[str, str]) -> bool:
    kind, code = told
    groups = index.groups.get(told, frozenset())
    patient = Patient(classes=frozenset({code})) if kind == "class" else Patient(allergens=frozenset({code}))
    return any((group and group in groups) or matching.match(index, [product], patient) for product, group in products)


def _born_after(
    index: Index, products: Sequence[tuple[Product, str]], conditions: Iterable[str], today: date
) -> date | None:  # fmt: skip
    """Return the day after which a birth makes somebody too young for one of the products, or None."""
    limits = [years for code, years in matching.AGES.items() if code in set(conditions)]
    limits += [int(-(-product.min_age // 1)) for product, _group in products if product.min_age]
    if not limits:
        return None
    return date(today.year - max(limits), today.month, min(today.day, 28))
