"""The franchise's tender list: which ways to pay it takes, in which order, called what, with a reference or not.

Kept as the layered setting `orders.tenders` (chain, franchise, store). The codes are the contract's; points are no
part of it: the programme says whether they pay.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from core.kernel import settings
from core.kernel.errors import FieldError, Invalid, Refusal
from core.kernel.i18n import _
from core.orders.rules import POINTS
from core.orders.words import KIND_NAMES

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy.orm import Session

    from core.orders.types import TenderRequest

KEY = "orders.tenders"
LONGEST = 12
# In this order until a franchise says otherwise; the first five have a key at the till.
CODES = (
    "wechat", "alipay", "bank", "cash", "insurance_personal", "insurance_pooled", "platform_voucher", "other",
)  # fmt: skip
DEFAULT: list[dict[str, Any]] = [{"kind": code, "on": True, "word": "", "reference": False} for code in CODES]


@dataclass(frozen=True, slots=True)
class Way:
    """A way to pay: its code, what receipts call it, whether it is taken and wants a reference."""

    kind: str
    word: str
    on: bool
    reference: bool


def fits(value: Any) -> bool:
    """Return whether a value is a tender list: every code once, at least one taken, words of at most 12 characters."""
    if not isinstance(value, list) or not all(isinstance(row, dict) for row in value):
        return False
    kinds = [row.get("kind") for row in value]
    shapes = all(
        isinstance(row.get("on"), bool) and isinstance(row.get("reference"), bool)
        and isinstance(row.get("word"), str) and len(row["word"]) <= LONGEST
        for row in value
    )  # fmt: skip
    return shapes and sorted(map(str, kinds)) == sorted(CODES) and any(row["on"] for row in value)


def read(value: Any) -> list[Way]:
    """Return a stored tender list as ways, in order."""
    return [Way(row["kind"], row["word"] or str(KIND_NAMES[row["kind"]]), row["on"], row["reference"]) for row in value]


def ways(session: Session) -> list[Way]:
    """Return every way to pay at the actor's store, in order, whether taken or not."""
    return read(settings.value(session, KEY))


def names(session: Session) -> dict[str, str]:
    """Return what each kind of tender is called on screens and receipts."""
    return {**{kind: str(word) for kind, word in KIND_NAMES.items()}, **{way.kind: way.word for way in ways(session)}}


def check(session: Session, tenders: Sequence[TenderRequest]) -> None:
    """Raise Refusal `tender_not_taken` for a way that is not on the list, Invalid for a missing reference."""
    known = {way.kind: way for way in ways(session)}
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


__all__ = ["CODES", "DEFAULT", "KEY", "LONGEST", "Way", "check", "fits", "names", "read", "ways"]
