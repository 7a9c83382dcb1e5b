"""What goes into a price and what comes out: frozen plain data, amounts in fen, points integers.

Ids are strings. A basket holds snapshots (item, person, card), so a price never reads a database and the same
basket gives the same quote for ever. contract.md, POST /quotes, spells the JSON (see quote_json.py).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Literal

from core.coupons.rules import CouponState
from core.points.rules import Earned, EarnLine

Stage = Literal["list", "item_coupon", "item_promotion", "order_coupon", "tier", "rounding"]
STAGES: tuple[Stage, ...] = ("list", "item_coupon", "item_promotion", "order_coupon", "tier", "rounding")


@dataclass(frozen=True, slots=True)
class ItemSnapshot:
    """An item as it stood when it entered the basket.

    `price_fen` is the list price of one piece. `classes` are the coupon classes (attribute
    core.coupon_classes). `points_fixed`: points of one piece; `sessions`, `session_points` for a course.
    `open_price`: the list price is what the till enters. `barred` maps a kind of rule (discount, gift,
    coupon, points, points_tender) to the reason why it must not touch this item: a plugin's veto (B33).
    """

    code: str
    name: str
    kind: str
    price_fen: int
    category: str = ""
    classes: frozenset[str] = frozenset()
    points_fixed: int | None = None
    sessions: int = 0
    session_points: int | None = None
    open_price: bool = False
    barred: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class BasketLine:
    """One line. `for_person` is the person treated (None: the payer). `price_fen` overrides the price of one
    piece and wants `price_reason`. `course_id` pays the line with sessions of a course."""

    line: int
    item: ItemSnapshot
    qty: int = 1
    for_person: str | None = None
    price_fen: int | None = None
    price_reason: str = ""
    course_id: str | None = None


@dataclass(frozen=True, slots=True)
class CardState:
    """A usable card in which the person has a seat. `used` counts coupon uses by period key
    (coupons.rules).
    """

    card_id: str
    product: str
    valid_from: date
    valid_until: date | None = None
    used: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class PersonState:
    """A person as pricing sees them. `tier` None: not a member. `birth_date` is the solar date of birth;
    with `birth_calendar` lunar the birthday falls on that day of the Chinese calendar each year.

    `used` counts uses of periodic rights by key. `points_available` leaves out lots that have expired; it
    is 0 while the person is in debt. `holds` are the codes of rules whose `when_member` holds for the person,
    `unmet` the others in words.
    """

    person_id: str
    tier: str | None = None
    joined_on: date | None = None
    birth_date: date | None = None
    birth_calendar: str = "solar"
    points_available: int = 0
    cards: tuple[CardState, ...] = ()
    coupons: tuple[CouponState, ...] = ()
    used: Mapping[str, int] = field(default_factory=dict)
    holds: frozenset[str] = frozenset()
    unmet: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class PriceChange:
    """A plugin's change of one line: `amount_fen` is added to it (negative: cheaper) in stage item_promotion,
    bounded to 0..list."""

    line: int
    amount_fen: int
    label: str
    rule: str
    plugin: str


@dataclass(frozen=True, slots=True)
class PointsChange:
    """A plugin's extra points, whole and not negative, for one line or (line None) the whole order."""

    points: int
    label: str
    rule: str
    plugin: str
    line: int | None = None


@dataclass(frozen=True, slots=True)
class Basket:
    """All that a price depends on besides the programme.

    `as_of` is the business date. `coupons` is "auto" for the best legal combination or the ids to use.
    `people` holds the treated persons by id; the payer need not be in it.
    """

    lines: tuple[BasketLine, ...]
    as_of: date
    payer: PersonState | None = None
    people: Mapping[str, PersonState] = field(default_factory=dict)
    coupons: Literal["auto"] | tuple[str, ...] = "auto"
    price_changes: tuple[PriceChange, ...] = ()
    points_changes: tuple[PointsChange, ...] = ()


@dataclass(frozen=True, slots=True)
class Step:
    """One change of one line: from `before_fen` to `after_fen` by `rule`; `text` explains it to a person."""

    stage: Stage
    rule: str
    before_fen: int
    after_fen: int
    text: str
    reason: str = ""


@dataclass(frozen=True, slots=True)
class QuoteLine:
    """A priced line: 0 <= net_fen <= list_fen, and the steps lead from one to the other without a gap."""

    line: int
    item: str
    name: str
    qty: int
    for_person: str | None
    list_fen: int
    net_fen: int
    steps: tuple[Step, ...]


@dataclass(frozen=True, slots=True)
class NotApplied:
    """A rule that did not work on this basket, why, and what would make it work."""

    rule: str
    reason: str
    hint: str
    line: int | None = None


@dataclass(frozen=True, slots=True)
class CouponUse:
    """A coupon that this price uses up. `line` None: the whole order. `key` is to be occupied for a bundled
    one;
    `pieces` says how many pieces it covered; `saved_fen` what it took off at its stage."""

    coupon_id: str
    code: str
    person_id: str
    source_kind: str
    source_id: str
    key: str
    line: int | None
    pieces: int
    saved_fen: int


@dataclass(frozen=True, slots=True)
class Quote:
    """The priced basket. `points_max` points, worth `points_value_fen`, may be used as a tender.

    `earn` is the preview for a plain cash payment; `earn_lines` is what `points.rules.earn` needs to compute
    points of any other payment or of what a refund leaves (store it with the order). `digest` is over all
    that matters to money and points, not over texts, so a change of language is not a change of price.
    """

    lines: tuple[QuoteLine, ...]
    total_fen: int
    points_max: int
    points_value_fen: int
    not_applied: tuple[NotApplied, ...]
    optimal: bool
    earn: Earned
    earn_lines: tuple[EarnLine, ...]
    coupon_uses: tuple[CouponUse, ...]
    courses: tuple[tuple[str, int], ...]
    programme_version: int
    digest: str

    @property
    def list_fen(self) -> int:
        """Sum of list prices, fen."""
        return sum(line.list_fen for line in self.lines)

    @property
    def saved_fen(self) -> int:
        """What all rules together took off, fen (B01: 240.00)."""
        return self.list_fen - self.total_fen
