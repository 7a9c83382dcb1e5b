"""The franchise's tender list: which ways to pay it takes, in which order, called what, and what each of them does.

A way may want a reference, earn points, count for the tier, open the drawer, and says how its money goes back. What
earns and counts is kept with the order (`bar`, `off_tier`), so that a refund and a later payment go by the list of the
sale; routes and the drawer go by the list of the day.

Kept as the layered setting `orders.tenders` (chain, franchise, store). The codes are the contract's; points are no
part of it: the programme says whether they pay.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from core.kernel import settings
from core.kernel.errors import FieldError, Invalid, Refusal
from core.kernel.i18n import _
from core.orders.rules import INSURED, NOT_FOR_TIER, POINTS
from core.orders.words import KIND_NAMES

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from sqlalchemy.orm import Session

    from core.orders.types import TenderRequest
    from core.points.rules import EarnLine

KEY = "orders.tenders"
LONGEST = 12
# In this order until a franchise says otherwise; the first five have a key at the till.
CODES = (
    "wechat", "alipay", "bank", "cash", "insurance_personal", "insurance_pooled", "platform_voucher", "other",
)  # fmt: skip
SAME, CASH, BANK, MANUAL = "same", "cash", "bank", "manual"
ROUTES = (SAME, CASH, BANK, MANUAL)
DRAWER = frozenset({"cash"})
# The fund's money goes back to the fund (Regulation on supervision of the medical security fund, 2021, art. 15, 19).
FUND_ROUTES = frozenset({SAME, MANUAL})


def _flags(kind: str) -> dict[str, Any]:
    """Return what a way does until somebody says otherwise: the insurance's part earns nothing and counts for no tier
    (B34), everything goes back the way it came, cash opens the drawer."""
    own = kind not in INSURED
    return {"earns": own, "tier": own, "route": SAME, "drawer": kind in DRAWER}


DEFAULT: list[dict[str, Any]] = [
    {"kind": code, "on": True, "word": "", "reference": False, **_flags(code)} for code in CODES
]


@dataclass(frozen=True, slots=True)
class Way:
    """A way to pay: its code, what receipts call it, whether it is taken and wants a reference; whether it earns
    points, counts for the tier and opens the drawer, and by which route (ROUTES) its money goes back."""

    kind: str
    word: str
    on: bool
    reference: bool
    earns: bool
    tier: bool
    route: str
    drawer: bool


@dataclass(frozen=True, slots=True)
class Doing:
    """What the ways of a list do, by code: which earn nothing, which count for no tier, which open the drawer."""

    earnless: frozenset[str]
    off_tier: frozenset[str]
    drawer: frozenset[str]


def doing(found: Iterable[Way]) -> Doing:
    """Return what the ways of a list do; points and the bonus of stored value never count for the tier."""
    own = list(found)
    return Doing(
        frozenset(way.kind for way in own if not way.earns),
        (NOT_FOR_TIER - INSURED) | {way.kind for way in own if not way.tier},
        DRAWER | {way.kind for way in own if way.drawer},
    )


def fits(value: Any) -> bool:
    """Return whether a value is a tender list: every code once, at least one taken, words of at most 12 characters."""
    if not isinstance(value, list) or not all(isinstance(row, dict) for row in value):
        return False
    kinds = [row.get("kind") for row in value]
    shapes = all(
        isinstance(row.get("on"), bool) and isinstance(row.get("reference"), bool)
        and isinstance(row.get("word"), str) and len(row["word"]) <= LONGEST and _flags_fit(row)
        for row in value
    )  # fmt: skip
    return shapes and sorted(map(str, kinds)) == sorted(CODES) and any(row["on"] for row in value)


def _flags_fit(row: Mapping[str, Any]) -> bool:
    """Return whether what a row says of its way can be; a list kept before the flags were known says nothing."""
    route = row.get("route", SAME)
    plain = all(isinstance(row.get(name, True), bool) for name in ("earns", "tier", "drawer"))
    return plain and route in (FUND_ROUTES if row.get("kind") in INSURED else ROUTES)


def read(value: Any) -> list[Way]:
    """Return a stored tender list as ways, in order."""
    return [_way({**_flags(row["kind"]), **row}) for row in value]


def _way(row: Mapping[str, Any]) -> Way:
    return Way(
        row["kind"], row["word"] or str(KIND_NAMES[row["kind"]]), row["on"], row["reference"], row["earns"],
        row["tier"], row["route"], row["drawer"],
    )  # fmt: skip


def ways(session: Session) -> list[Way]:
    """Return every way to pay at the actor's store, in order, whether taken or not."""
    return read(settings.value(session, KEY))


def names(session: Session) -> dict[str, str]:
    """Return what each kind of tender is called on screens and receipts."""
    return words(ways(session))


def words(found: Iterable[Way]) -> dict[str, str]:
    """Return what each kind of tender is called by a list."""
    return {**{kind: str(word) for kind, word in KIND_NAMES.items()}, **{way.kind: way.word for way in found}}


def bar(lines: Sequence[EarnLine], earnless: frozenset[str]) -> tuple[EarnLine, ...]:
    """Return the lines with the ways that earn nothing added to what each rule excepts: both must let a way earn."""
    if not earnless:
        return tuple(lines)
    return tuple(
        replace(line, sources=tuple(
            replace(one, except_tenders=(*one.except_tenders, *sorted(earnless - set(one.except_tenders))))
            for one in line.sources
        ))
        for line in lines
    )  # fmt: skip


def off_tier(facts: Mapping[str, Any]) -> frozenset[str]:
    """Return the kinds that count for no tier by what was kept with an order; older orders say nothing."""
    kept = facts.get("off_tier")
    return NOT_FOR_TIER if kept is None else frozenset(kept)


def check(session: Session, tenders: Sequence[TenderRequest]) -> Doing:
    """Return what the ways of the list do.

    Raises Refusal `tender_not_taken` for a way that is not on the list, Invalid for a missing reference.
    """
    found = ways(session)
    known = {way.kind: way for way in found}
    for n, tender in enumerate(tenders):
        way = known.get(tender.kind)
        if tender.kind == POINTS or way is None:
            continue  # points have rules of their own; an unknown kind is refused with the amounts
        if not way.on:
            raise Refusal(
                _("本店不收“%(kind)s”，请换一种支付方式。", kind=way.word), code="tender_not_taken",
                errors=[FieldError(f"tenders.{n}.kind", _("不在支付方式表里。"))],
            )  # fmt: skip
        if way.reference and not tender.reference.strip():
            message = _("用“%(kind)s”付款要填参考号。", kind=way.word)
            raise Invalid(message, errors=[FieldError(f"tenders.{n}.reference", message)])
    return doing(found)


STANDARD = doing(read(DEFAULT))
"""What the ways do where nobody changed the list."""
