"""Products against products, medicines, allergies, conditions, pregnancy and age. Pure functions, by single ingredient.

Rules: data/README (binding grammar), clinic.md 4.3. Interactions want two systemic products unless the row says
any route; allergies count on every route; condition rows count for systemic products (tiotropium inhaled too); the
pregnancy flag of a product counts on every route.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache

from plugins.pharmacy.knowledge import RANK, UNDISCLOSED, Index, pair

SYSTEMIC = "systemic"
DRUGS = frozenset({"Rx", "OTC-A", "OTC-B", "supplement", "other"})
BASKET, MEDICINE = "basket", "medicine"
INTERACTION, DUPLICATE, ALLERGY, CONDITION, PREGNANCY, AGE = (
    "interaction", "duplicate", "allergy", "condition", "pregnancy", "age",
)  # fmt: skip
AGES = {f"age_lt_{years}": years for years in (8, 12, 16, 18)}
PREGNANCY_FLAGS = {"avoid": "major", "caution": "moderate"}


@lru_cache(maxsize=4096)
def _disclosed(ingredients: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(one for one in dict.fromkeys(ingredients) if one and one != UNDISCLOSED)


@dataclass(frozen=True, slots=True)
class Product:
    """A line's product (or a medicine of a person): single ingredients, where it acts, what else the label says."""

    code: str
    name: str
    ingredients: tuple[str, ...]
    route: str = SYSTEMIC
    rx_class: str = ""
    pregnancy: str = ""
    min_age: float | None = None
    line: int = 0

    @property
    def disclosed(self) -> tuple[str, ...]:
        """Return the ingredients that are named."""
        return _disclosed(self.ingredients)

    @property
    def systemic(self) -> bool:
        """Return whether it acts in the whole body; a product without a route is taken to."""
        return self.route in (SYSTEMIC, "")


@dataclass(frozen=True, slots=True)
class Patient:
    """What is known of the person treated: codes of allergies and conditions, medicines, age in years."""

    classes: frozenset[str] = frozenset()
    allergens: frozenset[str] = frozenset()
    conditions: frozenset[str] = frozenset()
    medicines: tuple[Product, ...] = ()
    pregnant: bool = False
    age: int | None = None


@dataclass(frozen=True, slots=True)
class Match:
    """A finding: which kind, how grave, on which line, against what.

    `against`: basket (another line), medicine, or "". `other` is that line's number or the medicine's place. `a`
    and `b` are the codes that met (ingredients, a class, a condition). `more` counts milder rows of the same pair.
    """

    kind: str
    severity: str
    line: int
    against: str = ""
    other: int = 0
    a: str = ""
    b: str = ""
    effect_zh: str = ""
    effect_en: str = ""
    source: str = ""
    more: int = 0


@dataclass(slots=True)
class _Worst:
    found: dict[tuple[str, int, str, int, str], Match] = field(default_factory=dict)

    def add(self, one: Match, part: str = "") -> None:
        """Keep the gravest match of a kind, line and counterpart; of equal ones the first by its codes."""
        key = (one.kind, one.line, one.against, one.other, part)
        have = self.found.get(key)
        if have is None:
            self.found[key] = one
            return
        better = (-RANK[one.severity], one.a, one.b) < (-RANK[have.severity], have.a, have.b)
        self.found[key] = replace(one if better else have, more=have.more + 1)


def match(index: Index, products: Sequence[Product], patient: Patient) -> list[Match]:
    """Return all matches of one person's products, gravest first; one for each kind, line and counterpart."""
    worst = _Worst()
    for n, one in enumerate(products):
        for other in products[:n]:
            if other.code != one.code:
                _two(index, worst, one, other, BASKET, other.line)
        for place, medicine in enumerate(patient.medicines):
            _two(index, worst, one, medicine, MEDICINE, place)
        _allergy(index, worst, one, patient)
        _conditions(index, worst, one, patient)
        _label(worst, one, patient)
    return sorted(worst.found.values(), key=lambda m: (-RANK[m.severity], m.line, m.kind, m.against, m.other, m.a, m.b))


