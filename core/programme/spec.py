"""The programme's YAML form, key by key: the one table behind import, export and
docs/programme.schema.json.
"""

from __future__ import annotations

from typing import Any

from core.programme import conditions
from core.programme import document as doc
from core.programme.codec import (
    Code,
    Codec,
    Day,
    Field,
    Flag,
    Int,
    ListOf,
    Months,
    OneOf,
    Problems,
    Record,
    Tagged,
    Text,
    Word,
)
from core.programme.recurrence import FESTIVALS


class Member(Codec):
    """A condition on the payer, in the one condition language (conditions.py)."""

    def read(self, data: Any, path: str, problems: Problems) -> Any:
        found, errors = conditions.read(data, path)
        for error in errors:
            problems.add(error.field, error.message)
        return found

    def write(self, value: Any) -> Any:
        return conditions.dump(value)

    def schema(self) -> dict[str, Any]:
        return {"$ref": "#/$defs/condition"}


MEMBER = Member()
FEN = Int(0, 10**10)
POINTS = Int(0, 10**8)
PAY_BP = Int(0, doc.FULL_BP)
FACTOR_BP = Int(doc.FULL_BP, 100 * doc.FULL_BP)
CODES = ListOf(Code(), frozenset)
TENDERS = ListOf(Code(), lambda kinds: tuple(sorted(kinds)))


def _except_keys(data: dict[str, Any]) -> dict[str, Any]:
    """`except: {codes, classes}` is written nested and held flat."""
    nested = data.pop("except", None)
    if nested is None:
        return data
    if not isinstance(nested, dict):
        return {**data, "except": nested}
    return {**data, **{f"except.{key}": value for key, value in nested.items()}}


class _Scope(Record):
    """`{codes, classes, categories, kinds, except: {codes, classes}, all: true}`."""

    def write(self, value: Any) -> Any:
        plain = super().write(value)
        nested = {key.removeprefix("except."): plain.pop(key) for key in list(plain) if key.startswith("except.")}
        return {**plain, "except": nested} if nested else plain

    def schema(self) -> dict[str, Any]:
        found = super().schema()
        properties = found["properties"]
        nested = {
            key.removeprefix("except."): properties.pop(key) for key in list(properties) if key.startswith("except.")
        }
        properties["except"] = {"type": "object", "properties": nested, "additionalProperties": False}
        return found


SCOPE = Word(
    "all",
    doc.ALL_ITEMS,
    _Scope(
        doc.ItemScope,
        (
            Field("all", Flag(), "everything"),
            Field("codes", CODES),
            Field("classes", CODES),
            Field("categories", CODES),
            Field("kinds", CODES),
            Field("except.codes", CODES, "except_codes"),
            Field("except.classes", CODES, "except_classes"),
        ),
        prepare=_except_keys,
    ),
)

THRESHOLD = Record(
    doc.Threshold,
    (
        Field("spend_fen", FEN),
        Field("visits", Int(0, 10_000)),
        Field("points", POINTS),
        Field("topup_fen", FEN),
        Field("match", OneOf(("any", "all"))),
        Field("window", Months(), "window_months"),
        Field("window_kind", OneOf(("calendar", "anniversary"))),
    ),
    at_least_one=doc.METRICS,
)

_DISCOUNT = Record(doc.DiscountBenefit, (Field("pay_bp", PAY_BP), Field("items", SCOPE)), ("kind", "discount"))
BENEFIT = Tagged(
    "kind",
    (
        _DISCOUNT,
        Record(
            doc.MultiplierBenefit,
            (Field("factor_bp", FACTOR_BP), Field("items", SCOPE)),
            ("kind", "multiplier"),
        ),
        Record(
            doc.BirthdayBenefit,
            (
                Field("on", OneOf(("day", "month"))),
                Field("pay_bp", PAY_BP),
                Field("factor_bp", FACTOR_BP),
                Field("points", POINTS),
                Field("coupon", Code()),
                Field("items", SCOPE),
            ),
            ("kind", "birthday"),
            exactly_one=("pay_bp", "factor_bp", "points", "coupon"),
        ),
        Record(
            doc.EntitlementBenefit,
            (
                Field("code", Code()),
                Field("name", Text()),
                Field("item", Code()),
                Field("times", Int(1, 366)),
                Field("per", OneOf(("membership_year", "calendar_year"))),
                Field("choice", Code()),
            ),
            ("kind", "entitlement"),
        ),
        Record(
            doc.ServiceBenefit,
            (Field("code", Code()), Field("name", Text()), Field("choice", Code())),
            ("kind", "service"),
        ),
        Record(
            doc.GiftBenefit,
            (
                Field("code", Code()),
                Field("name", Text()),
                Field("item", Code()),
                Field("min_spend_fen", FEN),
                Field("times", Int(1, 366)),
                Field("per", OneOf(("membership_year", "calendar_year", "month", "day"))),
                Field("choice", Code()),
            ),
            ("kind", "gift"),
        ),
    ),
)

