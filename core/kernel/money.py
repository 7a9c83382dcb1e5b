"""Money in integer fen: rounding, splitting, reading and showing. No float; Decimal only at the edge."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal, InvalidOperation

from core.kernel.errors import Invalid
from core.kernel.i18n import _

FULL_BP = 10_000


def half_up(num: int, den: int) -> int:
    """num / den rounded to the nearest integer, halves away from zero. `den` must be positive."""
    if den <= 0:
        raise ValueError("half_up needs a positive denominator")
    whole = (2 * abs(num) + den) // (2 * den)
    return whole if num >= 0 else -whole


def pay_share(fen: int, pay_bp: int) -> int:
    """What is paid of `fen` at `pay_bp` basis points, half-up to the fen."""
    return half_up(fen * pay_bp, FULL_BP)


def split_largest_remainder(total: int, weights: Sequence[int]) -> list[int]:
    """Share `total` (any sign) over non-negative weights so that the parts sum to it exactly.

    Every part is the exact share rounded down or up by less than 1. Left-over units go to the largest
    remainders; ties to the larger weight, then to the earlier index. All weights 0: everything must be 0.
    """
    if total < 0:
        return [-part for part in split_largest_remainder(-total, weights)]
    if len(weights) == 1 and weights[0] > 0:
        return [total]
    weight_sum = sum(weights)
    if any(weight < 0 for weight in weights):
        raise ValueError("weights must not be negative")
    if weight_sum == 0:
        if total:
            raise ValueError("cannot share an amount over nothing")
        return [0] * len(weights)
    parts = [total * weight // weight_sum for weight in weights]
    left = total - sum(parts)
    if left:
        order = sorted(
            range(len(weights)),
            key=lambda index: (-(total * weights[index] % weight_sum), -weights[index], index),
        )
        for index in order[:left]:
            parts[index] += 1
    return parts


def show_yuan(fen: int) -> str:
    """Fen as yuan text with thousands separators: 123456 -> "1,234.56", -5 -> "-0.05"."""
    sign = "-" if fen < 0 else ""
    yuan, rest = divmod(abs(fen), 100)
    return f"{sign}{yuan:,}.{rest:02d}"


def parse_yuan(text: str, field: str = "amount") -> int:
    """Yuan text ("1,234.5", full-width digits and ￥ allowed) as fen.

    Raises Invalid naming `field` if it is no amount or has more than two decimals.
    """
    cleaned = text.strip().translate(_FULL_WIDTH).lstrip("¥￥").replace(",", "").strip()
    try:
        value = Decimal(cleaned)
    except InvalidOperation:
        raise Invalid.field(field, _("金额“%(text)s”无法识别，请写成 1234.56 的样子", text=text)) from None
    fen = value * 100
    if not value.is_finite() or fen != fen.to_integral_value():
        raise Invalid.field(field, _("金额“%(text)s”最多两位小数", text=text))
    return int(fen)


_FULL_WIDTH = str.maketrans("０１２３４５６７８９．，－", "0123456789.,-")
