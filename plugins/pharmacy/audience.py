"""Whom a campaign for some items would have to leave out, and why (B26, S4-11). Nothing is sent.

Two strictness levels on purpose (clinic.md 4.3): at the counter the tables decide, a campaign is blunt. It leaves out
whoever is allergic to anything of an item's therapeutic group (ATC level 2), for any finding at all, and whoever was
never asked or told us in words that no table reads.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import TYPE_CHECKING, Any

from core.sdk import (
    Concern,
    Invalid,
    ItemView,
    SafetyView,
    _,
    _l,
    clock,
    concerned,
    health_counts,
    items_of,
    items_with,
    may_read_health,
    note_health_read,
    person_of,
    safety_in_bulk,
    tenancy,
)
from plugins.pharmacy import checks, datasets, matching
from plugins.pharmacy.attributes import ATC, INGREDIENTS, RX_CLASS, ingredients_of
from plugins.pharmacy.knowledge import ATC_GROUP, UNDISCLOSED, Index
from plugins.pharmacy.matching import Patient, Product
from plugins.pharmacy.rules import NOT_GIVEN

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

PURPOSE = "pharmacy.audience"
ALLERGY, INTERACTION, CONDITION, PREGNANCY, AGE, UNKNOWN = (
    "allergy", "interaction", "condition", "pregnancy", "age", "unknown",
)  # fmt: skip
REASONS: dict[str, Any] = {
    ALLERGY: _l("过敏"), INTERACTION: _l("与在用的药相互作用或重复"), CONDITION: _l("疾病禁忌"),
    PREGNANCY: _l("孕期"), AGE: _l("年龄"), UNKNOWN: _l("没有问过，或写的文字不能自动核对"),
}  # fmt: skip
SHORT: dict[str, Any] = {
    ALLERGY: _l("过敏"), INTERACTION: _l("在用的药"), CONDITION: _l("疾病"), PREGNANCY: _l("孕期"), AGE: _l("年龄"),
    UNKNOWN: _l("未核对"),
}  # fmt: skip
_OF_KIND = {
    matching.ALLERGY: ALLERGY, matching.INTERACTION: INTERACTION, matching.DUPLICATE: INTERACTION,
    matching.CONDITION: CONDITION, matching.PREGNANCY: PREGNANCY, matching.AGE: AGE,
}  # fmt: skip
NOT_PUBLIC = _l("处方药和甲类非处方药不向公众推广（广告法第 15 条、药品流通监督管理办法）。")
MOST_ITEMS, MOST_OPENED, MOST_CATALOGUE, SHOWN = 50, 10_000, 20_000, 50


@dataclass(frozen=True, slots=True)
class Target:
    """An item of the campaign: may it be shown to the public at all, and how many members it alone leaves out."""

    item: ItemView
    public: bool
    excluded: int = 0


@dataclass(frozen=True, slots=True)
class Excluded:
    """A member who is left out: the reason that counts, all reasons, and the items."""

    person_id: int
    reason: str
    reasons: tuple[str, ...]
    items: tuple[str, ...]


@dataclass(slots=True)
class Preview:
    """Who would be reached: `members` less everybody in `excluded` (each counted once, by the first reason)."""

    members: int
    targets: list[Target]
    excluded: Counter[str] = field(default_factory=Counter)
    people: list[Excluded] = field(default_factory=list)
    version: str = ""

    @property
    def left(self) -> int:
        """Return how many members would be reached."""
        return self.members - sum(self.excluded.values())

    @property
    def refused(self) -> list[Target]:
        """Return the items that may not be promoted to the public."""
        return [one for one in self.targets if not one.public]


def wanted(session: Session, codes: Iterable[str], group: str = "") -> list[ItemView]:
    """Return the items of a campaign by code, and those of a therapeutic group (`J01`).

    Raises Invalid for none, an unknown code or more than 50.
    """
    asked = list(dict.fromkeys(code.strip() for code in codes if code.strip()))
    known = items_of(session, asked[: MOST_ITEMS + 1])
    for code in asked[: MOST_ITEMS + 1]:
        if code not in known:
            raise Invalid.field("items", _("没有“%(code)s”这个商品。", code=code[:40]))
    found = {code: known[code] for code in asked[:MOST_ITEMS]}
    if group:
        found |= {one.code: one for one in catalogue(session) if group_of(one) == group}
    if not found or len(asked) > MOST_ITEMS or len(found) > MOST_ITEMS:
        raise Invalid.field("items", _("请选 1 到 %(n)d 个商品。", n=MOST_ITEMS))
    return list(found.values())


def catalogue(session: Session) -> list[ItemView]:
    """Return the franchise's medicines, devices and supplements."""
    return items_with(session, RX_CLASS, limit=MOST_CATALOGUE, priced=False)