def _two(index: Index, worst: _Worst, one: Product, other: Product, against: str, place: int) -> None:
    both = one.systemic and other.systemic
    mine, theirs = one.disclosed, other.disclosed
    for a in mine:
        partners = index.partners.get(a)
        if not partners:
            continue
        for b in theirs:
            if b in partners:
                row = index.interactions[pair(a, b)]
                if both or row.any_route:
                    worst.add(Match(INTERACTION, row.severity, one.line, against, place, a, b, row.effect_zh,
                                    row.effect_en, row.source))  # fmt: skip
    shared = [name for name in mine if name in theirs]
    if not shared or (against == MEDICINE and refill(one, other)):
        return
    severity = "major" if both and not _switched(one, other, against) else "moderate"
    for name in sorted(shared):
        worst.add(Match(DUPLICATE, severity, one.line, against, place, name, name))


def refill(one: Product, medicine: Product) -> bool:
    """Return whether a product goes on with a medicine: the same item, or the very ingredients of one told in words."""
    if medicine.code:
        return medicine.code == one.code
    return set(medicine.disclosed) == set(one.disclosed)


def _switched(one: Product, other: Product, against: str) -> bool:
    return against == MEDICINE and set(one.disclosed) == set(other.disclosed)


def _allergy(index: Index, worst: _Worst, one: Product, patient: Patient) -> None:
    for ingredient in one.disclosed:
        if ingredient in patient.allergens:
            worst.add(Match(ALLERGY, "contraindicated", one.line, a=ingredient, b=ingredient), ingredient)
    for own in sorted(has(index, patient)):
        for target, severity in index.crosses.get(own, ()):
            hit = _hit(index, one, target)
            if hit:
                worst.add(
                    Match(ALLERGY, severity, one.line, a=hit, b=own, source=index.class_sources.get(own, "")), own
                )


def has(index: Index, patient: Patient) -> frozenset[str]:
    """Return the classes that count as the person's: those listed and those of a listed ingredient."""
    implied = {found for allergen in patient.allergens for found in index.classes_of.get(allergen, ())}
    return patient.classes | frozenset(implied)


def _hit(index: Index, one: Product, target: str) -> str:
    wanted = {target.removeprefix("ingredient=")} if target.startswith("ingredient=") else index.members.get(target, ())
    return next((ingredient for ingredient in sorted(one.disclosed) if ingredient in wanted), "")


def _conditions(index: Index, worst: _Worst, one: Product, patient: Patient) -> None:
    for ingredient in one.disclosed:
        rows = index.conditions.get(ingredient)
        if not rows or not (one.systemic or (one.route == "inhaled" and ingredient == "tiotropium")):
            continue
        for code, row in rows.items():
            if code not in patient.conditions:
                continue
            kind = PREGNANCY if code == "pregnancy" else AGE if code in AGES else CONDITION
            part = code if kind == CONDITION else ""
            worst.add(Match(kind, row.severity, one.line, a=ingredient, b=code, effect_zh=row.effect_zh,
                            effect_en=row.effect_en, source=row.source), part)  # fmt: skip


def _label(worst: _Worst, one: Product, patient: Patient) -> None:
    """Add what the product's own label says of pregnancy and age; the gravest of it and the table's rows stays."""
    severity = PREGNANCY_FLAGS.get(one.pregnancy)
    if patient.pregnant and severity:
        worst.add(Match(PREGNANCY, severity, one.line, a="", b="pregnancy"))
    if patient.age is not None and one.min_age is not None and patient.age < one.min_age:
        worst.add(Match(AGE, "major", one.line, a="", b="age"))


def unknown_ingredients(index: Index, products: Iterable[Product]) -> dict[int, tuple[str, ...]]:
    """Return by line what cannot be checked of a drug: `undisclosed` or no ingredient at all, or none of the tables."""
    found: dict[int, tuple[str, ...]] = {}
    for one in products:
        if one.rx_class not in DRUGS and not one.ingredients:
            continue
        lacks = [name for name in one.disclosed if not index.knows(name)]
        if not one.disclosed or UNDISCLOSED in one.ingredients:
            lacks.append(UNDISCLOSED)
        if lacks:
            found[one.line] = tuple(lacks)
    return found