TIER = Record(
    doc.Tier,
    (
        Field("code", Code()),
        Field("name", Text()),
        Field("from", THRESHOLD, "entry"),
        Field("keep", THRESHOLD),
        Field("grace_days", Int(0, 366)),
        Field("period_months", Int(1, 120)),
        Field("fall", OneOf(("to_qualified", "one_down", "never"))),
        Field("cooling_days", Int(0, 366)),
        Field("benefits", ListOf(BENEFIT)),
    ),
)

POINTS_RULE = Record(
    doc.PointsRule,
    (
        Field("per_yuan", Int(0, 1000)),
        Field("rounding", OneOf(("floor", "half_up"))),
        Field("multipliers", OneOf(("best", "sum", "product"))),
        Field("expires", Months(), "expires_months"),
        Field("notice_months", Int(0, 12)),
        Field(
            "extension",
            Record(
                doc.Extension,
                (Field("months", Int(1, 24)), Field("min_points", POINTS), Field("bonus_points", Int(0, 10_000))),
            ),
        ),
        Field("pending_days", Int(0, 60)),
    ),
)

EARN_RULE = Record(
    doc.EarnRule,
    (
        Field("code", Code()),
        Field("on", OneOf(("paid", "item", "course"))),
        Field("name", Text()),
        Field("points", POINTS),
        Field("per_fen", Int(1, 10**8)),
        Field("factor_bp", FACTOR_BP),
        Field("items", SCOPE),
        Field("except_tenders", TENDERS),
        Field("expires", Months(), "expires_months"),
        Field("when_member", MEMBER),
        Field("enabled", Flag()),
    ),
)

WHEN = Record(
    doc.When,
    (
        Field("weekday", ListOf(Int(1, 7), frozenset)),
        Field("day_of_month", ListOf(Int(1, 31), frozenset)),
        Field("lunar_day", ListOf(Int(1, 30), frozenset)),
        Field("festival", OneOf(FESTIVALS)),
        Field("days", Int(1, 60)),
        Field("offset", Int(-30, 30)),
        Field("from", Day(), "start"),
        Field("until", Day()),
    ),
)

PROMOTION = Record(
    doc.Promotion,
    (
        Field("code", Code()),
        Field("name", Text()),
        Field("when", WHEN),
        Field("pay_bp", PAY_BP),
        Field("factor_bp", FACTOR_BP),
        Field(
            "free_units",
            Record(doc.FreeUnits, (Field("buy", Int(1, 1000)), Field("free", Int(1, 1000)))),
        ),
        Field(
            "nth_unit",
            Record(doc.NthUnit, (Field("nth", Int(2, 1000)), Field("pay_bp", PAY_BP))),
        ),
        Field(
            "amount_off",
            Record(
                doc.AmountOff,
                (Field("off_fen", Int(1, 10**8)), Field("from_fen", Int(1, 10**8)), Field("repeat", Flag())),
            ),
        ),
        Field("items", SCOPE),
        Field("with_tier", OneOf(("stack", "best"))),
        Field("priority", Int(0, 10_000)),
        Field("exclusive", Flag()),
        Field("tiers", CODES),
        Field("public", Flag()),
        Field("public_from", Day()),
        Field("when_member", MEMBER),
        Field("enabled", Flag()),
    ),
    at_least_one=("pay_bp", "factor_bp", "free_units", "nth_unit", "amount_off"),
)


