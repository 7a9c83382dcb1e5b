"""What is wrong (error) or odd (warning) between the entries of a programme document."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from core.kernel.errors import FieldError
from core.kernel.i18n import _
from core.programme.conditions import Condition
from core.programme.document import (
    METRICS,
    BirthdayBenefit,
    DiscountBenefit,
    EntitlementBenefit,
    GiftBenefit,
    ItemScope,
    Programme,
    Promotion,
    Threshold,
    Tier,
    When,
)
from core.programme.problems import Problem

Judge = Callable[[Condition, str], list[FieldError]]


def check(programme: Programme, item_codes: frozenset[str] | None = None, judge: Judge | None = None) -> list[Problem]:
    """All problems of the document, errors first.

    With `item_codes` (the franchise's catalogue) also item codes that do not exist are warned of; with `judge`
    (facts.problems for prices) also conditions on facts that are not offered or may not price are errors.
    """
    found = [
        *_doubles(programme),
        *_tiers(programme),
        *_coupons(programme),
        *_promotions(programme),
        *_rules(programme),
        *_cards_and_rewards(programme),
        *(_members(programme, judge) if judge is not None else ()),
        *(_items(programme, item_codes) if item_codes is not None else ()),
    ]
    return sorted(found, key=lambda problem: problem.severity != "error")


def _error(field: str, message: str) -> Problem:
    return Problem("error", field, message)


def _warning(field: str, message: str) -> Problem:
    return Problem("warning", field, message)


def _doubles(programme: Programme) -> Iterator[Problem]:
    lists = ("tiers", "earn_rules", "promotions", "coupons", "card_products", "rewards", "streaks", "privileges")
    for name in lists:
        seen: set[str] = set()
        for place, entry in enumerate(getattr(programme, name)):
            if entry.code in seen:
                yield _error(f"{name}.{place}.code", _("代码 %(code)s 重复", code=entry.code))
            seen.add(entry.code)
    shared = {rule.code for rule in programme.coupons}
    for place, product in enumerate(programme.card_products):
        for number, rule in enumerate(product.coupons):
            if rule.code in shared:
                path = f"card_products.{place}.coupons.{number}.code"
                yield _error(path, _("券代码 %(code)s 重复", code=rule.code))
            shared.add(rule.code)
    earning = {rule.code for rule in programme.earn_rules}
    for code in sorted(earning & {promotion.code for promotion in programme.promotions}):
        yield _error("promotions", _("代码 %(code)s 同时用于积分规则和活动", code=code))
    others = earning | {promotion.code for promotion in programme.promotions}
    for code in sorted(others & {one.code for one in programme.privileges}):
        yield _error("privileges", _("代码 %(code)s 同时用于积分规则或活动和达标权益", code=code))


def _reach(threshold: Threshold) -> dict[str, int]:
    return {metric: value for metric in METRICS if (value := getattr(threshold, metric)) is not None}


def _tiers(programme: Programme) -> Iterator[Problem]:
    if any(_reach(programme.tiers[0].entry).values()):
        yield _error("tiers.0.from", _("最低等级的门槛必须为 0：新会员从这里开始"))
    for place, tier in enumerate(programme.tiers):
        if place:
            yield from _order(programme.tiers[place - 1], tier, f"tiers.{place}")
        if tier.keep and tier.fall == "never":
            yield _error(f"tiers.{place}.keep", _("永不降级的等级不能有保级条件"))
        if tier.keep and _harder(tier.keep, tier.entry):
            yield _warning(f"tiers.{place}.keep", _("保级条件比升级门槛还高"))
        rights = [one for one in tier.benefits if isinstance(one, EntitlementBenefit | GiftBenefit)]
        choices = [one.choice for one in rights if one.choice]
        yield from _window(tier.entry, f"tiers.{place}.from")
        if tier.keep:
            yield from _window(tier.keep, f"tiers.{place}.keep")
        if tier.period_months is not None and _kind(tier) is not None:
            yield _error(f"tiers.{place}.period_months", _("按自然年或会员周年统计时，有效期跟着统计期走，这里不填"))
        for number, one in enumerate(tier.benefits):
            if isinstance(one, DiscountBenefit) and one.pay_bp == 0:
                yield _warning(f"tiers.{place}.benefits.{number}.pay_bp", _("实付为 0，等于全部免费"))
            if isinstance(one, BirthdayBenefit) and one.coupon and not programme.coupon(one.coupon):
                path = f"tiers.{place}.benefits.{number}.coupon"
                yield _error(path, _("没有代码为 %(code)s 的券", code=one.coupon))
        codes = [one.code for one in rights]
        if len(set(codes)) != len(codes) or any(choice in codes for choice in choices):
            yield _error(f"tiers.{place}.benefits", _("免费权益的代码重复，或与选择组同名"))


def _kind(tier: Tier) -> str | None:
    return (tier.keep.window_kind if tier.keep and tier.keep.window_months else None) or tier.entry.window_kind


def _window(threshold: Threshold, path: str) -> Iterator[Problem]:
    if threshold.window_kind is None:
        return
    if threshold.window_months is None:
        yield _error(f"{path}.window", _("按自然年或会员周年统计时，要填统计几个月"))
    elif threshold.window_kind == "calendar" and 12 % threshold.window_months:
        yield _error(f"{path}.window", _("按日历统计时只能是 1、2、3、4、6 或 12 个月"))


def _order(lower: Tier, upper: Tier, path: str) -> Iterator[Problem]:
    low, high = _reach(lower.entry), _reach(upper.entry)
    if not any(high.values()):
        yield _error(f"{path}.from", _("门槛为 0：等级 %(name)s 永远到不了", name=lower.name))
        return
    common = set(low) & set(high)
    windows = [(tier.entry.window_months, tier.entry.window_kind) for tier in (lower, upper)]
    same_window = windows[0] == windows[1]
    if same_window and common and len(low) == len(high) == 1 and any(high[key] <= low[key] for key in common):
        yield _error(
            f"{path}.from",
            _("门槛须高于上一等级 %(name)s，否则那一等级永远到不了", name=lower.name),
        )


def _harder(keep: Threshold, entry: Threshold) -> bool:
    start, end = _reach(entry), _reach(keep)
    return any(value > start[metric] for metric, value in end.items() if metric in start)


def _coupons(programme: Programme) -> Iterator[Problem]:
    for place, rule in enumerate(programme.coupons):
        if rule.limit != "once":
            yield _error(f"coupons.{place}.limit", _("单张券只能用一次；按人按年的限次只用于会员卡附带的券"))
    for place, product in enumerate(programme.card_products):
        for number, rule in enumerate(product.coupons):
            path = f"card_products.{place}.coupons.{number}"
            if rule.level == "order" and rule.limit == "per_filling":
                yield _error(f"{path}.limit", _("按件使用的券只能是单品券"))
            if rule.valid_days is not None:
                yield _error(f"{path}.valid_days", _("会员卡附带的券随卡有效，不另设有效天数"))


def _promotions(programme: Programme) -> Iterator[Problem]:
    known = {tier.code for tier in programme.tiers}
    for place, promotion in enumerate(programme.promotions):
        path = f"promotions.{place}"
        yield from _when(promotion.when, f"{path}.when")
        for code in sorted(promotion.tiers - known):
            yield _error(f"{path}.tiers", _("没有代码为 %(code)s 的等级", code=code))
        if promotion.public and promotion.tiers:
            yield _error(f"{path}.public", _("对所有人开放的活动不能再限定等级"))
        if promotion.public and promotion.when_member is not None:
            yield _error(f"{path}.public", _("对所有人开放的活动不能再限定会员条件"))
        yield from _phases(promotion, path)
        yield from _parts(promotion, path)


def _phases(promotion: Promotion, path: str) -> Iterator[Problem]:
    """Members first, then everybody (S3-17): the second day must lie inside the promotion."""
    day, when = promotion.public_from, promotion.when
    if day is None:
        return
    if promotion.public:
        yield _error(f"{path}.public_from", _("一开始就对所有人开放，就没有“会员先享”；两项只留一项"))
    if when.start is not None and day <= when.start:
        yield _error(f"{path}.public_from", _("对所有人开放的日子要晚于活动开始日，否则会员没有先享"))
    if when.until is not None and day > when.until:
        yield _error(f"{path}.public_from", _("对所有人开放的日子晚于活动结束日"))


def _parts(promotion: Promotion, path: str) -> Iterator[Problem]:
    """One price rule a promotion: what is off must be explained in one line on the receipt."""
    parts = [promotion.free_units, promotion.nth_unit, promotion.amount_off]
    if sum(part is not None for part in parts) + (promotion.pay_bp is not None) > 1:
        yield _error(path, _("打折、买赠、第几件优惠、满减只能选一种；要同时做就分成几个活动"))
    if promotion.amount_off and promotion.amount_off.off_fen > promotion.amount_off.from_fen:
        yield _error(f"{path}.amount_off.off_fen", _("减的不能比满的还多"))


def member_conditions(programme: Programme) -> Iterator[tuple[str, str, Condition]]:
    """Yield (path, code, condition) of every earn rule, promotion and privilege that is only for some members."""
    for name in ("earn_rules", "promotions", "privileges"):
        for place, entry in enumerate(getattr(programme, name)):
            if entry.when_member is not None:
                yield f"{name}.{place}.when_member", entry.code, entry.when_member


def _members(programme: Programme, judge: Judge) -> Iterator[Problem]:
    for path, _code, condition in member_conditions(programme):
        yield from (_error(error.field, error.message) for error in judge(condition, path))


def _when(when: When, path: str) -> Iterator[Problem]:
    if when.start and when.until and when.until < when.start:
        yield _error(f"{path}.until", _("结束日早于开始日"))
    if when.festival is None and (when.days != 1 or when.offset):
        yield _error(f"{path}.festival", _("days 和 offset 只与 festival 一起用"))
    if when == When():
        yield _warning(path, _("没有限定日期：活动天天有效"))


def _rules(programme: Programme) -> Iterator[Problem]:
    paid = [rule for rule in programme.earn_rules if rule.on == "paid" and rule.enabled and rule.items.everything]
    if len(paid) > 1:
        yield _warning("earn_rules", _("有 %(n)d 条按实付计分的规则覆盖全部项目，积分会累加", n=len(paid)))
    for place, rule in enumerate(programme.earn_rules):
        if rule.on == "item" and rule.per_fen is not None:
            yield _error(f"earn_rules.{place}.per_fen", _("按件计分的规则没有每多少分"))
        if rule.on == "course" and (rule.points is not None or rule.per_fen is not None):
            yield _error(f"earn_rules.{place}.points", _("疗程积分按单次积分乘系数计算，不另填积分"))
        if rule.on != "course" and rule.factor_bp != 10_000:
            yield _error(f"earn_rules.{place}.factor_bp", _("系数只用于疗程规则；倍数请用等级权益或活动"))
    points = programme.points
    if points.expires_months is not None and points.notice_months >= points.expires_months:
        yield _error("points.notice_months", _("到期提醒必须晚于积分发放：提前月数须小于有效月数"))
    tender = programme.tender
    if tender and tender.fen_per_step * 100 > tender.points_step * 100 * 100:
        yield _warning("tender.fen_per_step", _("一分积分抵一元以上，请确认"))
    events = programme.event_points
    if events and events.max_points < events.min_points:
        yield _error("event_points.max_points", _("上限低于下限"))


def _cards_and_rewards(programme: Programme) -> Iterator[Problem]:
    free = [product.code for product in programme.card_products if product.free]
    if len(free) > 1:
        yield _error("card_products", _("入会免费卡只能有一种，现有：%(codes)s", codes="、".join(free)))
    coupons = {rule.code for rule in programme.coupons}
    for place, reward in enumerate(programme.rewards):
        if reward.coupon and reward.coupon not in coupons:
            yield _error(f"rewards.{place}.coupon", _("没有代码为 %(code)s 的券", code=reward.coupon))
        if reward.kind != "coupon" and reward.coupon:
            yield _error(f"rewards.{place}.coupon", _("只有券类礼品才填券"))
        if reward.points == 0 and reward.cash_fen == 0:
            yield _warning(f"rewards.{place}.points", _("礼品不需要积分也不需要付款"))
    referral = programme.referral
    if referral and referral.depth == 1 and referral.level2_points:
        yield _error("referral.level2_points", _("只有一级推荐时不能设二级积分"))
    if referral and referral.depth > 1:
        if referral.on == "registration":
            yield _warning("referral.depth", _("注册即给的奖励只算一级：按人头给上线报酬是法律禁止的"))
        else:
            yield _warning("referral.depth", _("二级推荐按下线的消费给积分，须加盟主确认后才能发布；第三级不能设"))


def _items(programme: Programme, codes: frozenset[str]) -> Iterator[Problem]:
    named: list[tuple[str, str]] = []
    for place, product in enumerate(programme.card_products):
        if not product.free:
            named.append((f"card_products.{place}.code", product.code))
    for place, reward in enumerate(programme.rewards):
        if reward.item:
            named.append((f"rewards.{place}.item", reward.item))
    for place, tier in enumerate(programme.tiers):
        for number, benefit in enumerate(tier.benefits):
            if isinstance(benefit, EntitlementBenefit | GiftBenefit):
                named.append((f"tiers.{place}.benefits.{number}.item", benefit.item))
    scopes: list[tuple[str, ItemScope]] = [
        *((f"promotions.{place}.items", one.items) for place, one in enumerate(programme.promotions)),
        *((f"earn_rules.{place}.items", one.items) for place, one in enumerate(programme.earn_rules)),
        *((f"coupons.{place}.items", one.items) for place, one in enumerate(programme.coupons)),
    ]
    for path, scope in scopes:
        named.extend((path, code) for code in sorted(scope.codes | scope.except_codes))
    for path, code in named:
        if code not in codes:
            yield _warning(path, _("项目目录里没有 %(code)s", code=code))
