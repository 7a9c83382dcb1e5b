"""From a basket to findings: facts of the persons treated, one index, pure matching, the gates.

What could not be checked is said, never passed over in silence. Texts name what a cashier may know: the other line, the
allergy, what may happen; a medicine the member takes or a condition stands in the sealed evidence alone (S4-38).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from core.sdk import (
    BasketView,
    Check,
    CheckSpec,
    HookContext,
    ItemView,
    LineView,
    Remote,
    SafetyView,
    _,
    _l,
    condition_codes,
    current_locale,
    items_of,
    person_of,
    safety_of,
    substance_of,
)
from plugins.pharmacy import datasets, gates, matching, seen
from plugins.pharmacy.attributes import INGREDIENTS, MIN_AGE, PREGNANCY, ROUTE, RX_CLASS, ingredients_of, number
from plugins.pharmacy.knowledge import UNDISCLOSED
from plugins.pharmacy.matching import MEDICINE, Match, Patient, Product
from plugins.pharmacy.permissions import OVERRIDE

if TYPE_CHECKING:
    from datetime import date

    from sqlalchemy.orm import Session

    from plugins.pharmacy.knowledge import Index

PURPOSE = "pharmacy.check"
NOT_CHECKED = "pharmacy.not_checked"
LICENCES = frozenset({"pharmacist"})
# What was bought may still lie in the cupboard this long after its days' supply (clinic.md 4.3).
LEFT_OVER = timedelta(days=30)
KINDS = {
    matching.INTERACTION: _l("药物相互作用"), matching.DUPLICATE: _l("重复用药"), matching.ALLERGY: _l("药物过敏"),
    matching.CONDITION: _l("疾病禁忌"), matching.PREGNANCY: _l("孕期用药"), matching.AGE: _l("年龄禁忌"),
}  # fmt: skip
SPECS = [
    *(CheckSpec(f"pharmacy.{kind}", label, "contraindicated", n) for n, (kind, label) in enumerate(KINDS.items(), 10)),
    CheckSpec(gates.PRESCRIPTION, _l("处方药没有处方"), "contraindicated", 20),
    CheckSpec(gates.NO_PHARMACIST, _l("没有药师在岗"), "contraindicated", 21),
    CheckSpec(gates.LIMIT, _l("含麻黄碱类药品超量"), "contraindicated", 22),
    CheckSpec(gates.REGISTER, _l("含麻黄碱类药品未登记"), "contraindicated", 23),
    CheckSpec(gates.CLASS_TWO, _l("第二类精神药品与未成年人"), "contraindicated", 24),
    CheckSpec(NOT_CHECKED, _l("没有核对"), "info", 30),
]
LEVELS = {"info": _l("提示"), "moderate": _l("中度"), "major": _l("重大"), "contraindicated": _l("禁忌")}
REASONS = (
    ("benefit_outweighs", _l("获益大于风险")), ("tolerated_before", _l("以前用过，能耐受")),
    ("doses_apart", _l("错开服药时间")), ("prescriber_confirmed", _l("已与处方医师确认（电话、时间）")),
    ("other", _l("其他")),
)  # fmt: skip
# A pharmacist elsewhere in the franchise may be asked (asks.py).
REMOTE = Remote("pharmacy.ask", "pharmacy.ask_state", _l("请药师远程审"))


@dataclass(frozen=True, slots=True)
class Loaded:
    """Everything that a check reads: facts of the persons, the items of their medicines, the index and its version."""

    known: Mapping[int, SafetyView]
    items: Mapping[str, ItemView]
    index: Index
    told: str


def checks(ctx: HookContext, basket: BasketView) -> list[Check]:
    """Return all findings of a basket's medicines, devices and supplements; the person treated counts, line by line."""
    own = concerned(basket)
    if not own.lines or ctx.session is None:
        return []
    loaded = load(ctx, own)
    made = [*found(ctx, own, loaded), *gates.checks(ctx, own, loaded.known)]
    seen.note(ctx, own, made)
    return made


def concerned(basket: BasketView) -> BasketView:
    """Return the basket with the lines that are checked."""
    lines = [line for line in basket.lines if line.attributes.get(RX_CLASS) or line.attributes.get(INGREDIENTS)]
    return BasketView(basket.person_id, tuple(lines))


def load(ctx: HookContext, basket: BasketView) -> Loaded:
    """Read what the check of a basket needs, in six statements however long it is; the read of facts is noted."""
    assert ctx.session is not None
    persons = {person for line in basket.lines for person in (basket.treated(line), basket.person_id) if person}
    known = safety_of(ctx.session, persons, PURPOSE)
    stands = datasets.standing(ctx.session)
    index = datasets.index(ctx.session, stands)
    items = items_of(ctx.session, {one.item for view in known.values() for one in view.medicines if one.item})
    return Loaded(known, items, index, told_version(ctx.session, index, stands))