def _classes_short(data: dict[str, Any]) -> dict[str, Any]:
    """`classes: [filling]` on a coupon is short for `items: {classes: [filling]}`."""
    if "classes" not in data or "items" in data:
        return data
    return {
        **{key: value for key, value in data.items() if key != "classes"},
        "items": {"classes": data["classes"]},
    }


class _Coupon(Record):
    """A coupon rule, whose schema also admits the short key `classes`."""

    def schema(self) -> dict[str, Any]:
        found = super().schema()
        found["properties"]["classes"] = CODES.schema()
        found["not"] = {"required": ["classes", "items"]}
        return found


COUPON = _Coupon(
    doc.CouponRule,
    (
        Field("code", Code()),
        Field("name", Text()),
        Field("level", OneOf(("item", "order"))),
        Field("amount_fen", Int(1, 10**8)),
        Field("pay_bp", PAY_BP),
        Field("items", SCOPE),
        Field("min_spend_fen", FEN),
        Field("valid_days", Int(1, 3660)),
        Field("limit", OneOf(("per_person_year", "per_filling", "per_card_year", "once"))),
        Field("stackable", Flag()),
    ),
    prepare=_classes_short,
    exactly_one=("amount_fen", "pay_bp"),
)

CARD_PRODUCT = Record(
    doc.CardProduct,
    (
        Field("code", Code()),
        Field("name", Text()),
        Field("seats", Int(1, 100)),
        Field("months", Int(1, 1200)),
        Field("free", Flag()),
        Field("earns", Flag()),
        Field("benefits", ListOf(Tagged("kind", (_DISCOUNT,)))),
        Field("coupons", ListOf(COUPON)),
    ),
)

TENDER = Record(
    doc.TenderRule,
    (Field("points_step", Int(1, 10**6)), Field("fen_per_step", Int(1, 10**6)), Field("cap_bp", PAY_BP)),
)

REWARD = Record(
    doc.Reward,
    (
        Field("code", Code()),
        Field("name", Text()),
        Field("kind", OneOf(("goods", "coupon", "course"))),
        Field("points", POINTS),
        Field("cash_fen", FEN),
        Field("item", Code()),
        Field("coupon", Code()),
        Field("valid_from", Day()),
    ),
)

REFERRAL = Record(
    doc.Referral,
    (
        Field("on", OneOf(("registration", "first_paid_order"))),
        Field("referrer_points", POINTS),
        Field("referee_points", POINTS),
        Field("depth", OneOf((1, 2))),
        Field("level2_points", POINTS),
        Field("monthly_cap", Int(1, 1000)),
    ),
)

STREAK = Record(
    doc.Streak,
    (
        Field("code", Code()),
        Field("name", Text()),
        Field("months", Int(1, 24)),
        Field("visits", Int(1, 31)),
        Field("points", POINTS),
    ),
)

PRIVILEGE = Record(
    doc.Privilege,
    (
        Field("code", Code()),
        Field("name", Text()),
        Field("when_member", MEMBER),
        Field("enabled", Flag()),
    ),
)

PROGRAMME = Record(
    doc.Programme,
    (
        Field("programme", Code(), "key"),
        Field("version", Int(0, 10**6)),
        Field("points", POINTS_RULE),
        Field("tiers", ListOf(TIER, at_least=1)),
        Field("earn_rules", ListOf(EARN_RULE)),
        Field("promotions", ListOf(PROMOTION)),
        Field("coupons", ListOf(COUPON)),
        Field("card_products", ListOf(CARD_PRODUCT)),
        Field("tender", TENDER),
        Field("rewards", ListOf(REWARD)),
        Field("referral", REFERRAL),
        Field("streaks", ListOf(STREAK)),
        Field(
            "rounding",
            Record(doc.Rounding, (Field("to_fen", Int(1, 10_000)), Field("mode", OneOf(("down", "half_up"))))),
        ),
        Field("stored_value", Record(doc.StoredValue, (Field("max_card_fen", FEN),))),
        Field(
            "event_points",
            Record(doc.EventPoints, (Field("min_points", POINTS), Field("max_points", POINTS))),
        ),
        Field("privileges", ListOf(PRIVILEGE)),
    ),
)
