"""Dental rules over plain data."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from core.sdk import BasketView, BoughtItem, ItemView, LineView, SeatView, _l

if TYPE_CHECKING:
    from collections.abc import Iterable

CATEGORY = "dental.category"
CORE_CLASSES = "core.coupon_classes"
FILLING, IMAGING = "filling", "imaging"

CATEGORIES = (
    (FILLING, _l("充填（补牙）")),
    ("prevention", _l("预防与洁治")),
    ("endodontics", _l("根管治疗")),
    ("periodontics", _l("牙周治疗")),
    ("extraction", _l("拔牙")),
    ("prosthetics", _l("修复")),
    ("implant", _l("种植")),
    ("ortho", _l("正畸")),
    ("whitening", _l("美白")),
    (IMAGING, _l("影像检查")),
    ("paediatric", _l("儿童牙科")),
    ("package", _l("套餐")),
    ("care_product", _l("护理用品")),
)
# A category takes the coupons of these classes (S1-03; S0-10 for prevention).
CLASSES_OF = {FILLING: frozenset({"filling"}), "prevention": frozenset({"prevention"})}


def coupon_classes(item: ItemView) -> frozenset[str]:
    """Return the coupon classes of an item's category; what is written on the item itself wins."""
    if CORE_CLASSES in item.attributes:
        return frozenset()
    return CLASSES_OF.get(item.attributes.get(CATEGORY, ""), frozenset())


def is_filling(line: LineView) -> bool:
    """Return whether a line is a filling."""
    return line.attributes.get(CATEGORY) == FILLING


def several_fillings(basket: BasketView) -> list[tuple[int, int]]:
    """Return (last filling line, teeth) for each person with more than one filling in the basket."""
    teeth: Counter[int | None] = Counter()
    last: dict[int | None, int] = {}
    for line in basket.lines:
        if is_filling(line):
            person = basket.treated(line)
            teeth[person] += line.qty
            last[person] = line.line
    return [(last[person], count) for person, count in teeth.items() if count > 1]


def dental_history(recent: Iterable[BoughtItem], limit: int = 3) -> list[BoughtItem]:
    """Return the newest dental items of a person."""
    return [item for item in recent if item.attributes.get(CATEGORY)][:limit]


def filling_coupon(seat: SeatView) -> tuple[str, object]:
    """Return (state, day) of a seat's filling coupon: open and its last day, used and when, or none."""
    coupons = [c for c in seat.coupons if "filling" in c.classes]
    for coupon in coupons:
        if coupon.state == "open":
            return "open", coupon.valid_until
    for coupon in coupons:
        if coupon.state == "used":
            return "used", coupon.used_on
    return "none", None
