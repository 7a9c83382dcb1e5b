"""Whom a campaign for some items would have to leave out, and why (B26, S4-11). Nothing is sent.

Two strictness levels on purpose (clinic.md 4.3): at the counter the tables decide, a campaign is blunt. It leaves out
whoever is allergic to anything of an item's therapeutic group (ATC level 2), for any finding at all, and whoever was
never asked or told us in words that no table reads.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import TYPE_CHECKING, Any

from core.sdk import (
    Concern,
    Invalid,
    ItemView,
    Refusal,
    SafetyView,
    _,
    _l,
    clock,
    concerned_after,
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
from plugins.pharmacy.attributes import ATC, INGREDIENTS, RX_CLASS
from plugins.pharmacy.audience_concern import concern_of
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
# Of more persons than may be opened while somebody waits the counts are made by a task (audience_task.py).
MOST_ITEMS, MOST_OPENED, MOST_CATALOGUE, SHOWN = 50, 2_000, 20_000, 50


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
    by_item: Counter[str] = field(default_factory=Counter)

    def ended(self) -> Preview:
        """Return it as it is shown: each item with how many members it leaves out."""
        self.excluded = +self.excluded
        self.targets = [replace(one, excluded=self.by_item[one.item.code]) for one in self.targets]
        return self

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


@dataclass(frozen=True, slots=True)
class Plan:
    """What a look at a campaign's items needs, read once however many persons are looked at."""

    index: Index
    targets: tuple[Target, ...]
    products: tuple[tuple[Product, str], ...]
    known: Mapping[str, ItemView]
    concern: Concern
    today: date
    version: str


def targets_of(items: Iterable[ItemView]) -> tuple[Target, ...]:
    """Return the items with whether each may be shown to the public."""
    return tuple(Target(item, item.attributes.get(RX_CLASS) not in NOT_GIVEN) for item in items)


def plan_of(session: Session, items: Sequence[ItemView]) -> Plan:
    """Return the plan of these items as the tables stand now."""
    index, today = datasets.index(session), clock.today(tenancy.current_actor().tz)
    targets = targets_of(items)
    products = tuple((checks.product_of(one.item), group_of(one.item)) for one in targets if _matters(one.item))
    drugs = catalogue(session) if products else []
    concern = concern_of(index, products, drugs, today) if products else Concern()
    told = checks.told_version(session, index)
    return Plan(index, targets, products, {one.code: one for one in drugs}, concern, today, told)


def begun(session: Session, plan: Plan) -> Preview:
    """Return a preview in which nobody was looked at yet: of those never asked nothing more is known than that."""
    members, unasked = health_counts(session)
    made = Preview(members, list(plan.targets), version=plan.version)
    made.excluded[UNKNOWN] = unasked if plan.products else 0
    return made


def look(session: Session, plan: Plan, made: Preview, ids: Collection[int]) -> None:
    """Open these persons (0.2 ms each) and count whom the items would leave out."""
    for view in safety_in_bulk(session, ids, PURPOSE):
        hits = reasons_of(plan.index, plan.products, view, plan.known, plan.today)
        if hits:
            _count(made, view, hits)


def preview(session: Session, items: Sequence[ItemView]) -> Preview:
    """Return whom these items would leave out and why; sends and stores nothing but the trail of the read.

    Only whoever has a fact that may matter is opened. Raises Refusal `pharmacy_audience_large` where these are more
    than 2,000: then a task counts.
    """
    plan = plan_of(session, items)
    if not plan.products:
        return begun(session, plan)
    ids = concerned_after(session, plan.concern, 0, MOST_OPENED + 1)
    if len(ids) > MOST_OPENED:
        raise Refusal(
            _("这些商品要逐个核对 %(n)s 位以上会员的健康信息，请在后台计算。", n=f"{MOST_OPENED:,}"),
            code="pharmacy_audience_large",
        )
    made = begun(session, plan)
    look(session, plan, made, ids)
    return made.ended()


def _matters(item: ItemView) -> bool:
    return item.attributes.get(RX_CLASS) in matching.DRUGS or bool(item.attributes.get(INGREDIENTS))


def _count(made: Preview, view: SafetyView, hits: Mapping[str, set[str]]) -> None:
    """Count a person once, under the first reason; who was never asked stands among the unknown already."""
    reasons = tuple(reason for reason in REASONS if any(reason in own for own in hits.values()))
    made.by_item.update(hits.keys())
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
