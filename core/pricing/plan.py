"""All that is decided about a basket before any coupon is chosen.

Which promotion and which percentage work on which line depends on items, people and the day, not on
amounts; so it is decided once, and `stages.run` only does arithmetic on it, for each coupon combination
alike.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date

from core.kernel.errors import Invalid
from core.kernel.i18n import _, listed
from core.kernel.money import show_yuan
from core.pricing.index import Index, index_of
from core.pricing.types import Basket, BasketLine, NotApplied, PersonState, PriceChange
from core.pricing.words import fold
from core.programme.document import (
    FULL_BP,
    AmountOff,
    DiscountBenefit,
    EarnRule,
    NthUnit,
    Programme,
    Promotion,
)
from core.programme.recurrence import is_birthday

MAX_LINE_FEN = 10**8


@dataclass(frozen=True, slots=True)
class Rate:
    """A personal percentage: rule code, what it is called, pay this many basis points."""

    rule: str
    name: str
    pay_bp: int


@dataclass(frozen=True, slots=True)
class PercentGroup:
    """A percentage computed once over the lines at `places` (subtotal x num / den, half-up)."""

    rule: str
    name: str
    num: int
    den: int
    places: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class FreeUnitsGroup:
    """Free pieces of one line: `paid` of `qty` pieces are paid."""

    rule: str
    name: str
    place: int
    paid: int
    qty: int


@dataclass(frozen=True, slots=True)
class NthGroup:
    """Cheaper pieces of one line: `cheap` of `qty` pieces are paid at `pay_bp`."""

    rule: str
    name: str
    place: int
    cheap: int
    qty: int
    pay_bp: int


@dataclass(frozen=True, slots=True)
class AmountGroup:
    """`off_fen` less on the lines at `places` together."""

    rule: str
    name: str
    off_fen: int
    places: tuple[int, ...]


PromotionGroup = PercentGroup | FreeUnitsGroup | NthGroup | AmountGroup


@dataclass(slots=True)
class Plan:
    """The basket, decided. Lists run parallel to `basket.lines`; `place` is a position in them."""

    basket: Basket
    index: Index
    lists: list[int]
    starts: list[int]
    people: list[PersonState | None]
    final: list[bool]
    promotions: list[PromotionGroup] = field(default_factory=list)
    changes: list[tuple[int, PriceChange]] = field(default_factory=list)
    rates: list[PercentGroup] = field(default_factory=list)
    not_applied: list[NotApplied] = field(default_factory=list)


def make_plan(basket: Basket, programme: Programme) -> Plan:
    """Decide promotions and percentages. Raises Invalid (field lines.N...) for an impossible basket."""
    index = index_of(programme)
    lists, starts = [], []
    for line in basket.lines:
        listed, start = _prices(line)
        lists.append(listed)
        starts.append(start)
    plan = Plan(
        basket=basket,
        index=index,
        lists=lists,
        starts=starts,
        people=[_person(basket, line) for line in basket.lines],
        final=[_is_final(line) for line in basket.lines],
    )
    places = {line.line: place for place, line in enumerate(basket.lines)}
    if len(places) != len(basket.lines):
        raise Invalid.field("lines", _("行号重复"))
    plan.changes = [
        (places[change.line], change)
        for change in sorted(basket.price_changes, key=lambda one: (one.plugin, one.rule, one.line))
        if change.line in places and not plan.final[places[change.line]]
    ]
    _decide_percentages(plan)
    return plan


def _prices(line: BasketLine) -> tuple[int, int]:
    """(list, start) of a line in fen; start differs where a person set the price."""
    if not 1 <= line.qty <= 9_999:
        raise Invalid.field(f"lines.{line.line}.qty", _("数量应在 1 到 9,999 之间"))
    unit = line.item.price_fen
    wanted = unit if line.price_fen is None else line.price_fen
    if line.item.open_price:
        unit = max(unit, wanted)
    if wanted < 0 or wanted > unit:
        raise Invalid.field(f"lines.{line.line}.price_fen", _("手工改价只能在 0 到原价之间"))
    if unit * line.qty > MAX_LINE_FEN:
        raise Invalid.field(f"lines.{line.line}.qty", _("单行金额不能超过 1,000,000.00 元"))
    return unit * line.qty, wanted * line.qty


def _is_final(line: BasketLine) -> bool:
    """True if no rule may change the line: a price set by hand, or paid with a course.

    An open-price item without a lower wish is priced, not overridden.
    """
    if line.course_id is not None:
        return True
    return line.price_fen is not None and line.price_fen != line.item.price_fen and not line.item.open_price


def _person(basket: Basket, line: BasketLine) -> PersonState | None:
    if line.for_person is None:
        return basket.payer
    if basket.payer and line.for_person == basket.payer.person_id:
        return basket.payer
    found = basket.people.get(line.for_person)
    if found is None:
        raise Invalid.field(f"lines.{line.line}.for_member_id", _("没有找到这一行的就诊人"))
    return found


def _decide_percentages(plan: Plan) -> None:
    """Promotions for each line, then the better personal percentage where it may still work."""
    price_rules = plan.index.day(plan.basket.as_of).price
    rates = {place: _personal_rates(plan, place) for place in range(len(plan.lists)) if not plan.final[place]}
    chosen = _chosen(plan, rates, price_rules)
    personal: dict[Rate, list[int]] = {}
    for place, own in rates.items():
        if not own:
            continue
        line = plan.basket.lines[place].line
        plan.not_applied.extend(_lost(lost.rule, own[0].name, line) for lost in own[1:])
        rivals = [one for one in chosen[place] if one.with_tier == "best"]
        if rivals:
            plan.not_applied.append(_lost(own[0].rule, rivals[0].name or rivals[0].code, line))
        else:
            personal.setdefault(own[0], []).append(place)
    for promotion in price_rules:
        places = [place for place, found in chosen.items() if promotion in found]
        plan.promotions.extend(_groups(plan, promotion, places))
    plan.rates = [
        PercentGroup(rate.rule, rate.name, rate.pay_bp, FULL_BP, tuple(places)) for rate, places in personal.items()
    ]


def _chosen(plan: Plan, rates: dict[int, list[Rate]], rules: tuple[Promotion, ...]) -> dict[int, tuple[Promotion, ...]]:
    """The price promotions of each line, in order.

    An amount promotion needs its lines together: one whose lines do not come to the sum, or that saves less than
    the personal percentages it would replace, is left out, and the rest is decided again without it.
    """
    out: dict[str, tuple[str, str]] = {}
    while True:
        notes: list[NotApplied] = []
        found = {place: _for_line(plan, place, rules, rates[place], out, notes) for place in rates}
        lost = next((loss for rule in rules if (loss := _fails_together(plan, rule, found, rates))), None)
        if lost is None:
            plan.not_applied.extend(notes)
            return found
        out[lost[0]] = lost[1]


def _for_line(
    plan: Plan, place: int, rules: tuple[Promotion, ...], rates: list[Rate], out: dict[str, tuple[str, str]],
    notes: list[NotApplied],
) -> tuple[Promotion, ...]:  # fmt: skip
    promotions = _promotions_for(plan, place, rules, out, notes)
    return tuple(_meet(plan, place, promotions, rates[0], notes) if rates else promotions)


def _fails_together(
    plan: Plan, rule: Promotion, found: dict[int, tuple[Promotion, ...]], rates: dict[int, list[Rate]]
) -> tuple[str, tuple[str, str]] | None:
    """(code, (reason, hint)) of an amount promotion that its lines together do not bear out; None: it holds."""
    if rule.amount_off is None:
        return None
    places = [place for place, chosen in found.items() if rule in chosen]
    if not places:
        return None
    total = sum(plan.starts[place] for place in places)
    missing = rule.amount_off.from_fen - total
    if missing > 0:
        return rule.code, ("too_little", _("再买 %(yuan)s 元可减 %(off)s 元", yuan=show_yuan(missing),
                                           off=show_yuan(rule.amount_off.off_fen)))  # fmt: skip
    if rule.with_tier == "best":
        better = sum(plan.starts[p] * (FULL_BP - rates[p][0].pay_bp) for p in places if rates[p])
        if better > off_fen(rule.amount_off, total) * FULL_BP:
            best = next(rates[place][0] for place in places if rates[place])
            return rule.code, ("better_other", _("已按更优惠的“%(winner)s”计价，两者不同享", winner=best.name))
    return None


def off_fen(rule: AmountOff, total_fen: int) -> int:
    """What an amount promotion takes off lines that come to `total_fen` before coupons, fen."""
    times = total_fen // rule.from_fen
    return rule.off_fen * (times if rule.repeat else min(times, 1))


def _lost(rule: str, winner: str, line: int) -> NotApplied:
    return NotApplied(rule, "better_other", _("已按更优惠的“%(winner)s”计价，两者不同享", winner=winner), line)


def _personal_rates(plan: Plan, place: int) -> list[Rate]:
    """The percentages of tier, birthday and card that match the line, best first.

    The tier's is the payer's, the card's follows the person treated; of equal ones card, tier, birthday.
    """
    line = plan.basket.lines[place]
    item = line.item
    if "discount" in item.barred:
        return []
    found: list[Rate] = []
    person = plan.people[place]
    for card in person.cards if person else ():
        product = plan.index.products.get(card.product)
        if product is None or not _card_valid(plan, card.valid_from, card.valid_until):
            continue
        found.extend(
            Rate(f"card:{product.code}", product.name, benefit.pay_bp)
            for benefit in product.benefits
            if _matches(benefit, line)
        )
    payer = plan.basket.payer
    tier = plan.index.tiers.get(payer.tier) if payer and payer.tier else None
    if payer and tier:
        found.extend(
            Rate(f"tier:{tier.code}", tier.name, benefit.pay_bp)
            for benefit in plan.index.discounts[tier.code]
            if _matches(benefit, line)
        )
        found.extend(
            Rate("birthday", _("生日优惠"), birthday.pay_bp)
            for birthday in plan.index.birthdays[tier.code]
            if birthday.pay_bp is not None
            and birthday.items.matches(item.code, item.kind, item.category, item.classes)
            and is_birthday(payer.birth_date, payer.birth_calendar, plan.basket.as_of, birthday.on)
        )
    found = [rate for rate in found if rate.pay_bp < FULL_BP]
    return sorted(found, key=lambda rate: rate.pay_bp) if len(found) > 1 else found


def _card_valid(plan: Plan, start: object, until: object) -> bool:
    as_of = plan.basket.as_of
    return start <= as_of and (until is None or as_of <= until)  # type: ignore[operator, no-any-return]


def _matches(benefit: DiscountBenefit, line: BasketLine) -> bool:
    item = line.item
    return benefit.items.matches(item.code, item.kind, item.category, item.classes)


def _promotions_for(
    plan: Plan, place: int, rules: tuple[Promotion, ...], out: dict[str, tuple[str, str]], notes: list[NotApplied]
) -> list[Promotion]:
    """The price promotions that work on a line, in order; the reasons of the others are noted."""
    line = plan.basket.lines[place]
    item = line.item
    found: list[Promotion] = []
    for promotion in rules:
        if not promotion.items.matches(item.code, item.kind, item.category, item.classes):
            continue
        refusal = (
            audience(plan, promotion)
            or _barred(promotion, line)
            or _too_few(promotion, line)
            or out.get(promotion.code)
        )
        if refusal is None and found and (promotion.exclusive or found[0].exclusive):
            refusal = ("exclusive", _("与“%(other)s”不能同时享受", other=found[0].name or found[0].code))
        if refusal is None:
            found.append(promotion)
        else:
            notes.append(NotApplied(promotion.code, *refusal, line.line))
    return found


def is_open_to_all(promotion: Promotion, as_of: date) -> bool:
    """Return whether people who are not members have the promotion on a day (S3-17: members first)."""
    return promotion.public or (promotion.public_from is not None and as_of >= promotion.public_from)


def audience(plan: Plan, promotion: Promotion) -> tuple[str, str] | None:
    """Return (reason, hint) why the payer is not among those a promotion is for; None: they are."""
    tier = plan.basket.payer.tier if plan.basket.payer else None
    if is_open_to_all(promotion, plan.basket.as_of):
        return None
    if tier is None:
        return "members_only", _members_only(promotion)
    if promotion.tiers and tier not in promotion.tiers:
        names = listed(one.name for one in plan.index.programme.tiers if one.code in promotion.tiers)
        return "tier_only", _("仅限 %(tiers)s", tiers=names)
    if not meets(plan, promotion):
        payer = plan.basket.payer
        what = payer.unmet.get(promotion.code, "") if payer is not None else ""
        return "condition", _("仅限符合条件的会员：%(what)s", what=what)
    return None


def _members_only(promotion: Promotion) -> str:
    if promotion.public_from is not None:
        day = promotion.public_from.isoformat()
        return _("会员先享：登记为会员后可用，%(day)s 起对所有人开放", day=day)
    return _("会员专享：登记为会员后可用")


def meets(plan: Plan, rule: Promotion | EarnRule) -> bool:
    """Return whether the payer meets a rule's condition; a rule without one is for every payer."""
    payer = plan.basket.payer
    return rule.when_member is None or (payer is not None and rule.code in payer.holds)


