"""A programme in the words of members and staff: one short text per entry, for the editor, the printed rule sheet
and the public rule page (S2-17, S2-18). Pure functions of the document."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from core.kernel.i18n import _
from core.kernel.money import show_yuan
from core.programme import labels
from core.programme.document import (
    FULL_BP,
    Benefit,
    BirthdayBenefit,
    CardProduct,
    CouponRule,
    DiscountBenefit,
    EarnRule,
    EntitlementBenefit,
    EventPoints,
    GiftBenefit,
    ItemScope,
    MultiplierBenefit,
    PointsRule,
    Privilege,
    Programme,
    Promotion,
    Referral,
    Reward,
    Rounding,
    ServiceBenefit,
    StoredValue,
    Streak,
    TenderRule,
    Threshold,
    Tier,
    When,
)

Names = dict[str, str]
"""Names of items, by code; a code without one stands for itself."""


@dataclass(frozen=True, slots=True)
class Words:
    """What an entry is called and says, line by line."""

    title: str
    lines: tuple[str, ...]


def yuan(fen: int) -> str:
    """Return fen as a member reads them: 150000 is 1,500, 1999 is 19.99."""
    text = show_yuan(fen)
    return f"{text[:-3] if text.endswith('.00') else text} {_('元')}"


def pay(pay_bp: int) -> str:
    """Return what is paid as people say it: 8000 is 8 折, 9500 is 9.5 折, 0 is free."""
    if pay_bp == 0:
        return _("免费")
    return _("%(n)s 折", n=f"{pay_bp / 1000:g}")


def times(factor_bp: int) -> str:
    """Return a factor: 15000 is 1.5 times."""
    return _("%(n)s 倍", n=f"{factor_bp / FULL_BP:g}")


def _word(cls: str, key: str, value: Any) -> str:
    return str(labels.WORDS[(cls, key)].get(value, value))


def _list(parts: Iterable[str]) -> str:
    return _("、").join(parts)


def class_name(code: str, names: Names) -> str:
    """Return what an item class or category is called."""
    return names.get(f"class:{code}", code)


def scope(items: ItemScope, names: Names) -> str:
    """Return which items are meant."""
    parts = []
    if items.everything:
        parts.append(_("全部项目"))
    parts += [names.get(code, code) for code in sorted(items.codes)]
    parts += [_("“%(name)s”类", name=class_name(one, names)) for one in sorted(items.classes | items.categories)]
    parts += [_word("ItemScope", "kinds", kind) for kind in sorted(items.kinds)]
    but = [names.get(code, code) for code in sorted(items.except_codes)] + [
        class_name(one, names) for one in sorted(items.except_classes)
    ]
    text = _list(parts) or _("没有项目")
    return _("%(items)s（%(but)s除外）", items=text, but=_list(but)) if but else text


def threshold(entry: Threshold) -> str:
    """Return what must be reached."""
    parts = []
    if entry.spend_fen is not None:
        parts.append(_("消费满 %(amount)s", amount=yuan(entry.spend_fen)))
    if entry.topup_fen is not None:
        parts.append(_("充值满 %(amount)s", amount=yuan(entry.topup_fen)))
    if entry.visits is not None:
        parts.append(_("到店满 %(n)d 次", n=entry.visits))
    if entry.points is not None:
        parts.append(_("积分满 %(n)d", n=entry.points))
    joined = (_("，或") if entry.match == "any" else _("，并且")).join(parts)
    if entry.window_months is None:
        return _("累计%(what)s", what=joined)
    return window(entry.window_months, entry.window_kind, joined)


def window(months: int, kind: str | None, what: str) -> str:
    """Return within which months something must be reached."""
    if kind == "anniversary":
        return _("每个会员周期（入会日起每 %(n)d 个月）内%(what)s", n=months, what=what)
    if kind == "calendar":
        whole = {12: _("一个自然年内%(what)s", what=what), 3: _("一个季度内%(what)s", what=what),
                 1: _("一个自然月内%(what)s", what=what)}  # fmt: skip
        return whole.get(months) or _("日历上每 %(n)d 个月内%(what)s", n=months, what=what)
    return _("最近 %(n)d 个月内%(what)s", n=months, what=what)


def benefit(one: Benefit, names: Names) -> str:
    """Return one right of a tier or card."""
    if isinstance(one, DiscountBenefit):
        return _("%(items)s %(pay)s", items=scope(one.items, names), pay=pay(one.pay_bp))
    if isinstance(one, MultiplierBenefit):
        return _("%(items)s积分 %(times)s", items=scope(one.items, names), times=times(one.factor_bp))
    if isinstance(one, BirthdayBenefit):
        return _("%(when)s：%(what)s", when=_word("BirthdayBenefit", "on", one.on), what=_gift(one, names))
    if isinstance(one, EntitlementBenefit):
        per = _word("EntitlementBenefit", "per", one.per)
        return _("%(name)s：每%(per)s %(n)d 次%(choice)s", name=one.name, per=per, n=one.times, choice=_choice(one))
    if isinstance(one, GiftBenefit):
        return _(
            "%(name)s：其他项目满 %(amount)s 免费送 %(item)s，每%(per)s %(n)d 次%(choice)s",
            name=one.name, amount=yuan(one.min_spend_fen), item=names.get(one.item, one.item),
            per=_word("GiftBenefit", "per", one.per), n=one.times, choice=_choice(one),
        )  # fmt: skip
    return _("%(name)s%(choice)s", name=one.name, choice=_choice(one))


def _choice(one: EntitlementBenefit | GiftBenefit | ServiceBenefit) -> str:
    return _("（任选其一）") if one.choice else ""


def _gift(one: BirthdayBenefit, names: Names) -> str:
    if one.pay_bp is not None:
        return _("%(items)s %(pay)s", items=scope(one.items, names), pay=pay(one.pay_bp))
    if one.factor_bp is not None:
        return _("%(items)s积分 %(times)s", items=scope(one.items, names), times=times(one.factor_bp))
    if one.points is not None:
        return _("送 %(n)d 积分", n=one.points)
    return _("送券 %(code)s", code=one.coupon)


def _tier(tier: Tier, names: Names) -> Words:
    lines = []
    if any((tier.entry.spend_fen, tier.entry.visits, tier.entry.points, tier.entry.topup_fen)):
        lines.append(threshold(tier.entry))
    else:
        lines.append(_("入会即享"))
    if tier.keep:
        lines.append(_("保级：%(what)s", what=threshold(tier.keep)))
    if tier.grace_days:
        lines.append(_("到期后宽限 %(n)d 天", n=tier.grace_days))
    return Words(tier.name, (*lines, *(benefit(one, names) for one in tier.benefits)))


def _points(rule: PointsRule, _names: Names) -> Words:
    lines = [_("每消费 1 元积 %(n)d 分", n=rule.per_yuan)]
    if rule.expires_months is None:
        lines.append(_("积分永久有效"))
    else:
        lines.append(_("积分 %(n)d 个月有效，到期前 %(m)d 个月提醒", n=rule.expires_months, m=rule.notice_months))
    if rule.pending_days:
        lines.append(_("消费得的积分 %(n)d 天后可用", n=rule.pending_days))
    if rule.extension and rule.extension.bonus_points:
        lines.append(
            _("余额满 %(p)d 分，积分快到期时送 %(b)d 分，%(n)d 个月最多一次", p=rule.extension.min_points,
              b=rule.extension.bonus_points, n=rule.extension.months)
        )  # fmt: skip
    elif rule.extension:
        lines.append(_("余额满 %(p)d 分可延期 %(n)d 个月一次", p=rule.extension.min_points, n=rule.extension.months))
    return Words(_("积分标准"), tuple(lines))


def _earn(rule: EarnRule, names: Names) -> Words:
    where = scope(rule.items, names)
    if rule.on == "paid":
        per, points = yuan(rule.per_fen or 100), rule.points
        what = (
            _("%(items)s每付 %(per)s 积 %(n)d 分", items=where, per=per, n=points)
            if points is not None
            else _("%(items)s按实付金额积分", items=where)
        )
    elif rule.on == "item":
        what = (
            _("%(items)s每件积 %(n)d 分", items=where, n=rule.points)
            if rule.points is not None
            else _("%(items)s按项目设定的积分", items=where)
        )
    else:
        what = _("%(items)s：单次积分 × 次数 × %(times)s", items=where, times=times(rule.factor_bp))
    return Words(rule.name or rule.code, (what, *_whom(rule, names), *([] if rule.enabled else [_("已停用")])))


def _whom(rule: EarnRule | Promotion | Privilege, names: Names) -> list[str]:
    """Return which members a rule is for, where it is not for all of them."""
    if rule.when_member is None:
        return []
    said = names.get(f"when:{rule.code}")
    return [_("只限：%(who)s", who=said) if said else _("只限符合条件的会员")]


def when(rule: When) -> str:
    """Return on which days a promotion holds."""
    parts = []
    if rule.festival:
        name = _word("When", "festival", rule.festival)
        parts.append(name if rule.days == 1 else _("%(name)s起 %(n)d 天", name=name, n=rule.days))
    if rule.weekday:
        parts.append(_list(_word("When", "weekday", n) for n in sorted(rule.weekday)))
    if rule.day_of_month:
        parts.append(_("每月 %(days)s 日", days=_list(str(n) for n in sorted(rule.day_of_month))))
    if rule.lunar_day:
        parts.append(_("农历每月%(days)s", days=_list(_word("When", "lunar_day", n) for n in sorted(rule.lunar_day))))
    if rule.start or rule.until:
        parts.append(_("%(start)s 至 %(until)s", start=rule.start or "…", until=rule.until or "…"))
    return _("，").join(parts) or _("天天有效")


def _promotion(rule: Promotion, names: Names) -> Words:
    lines = [when(rule.when)]
    if rule.pay_bp is not None:
        lines.append(_("%(items)s %(pay)s", items=scope(rule.items, names), pay=pay(rule.pay_bp)))
    if rule.free_units:
        lines.append(_("%(items)s买 %(buy)d 送 %(free)d", items=scope(rule.items, names), buy=rule.free_units.buy,
                       free=rule.free_units.free))  # fmt: skip
    lines += _units(rule, scope(rule.items, names))
    if rule.factor_bp is not None:
        lines.append(_("%(items)s积分 %(times)s", items=scope(rule.items, names), times=times(rule.factor_bp)))
    if rule.public_from:
        lines.append(_("会员先享，%(day)s 起对所有人开放", day=rule.public_from.isoformat()))
    if rule.public:
        lines.append(_("非会员也能参加"))
    if rule.tiers:
        tiers = [names[f"tier:{code}"] for code in sorted(rule.tiers) if f"tier:{code}" in names]
        lines.append(_("只限%(tiers)s", tiers=_list(tiers)) if tiers else _("只限部分等级"))
    lines += _whom(rule, names)
    if rule.exclusive:
        lines.append(_("不与其他活动同享"))
    if not rule.enabled:
        lines.append(_("已停用"))
    return Words(rule.name or rule.code, tuple(lines))


def _units(rule: Promotion, items: str) -> list[str]:
    """Return what a promotion says of the n-th piece and of a sum reached."""
    found = []
    if rule.nth_unit:
        what = pay(rule.nth_unit.pay_bp)
        found.append(_("%(items)s第 %(n)d 件 %(pay)s", items=items, n=rule.nth_unit.nth, pay=what))
    if rule.amount_off:
        amounts = {"items": items, "off": yuan(rule.amount_off.off_fen), "start": yuan(rule.amount_off.from_fen)}
        found.append(
            _("%(items)s每满 %(start)s 减 %(off)s", **amounts)
            if rule.amount_off.repeat
            else _("%(items)s满 %(start)s 减 %(off)s", **amounts)
        )
    return found


def _coupon(rule: CouponRule, names: Names) -> Words:
    worth = _("减 %(amount)s", amount=yuan(rule.amount_fen)) if rule.amount_fen is not None else pay(rule.pay_bp or 0)
    lines = [_("%(items)s %(worth)s", items=scope(rule.items, names), worth=worth)]
    if rule.min_spend_fen:
        lines.append(_("满 %(amount)s 可用", amount=yuan(rule.min_spend_fen)))
    if rule.valid_days:
        lines.append(_("%(n)d 天内有效", n=rule.valid_days))
    if rule.limit != "once":
        lines.append(_word("CouponRule", "limit", rule.limit))
    return Words(rule.name or rule.code, tuple(lines))


def _card(card: CardProduct, names: Names) -> Words:
    lines = [_("%(n)d 人共用", n=card.seats) if card.seats > 1 else _("一人使用")]
    lines.append(_("%(n)d 个月有效", n=card.months) if card.months else _("终身有效"))
    if card.free:
        lines.append(_("入会免费"))
    lines += [benefit(one, names) for one in card.benefits]
    for rule in card.coupons:
        lines.append(
            _("附带%(coupon)s：%(what)s", coupon=rule.name or rule.code, what=_list(_coupon(rule, names).lines))
        )
    return Words(card.name, tuple(lines))


def _tender(rule: TenderRule, _names: Names) -> Words:
    line = _("每 %(p)d 积分抵 %(amount)s，最多抵应付的 %(cap)s%%", p=rule.points_step, amount=yuan(rule.fen_per_step),
             cap=f"{rule.cap_bp / 100:g}")  # fmt: skip
    return Words(_("积分抵现"), (line,))


def _reward(reward: Reward, _names: Names) -> Words:
    cost = _("%(p)d 积分", p=reward.points)
    if reward.cash_fen:
        cost = _("%(points)s，另付 %(amount)s", points=cost, amount=yuan(reward.cash_fen))
    return Words(reward.name, (cost, _word("Reward", "kind", reward.kind)))


def _referral(rule: Referral, _names: Names) -> Words:
    on = _word("Referral", "on", rule.on)
    lines = [_("%(when)s，推荐人得 %(n)d 积分", when=on, n=rule.referrer_points)]
    if rule.referee_points:
        lines.append(_("被推荐人得 %(n)d 积分", n=rule.referee_points))
    if rule.depth == 2:
        lines.append(_("二级推荐人得 %(n)d 积分", n=rule.level2_points))
    return Words(_("推荐"), (*lines, _("每人每月最多 %(n)d 次", n=rule.monthly_cap)))


def _streak(rule: Streak, _names: Names) -> Words:
    line = _("连续 %(m)d 个月、每月到店满 %(v)d 天，送 %(p)d 积分", m=rule.months, v=rule.visits, p=rule.points)
    return Words(rule.name, (line,))


def _rounding(rule: Rounding, _names: Names) -> Words:
    if rule.to_fen <= 1:
        return Words(_("抹零"), (_("不抹零，收到分"),))
    mode = _word("Rounding", "mode", rule.mode)
    return Words(_("抹零"), (_("应付金额%(mode)s到 %(amount)s", mode=mode, amount=yuan(rule.to_fen)),))


def _stored(rule: StoredValue, _names: Names) -> Words:
    line = _("单卡余额不超过 %(amount)s", amount=yuan(rule.max_card_fen)) if rule.max_card_fen else _("不另设上限")
    return Words(_("储值"), (line,))


def _events(rule: EventPoints, _names: Names) -> Words:
    line = _("一次活动送 %(low)d 至 %(high)d 积分", low=rule.min_points, high=rule.max_points)
    return Words(_("活动积分"), (line,))


def _privilege(rule: Privilege, names: Names) -> Words:
    return Words(rule.name, (*_whom(rule, names), *([] if rule.enabled else [_("已停用")])))


_SPEAKERS: dict[type, Callable[[Any, Names], Words]] = {
    Tier: _tier, PointsRule: _points, EarnRule: _earn, Promotion: _promotion, CouponRule: _coupon, CardProduct: _card,
    TenderRule: _tender, Reward: _reward, Referral: _referral, Streak: _streak, Rounding: _rounding,
    StoredValue: _stored, EventPoints: _events, Privilege: _privilege,
}  # fmt: skip


def say(entry: Any, names: Names) -> Words:
    """Return an entry in words."""
    return _SPEAKERS[type(entry)](entry, names)


@dataclass(frozen=True, slots=True)
class Chapter:
    """A part of the rule sheet."""

    title: str
    entries: tuple[Words, ...]


def sheet(programme: Programme, names: Names) -> list[Chapter]:
    """Return the whole programme in words, for staff and members; what is switched off is left out."""
    parts: tuple[tuple[str, Iterable[Any]], ...] = (
        (_("会员等级"), programme.tiers),
        (_("积分"), [programme.points, *(one for one in programme.earn_rules if one.enabled), *programme.streaks]),
        (_("积分怎么用"), [*([programme.tender] if programme.tender else []), *programme.rewards]),
        (_("会员卡"), programme.card_products),
        (_("活动"), [one for one in programme.promotions if one.enabled]),
        (_("达标权益"), [one for one in programme.privileges if one.enabled]),
        (_("推荐有礼"), [programme.referral] if programme.referral else []),
    )
    chapters = [Chapter(title, tuple(say(one, names) for one in entries)) for title, entries in parts]
    return [one for one in chapters if one.entries]