def group_of(item: ItemView) -> str:
    """Return an item's therapeutic group, or an empty text."""
    return str(item.attributes.get(ATC) or "")[:ATC_GROUP]


def preview(session: Session, items: Sequence[ItemView]) -> Preview:
    """Return whom these items would leave out and why; sends and stores nothing but the trail of the read.

    Only whoever has a fact that may matter is opened, at most 10,000 (0.2 ms each); beyond that members count as not
    checked.
    """
    index, today = datasets.index(session), clock.today(tenancy.current_actor().tz)
    members, unasked = health_counts(session)
    targets = [Target(item, item.attributes.get(RX_CLASS) not in NOT_GIVEN) for item in items]
    products = [(checks.product_of(one.item), group_of(one.item)) for one in targets if _matters(one.item)]
    made = Preview(members, targets, version=checks.told_version(session, index))
    if not products:
        return made
    drugs = catalogue(session)
    found = concerned(session, concern_of(index, products, drugs, today), MOST_OPENED)
    known = {one.code: one for one in drugs}
    by_item: Counter[str] = Counter()
    made.excluded[UNKNOWN] = unasked + found.beyond
    for view in safety_in_bulk(session, found.ids, PURPOSE):
        hits = reasons_of(index, products, view, known, today)
        if hits:
            _count(made, by_item, view, hits)
    made.excluded = +made.excluded
    made.targets = [replace(one, excluded=by_item[one.item.code]) for one in targets]
    return made


def _matters(item: ItemView) -> bool:
    return item.attributes.get(RX_CLASS) in matching.DRUGS or bool(item.attributes.get(INGREDIENTS))


def _count(made: Preview, by_item: Counter[str], view: SafetyView, hits: Mapping[str, set[str]]) -> None:
    """Count a person once, under the first reason; who was never asked stands among the unknown already."""
    reasons = tuple(reason for reason in REASONS if any(reason in own for own in hits.values()))
    by_item.update(hits.keys())
    if reasons[0] != UNKNOWN or view.asked:
        made.excluded[reasons[0]] += 1
        made.excluded[UNKNOWN] -= 0 if view.asked else 1
    made.people.append(Excluded(view.person_id, reasons[0], reasons, tuple(sorted(hits))))


def reasons_of(
    index: Index, products: Sequence[tuple[Product, str]], view: SafetyView, known: Mapping[str, ItemView], today: date
) -> dict[str, set[str]]:  # fmt: skip
    """Return by item code why a person is left out of it."""
    patient = checks.patient_of(view, known, today)
    groups = _groups_of(index, view)
    vague = not view.asked or _in_words(view, known, today) or _strange(index, patient)
    found: dict[str, set[str]] = {}
    for product, group in products:
        own = {_OF_KIND[one.kind] for one in matching.match(index, [product], patient)}
        if group and group in groups:
            own.add(ALLERGY)
        if patient.pregnant and product.pregnancy == "unknown":
            own.add(PREGNANCY)
        if vague or UNDISCLOSED in product.ingredients and (view.allergies or patient.medicines):
            own.add(UNKNOWN)
        if own:
            found[product.code] = own
    return found


def _groups_of(index: Index, view: SafetyView) -> frozenset[str]:
    told = [("class", code) for code in view.classes] + [("ingredient", code) for code in view.allergens]
    return frozenset(group for one in told for group in index.groups.get(one, ()))


def _in_words(view: SafetyView, known: Mapping[str, ItemView], today: date) -> bool:
    """Return whether something that counts was told in words that no table reads."""
    return (
        any(one.code_kind == "text" for one in view.allergies)
        or any(not one.code for one in view.conditions)
        or any(
            not one.ingredients and not (one.item in known and known[one.item].attributes.get(INGREDIENTS))
            for one in checks.supplied(view, today)
        )
    )


def _strange(index: Index, patient: Patient) -> bool:
    """Return whether a medicine is taken of which no table knows any ingredient."""
    return any(not any(index.knows(name) for name in one.disclosed) for one in patient.medicines)


# -- whom it may concern at all --------------------------------------------------------------------


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


# -- who may read of whom --------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Named:
    """A member who is left out, by name and reasons, for whoever may know."""

    person_id: int
    name: str
    member_no: str
    reasons: tuple[str, ...]
    items: tuple[str, ...]


def named(session: Session, made: Preview) -> tuple[list[Named], int]:
    """Return the first 50 whom the acting staff member may read, each read noted, and how many of those looked at
    stay hidden. Without a right to anybody: nobody, and all are hidden."""
    shown: list[Named] = []
    hidden = 0
    for one in made.people[:SHOWN]:
        if not may_read_health(session, one.person_id):
            hidden += 1
            continue
        person = person_of(session, one.person_id)
        shown.append(Named(one.person_id, person.name, person.member_no, one.reasons, one.items))
    note_health_read(session, [one.person_id for one in shown], PURPOSE)
    return shown, hidden