def _barred(promotion: Promotion, line: BasketLine) -> tuple[str, str] | None:
    kind = "gift" if promotion.free_units or _is_free(promotion.nth_unit) else "discount"
    reason = line.item.barred.get(kind)
    return None if reason is None else ("barred", reason)


def _is_free(rule: NthUnit | None) -> bool:
    return rule is not None and rule.pay_bp == 0


def _too_few(promotion: Promotion, line: BasketLine) -> tuple[str, str] | None:
    units, nth = promotion.free_units, promotion.nth_unit
    if nth is not None and line.qty < nth.nth:
        return "too_few", _(
            "再拿 %(n)d 件，第 %(nth)d 件 %(fold)s 折", n=nth.nth - line.qty, nth=nth.nth, fold=fold(nth.pay_bp),
        )  # fmt: skip
    if units is None or line.qty >= units.buy + units.free:
        return None
    return "too_few", _(
        "再拿 %(n)d 件可享买 %(buy)d 送 %(free)d",
        n=units.buy + units.free - line.qty,
        buy=units.buy,
        free=units.free,
    )


def _rate(promotion: Promotion, qty: int) -> tuple[int, int]:
    """What is paid under a promotion as a fraction of what was to pay."""
    num, den = (promotion.pay_bp if promotion.pay_bp is not None else FULL_BP), FULL_BP
    if promotion.free_units:
        num, den = num * _paid_units(promotion, qty), den * qty
    if promotion.nth_unit:
        nth = promotion.nth_unit
        num, den = num * (qty * FULL_BP - qty // nth.nth * (FULL_BP - nth.pay_bp)), den * qty * FULL_BP
    return num, den


def _paid_units(promotion: Promotion, qty: int) -> int:
    units = promotion.free_units
    return qty if units is None else qty - qty // (units.buy + units.free) * units.free


def _meet(plan: Plan, place: int, promotions: list[Promotion], rate: Rate, notes: list[NotApplied]) -> list[Promotion]:
    """Promotions that say with_tier=best against the personal percentage: the better of the two stays.

    An amount promotion is not weighed here but with all its lines (`_fails_together`): it stays.
    """
    together = [promotion for promotion in promotions if promotion.with_tier == "best" and promotion.amount_off]
    rivals = [promotion for promotion in promotions if promotion.with_tier == "best" and not promotion.amount_off]
    if together or not rivals:
        return promotions
    line = plan.basket.lines[place]
    num, den = 1, 1
    for promotion in rivals:
        one_num, one_den = _rate(promotion, line.qty)
        num, den = num * one_num, den * one_den
    if num * FULL_BP <= rate.pay_bp * den:
        return promotions
    notes.extend(_lost(promotion.code, rate.name, line.line) for promotion in rivals)
    return [promotion for promotion in promotions if promotion.with_tier == "stack"]


def _groups(plan: Plan, promotion: Promotion, places: list[int]) -> list[PromotionGroup]:
    found: list[PromotionGroup] = []
    code, name = promotion.code, promotion.name or promotion.code
    if not places:
        return found
    for place in places:
        qty = plan.basket.lines[place].qty
        if promotion.free_units:
            found.append(FreeUnitsGroup(code, name, place, _paid_units(promotion, qty), qty))
        if promotion.nth_unit:
            nth = promotion.nth_unit
            found.append(NthGroup(code, name, place, qty // nth.nth, qty, nth.pay_bp))
    if promotion.pay_bp is not None:
        found.append(PercentGroup(code, name, promotion.pay_bp, FULL_BP, tuple(places)))
    if promotion.amount_off:
        total = sum(plan.starts[place] for place in places)
        found.append(AmountGroup(code, name, off_fen(promotion.amount_off, total), tuple(places)))
    return found


def rate_text(name: str, pay_bp: int) -> str:
    """家庭卡 8 折."""
    return _("%(name)s %(fold)s 折", name=name, fold=fold(pay_bp), percent=fold(10 * (FULL_BP - pay_bp)))