def product_of(item: LineView | ItemView, line: int = 0) -> Product:
    """Return a product from an item's attributes."""
    told = item.attributes
    return Product(
        item.code, item.name, ingredients_of(told.get(INGREDIENTS)), str(told.get(ROUTE) or ""),
        str(told.get(RX_CLASS) or ""), str(told.get(PREGNANCY) or ""), number(told.get(MIN_AGE)), line,
    )  # fmt: skip


def found(ctx: HookContext, basket: BasketView, loaded: Loaded) -> list[Check]:
    """Return what the tables say of a basket, and what could not be checked, given what was read."""
    assert ctx.session is not None
    today, index, items = ctx.business_date, loaded.index, loaded.items
    groups: dict[int | None, list[Product]] = {}
    for line in basket.lines:
        groups.setdefault(basket.treated(line), []).append(product_of(line, line.line))
    made: list[Check] = []
    for person, products in groups.items():
        view = loaded.known.get(person or 0)
        patient = patient_of(view, items, today) if view else Patient()
        by_line = {one.line: one for one in products}
        made += [
            check_of(one, by_line, patient, index, loaded.told) for one in matching.match(index, products, patient)
        ]
        made += _unread(index, products)
        made += _unasked(ctx.session, view, products, items, today, index, patient)
    return made


def told_version(session: Session, index: Index, stands: dict[str, datasets.Standing] | None = None) -> str:
    """Return the version as findings say it: with the word that it is demonstration data until somebody signed it."""
    if datasets.signed(session, datasets.digest_of(stands or datasets.standing(session))):
        return index.version
    return _("%(version)s，演示数据", version=index.version)


def supplied(view: SafetyView, today: date) -> list[Any]:
    """Return the medicines that count: being taken, or bought and not a month past their days' supply."""
    return [
        one for one in view.medicines
        if one.active or (one.still_supplied_until is not None and one.still_supplied_until + LEFT_OVER >= today)
    ]  # fmt: skip


def patient_of(view: SafetyView, items: Mapping[str, ItemView], today: date) -> Patient:
    """Return a person's facts as matching wants them; a medicine told without an item is taken to be systemic."""
    medicines = []
    for one in supplied(view, today):
        item = items.get(one.item)
        if item is not None and item.attributes.get(INGREDIENTS):
            medicines.append(product_of(item))
        elif one.ingredients:
            medicines.append(Product(one.item, one.text, ingredients_of(one.ingredients)))
    return Patient(
        view.classes, view.allergens, view.condition_codes, tuple(medicines), view.pregnancy == "yes", view.age
    )  # fmt: skip


def check_of(one: Match, lines: Mapping[int, Product], patient: Patient, index: Index, told: str) -> Check:
    """Return the finding of a match: how grave, who may let it pass, what was seen."""
    product = lines[one.line]
    others = [product] + ([lines[one.other]] if one.against == matching.BASKET else [])
    prescribed = all(other.rx_class == "Rx" for other in others)
    stops = one.severity == "contraindicated"
    grave = stops or one.severity == "major"
    against = patient.medicines[one.other].ingredients if one.against == MEDICINE else ()
    evidence = {
        "kind": one.kind, "severity": one.severity, "item": product.code, "against": one.against,
        "cause": [one.a, one.b],
        "medicine": list(against), "other_line": one.other if one.against == matching.BASKET else None,
        "effect": one.effect_zh, "source": one.source, "more": one.more, "version": index.version,
    }  # fmt: skip
    return Check(
        f"pharmacy.{one.kind}", one.severity,  # type: ignore[arg-type]
        _text(one, product, lines, told), one.line, OVERRIDE if grave else None, evidence,
        licences=LICENCES if grave else frozenset(), data_version=index.version[:40],
        reasons=REASONS if one.severity == "major" else (), resign=stops and prescribed,
        remote=REMOTE if grave else None,
    )  # fmt: skip


