"""The published membership programme as frozen plain data: what `rules.parse` returns and every engine reads.

Amounts are integer fen, rates integer basis points (8000 = pay 80 %, 20000 = factor 2), points integers,
days are dates in the franchise's own calendar. Entries refer to each other by code, never by row id.
Every class here is immutable and hashable, so a document can be cached by its hash and shared by threads.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Literal

from core.programme.conditions import Condition

FULL_BP = 10_000
"""10,000 basis points: the whole price, or a factor of 1."""

WindowKind = Literal["calendar", "anniversary"]
Metric = Literal["spend_fen", "visits", "points", "topup_fen"]
METRICS: tuple[Metric, ...] = ("spend_fen", "visits", "points", "topup_fen")

DEFAULT_EXCEPT_TENDERS = ("insurance_personal", "insurance_pooled", "points")
"""Tenders that earn nothing unless a rule says otherwise (B34; architecture section 3)."""

ALWAYS_EXCEPT_TENDERS = ("points", "stored_bonus")
"""Never earn, whatever a rule says: paying with points, and the bonus share of stored value."""

SPECIAL_KINDS = ("card", "topup")
"""Item kinds that `items: all` leaves out: a card fee and a top-up are not goods (S1-02)."""


@dataclass(frozen=True, slots=True)
class ItemScope:
    """Which items a rule is about. A line matches if any list names it and no `except` list does.

    `everything` is written `items: all` and leaves out the kinds card and topup unless `kinds` or `codes`
    name them.
    """

    everything: bool = False
    codes: frozenset[str] = frozenset()
    classes: frozenset[str] = frozenset()
    categories: frozenset[str] = frozenset()
    kinds: frozenset[str] = frozenset()
    except_codes: frozenset[str] = frozenset()
    except_classes: frozenset[str] = frozenset()

    def matches(self, code: str, kind: str, category: str, classes: frozenset[str]) -> bool:
        """True if an item with these properties is inside the scope."""
        if code in self.except_codes or classes & self.except_classes:
            return False
        if code in self.codes or kind in self.kinds:
            return True
        if kind in SPECIAL_KINDS:
            return False
        return self.everything or category in self.categories or bool(classes & self.classes)


ALL_ITEMS = ItemScope(everything=True)


@dataclass(frozen=True, slots=True)
class Threshold:
    """What must be reached for a tier (YAML `from`, `keep`). A metric that is None is not asked for.

    `window_months` None means over the whole life. `window_kind` says how the months lie: None rolling (an
    event of day d counts on day t while t is before d plus that many months, the same reckoning as points expiry),
    calendar (periods of the calendar: 12 the year, 3 the quarter, 1 the month) or anniversary (periods that
    begin on the day the member joined). S4-15, S3-01.
    """

    spend_fen: int | None = None
    visits: int | None = None
    points: int | None = None
    topup_fen: int | None = None
    match: Literal["any", "all"] = "all"
    window_months: int | None = None
    window_kind: WindowKind | None = None


@dataclass(frozen=True, slots=True)
class DiscountBenefit:
    """A percentage on matching items: pay `pay_bp` of the price (tier stage)."""

    pay_bp: int
    items: ItemScope = ALL_ITEMS


@dataclass(frozen=True, slots=True)
class MultiplierBenefit:
    """Points factor on matching items, in basis points (15000 = 1.5 times)."""

    factor_bp: int
    items: ItemScope = ALL_ITEMS


@dataclass(frozen=True, slots=True)
class BirthdayBenefit:
    """A gift on the birthday or in its month: a percentage, a points factor, points or a coupon by code.

    S0-10 (day, 95 % on some items), S4-18 (month, coupon). Exactly one of the four is set.
    """

    on: Literal["day", "month"]
    pay_bp: int | None = None
    factor_bp: int | None = None
    points: int | None = None
    coupon: str | None = None
    items: ItemScope = ALL_ITEMS


@dataclass(frozen=True, slots=True)
class EntitlementBenefit:
    """An item free of charge, `times` in each period (S0-12: once a membership year).

    Entitlements of one tier that name the same `choice` exclude each other within a period (S4-19).
    """

    code: str
    name: str
    item: str
    times: int = 1
    per: Literal["membership_year", "calendar_year"] = "membership_year"
    choice: str | None = None


@dataclass(frozen=True, slots=True)
class ServiceBenefit:
    """A right without a price (priority_booking, priority_delivery, adviser); shown, asked for by code."""

    code: str
    name: str
    choice: str | None = None


@dataclass(frozen=True, slots=True)
class GiftBenefit:
    """A gift line: `item` is free, one piece, in an order whose other lines come to `min_spend_fen` at their
    prices before coupons; `times` in each period. `choice` as for EntitlementBenefit."""

    code: str
    name: str
    item: str
    min_spend_fen: int
    times: int = 1
    per: Literal["membership_year", "calendar_year", "month", "day"] = "membership_year"
    choice: str | None = None


Benefit = DiscountBenefit | MultiplierBenefit | BirthdayBenefit | EntitlementBenefit | ServiceBenefit | GiftBenefit


@dataclass(frozen=True, slots=True)
class Tier:
    """One level; its rank is its place in `Programme.tiers`, lowest first, the first one needs nothing.

    `keep` None means the entry threshold must be met again at the end of a period. `period_months` None takes
    the window of keep or entry. `fall`: to_qualified | one_down | never. A refund within `cooling_days` of
    the day that qualified drops the tier at once (S15); later ones wait for the period's end and
    `grace_days`.
    """

    code: str
    name: str
    entry: Threshold
    keep: Threshold | None = None
    grace_days: int = 0
    period_months: int | None = None
    fall: Literal["to_qualified", "one_down", "never"] = "to_qualified"
    cooling_days: int = 30
    benefits: tuple[Benefit, ...] = ()


@dataclass(frozen=True, slots=True)
class Extension:
    """A lot may be extended once by `months` if the balance is at least `min_points` (S2-13).

    With `bonus_points` the member gets these instead, at most once in `months`; the lot ends when it ends.
    """

    months: int
    min_points: int = 0
    bonus_points: int = 0


@dataclass(frozen=True, slots=True)
class PointsRule:
    """The points currency: default rate, rounding, how multipliers meet, life of a lot (None: no expiry).

    What an order earns becomes available `pending_days` later (S6; 0 at once).
    """

    per_yuan: int = 1
    rounding: Literal["floor", "half_up"] = "floor"
    multipliers: Literal["best", "sum", "product"] = "best"
    expires_months: int | None = 12
    notice_months: int = 1
    extension: Extension | None = None
    pending_days: int = 0


@dataclass(frozen=True, slots=True)
class EarnRule:
    """How a line earns.

    on=paid: `points` for each `per_fen` fen received (defaults: the programme's per_yuan, 100 fen).
    on=item: the item's own points_fixed, or `points` a piece if set (S2-06).
    on=course: a course without points of its own earns sessions x points of one session x factor_bp (S2-07).
    Fixed points are earned in the share of the line that included tenders paid. `when_member` must hold for
    the payer at the quote (S2-30); None: everyone.
    """

    code: str
    on: Literal["paid", "item", "course"]
    name: str = ""
    points: int | None = None
    per_fen: int | None = None
    factor_bp: int = FULL_BP
    items: ItemScope = ALL_ITEMS
    except_tenders: tuple[str, ...] = DEFAULT_EXCEPT_TENDERS
    expires_months: int | None = None
    when_member: Condition | None = None
    enabled: bool = True


@dataclass(frozen=True, slots=True)
class When:
    """On which business dates a promotion holds; every part that is given must hold.

    weekday 1 (Monday) to 7; `festival` starts `offset` days from its day and lasts `days`; start and until
    are both inclusive. See recurrence.py.
    """

    weekday: frozenset[int] = frozenset()
    day_of_month: frozenset[int] = frozenset()
    lunar_day: frozenset[int] = frozenset()
    festival: str | None = None
    days: int = 1
    offset: int = 0
    start: date | None = None
    until: date | None = None


@dataclass(frozen=True, slots=True)
class FreeUnits:
    """Buy `buy` pieces of one line, get `free` more of it free (S4-34)."""

    buy: int
    free: int


@dataclass(frozen=True, slots=True)
class AmountOff:
    """`off_fen` less on the matching lines together once they come to `from_fen`; `repeat`: for each such sum.

    What they come to is their price before coupons, so that a coupon never loses the reduction.
    """

    off_fen: int
    from_fen: int
    repeat: bool = False


@dataclass(frozen=True, slots=True)
class NthUnit:
    """Of the pieces of one line each `nth` is paid at `pay_bp` (2 and 5000: the second at half price)."""

    nth: int
    pay_bp: int


@dataclass(frozen=True, slots=True)
class Promotion:
    """A dated price or points promotion.

    Of price promotions the smaller `priority` goes first, then the code. `exclusive` shares a line with no
    other price promotion. `with_tier` stack lets the later tier or card percentage work on the reduced
    amount, best keeps the better of the two for each line (`amount_off`: for its lines together). `tiers` empty
    means every member; `public` includes non-members; `public_from` opens the promotion to everybody on that
    day, before it only `tiers` and `when_member` have it (S3-17: members first). `when_member` must hold for
    the payer at the quote (S2-23, S2-30).
    """

    code: str
    when: When
    name: str = ""
    pay_bp: int | None = None
    factor_bp: int | None = None
    free_units: FreeUnits | None = None
    nth_unit: NthUnit | None = None
    amount_off: AmountOff | None = None
    items: ItemScope = ALL_ITEMS
    with_tier: Literal["stack", "best"] = "best"
    priority: int = 100
    exclusive: bool = False
    tiers: frozenset[str] = frozenset()
    public: bool = False
    public_from: date | None = None
    when_member: Condition | None = None
    enabled: bool = True

    @property
    def of_price(self) -> bool:
        """True if the promotion changes prices (a points factor alone does not)."""
        return any(part is not None for part in (self.pay_bp, self.free_units, self.nth_unit, self.amount_off))


@dataclass(frozen=True, slots=True)
class CouponRule:
    """Terms of a coupon. Exactly one of `amount_fen` and `pay_bp` is set.

    level=item works on one piece of one matching line and never under 0 (B04); level=order works on the
    matching lines together. `valid_days` None: no end. `limit` matters for coupons bundled in a card:
    per_person_year (per person and card year), per_filling (every matching piece), per_card_year, once (per
    person and card).
    """

    code: str
    name: str = ""
    level: Literal["item", "order"] = "item"
    amount_fen: int | None = None
    pay_bp: int | None = None
    items: ItemScope = ALL_ITEMS
    min_spend_fen: int = 0
    valid_days: int | None = None
    limit: Literal["per_person_year", "per_filling", "per_card_year", "once"] = "once"
    stackable: bool = False


@dataclass(frozen=True, slots=True)
class CardProduct:
    """What is sold or given as a card; the item of the same code carries the price.

    `seats` counts the holder (S1-01). `months` None is for life. `free` marks the card of enrolment.
    """

    code: str
    name: str
    seats: int = 1
    months: int | None = None
    free: bool = False
    earns: bool = False
    benefits: tuple[DiscountBenefit, ...] = ()
    coupons: tuple[CouponRule, ...] = ()


@dataclass(frozen=True, slots=True)
class TenderRule:
    """Points as a tender: `points_step` points are worth `fen_per_step`, up to `cap_bp` of a total (B10)."""

    points_step: int
    fen_per_step: int
    cap_bp: int = FULL_BP


@dataclass(frozen=True, slots=True)
class Reward:
    """A catalogue entry for points (plus `cash_fen`). kind coupon gives `coupon` (a code of coupons:), or,
    if none is named, a coupon that makes `item` (default: the item of the same code) free once."""

    code: str
    name: str
    kind: Literal["goods", "coupon", "course"]
    points: int
    cash_fen: int = 0
    item: str | None = None
    coupon: str | None = None
    valid_from: date | None = None


@dataclass(frozen=True, slots=True)
class Referral:
    """Points for bringing a person in. Depth 3 cannot be written down (capabilities part D)."""

    on: Literal["registration", "first_paid_order"]
    referrer_points: int
    referee_points: int = 0
    depth: Literal[1, 2] = 1
    level2_points: int = 0
    monthly_cap: int = 10


@dataclass(frozen=True, slots=True)
class Streak:
    """`points` for `months` consecutive months with at least `visits` visit days each (S2-03)."""

    code: str
    name: str
    months: int
    visits: int
    points: int


@dataclass(frozen=True, slots=True)
class Rounding:
    """Last stage: the total goes down (or half-up) to a multiple of `to_fen`; 1 does nothing."""

    to_fen: int = 1
    mode: Literal["down", "half_up"] = "down"


@dataclass(frozen=True, slots=True)
class StoredValue:
    """Limit of one card's balance, fen (None: no limit of ours)."""

    max_card_fen: int | None = None


@dataclass(frozen=True, slots=True)
class Privilege:
    """A service right that is not a tier's: whoever meets `when_member` has it (S2-23: from X points on, priority
    booking and a plan of one's own)."""

    code: str
    name: str
    when_member: Condition
    enabled: bool = True


@dataclass(frozen=True, slots=True)
class EventPoints:
    """Lower and upper bound of the points an event may give (S2-09, B18)."""

    min_points: int
    max_points: int


@dataclass(frozen=True, slots=True)
class Programme:
    """One published programme. `key` is the base programme; `version` is set by publishing, 0 before."""

    key: str
    tiers: tuple[Tier, ...]
    points: PointsRule = PointsRule()
    earn_rules: tuple[EarnRule, ...] = ()
    promotions: tuple[Promotion, ...] = ()
    coupons: tuple[CouponRule, ...] = ()
    card_products: tuple[CardProduct, ...] = ()
    tender: TenderRule | None = None
    rewards: tuple[Reward, ...] = ()
    referral: Referral | None = None
    streaks: tuple[Streak, ...] = ()
    rounding: Rounding = Rounding()
    stored_value: StoredValue | None = None
    event_points: EventPoints | None = None
    privileges: tuple[Privilege, ...] = ()
    version: int = 0

    def tier(self, code: str | None) -> Tier | None:
        """The tier of that code, or None."""
        return next((tier for tier in self.tiers if tier.code == code), None)

    def rank(self, code: str | None) -> int:
        """Place of the tier, 0 the lowest; -1 for an unknown code or none."""
        return next((rank for rank, tier in enumerate(self.tiers) if tier.code == code), -1)

    def card_product(self, code: str) -> CardProduct | None:
        """The card product of that code, or None."""
        return next((product for product in self.card_products if product.code == code), None)

    def coupon(self, code: str) -> CouponRule | None:
        """The terms of a coupon code: of coupons:, else of a card's bundle, else None."""
        pools = (self.coupons, *(product.coupons for product in self.card_products))
        return next((rule for pool in pools for rule in pool if rule.code == code), None)

    def reward(self, code: str) -> Reward | None:
        """The reward of that code, or None."""
        return next((reward for reward in self.rewards if reward.code == code), None)

    def free_card(self) -> CardProduct | None:
        """The card given at enrolment, or None."""
        return next((product for product in self.card_products if product.free), None)

    def base_tier(self) -> Tier:
        """The lowest tier, which a new member gets."""
        return self.tiers[0]