def _text(one: Match, product: Product, lines: Mapping[int, Product], told: str) -> str:
    level, effect = LEVELS[one.severity], effect_of(one)
    if one.kind == matching.INTERACTION and one.against == matching.BASKET:
        return _(
            "与“%(other)s”有相互作用（%(a)s × %(b)s，%(level)s）：%(effect)s（核对表 %(version)s）",
            other=lines[one.other].name, a=name_of(one.a), b=name_of(one.b), level=level, effect=effect, version=told,
        )  # fmt: skip
    if one.kind == matching.INTERACTION:
        return _(
            "与会员在用的药有相互作用（%(level)s）：%(effect)s（核对表 %(version)s）",
            level=level,
            effect=effect,
            version=told,
        )
    if one.kind == matching.DUPLICATE and one.against == matching.BASKET:
        return _(
            "与“%(other)s”都含%(what)s，重复用药（%(level)s，核对表 %(version)s）", other=lines[one.other].name,
            what=name_of(one.a), level=level, version=told,
        )  # fmt: skip
    if one.kind == matching.DUPLICATE:
        return _(
            "与会员在用的药成分重复（%(what)s，%(level)s，核对表 %(version)s）",
            what=name_of(one.a),
            level=level,
            version=told,
        )
    if one.kind == matching.ALLERGY:
        return _(
            "会员对%(what)s过敏，本品含%(a)s（%(level)s，核对表 %(version)s）", what=name_of(one.b, "class"),
            a=name_of(one.a), level=level, version=told,
        )  # fmt: skip
    if one.kind == matching.AGE:
        return _("不适合会员的年龄（%(level)s，核对表 %(version)s），请药师核对。", level=level, version=told)
    return _("会员的健康信息提示本品%(level)s，请药师核对（核对表 %(version)s）", level=level, version=told)


def effect_of(one: Match) -> str:
    """Return what may happen, in the language of the page."""
    return (one.effect_zh if current_locale().startswith("zh") else one.effect_en) or one.effect_zh


def name_of(code: str, kind: str = "ingredient") -> str:
    """Return what an ingredient or class is called."""
    known = substance_of(kind, code) or substance_of("ingredient", code)
    return known.name if known else code


def condition_name(code: str) -> str:
    """Return what a condition, class or ingredient is called."""
    named = condition_codes().get(code)
    return str(named) if named else name_of(code, "class")


def _unread(index: Index, products: Sequence[Product]) -> list[Check]:
    """Say which ingredients no table knows: not checked is not safe."""
    found = []
    for line, names in matching.unknown_ingredients(index, products).items():
        named = [name_of(one) for one in names if one != UNDISCLOSED]
        if named:
            text = _("没有核对的成分：%(names)s（核对表里没有）。请看说明书或问药师。", names="、".join(named))
        else:
            text = _("成分没有登记完整，相互作用和过敏没有核对。请看说明书或问药师。")
        found.append(
            Check(NOT_CHECKED, "info", text, line, evidence={"names": list(names)}, data_version=index.version[:40])
        )
    return found


def _unasked(
    session: Session, view: SafetyView | None, products: Sequence[Product], items: Mapping[str, ItemView], today: date,
    index: Index, patient: Patient,
) -> list[Check]:  # fmt: skip
    """Say what of the person is not known, and what to ask, once on the first drug of theirs."""
    drugs = [one for one in products if one.rx_class in matching.DRUGS]
    if not drugs:
        return []
    said = [_("没有选会员：过敏、在用的药、疾病和年龄都没有核对。请问一句。")] if view is None else []
    if view is not None:
        said = list(lacking(session, view, drugs, items, today))
        strange = sum(1 for one in patient.medicines if not any(index.knows(name) for name in one.disclosed))
        if strange:
            said.append(_("有 %(n)d 种在用药的成分核对表里没有，没有核对，请药师看一眼。", n=strange))
    return [Check(NOT_CHECKED, "info", text, drugs[0].line) for text in said]


def lacking(
    session: Session, view: SafetyView, drugs: Sequence[Product], items: Mapping[str, ItemView], today: date
) -> Iterable[str]:  # fmt: skip
    """Yield what is not known of a person that a check of these drugs would want, each as a sentence."""
    if not view.asked:
        yield _("还没有问过敏史，过敏没有核对。请问：对什么药物或食物过敏吗？")
    words = sum(1 for one in view.allergies if one.code_kind == "text")
    if words:
        yield _("有 %(n)d 条用文字写的过敏不能自动核对，请药师看一眼。", n=words)
    unread = sum(
        1 for one in supplied(view, today)
        if not one.ingredients and not (items.get(one.item) and items[one.item].attributes.get(INGREDIENTS))
    )  # fmt: skip
    if unread:
        yield _("有 %(n)d 种用文字写的在用药不能自动核对，请药师看一眼。", n=unread)
    if view.age is None and any(one.min_age for one in drugs):
        yield _("没有登记出生日期，年龄没有核对。")
    risky = any(one.pregnancy in ("avoid", "caution", "unknown") for one in drugs)
    bearing = view.age is None or 12 <= view.age <= 55
    if risky and bearing and view.pregnancy == "unknown" and person_of(session, view.person_id).gender == "female":
        yield _("没有问过是否怀孕，孕期用药没有核对。")
